"""Points and serious breaches count for 365 days, and each ladder says what comes next."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.listing_reports import reason_rules, strike_rules
from hub.listing_reports.strike_rules import LADDERS, LIVES, SERIOUS, Strike, standing

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "listing-reports.md").read_text("utf-8")
NOW = datetime(2027, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
STRIKES = st.lists(
    st.builds(
        Strike,
        st.integers(0, 800).map(lambda days: NOW - days * DAY),
        st.integers(0, 48),
        st.sampled_from(list(reason_rules.REASONS)),
    ),
    max_size=20,
)


def strikes(*days: int, points: int = 6, reason: str = "test_buy") -> list[Strike]:
    """One so many days ago, each."""
    return [Strike(NOW - each * DAY, points, reason) for each in days]


@pytest.mark.parametrize(
    ("points", "reached", "following"),
    [
        (0, None, 6),
        (5, None, 6),
        (6, "warning", 12),
        (12, "store shut for 7 days", 24),
        (35, "store shut for 14 days", 36),
        (47, "store shut for 21 days, its listings removed", 48),
        (48, "store closed", None),
        (96, "store closed", None),
    ],
)
def test_seller_stands_on_the_last_step_that_its_points_reach(
    points: int, reached: str | None, following: int | None
) -> None:
    found = standing(LADDERS["points"], strikes(1, points=points), NOW)
    assert (found.reached.words if found.reached else None, found.following.at if found.following else None) == (
        reached,
        following,
    )


def test_strike_counts_for_365_days_to_the_moment() -> None:
    old = strikes(0)
    for moment, count in ((NOW + LIVES - timedelta(seconds=1), 6), (NOW + LIVES, 0)):
        assert standing(LADDERS["points"], old, moment).count == count
    assert standing(LADDERS["points"], strikes(10, 300), NOW).falls_at == NOW - 300 * DAY + LIVES


def test_three_serious_breaches_close_the_store() -> None:
    found = standing(LADDERS["three-serious"], strikes(1, 10, 20, points=0), NOW)
    assert (found.count, found.reached, found.following) == (3, LADDERS["three-serious"].steps[-1], None)


def test_serious_breaches_of_three_days_are_one() -> None:
    assert standing(LADDERS["three-serious"], strikes(7, 6, 5), NOW).count == 1
    assert standing(LADDERS["three-serious"], strikes(7, 4), NOW).count == 2


def test_breaches_that_are_not_serious_make_no_store_close() -> None:
    assert standing(LADDERS["three-serious"], strikes(1, 10, 20, 30, reason="patent"), NOW).count == 0
    assert set(reason_rules.REASONS) > SERIOUS


@given(STRIKES, st.sampled_from(list(LADDERS)))
def test_standing_lies_between_two_steps_that_follow_each_other(given: list[Strike], name: str) -> None:
    ladder = LADDERS[name]
    found = standing(ladder, given, NOW)
    assert found.reached is None or found.reached.at <= found.count
    assert found.following is None or found.following.at > found.count
    neighbours = [(None, ladder.steps[0]), *pairwise(ladder.steps), (ladder.steps[-1], None)]
    assert (found.reached, found.following) in neighbours


@given(STRIKES, st.sampled_from(list(LADDERS)))
def test_time_takes_strikes_away_and_adds_none(given: list[Strike], name: str) -> None:
    counts = [standing(LADDERS[name], given, NOW + days * DAY).count for days in range(0, 401, 40)]
    assert counts[-1] == 0
    if LADDERS[name].unit is strike_rules.Unit.POINTS:
        assert counts == sorted(counts, reverse=True)


def test_every_ladder_goes_upwards_and_ends_with_the_store_closed() -> None:
    for ladder in LADDERS.values():
        assert all(lower.at < upper.at for lower, upper in pairwise(ladder.steps))
        assert ladder.steps[-1].words == "store closed"


def test_the_ladders_are_listed_as_the_code_has_them() -> None:
    assert strike_rules.drawn() in PAGE
