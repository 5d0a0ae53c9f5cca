"""Sharing what was found: our own listing reports and test buys, and the stores of one, as a sheet like any other."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hub.client.errors import ClientError, ExitCode, false_answer, printable, usage
from hub.client.session import Session

STORES = "store_url"
"""The type of what a record itself names: stores. What a listing's address names is an offer and no seller."""
ADDRESS, SELLER = "address", "seller"
"""The columns of the sheet."""
_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
_SIGNED = frozenset({"signed", "linked", "refunded", "retained", "destroyed"})
"""The states of a test buy from its signature on."""
_LONGEST, _PAGE = 120, 100
Rows = Iterator[tuple[str, str]]
"""Store and seller."""


@dataclass(frozen=True)
class Kind:
    """A kind of our own records that something is shared upon."""

    option: str
    level: str
    """What it bears, as the hub's table of bases says."""
    words: str
    path: str
    """Where the hub has it."""
    rows: Callable[[dict[str, Any]], Rows]
    """What it names. Raises ClientError."""
    empty: str
    """What is said where that is nothing."""
    key: str
    """What the hub calls a list of them."""
    told: Callable[[dict[str, Any]], tuple[str, object, bool] | None]
    """Of one in that list what it is about, when it began, and whether it names a store; None: nothing was found."""


def _of_report(report: dict[str, Any]) -> Rows:
    listings = report.get("listings")
    if not isinstance(listings, list):
        raise false_answer("the hub's answer lacks the report's listings")
    for each in listings:
        if not isinstance(each, dict):
            raise false_answer("a listing of the report is none")
        address, seller = each.get("url"), each.get("seller") or ""
        if each.get("decision") == "established" and each.get("target") == "store":
            if not isinstance(address, str) or not isinstance(seller, str):
                raise false_answer("a listing of the report has no address")
            yield address, seller


def _of_test_buy(shown: dict[str, Any]) -> Rows:
    line = shown.get("test_buy")
    if not isinstance(line, dict) or not isinstance(store := line.get("store"), str):
        raise false_answer("the hub's answer lacks the test buy's store")
    why = "is not signed" if shown.get("signed_at") is None else f"was found {line.get('verdict')}"
    if why != "was found counterfeit":
        raise ClientError(
            ExitCode.NOTHING_USABLE, f"the test buy {why}", "only a signed test buy that found a counterfeit is shared"
        )
    if store:
        yield store, ""


def _report_told(line: dict[str, Any]) -> tuple[str, object, bool] | None:
    found = {"established": "established", "partly": "established in part"}.get(str(line.get("outcome")))
    if found is None:
        return None
    count = line.get("listings")
    noun = "listing" if count == 1 else "listings"
    return f"{count} {noun} reported to {line.get('platform')}: {found}", line.get("filed_at"), bool(line.get("stores"))


def _test_buy_told(line: dict[str, Any]) -> tuple[str, object, bool] | None:
    if str(line.get("state")) not in _SIGNED or line.get("verdict") != "counterfeit":
        return None
    words = f"{line.get('goods')}, bought on {line.get('platform')}: counterfeit"
    return words, line.get("planned_at"), bool(line.get("store"))


KINDS: Mapping[str, Kind] = {
    "report": Kind(
        "--report",
        "E2",
        "a report that was established",
        "/api/v1/listing-reports/",
        _of_report,
        "the report has no store that its platform established",
        "reports",
        _report_told,
    ),
    "test_buy": Kind(
        "--test-buy",
        "E3",
        "a signed test buy that found a counterfeit",
        "/api/v1/test-buys/",
        _of_test_buy,
        "the test buy names no store of the seller",
        "test_buys",
        _test_buy_told,
    ),
}
"""By what the API calls them."""


@dataclass(frozen=True)
class Basis:
    """One of our own records that something is shared upon."""

    kind: str
    name: str

    @property
    def level(self) -> str:
        """What it bears."""
        return KINDS[self.kind].level

    @classmethod
    def named(cls, kind: str, name: str) -> Basis:
        """The record of that name. Raises ClientError for what is no name."""
        if not _NAME.fullmatch(name):
            words = f"{KINDS[kind].option} takes the name that the record's page shows"
            raise usage(words, "copy the command from that page")
        return cls(kind, name)


@dataclass(frozen=True)
class Outcome:
    """A record of ours upon which something may be shared, as a list shows it."""

    basis: Basis
    words: str
    day: str
    """When it was filed or planned, as 2026-11-27."""
    names_store: bool


def outcomes(session: Session, kind: str, cursor: str | None = None) -> tuple[list[Outcome], str | None]:
    """Of a page of the hub's list, newest first, those that may be shared upon; and the cursor of the page after it.

    Raises ClientError.
    """
    known = KINDS[kind]
    asked: dict[str, str | int] = {"limit": _PAGE} | ({"cursor": cursor} if cursor else {})
    document = session.hub.get(known.path.rstrip("/"), asked).document()
    lines, after = document.get(known.key), document.get("cursor")
    if not isinstance(lines, list) or len(lines) > _PAGE or not isinstance(after, str | None):
        raise false_answer("the hub's answer lacks the list of our own records")
    found = []
    for line in lines:
        name = line.get("name") if isinstance(line, dict) else None
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise false_answer("a line of the hub's list names no record")
        if (told := known.told(line)) is not None:
            words, began, names_store = told
            day = printable(str(began))[:10]
            found.append(Outcome(Basis(kind, name), printable(words, _LONGEST), day, names_store))
    return found, after


def basis_of(named: Mapping[str, str | None], evidence: str | None, stance: str) -> Basis | None:
    """The record that the options name; None: none. Raises ClientError for what cannot be shared upon it."""
    given = [Basis.named(kind, name) for kind, name in named.items() if name is not None]
    if not given:
        return None
    if len(given) > 1:
        raise usage("--report and --test-buy name what it rests on", "give one of them")
    kind = KINDS[given[0].kind]
    if evidence not in {None, kind.level}:
        raise usage(f"{kind.words} bears {kind.level}, and no {evidence}", "leave --evidence out")
    if stance != "infringing":
        raise usage(f"upon {kind.words} one shares the stance infringing alone", "leave --stance out")
    return given[0]


@contextmanager
def stores_of(session: Session, basis: Basis) -> Iterator[Path]:
    """A sheet of the stores that the record names, gone again once it was read.

    It lies in our own state folder meanwhile, for our eyes alone, like the vault. Raises ClientError.
    """
    kind = KINDS[basis.kind]
    rows = [*kind.rows(session.hub.get(f"{kind.path}{basis.name}").document())]
    if not rows:
        raise ClientError(
            ExitCode.NOTHING_USABLE,
            kind.empty,
            f"give a FILE with what you know of the seller, and its --type: it is shared with {kind.option}",
        )
    with TemporaryDirectory(prefix="outcome-", dir=session.folder) as folder:
        path = Path(folder) / "stores.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow([ADDRESS, SELLER])
            writer.writerows(rows)
        yield path
