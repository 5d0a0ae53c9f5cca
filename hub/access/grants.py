"""Who may do what, the whole table on one screen: kind of member → permissions of its people and clients."""

from hub.access.permissions import Permission as P
from hub.access.tlp import MemberKind

EVERYONE = frozenset({P.OVERVIEW_VIEW, P.MEMBER_SELF, P.LEDGER_READ_OWN})

GRANTS: dict[MemberKind, frozenset[P]] = {
    MemberKind.BRAND: EVERYONE
    | {
        P.KEY_READ,
        P.TOKEN_EVALUATE,
        P.CONTRIBUTION_SHARE,
        P.CONTRIBUTION_WITHDRAW,
        P.CONTRIBUTION_READ_OWN,
        P.MATCH_RUN,
        P.MATCH_READ_OWN,
        P.LIST_FETCH,
    },
    MemberKind.PLATFORM: EVERYONE
    | {
        P.KEY_READ,
        P.TOKEN_EVALUATE,
        P.CONTRIBUTION_SHARE,
        P.CONTRIBUTION_WITHDRAW,
        P.CONTRIBUTION_READ_OWN,
        P.MATCH_RUN,
        P.MATCH_READ_OWN,
        P.LIST_FETCH,
    },
    MemberKind.AUTHORITY: EVERYONE,  # lead packages only, never bulk access (rules of governance, 13)
    MemberKind.AUDITOR: EVERYONE,  # its ledger parts hold the full record of each exchange, none of its content
    MemberKind.ADMINISTRATION: EVERYONE | {P.MEMBER_ADMINISTER, P.EPOCH_ADMINISTER},
}
