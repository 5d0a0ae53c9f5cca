"""Deadlines of a whole year, in eight time zones, under every preset, against a second way to count them.

The module counts local days and asks once where the last one ends; the restatement goes hour by hour through UTC.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.listing_reports import clock_rules
from hub.listing_reports.clock_rules import DEFAULT, EVERYWHERE, LONGEST_SPAN, PRESETS, clock, deadline, holding
from hub.listing_reports.rules import WordsError

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "listing-reports.md").read_text("utf-8")
LEAPING = {"America/Santiago": "2027-09-04", "Africa/Cairo": "2027-04-29", "Asia/Beirut": "2027-03-27"}
"""Zones whose clocks leap over midnight, each with the last day before it in 2027."""
ZONES = ("Europe/Berlin", "America/Sao_Paulo", "Asia/Shanghai", "America/New_York", "Pacific/Auckland", *LEAPING)
HOUR = timedelta(hours=1)
YEAR = [datetime(2027, 1, 1, tzinfo=UTC) + timedelta(days=n, hours=n * 7 % 24, minutes=n % 60) for n in range(365)]
HOLIDAYS = frozenset(
    map(date.fromisoformat, ("2027-01-01", "2027-05-01", "2027-10-01", "2027-12-24", "2027-12-27", "2028-01-03"))
)
COUNTED = {
    # preset: seller, right holder, weekends and holidays are skipped, the last day may be one
    "default": (4, 3, False, True),
    "mercado-libre": (4, 3, False, True),
    "china": (4, 15, False, False),
    "business-days": (3, 5, True, False),
    "business-days-judged": (3, 5, True, False),
}


def local_days(since: datetime, zone: str) -> Iterator[tuple[date, datetime]]:
    """Each local day after the one of that moment, with its first moment after it: by going through UTC."""
    here, moment = ZoneInfo(zone), since.replace(minute=0, second=0, microsecond=0)
    day = moment.astimezone(here).date()
    while True:
        moment += HOUR / 2  # no zone of these shifts by less
        following = moment.astimezone(here).date()
        if following != day:
            if day != since.astimezone(here).date():
                yield day, moment
            day = following


def counted(since: datetime, zone: str, preset: str, side: int) -> datetime:
    """The end of the last day."""
    span, skips, any_day = COUNTED[preset][side], *COUNTED[preset][2:]
    for day, end in local_days(since, zone):
        free = day.isoweekday() in {6, 7} or day in HOLIDAYS
        if not (free and skips):
            span -= 1
        if span <= 0 and not (free and not any_day):
            return end
    raise AssertionError


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("preset", PRESETS)
def test_deadlines_of_a_whole_year_are_those_counted_otherwise(preset: str, zone: str) -> None:
    held = clock(preset, zone=zone, holidays=HOLIDAYS)
    found = {
        (since, side): deadline(held, (held.seller, held.holder)[side], since) for since in YEAR for side in (0, 1)
    }
    assert found == {(since, side): counted(since, zone, preset, side) for since, side in found}


def test_every_preset_is_counted_otherwise_too() -> None:
    assert set(COUNTED) == set(PRESETS)


@pytest.mark.parametrize(
    ("preset", "zone", "since", "due"),
    [
        # over the night in which clocks go forward in Berlin, 28 March, and back, 31 October
        ("default", "Europe/Berlin", "2027-03-25T12:00Z", "2027-03-29T22:00Z"),
        ("default", "Europe/Berlin", "2027-10-28T12:00Z", "2027-11-01T23:00Z"),
        # in New York, 14 March and 7 November; in Auckland, 4 April and 26 September
        ("default", "America/New_York", "2027-03-12T12:00Z", "2027-03-17T04:00Z"),
        ("default", "America/New_York", "2027-11-05T12:00Z", "2027-11-10T05:00Z"),
        ("default", "Pacific/Auckland", "2027-04-02T12:00Z", "2027-04-07T12:00Z"),
        ("default", "Pacific/Auckland", "2027-09-24T12:00Z", "2027-09-29T11:00Z"),
        # a last day that is a holiday, and one at the year's end; 1 October 2027 is a Friday
        ("china", "Asia/Shanghai", "2027-09-27T12:00Z", "2027-10-04T16:00Z"),
        ("default", "Asia/Shanghai", "2027-09-27T12:00Z", "2027-10-01T16:00Z"),
        ("business-days", "Europe/Berlin", "2027-12-23T12:00Z", "2027-12-30T23:00Z"),
        ("default", "America/Sao_Paulo", "2027-12-30T12:00Z", "2028-01-04T03:00Z"),
        # one minute before and after midnight, there
        ("default", "America/Sao_Paulo", "2027-06-02T02:59Z", "2027-06-06T03:00Z"),
        ("default", "America/Sao_Paulo", "2027-06-02T03:00Z", "2027-06-07T03:00Z"),
    ],
)
def test_seller_has_until_the_end_of_the_last_day_there(preset: str, zone: str, since: str, due: str) -> None:
    held = clock(preset, zone=zone, holidays=HOLIDAYS)
    assert deadline(held, held.seller, datetime.fromisoformat(since)) == datetime.fromisoformat(due)


def test_day_on_which_a_zone_has_no_midnight_ends_where_the_next_begins() -> None:
    held = clock("default", zone="America/Sao_Paulo")  # clocks went forward at midnight of 4 November 2018
    assert deadline(held, 3, datetime(2018, 10, 31, 12, tzinfo=UTC)) == datetime(2018, 11, 4, 3, tzinfo=UTC)


@given(st.sampled_from(ZONES), st.sampled_from(list(PRESETS)), st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)))
def test_local_day_of_a_deadline_is_its_last(zone: str, preset: str, moment: datetime) -> None:
    held, since = clock(preset, zone=zone), moment.replace(tzinfo=UTC)
    due = deadline(held, held.seller, since)
    assert clock_rules.local_day(held.zone, due) == clock_rules.last_day(held, held.seller, since)
    assert due > since + timedelta(days=held.seller) - HOUR  # which clocks that go forward take


@pytest.mark.parametrize(("zone", "day"), LEAPING.items())
def test_day_before_a_midnight_that_is_leapt_over_is_shown_as_the_last(zone: str, day: str) -> None:
    held, last = clock("default", zone=zone), date.fromisoformat(day)
    asked = datetime.combine(last - timedelta(days=3), datetime.min.time(), ZoneInfo(zone)) + 12 * HOUR
    assert clock_rules.local_day(zone, deadline(held, 3, asked.astimezone(UTC))) == last


@given(st.sampled_from(list(PRESETS)), st.integers(15, LONGEST_SPAN), st.frozensets(st.dates(), max_size=9))
def test_clock_is_read_as_it_was_kept(preset: str, days: int, holidays: frozenset[date]) -> None:
    held = clock(preset, days, days, "Asia/Shanghai", holidays)
    assert clock_rules.read(held.kept) == held


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"preset": "no-such"}, "preset"),
        ({"preset": "china", "holder": 14}, "holder"),
        ({"preset": "default", "seller": 0}, "seller"),
        ({"preset": "default", "seller": LONGEST_SPAN + 1}, "seller"),
        ({"preset": "default", "zone": "Europe/Nowhere"}, "zone"),
        ({"preset": "default", "zone": "../etc/passwd"}, "zone"),
        ({"preset": "default", "holidays": [date(2027, 1, 1) + timedelta(days=n) for n in range(101)]}, "holidays"),
    ],
)
def test_clock_that_breaks_a_rule_is_refused_by_field(said: dict[str, object], field: str) -> None:
    with pytest.raises(WordsError) as refused:
        clock(**said)  # type: ignore[arg-type]  # each row breaks one argument
    assert refused.value.field == field


def test_holidays_are_read_as_days_and_nothing_else() -> None:
    assert clock_rules.read_holidays("2027-05-01, 2027-12-25\n") == [date(2027, 5, 1), date(2027, 12, 25)]
    with pytest.raises(WordsError, match="such as"):
        clock_rules.read_holidays("1 May")


def test_clocks_of_countries_hold_before_that_for_everywhere() -> None:
    china, berlin, usual = clock("china", zone="Asia/Shanghai"), clock("default", 9), clock("business-days")
    own = {"CN": china, "DE": berlin, EVERYWHERE: usual}
    assert holding(own, {"CN"}) == (china,)
    assert holding(own, {"CN", "DE", "FR"}) == (china, berlin)
    assert holding(own, {"FR"}) == (usual,)
    assert holding({}, {"FR"}) == (DEFAULT,)


@given(
    st.lists(st.tuples(st.sampled_from(list(PRESETS)), st.sampled_from(ZONES)), min_size=1, max_size=4),
    st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)),
)
def test_neither_side_has_less_time_than_any_country_gives(named: list[tuple[str, str]], moment: datetime) -> None:
    clocks, since = [clock(preset, zone=zone) for preset, zone in named], moment.replace(tzinfo=UTC)
    seller, holder = clock_rules.of_seller(clocks, since), clock_rules.of_holder(clocks, since)
    assert {seller, holder} <= set(clocks)
    assert all(deadline(seller, seller.seller, since) >= deadline(each, each.seller, since) for each in clocks)
    assert all(deadline(holder, holder.holder, since) >= deadline(each, each.holder, since) for each in clocks)


def test_presets_are_listed_as_the_code_has_them() -> None:
    assert clock_rules.drawn() in PAGE
