"""When the log stops."""

from datetime import timedelta
from enum import StrEnum

HALTED = "LH001"
"""The SQLSTATE with which `ledger_append` refuses while the log is halted."""


class Finder(StrEnum):
    """Who found that the log is not what was signed."""

    SEQUENCER = "sequencer"
    FSCK = "fsck"


CLOCK_BEHIND = timedelta(minutes=5)
"""How far the clock may be behind the newest checkpoint at the start; after a larger jump nobody knows the time."""
