"""What is valid about epochs, keys and quotas."""

import re
from datetime import date
from enum import StrEnum

from hub.access.tlp import MemberKind

EPOCH = re.compile(r"[0-9a-z][0-9a-z-]{0,19}")
ELEMENT_BYTES = 32
MOST_ELEMENTS = 4096
"""One evaluation: 4,096 elements hold an evaluator process for a third of a second."""


class EpochState(StrEnum):
    """Two epochs overlap: an open one takes everything, a closing one only evaluations for matching and withdrawals."""

    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"


DEFAULT_QUOTA: dict[MemberKind, int] = {MemberKind.BRAND: 200_000, MemberKind.PLATFORM: 2_000_000}
"""Evaluations a month of one identifier type until a need is declared (`hub member quota`); other kinds have none."""


def period(day: date) -> date:
    """The first day of the month a quota counts in."""
    return day.replace(day=1)
