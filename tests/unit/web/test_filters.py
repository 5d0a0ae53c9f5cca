from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.web.filters import ago, day, few, moment, percent, slug, stacked, thousands, tlp_words

AT = datetime(2026, 12, 1, 9, 5, 7, tzinfo=UTC)


def test_moment_in_another_zone_is_shown_in_utc() -> None:
    shown = moment(AT.astimezone(timezone(timedelta(hours=8))))
    assert shown == '<time datetime="2026-12-01T09:05:07Z">1 Dec 2026, 09:05 UTC</time>'


def test_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        moment(AT.replace(tzinfo=None))


def test_day_is_a_time_element() -> None:
    assert day(date(2027, 1, 9)) == '<time datetime="2027-01-09">9 Jan 2027</time>'


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=-3), "0 s ago"),
        (timedelta(seconds=12), "12 s ago"),
        (timedelta(minutes=5), "5 min ago"),
        (timedelta(hours=3), "3 h ago"),
        (timedelta(days=3), "1 Dec 2026, 09:05 UTC"),
    ],
)
def test_ago_grows_coarser_with_time(passed: timedelta, words: str) -> None:
    assert f">{words}<" in ago(AT, AT + passed)


def test_count_of_members_below_three_is_not_told() -> None:
    assert few(None) == "fewer than 3"


def test_count_has_thousands_separators() -> None:
    assert (few(1204), thousands(168_412)) == ("1,204", "168,412")


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [(0, 0, "0%"), (0, 9, "0%"), (1, 9000, "<1%"), (8999, 9000, ">99%"), (9, 9, "100%"), (3, 8, "38%")],
)
def test_percent_never_rounds_something_to_nothing_nor_almost_all_to_all(part: int, whole: int, words: str) -> None:
    assert percent(part, whole) == words


def test_tlp_reads_as_first_writes_it() -> None:
    assert tlp_words("amber+strict") == "TLP:AMBER+STRICT"


def test_slug_of_a_label_is_a_class_name() -> None:
    assert slug("amber+strict") == "amber-strict"


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=6))
def test_stacked_parts_fill_the_bar_side_by_side(parts: list[int]) -> None:
    spans = stacked(tuple(parts), sum(parts))
    end = 0.0
    for start, width in spans:
        assert start == pytest.approx(end, abs=0.05)
        end = start + width
    assert end == pytest.approx(100 if sum(parts) else 0, abs=0.05)
