"""The states of a right, with the office and with each platform: the table is all there is, and is drawn as it is."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rights import certificate_rules, rules, sheet_rules
from hub.rights.rules import MOVES, Command, ForbiddenMoveError, RightState

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "rights.md").read_text("utf-8")
BY_THE_BRAND = (Command.CORRECT, Command.CERTIFY, Command.WITHDRAW)


@given(st.lists(st.sampled_from(Command), max_size=40))
def test_no_sequence_of_commands_leaves_the_table(commands: list[Command]) -> None:
    state = RightState.ENTERED
    for command in commands:
        try:
            to = rules.after(state, command)
        except ForbiddenMoveError:
            assert command not in MOVES[state]
        else:
            assert MOVES[state][command] is to
            state = to


@given(st.sampled_from(RightState), st.sampled_from(RightState), st.sampled_from(BY_THE_BRAND))
def test_what_the_brand_does_leads_to_one_state_with_everybody(
    office: RightState, platform: RightState, command: Command
) -> None:
    """So that a command which the office's state allows is never refused by where it stands with a platform."""
    withdrawn = RightState.WITHDRAWN
    if withdrawn not in {office, platform}:
        assert rules.after(office, command) is rules.after(platform, command)


def test_every_state_is_reached_and_every_one_but_the_last_left() -> None:
    reached, more = set[RightState](), {RightState.ENTERED}
    while more:
        reached |= more
        more = {to for state in reached for to in MOVES[state].values()} - reached
    assert reached == set(RightState)
    assert {state for state in RightState if not MOVES[state]} == {RightState.WITHDRAWN}


def test_every_refusal_says_why() -> None:
    for state in RightState:
        for command in set(Command) - set(MOVES[state]):
            with pytest.raises(ForbiddenMoveError, match=r"you cannot \w+ this right: \w+ \w+"):
                rules.after(state, command)


def test_the_states_are_drawn_as_the_code_has_them() -> None:
    assert f"```mermaid\n{rules.drawn()}\n```" in PAGE


def test_the_columns_of_a_sheet_are_listed_as_the_code_has_them() -> None:
    assert sheet_rules.drawn() in PAGE
    assert f"Up to {sheet_rules.MOST_AT_ONCE:,} rights" in PAGE


def test_what_is_said_of_certificates_is_what_holds() -> None:
    assert f"at most {certificate_rules.LARGEST // 2**20} MB" in PAGE
    assert f"ended {certificate_rules.KEPT_AFTER_THE_END.days} days ago" in PAGE
