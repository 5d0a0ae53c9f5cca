"""The states of a counter-notice and of its report together: the tables are all there is."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hub.listing_reports import counter_rules, rules
from hub.listing_reports.counter_rules import BEGINS, BY, MOVES, OPEN, CounterCommand, CounterState, leads_on
from hub.listing_reports.rules import Command, Party, RefusedStepError, ReportState, WordsError

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "listing-reports.md").read_text("utf-8")


@given(st.lists(st.tuples(st.sampled_from(CounterCommand), st.sampled_from(Party)), max_size=20))
def test_no_sequence_of_commands_leaves_the_table(steps: list[tuple[CounterCommand, Party]]) -> None:
    state = BEGINS
    for command, by in steps:
        allowed = (state, command) in MOVES and BY[command] is by
        try:
            to = counter_rules.moved(state, command, by)
        except RefusedStepError:
            assert not allowed
        else:
            assert allowed
            state = to
        assert state in CounterState


def test_every_refusal_says_why() -> None:
    for state in CounterState:
        for command in CounterCommand:
            for by in Party:
                if (state, command) not in MOVES or BY[command] is not by:
                    with pytest.raises(RefusedStepError, match=r"\w+ \w+ \w+ \w+"):
                        counter_rules.moved(state, command, by)


def test_every_state_is_reached() -> None:
    assert {BEGINS, *MOVES.values()} == set(CounterState)


def test_what_somebody_accepted_or_rejected_is_the_end() -> None:
    ends = {CounterState.ACCEPTED_BY_HOLDER, CounterState.ACCEPTED_BY_PLATFORM, CounterState.REJECTED}
    assert not {state for state, _ in MOVES} & ends


class ReportAndItsCounterNotices(RuleBasedStateMachine):
    """A report of five listings, each by a seller of its own, and every way to lead it on."""

    def __init__(self) -> None:
        super().__init__()
        self.state = ReportState.FORWARDED
        self.notices: dict[int, CounterState] = {}
        self.undecided = set(range(5))

    def settle(self, n: int, command: CounterCommand, by: Party) -> None:
        self.notices[n] = counter_rules.moved(self.notices[n], command, by)
        if self.notices[n] in {CounterState.ACCEPTED_BY_HOLDER, CounterState.EXPIRED}:
            self.undecided.discard(n)
        led = leads_on(self.notices.values(), len(self.undecided))
        if led is not None:
            self.state = rules.MOVES[ReportState.COUNTERED, led]

    @precondition(lambda self: (self.state, Command.COUNTER) in rules.MOVES)
    @rule(n=st.integers(0, 4))
    def counter(self, n: int) -> None:
        if n in self.undecided and n not in self.notices:
            self.notices[n] = BEGINS
            self.state = rules.moved(self.state, Command.COUNTER, Party.PLATFORM)

    @precondition(lambda self: self.state is ReportState.COUNTERED)
    @rule(n=st.integers(0, 4), command=st.sampled_from([CounterCommand.MAINTAIN, CounterCommand.ACCEPT]))
    def answer(self, n: int, command: CounterCommand) -> None:
        if self.notices.get(n) in OPEN:
            self.settle(n, command, Party.BRAND)

    @precondition(lambda self: self.state is ReportState.COUNTERED)
    @rule(n=st.integers(0, 4))
    def lapse(self, n: int) -> None:
        if self.notices.get(n) in OPEN:
            self.settle(n, CounterCommand.LAPSE, Party.PLATFORM)

    @rule(command=st.sampled_from(Command), by=st.sampled_from(Party))
    def what_is_not_listed_is_refused(self, command: Command, by: Party) -> None:
        if (self.state, command) not in rules.MOVES or rules.BY[command] is not by:
            with pytest.raises(RefusedStepError, match=r"\w+ \w+ \w+"):
                rules.moved(self.state, command, by)

    @invariant()
    def report_is_countered_as_long_as_one_is_open(self) -> None:
        assert bool(OPEN.intersection(self.notices.values())) is (self.state is ReportState.COUNTERED)

    @invariant()
    def nothing_undecided_means_decided(self) -> None:
        assert bool(self.undecided) or self.state is ReportState.DECIDED

    @invariant()
    def what_is_left_can_be_judged_or_countered(self) -> None:
        if self.undecided and self.state is not ReportState.COUNTERED:
            onward = {Command.JUDGE, Command.LAPSE, Command.COUNTER}
            assert any((self.state, command) in rules.MOVES for command in onward)


TestReportAndItsCounterNotices = ReportAndItsCounterNotices.TestCase


@pytest.mark.parametrize(
    ("grounds", "words", "files", "field"),
    [
        ("price", "x" * 30, 0, "grounds"),
        ("genuine", "too short", 0, "words"),
        ("genuine", "x" * 2001, 0, "words"),
        ("genuine", "x" * 30, 11, "evidence"),
    ],
)
def test_counter_notice_that_breaks_a_rule_names_the_field(grounds: str, words: str, files: int, field: str) -> None:
    with pytest.raises(WordsError) as refused:
        counter_rules.check_counter(grounds, words, [f"f_{n}" for n in range(files)])
    assert refused.value.field == field


def test_the_states_are_drawn_as_the_code_has_them() -> None:
    assert f"```mermaid\n{counter_rules.drawn()}\n```" in PAGE


def test_the_grounds_are_listed_as_the_code_has_them() -> None:
    assert all(f"| `{code}` | {words} |" in PAGE for code, words in counter_rules.GROUNDS.items())
