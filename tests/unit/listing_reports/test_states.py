"""The states of a report: the table is all there is, and every command outside of it is refused with a reason."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.listing_reports import reason_rules, rules
from hub.listing_reports.rules import BEGINS, BY, MOVES, Command, Decision, Party, RefusedStepError, ReportState

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "listing-reports.md").read_text("utf-8")


@given(st.lists(st.tuples(st.sampled_from(Command), st.sampled_from(Party)), max_size=40))
def test_no_sequence_of_commands_leaves_the_table(steps: list[tuple[Command, Party]]) -> None:
    state = BEGINS
    for command, by in steps:
        allowed = (state, command) in MOVES and BY[command] is by
        try:
            to = rules.moved(state, command, by)
        except RefusedStepError:
            assert not allowed
        else:
            assert allowed
            state = to
        assert isinstance(state, ReportState)


def test_every_state_is_reached_and_every_open_one_left() -> None:
    reached, more = set[ReportState](), {BEGINS}
    while more:
        reached |= more
        more = {to for (state, _), to in MOVES.items() if state in reached} - reached
    assert reached == set(ReportState)
    assert {state for (state, command), to in MOVES.items() if to is not state} == set(ReportState) - {
        ReportState.WITHDRAWN
    }


def test_the_commands_offered_are_those_taken() -> None:
    for state in ReportState:
        for by in Party:
            for command in rules.commands(state, by):
                assert rules.moved(state, command, by) in ReportState


def test_every_refusal_says_why() -> None:
    for state in ReportState:
        for command in set(Command) - set(rules.commands(state, Party.BRAND)):
            with pytest.raises(RefusedStepError, match=r"\w+ \w+"):
                rules.moved(state, command, Party.BRAND)


def test_a_withdrawn_report_is_the_end() -> None:
    assert not [state for state, _ in MOVES if state is ReportState.WITHDRAWN]


def test_nothing_is_withdrawn_once_it_is_decided() -> None:
    with pytest.raises(RefusedStepError, match="decided"):
        rules.moved(ReportState.DECIDED, Command.WITHDRAW, Party.BRAND)


@pytest.mark.parametrize(
    ("reason", "text"), [("", "x" * 30), ("unknown", "x" * 30), ("other", "too short"), ("other", "x" * 1001)]
)
def test_no_refusal_without_a_reason_code_and_a_sentence(reason: str, text: str) -> None:
    with pytest.raises(rules.WordsError):
        rules.check_refusal(reason, text)


def test_listings_decided_both_ways_make_it_partly() -> None:
    assert rules.outcome(frozenset(Decision)) == "partly"
    assert rules.outcome(frozenset({Decision.REJECTED})) == "rejected"


def test_the_states_are_drawn_as_the_code_has_them() -> None:
    assert f"```mermaid\n{rules.drawn()}\n```" in PAGE


def test_the_reasons_are_listed_as_the_code_has_them() -> None:
    assert reason_rules.drawn() in PAGE


ASIDE = {Command.WITHDRAW, Command.ASSIGN, *rules.IMPLIED}
"""What may be done at many times, and leads a report on by itself at none."""


@pytest.mark.parametrize("state", ReportState)
def test_whoever_is_said_to_move_has_a_move(state: ReportState) -> None:
    stand = rules.STANDS[state]
    if stand.mover is not None:
        assert {*rules.commands(state, stand.mover)} - ASIDE


@pytest.mark.parametrize("state", [ReportState.CLOSED, ReportState.WITHDRAWN])
def test_of_a_report_that_is_over_nobody_is_said_to_do_anything(state: ReportState) -> None:
    assert (rules.STANDS[state].mover, rules.STANDS[state].does) == (None, "")
