"""The curve of a page: inside its box, rising, with few and round lines across."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.web.chart import curve

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)


@given(
    steps=st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 10**9)), min_size=1, max_size=80),
    later=st.integers(-5, 10**7),
)
def test_curve_of_any_growth_rises_inside_its_box(steps: list[tuple[int, int]], later: int) -> None:
    at, count, points = BEGIN, 0, []
    for seconds, more in steps:
        at, count = at + timedelta(seconds=seconds), count + more
        points.append((at, count))
    drawn = curve(points, at + timedelta(seconds=later))
    if not count:
        assert drawn is None
        return
    assert drawn is not None
    places = [tuple(map(float, place.split(","))) for place in drawn.line.split()]
    assert all(0 <= x <= 1000 and 0 <= y <= 100 for x, y in places)
    assert places == sorted(places, key=lambda place: (place[0], -place[1]))
    assert 1 <= len(drawn.ticks) <= 4
    assert drawn.ticks[-1].below == 0
    assert {str(tick.count // drawn.ticks[0].count) for tick in drawn.ticks} <= {"1", "2", "3", "4"}
    assert str(drawn.ticks[0].count).rstrip("0") in {"1", "2", "5"}


def test_nothing_is_drawn_of_nothing() -> None:
    assert curve([], BEGIN) is None
    assert curve([(BEGIN, 0)], BEGIN) is None
