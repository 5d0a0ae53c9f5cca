"""Who may do what, the whole table on one screen: what a kind of member may, and what a role inside it may of that."""

from collections.abc import Collection
from enum import StrEnum

from hub.access.permissions import Permission
from hub.access.tlp import MemberKind


class Role(StrEnum):
    """What a person is inside its member."""

    OWNER = "owner"
    ANALYST = "analyst"
    COUNSEL = "counsel"
    VIEWER = "viewer"


EVERYONE = frozenset(
    {
        Permission.OVERVIEW_VIEW,
        Permission.MEMBER_SELF,
        Permission.SESSION_OWN,
        Permission.LEDGER_READ_OWN,
        Permission.CREDENTIAL_MANAGE,
        Permission.PERSON_MANAGE,
    }
)
AGENCY = frozenset({Permission.AUTHORISATION_READ, Permission.AUTHORISATION_MANAGE})
MEMBERS = EVERYONE | {
    Permission.AGREEMENT_SIGN,
    Permission.PROVIDER_MANAGE,  # never the office: who runs its provider would be any two of its people
}
SEATED = MEMBERS | {
    *(Permission.LEDGER_COSIGN, Permission.GROUP_READ_OWN, Permission.GROUP_MANAGE),
    Permission.WEBHOOK_MANAGE,
}
EXCHANGE = frozenset(
    {
        Permission.KEY_READ,
        Permission.TOKEN_EVALUATE,
        Permission.CONTRIBUTION_SHARE,
        Permission.CONTRIBUTION_WITHDRAW,
        Permission.CONTRIBUTION_READ_OWN,
        Permission.MATCH_RUN,
        Permission.MATCH_READ_OWN,
        Permission.LIST_FETCH,
        Permission.EVIDENCE_STORE,
        Permission.EVIDENCE_READ,
        Permission.EVIDENCE_ERASE,
    }
)
RIGHTS = frozenset({Permission.RIGHT_READ, Permission.RIGHT_ENTER})
SELLERS = frozenset({Permission.SELLER_MANAGE})
REPORTS = frozenset({Permission.REPORT_READ, Permission.REPORT_FILE})
VERIFYING = frozenset({Permission.RIGHT_READ, Permission.RIGHT_VERIFY})
DESK = frozenset({Permission.REPORT_READ, Permission.REPORT_REVIEW, Permission.MARKETPLACE_MANAGE})
ASKING = frozenset({Permission.QUESTION_READ, Permission.QUESTION_ASK})
ANSWERING = frozenset({Permission.QUESTION_READ, Permission.QUESTION_ANSWER})
BUYING = frozenset({Permission.TESTBUY_READ, Permission.TESTBUY_RUN, Permission.TESTBUY_APPROVE})

GRANTS: dict[MemberKind, frozenset[Permission]] = {
    MemberKind.BRAND: SEATED | EXCHANGE | AGENCY | RIGHTS | SELLERS | REPORTS | ANSWERING | BUYING,
    MemberKind.PLATFORM: SEATED | EXCHANGE | VERIFYING | DESK | ASKING,
    MemberKind.AUTHORITY: SEATED,  # lead packages only, never bulk access (rules of governance, 13)
    MemberKind.AUDITOR: MEMBERS
    | {
        Permission.LEDGER_COSIGN,
        Permission.LEDGER_HEALTH,
    },  # its ledger parts hold the full record of each exchange, none of its content
    MemberKind.AGENT: MEMBERS | AGENCY,  # for a brand, what AGENT_SCOPES holds
    MemberKind.ADMINISTRATION: EVERYONE
    | {
        Permission.LEDGER_HEALTH,
        Permission.MEMBER_ADMINISTER,
        Permission.APPLICATION_READ,
        Permission.APPLICATION_VET,
        Permission.EPOCH_ADMINISTER,
        Permission.MAIL_ADMINISTER,
    }
    | VERIFYING,
}

READING = frozenset(
    {
        Permission.OVERVIEW_VIEW,
        Permission.MEMBER_SELF,
        Permission.SESSION_OWN,
        Permission.GROUP_READ_OWN,
        Permission.CONTRIBUTION_READ_OWN,
        Permission.MATCH_READ_OWN,
        Permission.EVIDENCE_READ,
        Permission.LEDGER_READ_OWN,
        Permission.LEDGER_HEALTH,
        Permission.APPLICATION_READ,
        Permission.AUTHORISATION_READ,
        Permission.RIGHT_READ,
        Permission.REPORT_READ,
        Permission.QUESTION_READ,
        Permission.TESTBUY_READ,
    }
)
OWNERS = frozenset(
    {
        Permission.CREDENTIAL_MANAGE,
        Permission.PERSON_MANAGE,
        Permission.PROVIDER_MANAGE,
        Permission.WEBHOOK_MANAGE,
        Permission.AGREEMENT_SIGN,
        Permission.GROUP_MANAGE,
        Permission.AUTHORISATION_MANAGE,
        Permission.MARKETPLACE_MANAGE,
    }
)
"""What owners alone do for their member."""
ROLES: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.ANALYST: frozenset(Permission) - OWNERS,
    # takes back what should not stand, keeps the register of rights, shares nothing
    Role.COUNSEL: READING | {Permission.CONTRIBUTION_WITHDRAW, Permission.RIGHT_ENTER},
    Role.VIEWER: READING,
}
CLIENT = (
    frozenset(Permission)
    - OWNERS
    - {
        Permission.OVERVIEW_VIEW,
        Permission.MAIL_ADMINISTER,
        Permission.APPLICATION_READ,
        Permission.APPLICATION_VET,
        Permission.SESSION_OWN,
        Permission.AUTHORISATION_READ,
        Permission.TESTBUY_APPROVE,
    }
)
"""What an API key may at most. One that leaks makes no keys, lets nobody in, reads no letter and no application."""
FOR_EVERYBODY = frozenset({Permission.RIGHT_VERIFY})
"""What a platform's key does for the platform alone, and what the office does for everybody: there no key may it."""

_WITH_TOKENS = frozenset({Permission.KEY_READ, Permission.TOKEN_EVALUATE})
AGENT_SCOPES: dict[Permission, frozenset[Permission]] = {
    Permission.CONTRIBUTION_SHARE: _WITH_TOKENS,
    Permission.CONTRIBUTION_WITHDRAW: _WITH_TOKENS,
    Permission.CONTRIBUTION_READ_OWN: frozenset(),
    Permission.MATCH_RUN: _WITH_TOKENS,
    Permission.MATCH_READ_OWN: frozenset(),
    Permission.LIST_FETCH: _WITH_TOKENS,
    Permission.RIGHT_ENTER: frozenset(),
    Permission.RIGHT_READ: frozenset(),
    Permission.REPORT_FILE: frozenset(),
    Permission.REPORT_READ: frozenset(),
    Permission.EVIDENCE_STORE: frozenset(),
    Permission.EVIDENCE_READ: frozenset(),
    Permission.QUESTION_ANSWER: frozenset(),
    Permission.QUESTION_READ: frozenset(),
    Permission.TESTBUY_RUN: frozenset(),
    Permission.TESTBUY_READ: frozenset(),
    Permission.SELLER_MANAGE: frozenset(),
}
"""What a brand may let an agent do for it, and what that cannot do without. Restated in SQL by the migration.

Never its people, keys, groups, agreement, authorisations or record."""
ACTING = frozenset({Permission.OVERVIEW_VIEW, Permission.MEMBER_SELF})
"""What whoever acts for a brand may beside that: find its way, and see the quotas that it spends."""


def granted(kind: MemberKind, role: Role) -> frozenset[Permission]:
    """What a person in a role may: what its kind of member may, and its role may of that."""
    return GRANTS[kind] & ROLES[role]


def granted_to_client(kind: MemberKind, scopes: Collection[str] | None) -> frozenset[Permission]:
    """What an API key may: its scopes of what its kind of member's clients may; None: all of that."""
    most = GRANTS[kind] & CLIENT
    if kind is MemberKind.ADMINISTRATION:
        most -= FOR_EVERYBODY
    return most if scopes is None else frozenset(one for one in most if one.value in scopes)


def granted_acting(part: Collection[Permission], scopes: Collection[str]) -> frozenset[Permission]:
    """What an agent may for a brand: what the authorisation's scopes let it, of what its role or key may (`part`)."""
    let = ACTING.union(*({scope} | needs for scope, needs in AGENT_SCOPES.items() if scope.value in scopes))
    return GRANTS[MemberKind.BRAND] & let & frozenset(part)


def reach_of_client(kind: MemberKind, scopes: Collection[str] | None) -> frozenset[Permission]:
    """What an agent's key may at most for a brand: its scopes of what a client may; nothing for other kinds."""
    if kind is not MemberKind.AGENT:
        return frozenset()
    return CLIENT if scopes is None else frozenset(one for one in CLIENT if one.value in scopes)


def reach_of_person(kind: MemberKind, role: Role) -> frozenset[Permission]:
    """What a person of an agent may at most for a brand: what its role may; nothing for other kinds."""
    return ROLES[role] if kind is MemberKind.AGENT else frozenset()


def scopes_of_client(kind: MemberKind) -> frozenset[Permission]:
    """What the scopes of an API key may name: what it may at most, and of an agent what it may for brands."""
    for_brands = granted_acting(CLIENT, AGENT_SCOPES) if kind is MemberKind.AGENT else frozenset()
    return granted_to_client(kind, None) | for_brands
