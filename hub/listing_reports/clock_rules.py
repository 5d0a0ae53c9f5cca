"""How long the seller and the right holder have, counted in whose days, and what the silence of each means.

A deadline is the end of its last day in the platform's time zone. The day on which the time begins is not counted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from hub.listing_reports.rules import WordsError


class Days(StrEnum):
    """Which days are counted."""

    CALENDAR = "calendar"
    MOVED = "calendar, moved"
    """Calendar days; a last day that is no business day moves on to the next that is."""
    BUSINESS = "business"


class Silence(StrEnum):
    """What becomes of the listings concerned once a side has let its time run out."""

    JUDGED = "judged"
    """The platform judges them without the answer."""
    REINSTATED = "reinstated"
    """They stand again, and are judged no more."""


class Preset(NamedTuple):
    """One row of the table. A platform may give more days than it, never fewer."""

    words: str
    version: int
    """Goes up with each change of what stands here; a report keeps the one that held."""
    seller: int
    """Days for a counter-notice."""
    holder: int
    """Days for the right holder's answer to it."""
    days: Days
    seller_silent: Silence
    holder_silent: Silence
    proof: bool = False
    """Whether the right holder maintains its report only with a file that shows a suit or complaint."""


_JUDGED, _REINSTATED = Silence.JUDGED, Silence.REINSTATED
PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "default": Preset("The alliance's own", 1, 4, 3, Days.CALENDAR, _JUDGED, _REINSTATED),
        # the help pages of its Brand Protection Program
        "mercado-libre": Preset("As on Mercado Libre", 1, 4, 3, Days.CALENDAR, _JUDGED, _REINSTATED),
        # E-commerce Law, art. 43: without word of a suit or complaint in 15 days, measures end. Civil Code, art. 203:
        # a last day that is a holiday moves on
        "china": Preset("China, E-commerce Law art. 42 and 43", 2, 4, 15, Days.MOVED, _JUDGED, _REINSTATED, proof=True),
        "business-days": Preset("Business days", 1, 3, 5, Days.BUSINESS, _JUDGED, _REINSTATED),
        "business-days-judged": Preset("Business days, judged all the same", 1, 3, 5, Days.BUSINESS, _JUDGED, _JUDGED),
    }
)
"""Every preset by name."""
LONGEST_SPAN = 60
MOST_HOLIDAYS = 100
EVERYWHERE = ""
"""The jurisdiction of the clock that holds where no other is set."""
_WEEKEND = 5
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Clock:
    """The time of both sides, in one platform's days."""

    preset: str
    version: int
    seller: int
    holder: int
    days: Days
    seller_silent: Silence
    holder_silent: Silence
    zone: str = "UTC"
    holidays: tuple[date, ...] = ()
    """From the first to the last."""
    proof: bool = False
    """Whether the right holder maintains its report only with a file that shows a suit or complaint."""

    @property
    def kept(self) -> dict[str, Any]:
        """As a report keeps it, in JSON."""
        return {**asdict(self), "holidays": [day.isoformat() for day in self.holidays]}


def read(kept: Mapping[str, Any]) -> Clock:
    """The clock that a report keeps."""
    said = {field.name: kept[field.name] for field in fields(Clock)}
    said |= {"days": Days(said["days"]), "holidays": tuple(map(date.fromisoformat, said["holidays"]))}
    return Clock(**said | {each: Silence(said[each]) for each in ("seller_silent", "holder_silent")})


def clock(
    preset: str,
    seller: int | None = None,
    holder: int | None = None,
    zone: str = "UTC",
    holidays: Iterable[date] = (),
) -> Clock:
    """A preset in a platform's days. Raises WordsError, also for fewer days than the preset gives."""
    facts = PRESETS.get(preset)
    if facts is None:
        raise WordsError("preset", f"choose one of {', '.join(PRESETS)}")
    spans = _span("seller", seller, facts.seller), _span("holder", holder, facts.holder)
    if zone not in available_timezones():
        raise WordsError("zone", "name a time zone as the IANA does, such as Europe/Berlin")
    closed = tuple(sorted(set(holidays)))
    if len(closed) > MOST_HOLIDAYS:
        raise WordsError("holidays", f"give {MOST_HOLIDAYS} holidays at most: take those out that have been")
    silence = facts.seller_silent, facts.holder_silent
    return Clock(preset, facts.version, *spans, facts.days, *silence, zone, closed, facts.proof)


def _span(side: str, given: int | None, least: int) -> int:
    span = least if given is None else given
    if not least <= span <= LONGEST_SPAN:
        raise WordsError(side, f"give {least} to {LONGEST_SPAN} days: the preset has {least}, and none has fewer")
    return span


DEFAULT = clock("default")
"""Of a platform that has set none."""


def open_on(clock: Clock, day: date) -> bool:
    """Whether it is a business day: neither weekend nor holiday."""
    return day.weekday() < _WEEKEND and day not in clock.holidays


def last_day(clock: Clock, span: int, since: datetime) -> date:
    """The last of so many days from that moment on, in the platform's time zone."""
    day = since.astimezone(ZoneInfo(clock.zone)).date()
    if clock.days is not Days.BUSINESS:
        day += span * _DAY
        while clock.days is Days.MOVED and not open_on(clock, day):
            day += _DAY
        return day
    while span:
        day += _DAY
        span -= open_on(clock, day)
    return day


def deadline(clock: Clock, span: int, since: datetime) -> datetime:
    """The end of that day, in UTC: from this moment on it is too late."""
    return datetime.combine(last_day(clock, span, since) + _DAY, time(), ZoneInfo(clock.zone)).astimezone(UTC)


def local_day(zone: str, due_at: datetime) -> date:
    """The last day of a deadline, as the calendar of that time zone has it."""
    last_moment = due_at - timedelta(microseconds=1)  # before the conversion: some clocks leap over midnight
    return last_moment.astimezone(ZoneInfo(zone)).date()


def holding(own: Mapping[str, Clock], countries: Iterable[str]) -> tuple[Clock, ...]:
    """The clocks that hold for listings that are offered in these countries: those that the platform has set for them.

    Without one, its clock for everywhere; then the default.
    """
    found = dict.fromkeys(own[country] for country in sorted(countries) if country in own)
    return tuple(found) or (own.get(EVERYWHERE, DEFAULT),)


def of_seller(clocks: Iterable[Clock], since: datetime) -> Clock:
    """The clock of a seller that is asked at that moment: nobody has less than the law of a country gives."""
    return max(clocks, key=lambda each: deadline(each, each.seller, since))


def of_holder(clocks: Iterable[Clock], since: datetime) -> Clock:
    """The clock of a right holder to whom a counter-notice is passed on at that moment, by the same rule."""
    return max(clocks, key=lambda each: deadline(each, each.holder, since))


def read_holidays(text: str) -> list[date]:
    """Days as a form has them, apart by blanks or commas. Raises WordsError."""
    try:
        return [date.fromisoformat(each) for each in text.replace(",", " ").split()]
    except ValueError as error:
        raise WordsError("holidays", "write each holiday as a day, such as 2027-05-01") from error


def drawn() -> str:
    """The table in Markdown."""
    heads = ("preset", "says", "version", "seller", "right holder", "days", "seller silent", "right holder silent")
    lines = [f"| {' | '.join((*heads, 'to maintain'))} |", "|---" * (len(heads) + 1) + "|"]
    for name, each in PRESETS.items():
        needed = "suit or complaint" if each.proof else "words"
        lines.append(f"| `{name}` | {' | '.join(map(str, each[:-1]))} | {needed} |")
    return "\n".join(lines)
