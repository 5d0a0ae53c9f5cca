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
MEMBERS = EVERYONE | {Permission.AGREEMENT_SIGN}
SEATED = MEMBERS | {Permission.GROUP_MANAGE}
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
    }
)

GRANTS: dict[MemberKind, frozenset[Permission]] = {
    MemberKind.BRAND: SEATED | EXCHANGE,
    MemberKind.PLATFORM: SEATED | EXCHANGE,
    MemberKind.AUTHORITY: SEATED,  # lead packages only, never bulk access (rules of governance, 13)
    MemberKind.AUDITOR: MEMBERS,  # its ledger parts hold the full record of each exchange, none of its content
    MemberKind.ADMINISTRATION: EVERYONE
    | {
        Permission.MEMBER_ADMINISTER,
        Permission.APPLICATION_READ,
        Permission.APPLICATION_VET,
        Permission.EPOCH_ADMINISTER,
        Permission.MAIL_ADMINISTER,
    },
}

READING = frozenset(
    {
        Permission.OVERVIEW_VIEW,
        Permission.MEMBER_SELF,
        Permission.SESSION_OWN,
        Permission.CONTRIBUTION_READ_OWN,
        Permission.MATCH_READ_OWN,
        Permission.LEDGER_READ_OWN,
        Permission.APPLICATION_READ,
    }
)
OWNERS = frozenset(
    {
        Permission.CREDENTIAL_MANAGE,
        Permission.PERSON_MANAGE,
        Permission.AGREEMENT_SIGN,
        Permission.GROUP_MANAGE,
    }
)
"""What owners alone do for their member."""
ROLES: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.ANALYST: frozenset(Permission) - OWNERS,
    Role.COUNSEL: READING | {Permission.CONTRIBUTION_WITHDRAW},  # takes back what should not stand, shares nothing
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
    }
)
"""What an API key may at most. One that leaks makes no keys, lets nobody in, reads no letter and no application."""


def granted(kind: MemberKind, role: Role) -> frozenset[Permission]:
    """What a person in a role may: what its kind of member may, and its role may of that."""
    return GRANTS[kind] & ROLES[role]


def granted_to_client(kind: MemberKind, scopes: Collection[str] | None) -> frozenset[Permission]:
    """What an API key may: its scopes of what its kind of member's clients may; None: all of that."""
    most = GRANTS[kind] & CLIENT
    return most if scopes is None else frozenset(one for one in most if one.value in scopes)
