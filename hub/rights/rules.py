"""How an entry of an IP right moves, what is valid in it, and when it is in force: tables."""

import hashlib
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from hub.applications.rules import check_line
from hub.canonical.country import COUNTRIES
from hub.rights.office_rules import GROUPS, OFFICES, RightType

WARNED_BEFORE = (90, 30, 7)
"""Days before a right's last day on which its member's people are told of it, once each."""
MOST_RIGHTS = 20_000
"""Entries that one member keeps and has not withdrawn."""
LONGEST_TITLE, LONGEST_OWNER, LONGEST_NUMBER = 200, 200, 40
MOST_CLASSES = 45
FIRST_DAY, LAST_DAY = date(1800, 1, 1), date(2300, 12, 31)
_NUMBER = re.compile(r"[A-Z0-9][A-Z0-9 ./,()-]*")
NOT_IN_NUMBERS = "[^A-Z0-9]"
"""What `plain_number` leaves out, as a regular expression of Python and of PostgreSQL."""


@dataclass(frozen=True)
class Scheme:
    """A classification of goods: its name, and its highest class; the lowest is 1."""

    name: str
    last: int


SCHEMES: Mapping[RightType, Scheme] = {
    RightType.TRADE_MARK: Scheme("Nice", 45),
    RightType.DESIGN: Scheme("Locarno", 32),
}
"""How the goods of a right are classified; a type not listed has no classes."""
REGISTERED = frozenset(RightType) - {RightType.COPYRIGHT}
"""Types that exist by registration: they name an office, a number and their first day."""
LIMITED = frozenset({RightType.TRADE_MARK, RightType.DESIGN, RightType.PATENT})
"""Types that end unless renewed, and so name their last day."""


class RightState(StrEnum):
    """Where an entry stands."""

    ENTERED = "entered"
    VERIFIED = "verified"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Command(StrEnum):
    """What is done to a right: the office and platforms verify and refuse, its member does the rest."""

    ENTER = "enter"
    ASK = "ask"
    VERIFY = "verify"
    REFUSE = "refuse"
    CORRECT = "correct"
    CERTIFY = "certify"
    WITHDRAW = "withdraw"


_BY_ITS_MEMBER = {
    Command.CORRECT: RightState.ENTERED,
    Command.CERTIFY: RightState.ENTERED,
    Command.WITHDRAW: RightState.WITHDRAWN,
}
MOVES: Mapping[RightState, Mapping[Command, RightState]] = {
    RightState.ENTERED: {
        Command.ASK: RightState.ENTERED,
        Command.VERIFY: RightState.VERIFIED,
        Command.REFUSE: RightState.REFUSED,
        **_BY_ITS_MEMBER,
    },
    RightState.VERIFIED: {Command.REFUSE: RightState.REFUSED, **_BY_ITS_MEMBER},
    RightState.REFUSED: _BY_ITS_MEMBER,
    RightState.WITHDRAWN: {},
}
"""State → the commands it allows, and what each leads to.

With the office a right stands where its own state says, with each platform that it was shown to where that platform's
verdict does: by the same table. A correction and a certificate are verified anew by all; a withdrawal is the end.

To enter makes a new right, and so is allowed in no state of one that is there.
"""
WHY_NOT: Mapping[RightState, str] = {
    RightState.ENTERED: "it waits to be verified",
    RightState.VERIFIED: "it is verified already",
    RightState.REFUSED: "it was refused: its member must correct it first",
    RightState.WITHDRAWN: "it was withdrawn: enter it anew",
}
"""Why a command is refused in a state."""


class ForbiddenMoveError(ValueError):
    """The state of the right does not allow the command; the text says why."""


def after(state: RightState, command: Command) -> RightState:
    """The state that a command leads to. Raises ForbiddenMoveError with the reason."""
    if command not in MOVES[state]:
        raise ForbiddenMoveError(f"you cannot {command.value} this right: {WHY_NOT[state]}")
    return MOVES[state][command]


class FactError(ValueError):
    """A fact of a right breaks a rule; `field` names it, and the text tells the rule."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(rule)
        self.field = field


@dataclass(frozen=True)
class Facts:
    """What the register says of a right. Made by `facts_of`, which checks it."""

    type: RightType
    office: str | None
    """A key of OFFICES; None for a copyright that no office registered."""
    number: str | None
    title: str
    """The mark, or what the right is called."""
    jurisdictions: Sequence[str]
    """ISO 3166-1 alpha-2, sorted."""
    classes: Sequence[int]
    begins_on: date | None
    ends_on: date | None
    """Its last day, to the end of it at the office; None: it has none."""
    owner: str
    certificate: str | None = None
    """SHA-256 of the certificate that was handed in, in hexadecimal."""

    @property
    def digest(self) -> str:
        """SHA-256 of these facts, in hexadecimal: what the record says was entered, and verified."""
        said = asdict(self)
        if self.certificate is None:  # the record tells of rights from before there were certificates
            del said["certificate"]
        told = json.dumps(said, default=str, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(told.encode()).hexdigest()


@dataclass(frozen=True)
class Given:
    """What somebody says of a right, as typed: a form, a row or a request gives it."""

    type: str
    office: str
    number: str
    title: str
    jurisdictions: Sequence[str]
    classes: Sequence[int]
    begins_on: date | None
    ends_on: date | None
    owner: str


def facts_of(given: Given, moment: datetime) -> Facts:
    """The facts, with the office's own jurisdictions where it has no others. Raises FactError naming field and rule."""
    if given.type not in {each.value for each in RightType}:
        raise FactError("type", f"a type is one of {', '.join(RightType)}")
    type = RightType(given.type)
    office, number = _office(type, given.office.strip(), given.number)
    facts = Facts(
        type,
        office,
        number,
        _line("title", given.title, LONGEST_TITLE),
        _jurisdictions(office, given.jurisdictions),
        _classes(type, given.classes),
        given.begins_on,
        given.ends_on,
        _line("owner", given.owner, LONGEST_OWNER),
    )
    _check_days(facts, moment)
    return facts


def _office(type: RightType, office: str, number: str) -> tuple[str | None, str | None]:
    number = " ".join(number.upper().split())
    if not office and not number and type not in REGISTERED:
        return None, None
    if office not in OFFICES:
        raise FactError("office", "name one of the offices listed")
    if type not in OFFICES[office].types:
        raise FactError("office", f"{office} registers no {type.words.lower()}")
    if not _NUMBER.fullmatch(number) or len(number) > LONGEST_NUMBER:
        raise FactError("number", f"a number has 1 to {LONGEST_NUMBER} of A-Z 0-9 space . , / ( ) -")
    return office, number


def _line(field: str, text: str, most: int) -> str:
    text = " ".join(text.split())
    try:
        check_line(text, most)
    except ValueError as error:
        raise FactError(field, str(error)) from error
    if not text:
        raise FactError(field, "this is not said")
    return text


def _jurisdictions(office: str | None, named: Sequence[str]) -> Sequence[str]:
    own = OFFICES[office].jurisdictions if office else COUNTRIES
    wanted: set[str] = set()
    for each in named:
        code = each.strip().upper()
        wanted |= GROUPS.get(code, {code})
    if office and not OFFICES[office].designated:
        if wanted - own:
            raise FactError("jurisdictions", f"what {office} registers is in force in {', '.join(sorted(own))} alone")
        return sorted(own)
    if not wanted:
        raise FactError("jurisdictions", "name the countries in which it is in force")
    if wanted - own:
        raise FactError("jurisdictions", "a jurisdiction is a country of two letters in which the office's rights hold")
    return sorted(wanted)


def _classes(type: RightType, classes: Sequence[int]) -> Sequence[int]:
    scheme = SCHEMES.get(type)
    if scheme is None:
        if classes:
            raise FactError("classes", f"a {type.words.lower()} has no classes")
        return []
    if not classes or not all(1 <= each <= scheme.last for each in classes):
        raise FactError("classes", f"name classes of the {scheme.name} classification, 1 to {scheme.last}")
    return sorted(set(classes))


def _check_days(facts: Facts, moment: datetime) -> None:
    if facts.begins_on is None and facts.type in REGISTERED:
        raise FactError("begins_on", "say from which day it is in force")
    if facts.ends_on is None and facts.type in LIMITED:
        raise FactError("ends_on", "say which is its last day")
    for field, day in (("begins_on", facts.begins_on), ("ends_on", facts.ends_on)):
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            raise FactError(field, f"a day between {FIRST_DAY:%Y} and {LAST_DAY:%Y}")
    if facts.begins_on is not None and facts.ends_on is not None and facts.ends_on < facts.begins_on:
        raise FactError("ends_on", "its last day is before its first")
    if facts.ends_on is not None and facts.ends_on < office_day(facts.office, moment):
        raise FactError("ends_on", "its last day has passed at the office")


def office_day(office: str | None, moment: datetime) -> date:
    """Which day it is at an office; in UTC for a right of none."""
    return moment.astimezone(ZoneInfo(OFFICES[office].zone) if office else UTC).date()


def in_force(facts: Facts, jurisdiction: str | None, moment: datetime) -> bool:
    """Whether the register's facts hold in a country at a moment; None: whether they do anywhere.

    The day is the office's own: at the end of the right's last day there, it is in force nowhere any more.
    """
    today = office_day(facts.office, moment)
    if facts.begins_on is not None and today < facts.begins_on:
        return False
    if facts.ends_on is not None and today > facts.ends_on:
        return False
    return jurisdiction is None or jurisdiction in facts.jurisdictions


def warning_due(ends_on: date, today: date, warned: int | None) -> int | None:
    """The days of WARNED_BEFORE to tell of now; None: none is due. `warned`: the last that was told of."""
    left = (ends_on - today).days
    due = min((days for days in WARNED_BEFORE if 0 <= left <= days), default=None)
    return due if due is not None and (warned is None or due < warned) else None


DAY = timedelta(days=1)
SOON = timedelta(days=max(WARNED_BEFORE))
"""How long before its last day a right expires soon."""


def plain_number(number: str) -> str:
    """Letters and digits of a number: two ways to write the same one are one."""
    return re.sub(NOT_IN_NUMBERS, "", number.upper())


NAME = re.compile("[A-Za-z0-9_-]{22}")


def new_name() -> str:
    """What a right is called in addresses and in the record: random."""
    return secrets.token_urlsafe(16)


def drawn() -> str:
    """The table as a Mermaid diagram."""
    arrows = ["    [*] --> entered: enter"]
    arrows += [f"    {a} --> {to}: {command}" for a, by in MOVES.items() for command, to in by.items()]
    return "\n".join(["stateDiagram-v2", *arrows])
