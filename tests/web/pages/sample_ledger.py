"""Samples of the pages of the ledger."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hub.ledger.service import Delay, WitnessLine
from hub.web.chart import curve
from hub.web.shown import (
    CursorPage,
    EntryLine,
    EntryPage,
    Filters,
    LogLine,
)
from tests.web.pages.sample_moment import FILTERS, NOW

LOG = LogLine("example.alliance-hub/audit", 48_210, "9" * 43 + "=", NOW - timedelta(seconds=12), 418, 1204, True)
NO_LOG = LogLine("example.alliance-hub/audit", 0, "", None, 0, 0)
LINES = tuple(
    EntryLine(
        f"entry-{n}",
        NOW - timedelta(hours=n),
        "A member shared <3> indicators",
        "contribution.shared",
        outcome,
        n or None,
    )
    for n, outcome in enumerate(("allowed", "denied", "error"))
)
VIEW = (("Action", "contribution.shared"), ("Request digest", "9" * 43 + "="))


def _entry(full: bool) -> EntryPage:
    if full:
        return EntryPage(LINES[1], VIEW, None, "c=", "h=", 48_210, NOW, (f"{LOG.origin}/2027", 12))
    return EntryPage(LINES[0], None, "entry-2", "c=", None, None, None)


def _shards() -> list[dict[str, Any]]:
    first = {"origin": LOG.origin, "prefix": "audit/log", "first": 0, "size": 48_000, "closed_at": NOW}
    second = {"origin": f"{LOG.origin}/2027", "prefix": "audit/log/2027", "first": 48_000, "size": 210}
    return [first, second | {"closed_at": None}]


def _verify(full: bool) -> dict[str, Any]:
    grown = [(NOW - timedelta(hours=80 - n), 40 * n + n * n * 7 // 2) for n in range(1, 81) if n % 9 > 2]
    named = "example.alliance-hub/audit/witness/" + "0a1b2c3d" * 4
    witnesses = [
        WitnessLine(named, True, True, 48_210, NOW - timedelta(seconds=9)),
        WitnessLine(named[::-1], False, True, None, None),
        WitnessLine("<b>witness</b>.example", False, False, 48_100, NOW - timedelta(hours=5)),
    ]
    return {
        "address": "https://hub.example.org",
        "origin": LOG.origin,
        "vkeys": [f"{LOG.origin}+474ca674+AfNmYhRirR/RCaF7l0dhD6b9+5UPgfs68qq1NM4zO/tP"],
        "program": "alliance-verify.pyz",
        "digest": "0123456789abcdef" * 4,
        "grown": curve(grown if full else [], NOW),
        "delays": [("Last hour", Delay(48_210, 1_000, 0.51, 1.02) if full else None), ("Last day", None)],
        "witnesses": witnesses if full else [],
        "quorum": 2 if full else 0,
        "final_size": 48_100,
        "shards": _shards()[: 2 if full else 1],
        "as_of": NOW,
    }


GIVEN: dict[str, Callable[[bool], dict[str, Any]]] = {
    "ledger/list.html": lambda full: {
        "page": CursorPage(LINES, "n", "o") if full else CursorPage(()),
        "filters": FILTERS if full else Filters(),
        "log": LOG if full else NO_LOG,
        "as_of": NOW,
        "most": 100_000,
    },
    "ledger/entry.html": lambda full: {"entry": _entry(full)},
    "ledger/verify.html": _verify,
}


def ledger_sample(template: str, full: bool) -> dict[str, Any]:
    """What a page is given: everything at once, or as little as there can be."""
    return GIVEN[template](full)
