"""The states of a question, and who leads it from one to another until when: one table, drawn in docs/questions.md."""

import hashlib
import re
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from hub.canonical.listing import canonical_listing, digest_of
from hub.canonical.refusal import RefusedError
from hub.dialogue.rules import is_plain
from hub.listing_reports.preflight_rules import Fault, Site, site_of
from hub.listing_reports.rules import NOT_PLAIN
from hub.sheets.table import read_table


class QuestionState(StrEnum):
    """Where a question stands; all but the first are ends."""

    ASKED = "asked"
    FAKE = "fake"
    GENUINE = "genuine"
    CANNOT_TELL = "cannot tell"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Command(StrEnum):
    """What ends a question."""

    FAKE = "fake"
    GENUINE = "genuine"
    CANNOT_TELL = "cannot tell"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"


class Party(StrEnum):
    """Whose command it is."""

    BRAND = "brand"
    PLATFORM = "platform"
    HUB = "hub"


_S, _C = QuestionState, Command
BEGINS = _S.ASKED
ANSWERS = (_C.FAKE, _C.GENUINE, _C.CANNOT_TELL)
ANSWERED = (_S.FAKE, _S.GENUINE, _S.CANNOT_TELL)

BY: Mapping[Command, Party] = MappingProxyType(
    {**dict.fromkeys(ANSWERS, Party.BRAND), _C.WITHDRAW: Party.PLATFORM, _C.EXPIRE: Party.HUB}
)
"""Who may give each command."""

MOVES: Mapping[tuple[QuestionState, Command], QuestionState] = MappingProxyType(
    {
        (_S.ASKED, _C.FAKE): _S.FAKE,
        (_S.ASKED, _C.GENUINE): _S.GENUINE,
        (_S.ASKED, _C.CANNOT_TELL): _S.CANNOT_TELL,
        (_S.ASKED, _C.WITHDRAW): _S.WITHDRAWN,
        (_S.ASKED, _C.EXPIRE): _S.EXPIRED,
    }
)
"""State × command → state. What is not listed is refused."""

OVERDUE: Mapping[Command, bool] = MappingProxyType({each: each is _C.EXPIRE for each in _C})
"""Whether a command is given once the deadline has passed, or before."""


class RefusedStepError(Exception):
    """The command is not given in this state, not by this party, not any more or not yet; the words say which."""


def moved(state: QuestionState, command: Command, by: Party, *, overdue: bool) -> QuestionState:
    """Where the command leads, before the deadline or after it. Raises RefusedStepError with the reason."""
    if BY[command] is not by:
        raise RefusedStepError(f"only the {BY[command]} may end a question so")
    if state is QuestionState.EXPIRED or (state is BEGINS and overdue and not OVERDUE[command]):
        raise RefusedStepError("the time for an answer has run out: the question has no effect any more")
    to = MOVES.get((state, command))
    if to is None:
        raise RefusedStepError(f"this question has come to its end: {ENDED[state]}")
    if OVERDUE[command] and not overdue:
        raise RefusedStepError("the time for an answer has not run out yet")
    return to


ENDED: Mapping[QuestionState, str] = MappingProxyType(
    {**dict.fromkeys(ANSWERED, "the brand has answered it"), _S.WITHDRAWN: "the platform has withdrawn it"}
)
"""What is said of a question that takes no more commands."""


def drawn() -> str:
    """The table as a Mermaid diagram."""
    names = {state: state.name.lower() for state in QuestionState}
    when = {False: "before the deadline", True: "once it has passed"}
    arrows = [f"    [*] --> {names[BEGINS]}: ask (platform)"]
    arrows += [f"    {names[a]} --> {names[to]}: {c} ({BY[c]}, {when[OVERDUE[c]]})" for (a, c), to in MOVES.items()]
    return "\n".join(["stateDiagram-v2", *arrows])


SHORTEST_DAYS, LONGEST_DAYS = 1, 30
"""From the day of asking to the day of the deadline, both in the platform's time zone."""
MOST_AT_ONCE = 200
"""Listings of one request to ask, and questions of one answer."""
MOST_PICTURES = 10
"""Of one question; and of one request as many as it may have listings."""
SHORTEST_WORDS, LONGEST_WORDS = 20, 1_000
"""Characters of what is asked, and of the reason for `fake`."""
WINDOW = timedelta(days=90)
"""What an answer rate is of: the last three months."""
NAME = re.compile("[A-Za-z0-9_-]{22}")
_PICTURE = re.compile("f_[A-Za-z0-9_-]{20}")


DECLARATIONS: Mapping[int, str] = MappingProxyType(
    {
        1: "I declare in good faith that I have looked at each of these listings, that what it offers is to the best of"
        " my knowledge no genuine product of the right holder, that the right named is in force and held by the member"
        " for whom I answer, and that I may answer for it. The platform may treat this answer as a notice of the"
        " infringement and pass it on to the seller. The member is liable for the damage that an answer given knowingly"
        " or carelessly wrong does to the seller or the platform."
    }
)
"""The good-faith declaration that goes with `fake`, in versions: what was declared stays readable."""
DECLARATION = max(DECLARATIONS)
"""The version that is asked for now."""


def new_name() -> str:
    """What a question is called in addresses and in the record: random."""
    return secrets.token_urlsafe(16)


def declared_digest(version: int) -> bytes:
    """SHA-256 of a version of the declaration."""
    return hashlib.sha256(DECLARATIONS[version].encode()).digest()


def digest_of_names(names: Iterable[str]) -> str:
    """What the record holds of the questions of one act: SHA-256 of their names, sorted, a line each."""
    return hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()


class WordsError(ValueError):
    """What is said breaks a rule; `field` names it, and the text tells the rule."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(rule)
        self.field = field


@cache
def time_zones() -> frozenset[str]:
    """Every time zone by its name in the IANA database."""
    return frozenset(available_timezones())


def deadline(day: date, time_zone: str, now: datetime) -> datetime:
    """The end of that day in that time zone, in UTC; where the clock leaps over midnight, the moment of the leap.

    Raises WordsError for no time zone of the IANA database, and for a day that is not 1 to 30 days away there.
    """
    if time_zone not in time_zones():
        raise WordsError("time_zone", "give a time zone by its IANA name, as Europe/Berlin, or UTC")
    zone = ZoneInfo(time_zone)
    away = (day - now.astimezone(zone).date()).days
    if not SHORTEST_DAYS <= away <= LONGEST_DAYS:
        raise WordsError("day", f"give a day that is {SHORTEST_DAYS} to {LONGEST_DAYS} days from today in {time_zone}")
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)


def last_day(due_at: datetime, time_zone: str) -> date:
    """The day, in that time zone, at whose end a question is due."""
    return (due_at - timedelta(microseconds=1)).astimezone(ZoneInfo(time_zone)).date()


def sentence_of(command: Command, text: str) -> str:
    """The sentence of an answer. Raises WordsError; only `fake` needs one, and then long enough to say why."""
    text = " ".join(text.split())
    least = SHORTEST_WORDS if command is Command.FAKE else 0
    if not least <= len(text) <= LONGEST_WORDS:
        asked = "why it is a fake" if least else "more, if you like,"
        raise WordsError("sentence", f"say {asked} in a sentence of {least} to {LONGEST_WORDS:,} characters")
    if not is_plain(text):
        raise WordsError("sentence", NOT_PLAIN)
    return text


def spoken(span: timedelta) -> str:
    """`3 d 4 h`, `5 h 12 min`, `8 min`: a length of time to its two greatest units."""
    minutes = int(span.total_seconds()) // 60
    parts = ((minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min"))
    first = next((at for at, (count, _) in enumerate(parts) if count), 2)
    return " ".join(f"{count} {unit}" for count, unit in parts[first : first + 2] if count) or "0 min"


# --- asking


class AskedRow(NamedTuple):
    """A listing as it was given; `number` counts from 1, in the file or the request."""

    number: int
    url: str
    words: str = ""
    """What is asked of this one; empty: what is asked of all."""
    pictures: str = ""
    """Names of files in the vault, with blanks or commas between them."""


class AskedListing(NamedTuple):
    """A row that can be asked of."""

    number: int
    url: str
    """In its canonical form."""
    digest: bytes
    words: str
    pictures: tuple[str, ...]


COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("url", "listing", "listing url", "address", "link", "商品链接"), "url"),
        **dict.fromkeys(("question", "words", "what is asked", "问题"), "words"),
        **dict.fromkeys(("pictures", "picture", "images", "files"), "pictures"),
    }
)
"""Heading of a sheet, in lower case → which part of a row stands below it."""

Known = Callable[[Sequence[bytes]], Collection[bytes]]
"""Of these digests those about which the platform has an open question to the brand."""
Own = Callable[[Collection[str]], Collection[str]]
"""Of these names those of pictures that the platform keeps in the vault."""


def rows_of(body: bytes) -> list[AskedRow]:
    """The rows of a sheet, or of pasted text. Raises SheetError.

    Without a heading the first column is the address, then come what is asked and the pictures.
    """
    heading, lines = read_table(body, COLUMNS, MOST_AT_ONCE)
    names = ["url", "words", "pictures"] if heading is None else [COLUMNS.get(each, "") for each in heading]
    found = []
    for line in lines:
        given = {name: cell for name, cell in zip(names, line.cells, strict=False) if name}
        found.append(AskedRow(line.number, **{"url": "", **given}))
    return found


def check_rows(
    rows: Sequence[AskedRow], words: str, sites: Sequence[Site], known: Known, own: Own
) -> tuple[list[AskedListing], list[Fault]]:
    """The rows that can be asked of, and all that is to be mended, by row."""
    faults = _of_request(rows, sites)
    listings: list[AskedListing] = []
    first: dict[bytes, int] = {}
    mine = set(own({name for row in rows for name in _pictures(row) if _PICTURE.fullmatch(name)}))
    for row in rows:
        listing, found = _of_row(row, words, sites, mine)
        if listing is not None and (before := first.setdefault(listing.digest, row.number)) != row.number:
            found.append(Fault(row.number, "url", "twice", f"this is row {before} once more: leave one of them out"))
        if listing is not None and not found:
            listings.append(listing)
        faults += found
    asked = set(known([each.digest for each in listings]))
    open_one = "you have an open question to this brand about it already: leave it out, or withdraw that one"
    faults += [Fault(each.number, "url", "asked_already", open_one) for each in listings if each.digest in asked]
    faults.sort(key=lambda fault: (fault.row is not None, fault.row or 0))
    return [each for each in listings if each.digest not in asked], faults


def _of_request(rows: Sequence[AskedRow], sites: Sequence[Site]) -> list[Fault]:
    faults = []
    if not rows:
        faults.append(Fault(None, "listings", "no_rows", "give at least one listing"))
    if len(rows) > MOST_AT_ONCE:
        faults.append(Fault(None, "listings", "too_many_rows", f"ask of {MOST_AT_ONCE} listings at most at once"))
    if sum(len(_pictures(row)) for row in rows) > MOST_AT_ONCE:
        faults.append(Fault(None, "pictures", "too_many", f"send {MOST_AT_ONCE} pictures at most at once"))
    if not sites:
        words = "your member has named no marketplace yet: have an owner name it"
        faults.append(Fault(None, "listings", "no_sites", words))
    return faults


def _of_row(
    row: AskedRow, words: str, sites: Sequence[Site], mine: Collection[str]
) -> tuple[AskedListing | None, list[Fault]]:
    """The listing, if its address is one, and what is wrong with the row."""
    faults: list[Fault] = []

    def wrong(field: str, code: str, words: str) -> None:
        faults.append(Fault(row.number, field, code, words))

    asked = " ".join((row.words or words).split())
    if not SHORTEST_WORDS <= len(asked) <= LONGEST_WORDS:
        wrong("words", "not_a_question", f"ask in {SHORTEST_WORDS} to {LONGEST_WORDS:,} characters")
    elif not is_plain(asked):
        wrong("words", "not_plain", NOT_PLAIN)
    pictures = _pictures(row)
    if len(pictures) > MOST_PICTURES:
        wrong("pictures", "too_many", f"name {MOST_PICTURES} pictures of a listing at most")
    if set(pictures) - set(mine):
        wrong("pictures", "not_yours", "name pictures that your member keeps in the vault: JPEG, PNG or WebP, as f_…")
    try:
        host, url = canonical_listing(row.url)
    except RefusedError as error:
        wrong("url", error.code, f"{error.reason}: {error.remedy}")
        return None, faults
    if site_of(host, sites) is None:
        wrong("url", "other_platform", "this address is on no marketplace of yours: ask of your own listings alone")
        return None, faults
    return AskedListing(row.number, url, digest_of(url), asked, pictures), faults


def _pictures(row: AskedRow) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row.pictures.replace(",", " ").split()))
