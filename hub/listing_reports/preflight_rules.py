"""Pre-flight: what must be mended before a report can be filed, or submitted again, row by row. Pure."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from hub.authorised_sellers.rules import FoundListing
from hub.canonical.listing import canonical_listing, digest_of
from hub.canonical.refusal import RefusedError
from hub.dialogue.rules import is_plain
from hub.listing_reports.reason_rules import (
    FIELDS,
    LONGEST_TEXT,
    MOST_LISTINGS,
    REASONS,
    REFUSED_BY_DESIGN,
    Files,
    Grounds,
    evidence_fault,
)
from hub.listing_reports.rules import NOT_PLAIN
from hub.sheets.table import read_table

TARGETS = ("listing", "store")
STORE = TARGETS[1]
LONGEST_SELLER = 120
_CLASS = re.compile(r"[0-9]{1,2}")
COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("url", "listing", "listing url", "address", "link", "商品链接"), "url"),
        **dict.fromkeys(("target", "listing or store"), "target"),
        **dict.fromkeys(("class", "product class", "product_class", "nice class", "locarno class"), "product_class"),
        **dict.fromkeys(("seller", "seller name", "shop", "卖家"), "seller"),
    }
)
"""Heading of a sheet, in lower case → which part of a row stands below it."""


_AUTHORISED: Mapping[bool, tuple[str, str]] = MappingProxyType(
    {
        False: (
            "authorised_seller",
            "another member has authorised this seller: leave the row out, or ask the office to put the two of you in"
            " touch",
        ),
        True: (
            "own_authorised_seller",
            "this seller stands on your own list of authorised sellers: leave the row out, or end that entry first",
        ),
    }
)
"""Whether it is the brand's own → code and words."""


class ReportedRow(NamedTuple):
    """A row as it was given; `number` counts from 1, in the file or the request."""

    number: int
    url: str
    target: str = ""
    product_class: str = ""
    seller: str = ""


class Fault(NamedTuple):
    """One thing to mend. `row` is None where it concerns the whole report; nothing here repeats a value."""

    row: int | None
    field: str
    code: str
    words: str


LOOKED_UP_TOO_OFTEN = Fault(
    None,
    "listings",
    "looked_up_too_often",
    "your brand has had as many listings held against the lists of authorised sellers as it may in a day: send"
    " fewer rows, or go on tomorrow",
)


class ReportedListing(NamedTuple):
    """A row that can be filed."""

    number: int
    url: str
    """In its canonical form."""
    digest: bytes
    host: str
    """The marketplace's, as its platform named it."""
    target: str
    product_class: int | None
    seller: str


@dataclass(frozen=True)
class Site:
    """A host on which a platform sells, and the countries into which it does."""

    host: str
    jurisdictions: frozenset[str]


@dataclass(frozen=True)
class Right:
    """What pre-flight asks of an IP right."""

    type: str
    classes: frozenset[int]
    in_force_in: frozenset[str]
    """Countries in which it is in force now."""
    why_not: str = ""
    """Why it cannot be relied on at all; then it is in force nowhere."""


Reported = Callable[[Sequence[bytes]], Collection[bytes]]
"""Of these digests those that the same brand reported before, to this platform, under this right and reason."""


def rows_of(body: bytes) -> list[ReportedRow]:
    """The rows of a sheet, or of pasted text. Raises SheetError.

    Without a heading the first column is the address, then come class and seller.
    """
    heading, lines = read_table(body, COLUMNS, MOST_LISTINGS)
    names = ["url", "product_class", "seller"] if heading is None else [COLUMNS.get(each, "") for each in heading]
    found = []
    for line in lines:
        given = {name: cell for name, cell in zip(names, line.cells, strict=False) if name}
        found.append(ReportedRow(line.number, **{"url": "", **given}))
    return found


def preflight(
    rows: Sequence[ReportedRow],
    grounds: Grounds,
    right: Right,
    sites: Sequence[Site],
    reported: Reported,
    *,
    files: Files,
    now: datetime,
) -> tuple[list[ReportedListing], list[Fault]]:
    """The rows that can be filed, and all that is to be mended, the whole report's first and then by row."""
    faults = [*_of_grounds(grounds, right, files, now), *_of_report(rows, grounds, right, sites)]
    listings: list[ReportedListing] = []
    first: dict[bytes, int] = {}
    for row in rows:
        listing, found = _of_row(row, right, sites)
        if listing is not None and (before := first.setdefault(listing.digest, row.number)) != row.number:
            found.append(Fault(row.number, "url", "twice", f"this is row {before} once more: leave one of them out"))
        if listing is not None and not found:
            listings.append(listing)
        faults += found
    known = set(reported([each.digest for each in listings]))
    again = [each for each in listings if each.digest in known]
    words = "you have reported this already under the same right and reason: leave it out, or give another reason"
    faults += [Fault(each.number, "url", "reported_before", words) for each in again]
    faults.sort(key=lambda fault: (fault.row is not None, fault.row or 0))
    return [each for each in listings if each.digest not in known], faults


def authorised_faults(found: Sequence[FoundListing]) -> list[Fault]:
    """What is to be mended of listings that are of an authorised seller; of another member's it says not whose."""
    return [Fault(each.number, each.field, *_AUTHORISED[each.own]) for each in found]


def faults_of_returned(faults: Sequence[Fault]) -> list[Fault]:
    """What is to be mended of a report that was filed already: of its rows, with what can be done there."""
    stays = "no row of a filed report can be changed or left out: withdraw it, and file anew what can stand"
    return [each if each.row is None else each._replace(words=f"{each.words}; {stays}") for each in faults]


def _of_grounds(grounds: Grounds, right: Right, files: Files, now: datetime) -> Iterator[Fault]:
    if grounds.reason in REFUSED_BY_DESIGN:
        words = f"no report is taken for this: {REFUSED_BY_DESIGN[grounds.reason]}"
        yield Fault(None, "reason", "refused_by_design", words)
        return
    reason = REASONS.get(grounds.reason)
    if reason is None:
        yield Fault(None, "reason", "unknown_reason", f"give one of the reasons: {', '.join(REASONS)}")
        return
    if right.type not in reason.rights:
        words = f"this reason goes with {' or '.join(sorted(reason.rights))}: choose another right or reason"
        yield Fault(None, "reason", "right_of_other_type", words)
    for name in reason.evidence:
        wrong = evidence_fault(name, grounds.evidence.get(name, ""), files, now)
        if wrong is not None:
            yield Fault(None, name, "evidence", wrong)
    if set(grounds.evidence) - set(reason.evidence):
        asked = ", ".join(name for name in FIELDS if name in reason.evidence)
        yield Fault(None, "evidence", "evidence_of_other_reason", f"this reason takes {asked}, and nothing else")
    if len(grounds.explanation) > LONGEST_TEXT:
        yield Fault(None, "explanation", "too_long", f"explain it in {LONGEST_TEXT:,} characters at most")
    if not is_plain(grounds.explanation):
        yield Fault(None, "explanation", "not_plain", NOT_PLAIN)


def _of_report(rows: Sequence[ReportedRow], grounds: Grounds, right: Right, sites: Sequence[Site]) -> Iterator[Fault]:
    most = REASONS[grounds.reason].most if grounds.reason in REASONS else MOST_LISTINGS
    if not rows:
        yield Fault(None, "listings", "no_rows", "give at least one listing")
    if len(rows) > most:
        noun = "listing" if most == 1 else "listings"
        yield Fault(None, "listings", "too_many_rows", f"a report for this reason holds {most:,} {noun} at most")
    if right.why_not:
        words = f"{right.why_not}: have this right mended, or report under another"
        yield Fault(None, "right", "not_usable", words)
    if not sites:
        yield Fault(None, "platform", "no_sites", "this platform has named no marketplace yet: ask it to")
    elif not right.why_not and not right.in_force_in & frozenset[str]().union(*(site.jurisdictions for site in sites)):
        sold = "this right is in force in no country into which the platform sells"
        words = f"{sold}, as the list of marketplaces shows: choose another right"
        yield Fault(None, "right", "not_in_force", words)


def _of_row(row: ReportedRow, right: Right, sites: Sequence[Site]) -> tuple[ReportedListing | None, list[Fault]]:
    """The listing, if its address is one, and what is wrong with the row."""
    faults: list[Fault] = []

    def wrong(field: str, code: str, words: str) -> None:
        faults.append(Fault(row.number, field, code, words))

    target = row.target.strip().lower() or TARGETS[0]
    if target not in TARGETS:
        wrong("target", "unknown_target", "write listing or store, or leave it empty for a listing")
    product_class = int(row.product_class) if _CLASS.fullmatch(row.product_class) else None
    if row.product_class and product_class is None:
        wrong("product_class", "not_a_class", "give the class of the goods as a number, as 25")
    elif right.classes and product_class is None:
        listed = ", ".join(map(str, sorted(right.classes)))
        wrong("product_class", "class_missing", f"give the class of the goods; the right covers {listed}")
    elif right.classes and product_class not in right.classes:
        listed = ", ".join(map(str, sorted(right.classes)))
        wrong("product_class", "class_not_covered", f"the right does not cover these goods; it covers {listed}")
    seller = one_name(row.seller)
    if len(seller) > LONGEST_SELLER or not seller.isprintable():
        wrong("seller", "not_a_name", f"give the seller's name in {LONGEST_SELLER} characters at most, on one line")
    try:
        host, url = canonical_listing(row.url)
    except RefusedError as error:
        wrong("url", error.code, f"{error.reason}: {error.remedy}")
        return None, faults
    site = site_of(host, sites)
    if site is None:
        words = "this address is on no marketplace of the platform: report it to its own"
        wrong("url", "other_platform", f"{words}, which the list of marketplaces names")
        return None, faults
    if right.in_force_in and not right.in_force_in & site.jurisdictions:
        wrong("url", "not_in_force_here", "the right is in force in no country into which this marketplace sells")
    return ReportedListing(row.number, url, digest_of(url), site.host, target, product_class, seller), faults


def one_name(seller: str) -> str:
    """A seller's name with no blanks around it and one between its words: strikes are counted by it."""
    return " ".join(seller.split())


def site_of(host: str, sites: Sequence[Site]) -> Site | None:
    """The site whose host, or a name below it, this is; the longest of several."""
    found = [site for site in sites if host == site.host or host.endswith(f".{site.host}")]
    return max(found, key=lambda site: len(site.host), default=None)
