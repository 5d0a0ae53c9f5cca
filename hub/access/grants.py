"""Who may do what, the whole table on one screen: kind of member → permissions of its people and clients."""

from hub.access.permissions import Permission
from hub.access.tlp import MemberKind

EVERYONE = frozenset({Permission.OVERVIEW_VIEW, Permission.MEMBER_SELF, Permission.LEDGER_READ_OWN})

GRANTS: dict[MemberKind, frozenset[Permission]] = {
    MemberKind.BRAND: EVERYONE
    | {
        Permission.KEY_READ,
        Permission.TOKEN_EVALUATE,
        Permission.CONTRIBUTION_SHARE,
        Permission.CONTRIBUTION_WITHDRAW,
        Permission.CONTRIBUTION_READ_OWN,
        Permission.MATCH_RUN,
        Permission.MATCH_READ_OWN,
        Permission.LIST_FETCH,
    },
    MemberKind.PLATFORM: EVERYONE
    | {
        Permission.KEY_READ,
        Permission.TOKEN_EVALUATE,
        Permission.CONTRIBUTION_SHARE,
        Permission.CONTRIBUTION_WITHDRAW,
        Permission.CONTRIBUTION_READ_OWN,
        Permission.MATCH_RUN,
        Permission.MATCH_READ_OWN,
        Permission.LIST_FETCH,
    },
    MemberKind.AUTHORITY: EVERYONE,  # lead packages only, never bulk access (rules of governance, 13)
    MemberKind.AUDITOR: EVERYONE,  # its ledger parts hold the full record of each exchange, none of its content
    MemberKind.ADMINISTRATION: EVERYONE | {Permission.MEMBER_ADMINISTER, Permission.EPOCH_ADMINISTER},
}
