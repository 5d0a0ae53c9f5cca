"""Strike ladders: what a platform does about a seller whose listings were found infringing again and again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

LIVES = timedelta(days=365)
"""How long a strike counts."""
APART = timedelta(days=3)
"""Serious breaches so close after one that counts are one with it."""
SERIOUS = frozenset({"counterfeit_features", "no_such_model", "test_buy", "seller_admits"})
"""Reason codes of counterfeits: the others are breaches that a seller may not have known of."""


class Unit(StrEnum):
    """What a ladder counts."""

    POINTS = "points"
    SERIOUS = "serious breaches"


class Step(NamedTuple):
    """A step of a ladder, and what it means for the seller."""

    at: int
    words: str


class Ladder(NamedTuple):
    """One row of the table; its steps go upwards."""

    words: str
    unit: Unit
    steps: tuple[Step, ...]


LADDERS: Mapping[str, Ladder] = MappingProxyType(
    {
        "points": Ladder(
            "Points, 48 of which close the store",
            Unit.POINTS,
            (
                Step(6, "warning"),
                Step(12, "store shut for 7 days"),
                Step(24, "store shut for 14 days"),
                Step(36, "store shut for 21 days, its listings removed"),
                Step(48, "store closed"),
            ),
        ),
        "short-points": Ladder(
            "Points, 24 of which close the store",
            Unit.POINTS,
            (Step(6, "warning"), Step(12, "store shut for 14 days"), Step(24, "store closed")),
        ),
        "three-serious": Ladder(
            "Three serious breaches close the store",
            Unit.SERIOUS,
            (Step(1, "store shut for a day"), Step(2, "store shut for 7 days"), Step(3, "store closed")),
        ),
    }
)
"""Every ladder by name."""
DEFAULT = "points"
"""Of a platform that has chosen none."""


class Strike(NamedTuple):
    """A listing of a seller that was established and acted on."""

    at: datetime
    points: int
    reason: str


@dataclass(frozen=True)
class Standing:
    """Where a seller stands on a ladder."""

    count: int
    reached: Step | None
    following: Step | None
    falls_at: datetime | None
    """When the oldest strike that counts ceases to."""


def standing(ladder: Ladder, strikes: Sequence[Strike], now: datetime) -> Standing:
    """What counts at that moment, and what it comes to."""
    counted = sorted(each for each in strikes if each.at + LIVES > now)
    if ladder.unit is Unit.SERIOUS:
        counted = _apart([each for each in counted if each.reason in SERIOUS])
        count = len(counted)
    else:
        counted = [each for each in counted if each.points]
        count = sum(each.points for each in counted)
    reached = max((step for step in ladder.steps if step.at <= count), default=None)
    following = min((step for step in ladder.steps if step.at > count), default=None)
    return Standing(count, reached, following, counted[0].at + LIVES if counted else None)


def _apart(strikes: Sequence[Strike]) -> list[Strike]:
    """Those that are three days from the last one that counts."""
    found: list[Strike] = []
    for each in strikes:
        if not found or each.at >= found[-1].at + APART:
            found.append(each)
    return found


def drawn() -> str:
    """The table in Markdown."""
    lines = ["| ladder | says | counts | steps |", "|---|---|---|---|"]
    for name, each in LADDERS.items():
        steps = ", ".join(f"{step.at}: {step.words}" for step in each.steps)
        lines.append(f"| `{name}` | {each.words} | {each.unit} | {steps} |")
    return "\n".join(lines)
