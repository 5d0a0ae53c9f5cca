"""What is valid about authorisations, and how letters tell of them."""

from datetime import date, timedelta
from enum import StrEnum

MOST_AUTHORISED = timedelta(days=730)
"""How far ahead the last day of an authorisation may be: twenty-four months."""
WARNED_BEFORE = timedelta(days=30)
"""How long before its last day brand and agent are told that an authorisation ends."""
MOST_AUTHORISATIONS = 200
"""Living authorisations that one brand gave."""


class Turn(StrEnum):
    """What became of an authorisation, as a letter tells it."""

    GIVEN = "given"
    TAKEN_BACK = "taken back"
    GIVEN_UP = "given up"
    ENDS_SOON = "ends soon"


TURNS: dict[Turn, tuple[str, str]] = {
    Turn.GIVEN: ("A brand authorised you", "{other} authorised your member to act for it."),
    Turn.TAKEN_BACK: ("An authorisation was taken back", "{other} took back what it had authorised your member to."),
    Turn.GIVEN_UP: ("An agent gave up its authorisation", "{other} gave up what you had authorised it to."),
    Turn.ENDS_SOON: (
        "An authorisation ends soon",
        f"What was authorised between your member and {{other}} ends within {WARNED_BEFORE.days} days.\n"
        "An owner of the brand can take it back and give another; until then nothing has to be done.",
    ),
}
"""Subject and words of each; `other` is the other party's code."""


def check_span(begins: date, ends: date, today: date) -> None:
    """The first and the last day of an authorisation. Raises ValueError with the rule."""
    if not today <= begins <= ends <= today + MOST_AUTHORISED:
        raise ValueError(
            f"it begins today or later, and ends by {(today + MOST_AUTHORISED).isoformat()}: 24 months ahead at most"
        )
