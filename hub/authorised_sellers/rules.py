"""What a brand says of an authorised seller, and by what a listing is known to be of one. Pure."""

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

from hub.canonical.listing import canonical_listing, digest_of
from hub.canonical.refusal import RefusedError
from hub.sheets.table import read_table

MOST_SELLERS = 50_000
"""Entries that one brand's list holds."""
MOST_AT_ONCE = 1_000
LONGEST_SELLER = 120
LAST_DAY = date(2300, 12, 31)
NAME = re.compile("[A-Za-z0-9_-]{22}")
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?: 00:00:00)?")
"""As people write it, and as a cell of a workbook says it."""
_ROUNDS = 3
"""Folding unfolds letters that compose anew: from the third round on nothing changes."""
COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("url", "store", "store url", "address", "link", "店铺链接"), "url"),
        **dict.fromkeys(("seller", "seller name", "shop", "卖家"), "seller"),
        **dict.fromkeys(("last day", "last_day", "until", "valid until", "ends on"), "last_day"),
    }
)
"""Heading of a sheet, in lower case → which part of a row stands below it."""


class GivenSeller(NamedTuple):
    """A row as it was given; `number` counts from 1, in the file or the request."""

    number: int
    url: str
    seller: str = ""
    last_day: str = ""
    """ISO 8601; empty: until the entry is ended."""


class Fault(NamedTuple):
    """One thing to mend. Nothing here repeats a value."""

    row: int
    field: str
    words: str


class ListedSeller(NamedTuple):
    """A row that can be put on the list."""

    number: int
    url: str
    """In its canonical form."""
    host: str
    digest: bytes
    seller: str
    seller_digest: bytes | None
    last_day: date | None


class AskedListing(NamedTuple):
    """What is looked up of a listing."""

    number: int
    digest: bytes
    """Of its canonical address."""
    host: str
    """The marketplace's, as its platform named it."""
    seller: str


class FoundListing(NamedTuple):
    """A listing of an authorised seller: by which field of its row, and on whose list."""

    number: int
    field: str
    own: bool
    """Whether on the asking brand's own list; else on another member's, and which one nobody is told."""


def normal_name(seller: str) -> str:
    """A seller's name in the form in which two are compared: case, width and blanks do not matter."""
    name = seller
    for _ in range(_ROUNDS):
        name = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    return name


def seller_digest(seller: str) -> bytes | None:
    """What a seller's name is recognised by, on one marketplace; None for no name."""
    name = normal_name(seller)
    return hashlib.sha256(name.encode(errors="surrogatepass")).digest() if name else None


def new_name() -> str:
    """What an entry is called in addresses and in the record: random."""
    return secrets.token_urlsafe(16)


def rows_of(body: bytes) -> list[GivenSeller]:
    """The rows of a sheet, or of pasted text. Raises SheetError.

    Without a heading the first column is the address, then come the seller's name and the last day.
    """
    heading, lines = read_table(body, COLUMNS, MOST_AT_ONCE)
    names = ["url", "seller", "last_day"] if heading is None else [COLUMNS.get(each, "") for each in heading]
    found = []
    for line in lines:
        given = {name: cell for name, cell in zip(names, line.cells, strict=False) if name}
        found.append(GivenSeller(line.number, **{"url": "", **given}))
    return found


def check_rows(rows: Sequence[GivenSeller], today: date) -> tuple[list[ListedSeller], list[Fault]]:
    """The rows that can be put on a list, and what is to be mended of the others."""
    listed: list[ListedSeller] = []
    faults: list[Fault] = []
    first: dict[bytes, int] = {}
    for row in rows:
        one, found = _of_row(row, today)
        if one is not None and (before := first.setdefault(one.digest, row.number)) != row.number:
            found.append(Fault(row.number, "url", f"this is row {before} once more: leave one of them out"))
        if one is not None and not found:
            listed.append(one)
        faults += found
    return listed, faults


def _of_row(row: GivenSeller, today: date) -> tuple[ListedSeller | None, list[Fault]]:
    """The seller, if its address is one, and what is wrong with the row."""
    faults: list[Fault] = []
    seller = row.seller.strip()
    if len(seller) > LONGEST_SELLER or not seller.isprintable():
        words = f"give the seller's name in {LONGEST_SELLER} characters at most, on one line"
        faults.append(Fault(row.number, "seller", words))
    last_day = _day(row.last_day.strip())
    if row.last_day.strip() and last_day is None:
        faults.append(Fault(row.number, "last_day", "give the last day as 2026-01-31, or leave it empty"))
    elif last_day is not None and not today <= last_day <= LAST_DAY:
        faults.append(Fault(row.number, "last_day", "give a last day from today on, or leave it empty"))
    try:
        host, url = canonical_listing(row.url)
    except RefusedError as error:
        return None, [*faults, Fault(row.number, "url", f"{error.reason}: {error.remedy}")]
    return ListedSeller(row.number, url, host, digest_of(url), seller, seller_digest(seller), last_day), faults


def _day(text: str) -> date | None:
    written = _DAY.fullmatch(text)
    try:
        return date.fromisoformat(written[1]) if written else None
    except ValueError:
        return None
