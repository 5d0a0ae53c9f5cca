"""Pages of members: one file a thing that people manage, all of them named here."""

from hub.members.pages.agents import blueprint as agents
from hub.members.pages.agreement import blueprint as agreement
from hub.members.pages.credentials import blueprint as credentials
from hub.members.pages.decisions import blueprint as decisions
from hub.members.pages.factors import blueprint as factors
from hub.members.pages.grants import blueprint as grants
from hub.members.pages.groups import blueprint as groups
from hub.members.pages.invitations import blueprint as invitations
from hub.members.pages.letters import blueprint as letters
from hub.members.pages.members import blueprint as members
from hub.members.pages.passkeys import blueprint as passkeys
from hub.members.pages.password_links import blueprint as password_links
from hub.members.pages.passwords import blueprint as passwords
from hub.members.pages.people import blueprint as people
from hub.members.pages.provided import blueprint as provided
from hub.members.pages.providers import blueprint as providers
from hub.members.pages.sessions import blueprint as sessions

PAGES = (
    *(agents, agreement, credentials, decisions, factors, grants, groups, invitations, letters, members),
    *(passkeys, password_links, passwords, people, provided, providers, sessions),
)
BY_LINK = (invitations, password_links)
"""Those reached by a link out of a letter, which no forged request knows: they want no token of a session beside it."""
