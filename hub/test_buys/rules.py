"""The states of a test buy, its commands and what each tells: one table each, drawn in docs/test-buys.md. Pure."""

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

import rfc8785

from hub.listing_reports.reason_rules import has_begun


class BuyState(StrEnum):
    """Where a test buy stands."""

    PLANNED = "planned"
    APPROVED = "approved"
    ORDERED = "ordered"
    RECEIVED = "received"
    EXAMINED = "examined"
    JUDGED = "judged"
    SIGNED = "signed"
    LINKED = "linked"
    REFUNDED = "refunded"
    RETAINED = "retained"
    DESTROYED = "destroyed"
    CANCELLED = "cancelled"


class Command(StrEnum):
    """What is done with a test buy, from planning it on."""

    APPROVE = "approve"
    ORDER = "order"
    RECEIVE = "receive"
    PASS = "pass"
    EXAMINE = "examine"
    JUDGE = "judge"
    SIGN = "sign"
    LINK = "link"
    SPEND = "spend"
    REFUND = "refund"
    RETAIN = "retain"
    DESTROY = "destroy"
    CANCEL = "cancel"


class Verdict(StrEnum):
    """What the examination found."""

    GENUINE = "genuine"
    COUNTERFEIT = "counterfeit"
    INCONCLUSIVE = "inconclusive"


class CostKind(StrEnum):
    """What was paid for."""

    PRICE = "price"
    SHIPPING = "shipping"
    DUTY = "duty"
    EXAMINATION = "examination"
    OTHER = "other"
    REFUND = "refund"
    """What came back: it is counted off."""


_S, _C = BuyState, Command
BEGINS = _S.PLANNED
_HELD = (_S.RECEIVED, _S.EXAMINED, _S.JUDGED, _S.SIGNED, _S.LINKED)
_DONE = (_S.SIGNED, _S.LINKED)

MOVES: Mapping[tuple[BuyState, Command], BuyState] = MappingProxyType(
    {
        (_S.PLANNED, _C.APPROVE): _S.APPROVED,
        (_S.APPROVED, _C.ORDER): _S.ORDERED,
        (_S.ORDERED, _C.RECEIVE): _S.RECEIVED,
        (_S.RECEIVED, _C.EXAMINE): _S.EXAMINED,
        (_S.EXAMINED, _C.JUDGE): _S.JUDGED,
        (_S.JUDGED, _C.EXAMINE): _S.EXAMINED,
        (_S.JUDGED, _C.SIGN): _S.SIGNED,
        (_S.SIGNED, _C.LINK): _S.LINKED,
        **{(state, _C.PASS): state for state in _HELD},
        **{(state, _C.SPEND): state for state in (_S.ORDERED, *_HELD)},
        **{(state, _C.REFUND): _S.REFUNDED for state in _DONE},
        (_S.CANCELLED, _C.REFUND): _S.CANCELLED,  # of goods that never came, in as many parts as the money comes
        **{(state, _C.RETAIN): _S.RETAINED for state in _DONE},
        **{(state, _C.DESTROY): _S.DESTROYED for state in _DONE},
        **{(state, _C.CANCEL): _S.CANCELLED for state in (_S.PLANNED, _S.APPROVED, _S.ORDERED)},
    }
)
"""State × command → state. What is not listed is refused."""


class Needs(NamedTuple):
    """What a step of the chain of custody tells."""

    place: bool = False
    """Where the goods are now, or where they went."""
    seal: bool = False
    """The number of the seal: put on, or found and broken."""
    photos: bool = False
    words: bool = False
    """A sentence."""


NEEDS: Mapping[Command, Needs] = MappingProxyType(
    {
        _C.RECEIVE: Needs(place=True, seal=True, photos=True),
        _C.PASS: Needs(place=True),
        _C.EXAMINE: Needs(place=True, seal=True, photos=True),
        _C.RETAIN: Needs(place=True),
        _C.DESTROY: Needs(place=True),
        _C.CANCEL: Needs(words=True),
    }
)
"""What each command cannot do without; the others need none of it."""
CARRIES: frozenset[Command] = frozenset({_C.RECEIVE, _C.PASS, _C.EXAMINE, _C.REFUND, _C.RETAIN, _C.DESTROY})
"""The commands of the chain of custody, which may tell of place, seal and photos."""

SHORTEST_WORDS, LONGEST_WORDS, LONGEST_METHOD = 20, 1_000, 2_000
LONGEST_LINE = 200
MOST_PHOTOS = 20
NAME = re.compile("[A-Za-z0-9_-]{22}")
PHOTO = re.compile("f_[A-Za-z0-9_-]{20}")
_ORDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./_-]{2,63}")
_SEAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./-]{0,39}")


class RefusedStepError(Exception):
    """The command is not given in this state, not by this person, or not yet; the words say which."""


class WordsError(ValueError):
    """What is said with a command breaks a rule; `field` names it, and the text tells the rule."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(rule)
        self.field = field


def new_name() -> str:
    """What a test buy is called in addresses and in the record: random."""
    return secrets.token_urlsafe(16)


def moved(state: BuyState, command: Command) -> BuyState:
    """Where the command leads. Raises RefusedStepError with the reason."""
    to = MOVES.get((state, command))
    if to is None:
        may = ", ".join(commands(state)) or "nothing more"
        raise RefusedStepError(f"a test buy that is {state} takes no {command!s}; it takes {may}")
    return to


def commands(state: BuyState) -> tuple[Command, ...]:
    """What may be done in that state."""
    return tuple(each for each in Command if (state, each) in MOVES)


def check_approver(planned_by: str, approved_by: str, *, of_known_person: bool = True) -> None:
    """Four eyes: raises RefusedStepError where who planned would approve, or may for all that is known."""
    if planned_by == approved_by:
        raise RefusedStepError("another person of the brand than the one who planned it approves the budget")
    if not of_known_person:
        raise RefusedStepError("a key of the brand planned it, and who used that is not known: an owner approves it")


def check_budget(spent: int, budget: int) -> None:
    """Raises RefusedStepError for an order that costs more than was approved."""
    if spent > budget:
        raise RefusedStepError("this costs more than the budget that was approved: cancel it and plan a larger one")


# --- what is said


def line(field: str, text: str, what: str, *, most: int = LONGEST_LINE, least: int = 1) -> str:
    """One line of text, without outer blanks. Raises WordsError."""
    text = " ".join(text.split())
    if not least <= len(text) <= most or not text.isprintable():
        raise WordsError(field, f"give {what} in {least} to {most:,} characters")
    return text


def order_number(text: str) -> str:
    """The order number as the platform shows it. Raises WordsError."""
    if _ORDER.fullmatch(text.strip()) is None:
        raise WordsError("order_number", "give it as the platform shows it: 3 to 64 letters, digits and . / _ -")
    return text.strip()


def ordered_on(day: date, now: datetime) -> date:
    """The day of the order. Raises WordsError for one that has begun nowhere yet."""
    if not has_begun(day, now):
        raise WordsError("ordered_on", "give a day that has been")
    return day


class Photo(NamedTuple):
    """A picture in the vault, and its digest at the time of the step."""

    name: str
    sha256: str


class Carried(NamedTuple):
    """What a step of the chain of custody says, as given."""

    place: str = ""
    seal: str = ""
    photos: Sequence[str] = ()
    words: str = ""


def check_carried(command: Command, said: Carried) -> Carried:
    """What is said, cleaned. Raises WordsError for what the command cannot do without, or does not take."""
    needs = NEEDS.get(command, Needs())
    photos = tuple(dict.fromkeys(said.photos))
    if command not in CARRIES and (said.place or said.seal or photos):
        raise WordsError("place", f"to {command!s} a test buy takes no place, seal or photos")
    place = line("place", said.place, "the place", least=1 if needs.place else 0)
    seal = " ".join(said.seal.split())
    if (needs.seal or seal) and _SEAL.fullmatch(seal) is None:
        raise WordsError("seal", "give the number of the seal: 1 to 40 letters, digits and . / -")
    if len(photos) > MOST_PHOTOS or not all(PHOTO.fullmatch(each) for each in photos):
        raise WordsError("photos", f"name at most {MOST_PHOTOS} pictures of your vault, as f_…")
    if needs.photos and not photos:
        raise WordsError("photos", "name at least one picture of your vault that shows it")
    least = SHORTEST_WORDS if needs.words else 0
    words = line(
        "words", said.words, "the reason" if needs.words else "what is to be told", most=LONGEST_WORDS, least=least
    )
    return Carried(place, seal, photos, words)


# --- digests


def digest_of(record: Mapping[str, Any]) -> str:
    """SHA-256, in hexadecimal, of a record as canonical JSON (RFC 8785)."""
    return hashlib.sha256(rfc8785.dumps(dict(record))).hexdigest()


def drawn() -> str:
    """The table as a Mermaid diagram."""
    arrows = [f"    [*] --> {BEGINS}: plan"]
    arrows += [f"    {state} --> {to}: {command}" for (state, command), to in MOVES.items()]
    return "\n".join(["stateDiagram-v2", *arrows])


def drawn_needs() -> str:
    """What each command of the chain of custody tells, in Markdown."""
    rows = ["| command | place | seal | photos | sentence |", "|---|---|---|---|---|"]
    for command in Command:
        if command in CARRIES or command in NEEDS:
            needs = NEEDS.get(command, Needs())
            taken = "may" if command in CARRIES else "no"
            cells = ["must" if each else taken for each in needs[:3]] + ["must" if needs.words else "may"]
            rows.append(f"| `{command}` | {' | '.join(cells)} |")
    return "\n".join(rows)
