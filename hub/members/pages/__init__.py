"""Pages of members: one file a thing that people manage, all of them named here."""

from hub.members.pages.credentials import blueprint as credentials
from hub.members.pages.grants import blueprint as grants
from hub.members.pages.letters import blueprint as letters

PAGES = (credentials, grants, letters)
