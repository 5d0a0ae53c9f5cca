"""Every permission by name; nothing may be done that is not listed here."""

from enum import StrEnum


class Permission(StrEnum):
    """`<thing>:<verb>`; the value is what keys, grants and pages call it."""

    OVERVIEW_VIEW = "overview:view"
    MEMBER_SELF = "member:self"
    KEY_READ = "key:read"
    TOKEN_EVALUATE = "token:evaluate"
    CONTRIBUTION_SHARE = "contribution:share"
    CONTRIBUTION_WITHDRAW = "contribution:withdraw"
    CONTRIBUTION_READ_OWN = "contribution:read-own"
    MATCH_RUN = "match:run"
    MATCH_READ_OWN = "match:read-own"
    LIST_FETCH = "list:fetch"
    LEDGER_READ_OWN = "ledger:read-own"
    MEMBER_ADMINISTER = "member:administer"
    EPOCH_ADMINISTER = "epoch:administer"
