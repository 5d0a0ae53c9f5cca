"""A curve over time as SVG, drawn on the server: no script, no style attribute, as wide as its place.

One curve needs no library: Altair with its renderer weighs a hundred megabytes, and would draw text that neither
follows the theme nor the width.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

_WIDTH, _HEIGHT = 1000, 100
_MOST_TICKS = 4


@dataclass(frozen=True)
class Tick:
    """A line across, so many per cent below the top, and what it stands for."""

    count: int
    below: float


@dataclass(frozen=True)
class Curve:
    """Counts that only grow. `line` and `area` are points in a box of 1000 by 100."""

    begins: datetime
    ends: datetime
    first: int
    last: int
    line: str
    area: str
    ticks: tuple[Tick, ...]


def curve(points: Sequence[tuple[datetime, int]], now: datetime) -> Curve | None:
    """The curve through (moment, count), level from the last to now. None without a point, or without a count."""
    if not points or not points[-1][1]:
        return None
    begins, ends = points[0][0], max(now, points[-1][0])
    span, first, last = (ends - begins).total_seconds() or 1.0, points[0][1], points[-1][1]
    step = _step(last)
    top = -(-last // step) * step
    places = [((at - begins).total_seconds() / span * _WIDTH, (1 - count / top) * _HEIGHT) for at, count in points]
    places.append((float(_WIDTH), (1 - last / top) * _HEIGHT))
    line = " ".join(f"{x:.1f},{y:.2f}" for x, y in places)
    ticks = tuple(Tick(count, 100 * (1 - count / top)) for count in range(step, top + 1, step))
    return Curve(begins, ends, first, last, line, f"0,{_HEIGHT} {line} {_WIDTH},{_HEIGHT}", ticks)


def _step(most: int) -> int:
    """The smallest 1, 2 or 5 followed by zeros of which few enough reach `most`."""
    power = 1
    while True:
        for leading in (1, 2, 5):
            if leading * power * _MOST_TICKS >= most:
                return leading * power
        power *= 10
