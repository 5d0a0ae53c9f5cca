"""Counter-notices: on what grounds a seller answers, and how each ends; tables, drawn in docs/listing-reports.md."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from hub.dialogue.rules import is_plain
from hub.listing_reports.rules import NOT_PLAIN, Command, Party, RefusedStepError, WordsError

GROUNDS: Mapping[str, str] = MappingProxyType(
    {
        "genuine": "the goods are genuine, or the right holder authorised the seller",
        "exhausted": "the right holder itself, or somebody with its leave, put these very goods on the market",
        "right_invalid": "the right is not valid, or not in force where the goods are offered",
        "wrong_listing": "the listing does not offer what the report says",
        "identity_misuse": "somebody else offers under the seller's name",
        "description_only": "the sign only describes the goods, or what they fit",
    }
)
"""Every ground of a counter-notice, in words."""
SHORTEST_WORDS, LONGEST_WORDS = 20, 2_000
MOST_FILES = 10
COUNTED = timedelta(days=92)
"""The three months over which a brand's and an agent's answers to counter-notices are counted."""


class CounterState(StrEnum):
    """Where a counter-notice stands."""

    FORWARDED = "forwarded"
    MAINTAINED = "maintained"
    EXPIRED = "expired"
    ACCEPTED_BY_HOLDER = "accepted by right holder"
    ACCEPTED_BY_PLATFORM = "accepted by platform"
    REJECTED = "rejected"


class CounterCommand(StrEnum):
    """What is done with a counter-notice once it was passed on."""

    MAINTAIN = "maintain"
    ACCEPT = "accept"
    WITHDRAW = "withdraw"
    LAPSE = "lapse"
    UPHOLD = "uphold"
    DISMISS = "dismiss"


_S, _C = CounterState, CounterCommand
ANSWERS: Mapping[Command, CounterCommand] = MappingProxyType({Command.MAINTAIN: _C.MAINTAIN, Command.ACCEPT: _C.ACCEPT})
"""The commands on a report that answer one of its counter-notices."""
BEGINS = _S.FORWARDED
OPEN = frozenset({_S.FORWARDED})
"""While the right holder is waited for."""

BY: Mapping[CounterCommand, Party] = MappingProxyType(
    {
        _C.MAINTAIN: Party.BRAND,
        _C.ACCEPT: Party.BRAND,
        _C.WITHDRAW: Party.BRAND,
        _C.LAPSE: Party.PLATFORM,
        _C.UPHOLD: Party.PLATFORM,
        _C.DISMISS: Party.PLATFORM,
    }
)
"""Whose command it is. The report is withdrawn whole; upheld and dismissed is what judging its listings comes to."""

MOVES: Mapping[tuple[CounterState, CounterCommand], CounterState] = MappingProxyType(
    {
        (_S.FORWARDED, _C.MAINTAIN): _S.MAINTAINED,
        (_S.FORWARDED, _C.ACCEPT): _S.ACCEPTED_BY_HOLDER,
        (_S.FORWARDED, _C.WITHDRAW): _S.ACCEPTED_BY_HOLDER,
        (_S.FORWARDED, _C.LAPSE): _S.EXPIRED,
        (_S.MAINTAINED, _C.WITHDRAW): _S.ACCEPTED_BY_HOLDER,
        (_S.MAINTAINED, _C.UPHOLD): _S.ACCEPTED_BY_PLATFORM,
        (_S.MAINTAINED, _C.DISMISS): _S.REJECTED,
        # where the clock has the platform judge although the right holder is silent
        (_S.EXPIRED, _C.UPHOLD): _S.ACCEPTED_BY_PLATFORM,
        (_S.EXPIRED, _C.DISMISS): _S.REJECTED,
    }
)
"""State × command → state. What is not listed is refused."""


def moved(state: CounterState, command: CounterCommand, by: Party) -> CounterState:
    """Where the command leads. Raises RefusedStepError with the reason."""
    if BY[command] is not by:
        raise RefusedStepError(f"only the {BY[command]} may {command} a counter-notice")
    to = MOVES.get((state, command))
    if to is None:
        raise RefusedStepError(f"this counter-notice is {state} already: nothing can {command} it any more")
    return to


def leads_on(states: Collection[CounterState], undecided: int) -> Command | None:
    """By which command a countered report is led on; None: the right holder is waited for."""
    if OPEN.intersection(states):
        return None
    if not undecided:
        return Command.DECIDE
    if _S.MAINTAINED in states:
        return Command.MAINTAIN
    return Command.LAPSE if _S.EXPIRED in states else Command.ACCEPT


def check_counter(grounds: str, words: str, evidence: Collection[str]) -> str:
    """The seller's words, without outer blanks. Raises WordsError."""
    if grounds not in GROUNDS:
        raise WordsError("grounds", f"give one of the grounds: {', '.join(GROUNDS)}")
    text = words.strip()
    if not SHORTEST_WORDS <= len(text) <= LONGEST_WORDS:
        raise WordsError("words", f"pass on what the seller says, in {SHORTEST_WORDS} to {LONGEST_WORDS:,} characters")
    if not is_plain(text):
        raise WordsError("words", NOT_PLAIN)
    if len(set(evidence)) > MOST_FILES:
        raise WordsError("evidence", f"give {MOST_FILES} files of evidence at most")
    return text


def drawn() -> str:
    """The table as a Mermaid diagram."""
    names = {state: state.name.lower() for state in CounterState}
    arrows = [f"    [*] --> {names[BEGINS]}: counter (platform)"]
    arrows += [f"    {names[a]} --> {names[to]}: {command} ({BY[command]})" for (a, command), to in MOVES.items()]
    return "\n".join(["stateDiagram-v2", *arrows])
