"""What is valid about matches."""

from enum import StrEnum

MOST_MATCHED = 20_000
"""Tokens in one request to match."""


class MatchState(StrEnum):
    """Where the recipient stands with a match; a machine sets only `new`."""

    NEW = "new"
    TRIAGED = "triaged"
    SAME = "same"
    NOT_SAME = "not_same"
    INCONCLUSIVE = "inconclusive"
