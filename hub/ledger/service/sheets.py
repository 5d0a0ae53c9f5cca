"""Own entries written out: for a program a line of JSON each, for a spreadsheet a row."""

import base64
import csv
import io
from collections.abc import Iterable, Iterator

from flask import json

from hub import clock
from hub.canonical.safe_cell import guarded
from hub.ledger.service.own import OwnEntry

HEADINGS = (
    *("index", "at", "sentence", "action", "outcome", "role", "member", "actor", "via"),
    *("subject", "counts", "entry", "erased_by"),
)


def ndjson(entries: Iterable[OwnEntry]) -> Iterator[str]:
    """One JSON object a line, as `alliance ledger verify` reads them."""
    for entry in entries:
        yield (
            json.dumps(
                {
                    "index": entry.index,
                    "id": base64.b64encode(entry.id.bytes).decode(),
                    "leaf": base64.b64encode(entry.leaf).decode(),
                    "n": entry.n,
                    "view": entry.fields,
                    "salt": None if entry.salt is None else base64.b64encode(entry.salt).decode(),
                    "erased_by": None if entry.erased_by is None else base64.b64encode(entry.erased_by.bytes).decode(),
                }
            )
            + "\n"
        )


def sheet(entries: Iterable[OwnEntry]) -> Iterator[str]:
    """One row of CSV each, below its headings. A spreadsheet shows every cell and runs none as a formula."""
    draft = io.StringIO(newline="")
    writer = csv.writer(draft)
    writer.writerow(HEADINGS)
    for entry in entries:
        yield draft.getvalue()
        draft.seek(draft.truncate(0))
        writer.writerow(guarded(cell) for cell in _cells(entry))
    yield draft.getvalue()


def _cells(entry: OwnEntry) -> Iterator[str]:
    view = entry.fields or {}
    yield "" if entry.index is None else str(entry.index)
    yield view.get("at") or clock.stamp(entry.at)
    yield entry.sentence
    yield entry.action
    for name in ("outcome", "role", "member", "actor", "via"):
        yield view.get(name) or ""
    for name in ("subject", "counts"):
        yield "; ".join(f"{inner}: {each}" for inner, each in view.get(name, {}).items())
    yield entry.name
    yield "" if entry.erased_by is None else base64.urlsafe_b64encode(entry.erased_by.bytes).decode().rstrip("=")
