"""Which events are told, and when a daily letter is due."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.ledger.events import Event
from hub.notices.rules import NOTICED, SILENT, ZONES, Letters, Settings, SettingsError, Topic, letter_text

MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


def test_every_event_is_told_or_silent_with_its_reason() -> None:
    """A new event needs one row in rules.NOTICED, or one in rules.SILENT."""
    assert {*Event} - {*NOTICED} - {*SILENT} == set()
    assert {*NOTICED} & {*SILENT} == set()


@given(MOMENTS, st.integers(0, 23), st.sampled_from(sorted(ZONES)))
def test_daily_letter_comes_within_a_day_or_so_and_at_its_hour_there(now: datetime, hour: int, zone: str) -> None:
    due = Settings(hour=hour, zone=zone).next_due(now)
    assert now < due <= now + timedelta(hours=49)
    here = due.astimezone(ZoneInfo(zone))
    assert here.hour == hour or here.utcoffset() != (due - timedelta(hours=3)).astimezone(ZoneInfo(zone)).utcoffset()


def test_hour_that_a_time_change_leaves_out_comes_an_hour_later() -> None:
    due = Settings(hour=2, zone="Europe/Berlin").next_due(datetime(2027, 3, 27, 23, tzinfo=UTC))
    assert due == datetime(2027, 3, 28, 1, tzinfo=UTC)  # 03:00 there


@pytest.mark.parametrize("wrong", [{"hour": -1}, {"hour": 24}, {"zone": "nowhere"}, {"zone": "../etc/passwd"}])
def test_choice_that_there_is_not_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(SettingsError):
        Settings(**wrong)  # type: ignore[arg-type]


def test_who_has_chosen_one_topic_is_told_of_the_others_as_before() -> None:
    chosen = Settings({Topic.REPORTS: Letters.NONE})
    assert chosen.of(Topic.REPORTS) is Letters.NONE
    assert chosen.of(Topic.QUESTIONS) is Letters.AT_ONCE


def test_letter_reads_well_for_one_and_for_many() -> None:
    assert letter_text({Topic.KEYS: (1, 0)}) == "A notice waits for you:\n\n- Keys and limits: 1"
    both = letter_text({Topic.KEYS: (1_000, 1), Topic.LEDGER: (1, 0)})
    assert both.splitlines()[0] == "1,001 notices wait for you:"
