"""The states of a test buy: the table is all there is, and every refusal says why; amounts in their minor units."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.test_buys import money_rules, rules
from hub.test_buys.money_rules import DIGITS, AmountError, minor_of, shown
from hub.test_buys.rules import (
    BEGINS,
    MOVES,
    BuyState,
    Carried,
    Command,
    RefusedStepError,
    WordsError,
    check_carried,
)

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "test-buys.md").read_text("utf-8")
PHOTO = "f_" + "a" * 20
WHOLE = Carried("Room 4", "S-1", (PHOTO,), "A parcel closed with brown tape.")


@given(st.lists(st.sampled_from(Command), max_size=40))
def test_no_sequence_of_commands_leaves_the_table(steps: list[Command]) -> None:
    state = BEGINS
    for command in steps:
        if (state, command) in MOVES:
            state = rules.moved(state, command)
            assert isinstance(state, BuyState)
        else:
            with pytest.raises(RefusedStepError, match=f"is {state} takes no {command}"):
                rules.moved(state, command)


def test_every_state_is_reached() -> None:
    reached, more = set[BuyState](), {BEGINS}
    while more:
        reached |= more
        more = {to for (state, _), to in MOVES.items() if state in reached} - reached
    assert reached == set(BuyState)


def test_nothing_is_ordered_before_its_budget_is_approved_nor_signed_before_its_verdict() -> None:
    assert [state for state, command in MOVES if command is Command.ORDER] == [BuyState.APPROVED]
    assert [state for state, command in MOVES if command is Command.SIGN] == [BuyState.JUDGED]
    assert [state for state, command in MOVES if command is Command.LINK] == [BuyState.SIGNED]


def test_who_planned_it_does_not_approve_its_budget() -> None:
    rules.check_approver("p_1", "p_2")
    with pytest.raises(RefusedStepError, match="another person"):
        rules.check_approver("p_1", "p_1")


def test_order_above_the_budget_is_refused() -> None:
    rules.check_budget(500, 500)
    with pytest.raises(RefusedStepError, match="more than the budget"):
        rules.check_budget(501, 500)


def test_the_states_and_what_a_step_tells_are_drawn_as_the_code_has_them() -> None:
    assert f"```mermaid\n{rules.drawn()}\n```" in PAGE
    assert rules.drawn_needs() in PAGE


# --- the chain of custody


@pytest.mark.parametrize("lacking", ["place", "seal", "photos"])
def test_what_arrives_is_told_with_place_seal_and_photos(lacking: str) -> None:
    assert check_carried(Command.RECEIVE, WHOLE) == WHOLE
    nothing: Any = () if lacking == "photos" else ""
    with pytest.raises(WordsError) as refused:
        check_carried(Command.RECEIVE, WHOLE._replace(**{lacking: nothing}))
    assert refused.value.field == lacking


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"place": "x" * 201}, "place"),
        ({"place": "Room\u202e4"}, "place"),
        ({"seal": "<b>"}, "seal"),
        ({"photos": ("photo.jpg",)}, "photos"),
        ({"photos": tuple(f"f_{n:020}" for n in range(21))}, "photos"),
        ({"words": "x" * 1001}, "words"),
    ],
)
def test_what_is_out_of_bounds_is_refused(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(WordsError) as refused:
        check_carried(Command.RECEIVE, WHOLE._replace(**wrong))
    assert refused.value.field == field


def test_what_is_cancelled_says_why_and_a_verdict_carries_nothing() -> None:
    with pytest.raises(WordsError):
        check_carried(Command.CANCEL, Carried())
    with pytest.raises(WordsError):
        check_carried(Command.JUDGE, WHOLE)


@pytest.mark.parametrize("text", ["", "a", "A-1\n", "<script>", "x" * 65])
def test_what_is_no_order_number_is_refused(text: str) -> None:
    if text.strip() == "A-1":
        assert rules.order_number(text) == "A-1"
    else:
        with pytest.raises(WordsError):
            rules.order_number(text)


# --- amounts


@given(st.integers(0, money_rules.MOST), st.sampled_from(sorted(DIGITS)))
def test_an_amount_is_read_as_it_is_shown(minor: int, currency: str) -> None:
    assert minor_of(shown(minor, currency).removesuffix(currency).replace(",", ""), currency) == minor


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("12.50", "EUR", 1250), ("12.5", "EUR", 1250), ("1250", "JPY", 1250), ("1.234", "KWD", 1234), ("0", "USD", 0)],
)
def test_an_amount_is_kept_in_the_minor_units_of_its_currency(text: str, currency: str, minor: int) -> None:
    assert minor_of(text, currency) == minor


@pytest.mark.parametrize(
    ("text", "currency"),
    [("12,50", "EUR"), ("12.505", "EUR"), ("1.5", "JPY"), ("-3", "EUR"), ("", "EUR"), ("٣", "EUR"), ("9" * 13, "EUR")],
)
def test_what_is_no_amount_of_the_currency_is_refused(text: str, currency: str) -> None:
    with pytest.raises(AmountError, match=r"\w"):
        minor_of(text, currency)


def test_what_is_no_currency_is_refused() -> None:
    for code in ("XXX", "EURO", "", "BTC"):
        with pytest.raises(AmountError, match="ISO 4217"):
            money_rules.check_currency(code)


def test_what_came_back_is_shown_with_its_sign() -> None:
    assert shown(-125050, "EUR") == "-1,250.50 EUR"
