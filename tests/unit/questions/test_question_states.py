"""The states of a question: the table is all there is, the deadline divides it, and every refusal says why."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.questions import rules
from hub.questions.rules import (
    BEGINS,
    BY,
    MOVES,
    OVERDUE,
    Command,
    Party,
    QuestionState,
    RefusedStepError,
    WordsError,
    deadline,
    last_day,
)

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "questions.md").read_text("utf-8")
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@given(st.lists(st.tuples(st.sampled_from(Command), st.sampled_from(Party), st.booleans()), max_size=20))
def test_no_sequence_of_commands_leaves_the_table(steps: list[tuple[Command, Party, bool]]) -> None:
    state = BEGINS
    for command, by, overdue in steps:
        allowed = (state, command) in MOVES and BY[command] is by and OVERDUE[command] is overdue
        if allowed:
            state = rules.moved(state, command, by, overdue=overdue)
            assert isinstance(state, QuestionState)
        else:
            with pytest.raises(RefusedStepError, match=r"(\w+ ){4}"):
                rules.moved(state, command, by, overdue=overdue)


def test_every_state_is_reached_and_all_but_the_first_are_ends() -> None:
    assert {*MOVES.values(), BEGINS} == set(QuestionState)
    assert {state for state, _ in MOVES} == {BEGINS}


def test_answer_after_the_deadline_is_refused_whether_or_not_the_hub_has_said_that_it_expired() -> None:
    for state in (QuestionState.ASKED, QuestionState.EXPIRED):
        with pytest.raises(RefusedStepError, match="has run out"):
            rules.moved(state, Command.FAKE, Party.BRAND, overdue=True)


def test_platform_does_not_take_back_what_the_brand_let_run_out() -> None:
    with pytest.raises(RefusedStepError, match="has run out"):
        rules.moved(BEGINS, Command.WITHDRAW, Party.PLATFORM, overdue=True)


def test_nothing_expires_before_its_deadline() -> None:
    with pytest.raises(RefusedStepError, match="not run out yet"):
        rules.moved(BEGINS, Command.EXPIRE, Party.HUB, overdue=False)


def test_the_states_are_drawn_as_the_code_has_them() -> None:
    assert f"```mermaid\n{rules.drawn()}\n```" in PAGE


# --- deadlines


@pytest.mark.parametrize(
    ("day", "zone", "moment"),
    [
        (date(2026, 11, 25), "UTC", datetime(2026, 11, 26, tzinfo=UTC)),
        (date(2026, 12, 24), "Europe/Berlin", datetime(2026, 12, 24, 23, tzinfo=UTC)),
        (date(2026, 11, 26), "Asia/Kathmandu", datetime(2026, 11, 26, 18, 15, tzinfo=UTC)),
        (date(2026, 11, 26), "Pacific/Kiritimati", datetime(2026, 11, 26, 10, tzinfo=UTC)),
    ],
)
def test_deadline_is_the_end_of_the_day_in_the_time_zone_that_was_said(day: date, zone: str, moment: datetime) -> None:
    assert deadline(day, zone, NOON) == moment


def test_day_of_a_time_change_ends_when_it_ends_there() -> None:
    march = datetime(2027, 3, 20, 12, tzinfo=UTC)
    assert deadline(date(2027, 3, 28), "Europe/Berlin", march) == datetime(2027, 3, 28, 22, tzinfo=UTC)
    september = datetime(2026, 9, 1, 12, tzinfo=UTC)  # the clocks of Santiago leap over midnight on 6 September
    assert deadline(date(2026, 9, 5), "America/Santiago", september) == datetime(2026, 9, 6, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "zone"),
    [(date(2026, 11, 24), "UTC"), (date(2026, 12, 25), "UTC"), (date(2026, 11, 24), "Pacific/Kiritimati")],
)
def test_deadline_of_today_or_of_more_than_30_days_is_refused(day: date, zone: str) -> None:
    with pytest.raises(WordsError, match="1 to 30 days"):
        deadline(day, zone, NOON)


def test_today_is_the_day_of_the_time_zone() -> None:
    late = datetime(2026, 11, 24, 23, tzinfo=UTC)
    with pytest.raises(WordsError):
        deadline(date(2026, 11, 25), "Europe/Berlin", late)
    assert deadline(date(2026, 11, 25), "America/New_York", late) == datetime(2026, 11, 26, 5, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["", "Berlin", "CEST+1", "../etc/passwd", "posixrules", "Europe/Berlin\0"])
def test_what_is_no_time_zone_is_refused(zone: str) -> None:
    with pytest.raises(WordsError, match="IANA"):
        deadline(date(2026, 11, 26), zone, NOON)


@given(st.integers(1, 30), st.sampled_from(sorted(rules.time_zones())), st.integers(0, 366 * 24))
def test_a_deadline_is_in_its_day_and_the_next_moment_is_not(away: int, zone: str, hours: int) -> None:
    now = NOON + timedelta(hours=hours)
    day = now.astimezone(ZoneInfo(zone)).date() + timedelta(days=away)
    due = deadline(day, zone, now)
    assert last_day(due, zone) == day
    assert due.astimezone(ZoneInfo(zone)).date() == day + timedelta(days=1)


# --- words


@pytest.mark.parametrize(
    ("command", "text", "fits"),
    [
        (Command.FAKE, "", False),
        (Command.FAKE, "too short", False),
        (Command.FAKE, "The seam is of another colour.", True),
        (Command.GENUINE, "", True),
        (Command.CANNOT_TELL, "x" * 1001, False),
    ],
)
def test_a_fake_needs_a_reason_and_the_others_a_word_at_most(command: Command, text: str, fits: bool) -> None:
    if fits:
        assert rules.sentence_of(command, text) == text
    else:
        with pytest.raises(WordsError):
            rules.sentence_of(command, text)


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(0), "0 min"),
        (timedelta(minutes=8, seconds=40), "8 min"),
        (timedelta(hours=5, minutes=12), "5 h 12 min"),
        (timedelta(days=3, hours=4, minutes=9), "3 d 4 h"),
        (timedelta(days=2, minutes=5), "2 d"),
    ],
)
def test_a_length_of_time_is_told_to_its_two_greatest_units(span: timedelta, words: str) -> None:
    assert rules.spoken(span) == words
