"""A sheet of rights: which columns it has, and what must be mended before any of them is entered. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import NamedTuple

from hub.rights.office_rules import RightType
from hub.rights.rules import FactError, Facts, Given, facts_of, plain_number
from hub.sheets.table import read_table

MOST_AT_ONCE = 1_000
FIELDS = ("type", "office", "number", "title", "owner", "jurisdictions", "classes", "begins_on", "ends_on")
"""The columns of a sheet without a heading, in their order."""
COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        **{name: name for name in FIELDS},
        **dict.fromkeys(("right", "right type", "kind"), "type"),
        **dict.fromkeys(("register", "registry"), "office"),
        **dict.fromkeys(("registration number", "registration", "reg. no.", "no."), "number"),
        **dict.fromkeys(("mark", "name"), "title"),
        **dict.fromkeys(("holder", "right holder", "proprietor"), "owner"),
        **dict.fromkeys(("countries", "country", "territory"), "jurisdictions"),
        **dict.fromkeys(("class", "nice", "nice classes", "locarno", "locarno classes"), "classes"),
        **dict.fromkeys(("first day", "valid from", "registered on", "registration date"), "begins_on"),
        **dict.fromkeys(("last day", "valid until", "expires on", "expiry date", "expiry"), "ends_on"),
    }
)
"""Heading of a sheet, in lower case → which fact stands below it."""
_TYPES = {word.casefold(): each.value for each in RightType for word in (each.value, each.words)} | {
    "trademark": RightType.TRADE_MARK.value,
    "gi": RightType.GEOGRAPHICAL_INDICATION.value,
}
_BETWEEN = re.compile(r"[\s,;/]+")
_CLASS = re.compile(r"[0-9]{1,2}")
_MIDNIGHT = " 00:00:00"
"""What a workbook's day ends in, once it is text."""


class Fault(NamedTuple):
    """One thing to mend: in which row, None being the whole sheet; about which field; and what mends it."""

    row: int | None
    field: str
    words: str


class Row(NamedTuple):
    """A row as it was given; `number` counts from 1, in the file."""

    number: int
    cells: Mapping[str, str]
    """Fact → what stands there."""


class Good(NamedTuple):
    """A row that can be entered."""

    number: int
    facts: Facts

    @property
    def key(self) -> tuple[str, str, str] | None:
        """What nobody enters twice; None: a right without number."""
        return key_of(self.facts)


def key_of(facts: Facts) -> tuple[str, str, str] | None:
    """Type, office and plain number of a right; None: it has no number."""
    if facts.office is None or facts.number is None:
        return None
    return facts.type.value, facts.office, plain_number(facts.number)


def rows_of(body: bytes) -> list[Row]:
    """The rows of a workbook, of CSV, or of what somebody pasted. Raises SheetError."""
    heading, lines = read_table(body, COLUMNS, MOST_AT_ONCE)
    names = list(FIELDS) if heading is None else [COLUMNS.get(each, "") for each in heading]
    return [
        Row(line.number, {name: cell for name, cell in zip(names, line.cells, strict=False) if name}) for line in lines
    ]


def check_rows(rows: Sequence[Row], moment: datetime) -> tuple[list[Good], list[Fault]]:
    """The rows that can be entered, and all that is to be mended, by row."""
    good: list[Good] = []
    faults: list[Fault] = [] if rows else [Fault(None, "sheet", "give at least one right, a row each")]
    first: dict[tuple[str, str, str], int] = {}
    for row in rows:
        facts, found = _facts(row, moment)
        key = None if facts is None else key_of(facts)
        if key is not None and (before := first.setdefault(key, row.number)) != row.number:
            found.append(Fault(row.number, "number", f"this is row {before} once more: leave one of them out"))
        if facts is not None and not found:
            good.append(Good(row.number, facts))
        faults += found
    return good, faults


def _facts(row: Row, moment: datetime) -> tuple[Facts | None, list[Fault]]:
    said = {name: row.cells.get(name, "") for name in FIELDS}
    faults = []
    classes = [each for each in _BETWEEN.split(said["classes"]) if each]
    if not all(_CLASS.fullmatch(each) for each in classes):
        faults.append(Fault(row.number, "classes", "write classes as numbers, such as 9, 25, 42"))
    days: dict[str, date | None] = {}
    for name in ("begins_on", "ends_on"):
        try:
            days[name] = _day(said[name])
        except ValueError:
            faults.append(Fault(row.number, name, "write the day as 2030-12-31"))
    if faults:
        return None, faults
    given = Given(
        type=_TYPES.get(said["type"].casefold(), said["type"]),
        office=said["office"].upper(),
        number=said["number"],
        title=said["title"],
        jurisdictions=[each for each in _BETWEEN.split(said["jurisdictions"]) if each],
        classes=[int(each) for each in classes],
        begins_on=days["begins_on"],
        ends_on=days["ends_on"],
        owner=said["owner"],
    )
    try:
        return facts_of(given, moment), []
    except FactError as error:
        return None, [Fault(row.number, error.field, str(error))]


def _day(text: str) -> date | None:
    text = text.removesuffix(_MIDNIGHT)
    if not text:
        return None
    if len(text) != len("2030-12-31"):
        raise ValueError("no day in its long form")
    return date.fromisoformat(text)


def drawn() -> str:
    """The columns as a table of Markdown."""
    lines = ["| column | also called |", "|---|---|"]
    for field in FIELDS:
        names = ", ".join(name for name, of in COLUMNS.items() if of == field and name != field)
        lines.append(f"| `{field}` | {names} |")
    return "\n".join(lines)
