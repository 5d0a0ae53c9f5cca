"""Hits: our own rows that the alliance knows, as a file for people and rows for programs."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.canonical.safe_cell import guarded
from hub.client.out_file import replacing
from hub.client.spool import Spool

HEADINGS = ("identifier", "evidence_level", "members", "contributors", "expires_on", "match", "key")
FEW = "<3"
"""Shown where fewer than three unnamed members stand behind an indicator: the hub gives no smaller number."""


@dataclass(frozen=True)
class Hit:
    """What we may know of an indicator. `members` counts those not among `contributors`; None: fewer than 3."""

    evidence_level: str
    members: int | None
    expires_on: str
    key_id: str
    match: str = ""
    contributors: Sequence[str] = ()
    """Codes of those who chose to be shown; a list fetched for matching at home has no room for them."""


class HitRows:
    """Hits by identifier, and the rows of our file they stand for. One identifier may hit under several keys."""

    def __init__(self, spool: Spool, unit: str, hits: Mapping[int, Sequence[Hit]]) -> None:
        self._spool = spool
        self._unit = unit
        self._hits = hits

    def _rows(self) -> Iterator[tuple[int, str, Hit]]:
        for i, row, own in self._spool.rows_of(self._hits):
            for hit in self._hits[i]:
                yield row, own, hit

    def documents(self) -> list[dict[str, Any]]:
        """For `--json`: rows without the identifiers."""
        return [
            {
                "row": row,
                "evidence_level": hit.evidence_level,
                "members": hit.members,
                "contributors": list(hit.contributors),
                "expires_on": hit.expires_on,
                "match": hit.match or None,
                "key": hit.key_id,
            }
            for row, _, hit in self._rows()
        ]

    def write(self, path: Path) -> int:
        """Write the rows as CSV (mode 0600), replacing an earlier file at once and as a whole; return their number.

        A spreadsheet shows the identifiers and runs none as a formula.
        """
        count = 0
        with (
            replacing(path) as draft,
            draft.open("w", encoding="utf-8-sig", errors="surrogateescape", newline="") as file,
        ):
            writer = csv.writer(file)
            writer.writerow((self._unit, *HEADINGS))
            for row, own, hit in self._rows():
                members = FEW if hit.members is None else hit.members
                named = guarded(" ".join(hit.contributors))
                told = (hit.evidence_level, members, named, hit.expires_on, guarded(hit.match), hit.key_id)
                writer.writerow((row, guarded(own), *told))
                count += 1
        return count
