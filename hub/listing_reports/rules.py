"""The states of a report, who may lead from one to another, and when: one table, drawn in docs/listing-reports.md."""

import hashlib
import re
import secrets
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from hub.dialogue.rules import is_plain


class ReportState(StrEnum):
    """Where a report stands."""

    SUBMITTED = "submitted"
    RETURNED = "returned"
    IN_REVIEW = "in review"
    FORWARDED = "forwarded"
    UNANSWERED = "unanswered"
    COUNTERED = "countered"
    MAINTAINED = "maintained"
    UNDEFENDED = "undefended"
    DECIDED = "decided"
    ACTED = "acted on"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Command(StrEnum):
    """What is done with a report, from filing it on."""

    TAKE = "take"
    ASSIGN = "assign"
    RETURN = "return"
    MEND = "mend"
    FORWARD = "forward"
    COUNTER = "counter"
    LAPSE = "lapse"
    MAINTAIN = "maintain"
    ACCEPT = "accept"
    WITHDRAW = "withdraw"
    CONFIRM = "confirm"
    JUDGE = "judge"
    DECIDE = "decide"
    ACT = "act"
    REINSTATE = "reinstate"
    CLOSE = "close"
    REOPEN = "reopen"


IMPLIED: Mapping[Command, str] = MappingProxyType(
    {
        Command.DECIDE: "a report is decided once its last listing is: judge them",
        Command.REINSTATE: "a listing is reinstated by what comes of its counter-notice",
    }
)
"""What nobody gives as a command, and why."""


class Party(StrEnum):
    """Whose command it is."""

    BRAND = "brand"
    PLATFORM = "platform"


BEGINS = ReportState.SUBMITTED
"""Where a report stands once it is filed."""

BY: Mapping[Command, Party] = MappingProxyType(
    {
        Command.TAKE: Party.PLATFORM,
        Command.ASSIGN: Party.PLATFORM,
        Command.RETURN: Party.PLATFORM,
        Command.MEND: Party.BRAND,
        Command.FORWARD: Party.PLATFORM,
        Command.COUNTER: Party.PLATFORM,
        Command.LAPSE: Party.PLATFORM,
        Command.MAINTAIN: Party.BRAND,
        Command.ACCEPT: Party.BRAND,
        Command.WITHDRAW: Party.BRAND,
        Command.CONFIRM: Party.PLATFORM,
        Command.JUDGE: Party.PLATFORM,
        Command.DECIDE: Party.PLATFORM,
        Command.ACT: Party.PLATFORM,
        Command.REINSTATE: Party.PLATFORM,
        Command.CLOSE: Party.PLATFORM,
        Command.REOPEN: Party.PLATFORM,
    }
)
"""Who may give each command. A listing is reinstated by what comes of its counter-notice, and by nobody's word."""

_S, _C = ReportState, Command
_ANSWERED = (_S.COUNTERED, _S.MAINTAINED, _S.UNDEFENDED)
_JUDGED = (_S.IN_REVIEW, _S.UNANSWERED, _S.MAINTAINED, _S.UNDEFENDED)
_TAKEN = (*_JUDGED, _S.FORWARDED, _S.COUNTERED, _S.DECIDED, _S.ACTED)
_BEFORE_DECISION = (*_JUDGED, _S.SUBMITTED, _S.RETURNED, _S.FORWARDED, _S.COUNTERED)

MOVES: Mapping[tuple[ReportState, Command], ReportState] = MappingProxyType(
    {
        (_S.SUBMITTED, _C.TAKE): _S.IN_REVIEW,
        **{(state, _C.ASSIGN): state for state in _TAKEN},
        (_S.SUBMITTED, _C.RETURN): _S.RETURNED,
        (_S.IN_REVIEW, _C.RETURN): _S.RETURNED,
        (_S.RETURNED, _C.MEND): _S.SUBMITTED,
        (_S.IN_REVIEW, _C.FORWARD): _S.FORWARDED,
        **{(state, _C.COUNTER): _S.COUNTERED for state in (_S.FORWARDED, *_ANSWERED)},
        (_S.FORWARDED, _C.LAPSE): _S.UNANSWERED,
        (_S.COUNTERED, _C.MAINTAIN): _S.MAINTAINED,
        (_S.COUNTERED, _C.ACCEPT): _S.FORWARDED,
        (_S.COUNTERED, _C.LAPSE): _S.UNDEFENDED,
        **{(state, _C.WITHDRAW): _S.WITHDRAWN for state in _BEFORE_DECISION},
        **{(state, _C.CONFIRM): state for state in _JUDGED},
        **{(state, _C.JUDGE): state for state in _JUDGED},
        **{(state, _C.DECIDE): _S.DECIDED for state in (*_JUDGED, _S.COUNTERED)},
        (_S.DECIDED, _C.ACT): _S.ACTED,
        (_S.ACTED, _C.ACT): _S.ACTED,
        (_S.DECIDED, _C.CLOSE): _S.CLOSED,
        (_S.ACTED, _C.CLOSE): _S.CLOSED,
        (_S.CLOSED, _C.REOPEN): _S.IN_REVIEW,
    }
)
"""State × command → state. What is not listed is refused.

While one counter-notice of a report is open it stays countered, whatever comes of the others: counter_rules.leads_on.
"""


OVER = frozenset({_S.CLOSED, _S.WITHDRAWN})
"""The states in which a report relies on its evidence no more."""


class RefusedStepError(Exception):
    """The command is not given in this state, not by this party, or not yet; the words say which."""


def moved(state: ReportState, command: Command, by: Party) -> ReportState:
    """Where the command leads. Raises RefusedStepError with the reason."""
    if BY[command] is not by:
        raise RefusedStepError(f"only the {BY[command]} may {command} a report")
    to = MOVES.get((state, command))
    if to is None:
        may = ", ".join(each for each in Command if (state, each) in MOVES and BY[each] is by)
        raise RefusedStepError(
            f"a report that is {state} cannot be led on by {command!s}: the {by} may {may or 'do nothing more'}"
        )
    return to


class Stand(NamedTuple):
    """Where a report stands, and who leads it on from there."""

    words: str
    mover: Party | None
    """Whose move it is; None: the seller's, or nobody's."""
    does: str
    """What that one does, as `it is for … to …` says it; empty: nobody has to do anything."""


STANDS: Mapping[ReportState, Stand] = MappingProxyType(
    {
        _S.SUBMITTED: Stand("It was submitted", Party.PLATFORM, "take it into review, or to return it"),
        _S.RETURNED: Stand("It was returned", Party.BRAND, "mend it, or to withdraw it"),
        _S.IN_REVIEW: Stand(
            "It is in review", Party.PLATFORM, "decide on its listings, or to pass it on to the seller"
        ),
        _S.FORWARDED: Stand("The seller is asked", None, "answer"),
        _S.UNANSWERED: Stand("The seller did not answer in time", Party.PLATFORM, "decide on its listings"),
        _S.COUNTERED: Stand("A seller disputes it", Party.BRAND, "maintain it, or to accept the counter-notice"),
        _S.MAINTAINED: Stand("It is maintained against the seller", Party.PLATFORM, "decide on its listings"),
        _S.UNDEFENDED: Stand("The counter-notice was not answered in time", Party.PLATFORM, "decide on its listings"),
        _S.DECIDED: Stand("Its listings are decided", Party.PLATFORM, "say what was done about them, or to close it"),
        _S.ACTED: Stand("It is acted on", Party.PLATFORM, "close it"),
        _S.CLOSED: Stand("It is closed", None, ""),
        _S.WITHDRAWN: Stand("It was withdrawn", None, ""),
    }
)
"""What the head of its page says of each state."""


def commands(state: ReportState, by: Party) -> tuple[Command, ...]:
    """What a party may do with a report in that state."""
    return tuple(each for each in Command if BY[each] is by and (state, each) in MOVES)


class Decision(StrEnum):
    """What the platform found of one listing."""

    ESTABLISHED = "established"
    REJECTED = "rejected"


PARTLY = "partly"
"""The outcome of a report of which some listings were established and some rejected."""


NOT_OF_LISTING = "order_not_of_listing"
"""The reason code of an order number that the platform does not know from the listing."""


def check_order(confirmed: bool | None, decision: Decision) -> None:
    """Whether a report of a test buy may be decided so, by what the platform said of the order number; None: nothing.

    Raises RefusedStepError.
    """
    if confirmed is None:
        raise RefusedStepError("say first whether the order number is one of this listing, yes or no")
    if not confirmed and decision is Decision.ESTABLISHED:
        raise RefusedStepError(
            f"the order number is not one of this listing: reject it as {NOT_OF_LISTING}, or return it to be mended"
        )


def outcome(decisions: frozenset[Decision]) -> str:
    """What came of a report, by the decisions on its listings; of which there is at least one."""
    return PARTLY if len(decisions) > 1 else next(iter(decisions)).value


class Action(StrEnum):
    """What the platform did about an established listing, or that one stands again after its counter-notice."""

    LISTING_REMOVED = "listing removed"
    STORE_CLOSED = "store closed"
    WARNING = "warning"
    POINTS = "points"
    NONE = "none"
    REINSTATED = "reinstated"


DEEDS = tuple(each for each in Action if each is not Action.REINSTATED)
"""What is said to have been done; that a listing is reinstated follows from what comes of its counter-notice."""


MOST_POINTS = 48
"""Points of one action on a strike ladder."""
SHORTEST_SENTENCE, LONGEST_SENTENCE = 20, 1_000
"""Characters of a sentence to the other party."""
NOT_PLAIN = "leave out control characters: write plain lines of text"
"""What is said where text would not be read by the other party as it was written."""


REFUSALS: Mapping[str, str] = MappingProxyType(
    {
        "evidence_insufficient": "the evidence does not show the infringement",
        "listing_not_the_goods": "the listing does not offer the goods that the right covers",
        "right_not_in_force_here": "the right is not in force where the listing is offered",
        "seller_authorised": "the seller shows an authorisation or a purchase from the right holder",
        NOT_OF_LISTING: "the order number is not one of this listing",
        "listing_not_found": "there is no such listing or store",
        "listing_gone": "the listing was gone already",
        "not_infringing": "the use is allowed: descriptive, or of genuine goods",
        "other": "another reason, which the sentence gives",
    }
)
"""Reason codes of a refusal or a return: no refusal without one, and without a sentence that says what to mend."""


REINSTATED: Mapping[str, str] = MappingProxyType(
    {
        "holder_accepts": "The right holder accepted the seller's counter-notice.",
        "holder_silent": "The right holder did not answer the seller's counter-notice in its time.",
    }
)
"""Why a listing that was countered stands again without the platform's judgement: reason code and sentence."""
EVERY_REFUSAL: Mapping[str, str] = MappingProxyType(
    {**REFUSALS, "holder_accepts": "counter-notice accepted", "holder_silent": "counter-notice not answered"}
)
"""Also those that no reviewer gives."""


DECLARATIONS: Mapping[int, str] = MappingProxyType(
    {
        1: "I declare in good faith that what this report says is true and complete to the best of my knowledge, that"
        " the right named is in force and held by the member for whom I act, that I may act for it, and that neither"
        " the right holder, its agent nor the law allows the use reported. The member is liable for the damage that a"
        " report made knowingly or carelessly wrong does to the seller or the platform, and what this report holds may"
        " be passed on to the seller."
    }
)
"""The good-faith declaration, in versions: what was declared stays readable."""
DECLARATION = max(DECLARATIONS)
"""The version that is asked for now."""
NAME = re.compile("[A-Za-z0-9_-]{22}")


def new_name() -> str:
    """What a report is called in addresses and in the record: random."""
    return secrets.token_urlsafe(16)


def declared_digest(version: int) -> bytes:
    """SHA-256 of a version of the declaration."""
    return hashlib.sha256(DECLARATIONS[version].encode()).digest()


class WordsError(ValueError):
    """What is said with a command breaks a rule; `field` names it, and the text tells the rule."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(rule)
        self.field = field


def check_sentence(text: str) -> str:
    """The sentence, without outer blanks. Raises WordsError if it is too short to help, or too long."""
    text = " ".join(text.split())
    if not SHORTEST_SENTENCE <= len(text) <= LONGEST_SENTENCE:
        raise WordsError(
            "sentence",
            f"say what to mend, or why, in a sentence of {SHORTEST_SENTENCE} to {LONGEST_SENTENCE:,} characters",
        )
    if not is_plain(text):
        raise WordsError("sentence", NOT_PLAIN)
    return text


def check_refusal(reason: str, text: str) -> str:
    """The sentence of a refusal or a return. Raises WordsError without a known reason code and a sentence."""
    if reason not in REFUSALS:
        raise WordsError("refusal", f"give one of the reason codes: {', '.join(REFUSALS)}")
    return check_sentence(text)


def drawn() -> str:
    """The table as a Mermaid diagram."""
    names = {state: state.name.lower() for state in ReportState}
    arrows = [f"    [*] --> {names[BEGINS]}: file (brand)"]
    arrows += [f"    {names[a]} --> {names[to]}: {command} ({BY[command]})" for (a, command), to in MOVES.items()]
    return "\n".join(["stateDiagram-v2", *arrows])
