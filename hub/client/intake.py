"""From a file to a spool of identifiers and a preview: what is good, what is not and why. Needs no network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from hub.canonical import RefusedError, canonicalise
from hub.client.bad_rows import BadRows
from hub.client.console import Console
from hub.client.sheet import Problem, Row, Sheet, Wanted, open_sheet
from hub.client.spool import CHUNK, Reading, Spool
from hub.client.vault import seller_reference
from hub.client.workers import Workers, canonical_forms

SHOWN_PROBLEMS = 10


@dataclass(frozen=True)
class Source:
    """A member's file, and how it is to be read."""

    path: Path
    type: str
    country: str | None = None
    column: str | None = None
    seller: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    heading: bool | None = None
    bad_rows: Path | None = None

    def wanted(self) -> Wanted:
        """What to look for in the file."""
        return Wanted(self.type, self._is_value, self.column, self.seller, self.encoding, self.sheet, self.heading)

    def _is_value(self, text: str) -> bool:
        try:
            canonicalise(self.type, text, country=self.country)
        except RefusedError:
            return False
        return True


@dataclass
class Preview:
    """The count of a file's rows by what became of them, and the first problems with their places."""

    unit: str
    where: str = ""
    read: int = 0
    good: int = 0
    bad: int = 0
    duplicate: int = 0
    blank: int = 0
    notes: list[str] = field(default_factory=list)
    problems: list[tuple[int, Problem]] = field(default_factory=list)
    reasons: Counter[Problem] = field(default_factory=Counter)

    def place(self, number: int, problem: Problem) -> str:
        """Where a problem stands: row or line, and the column where it is the identifier's cell."""
        return f"{self.unit} {number}" + (f", {self.where}" if self.where and problem.of_value else "")

    def document(self) -> dict[str, Any]:
        """For `--json`: counts, problems, reasons; no identifier."""
        return {
            "column": self.where or None,
            "rows": {
                "read": self.read,
                "good": self.good,
                "bad": self.bad,
                "duplicate": self.duplicate,
                "blank": self.blank,
            },
            "problems": [
                {"place": self.place(number, problem), "reason": problem.reason, "remedy": problem.remedy}
                for number, problem in self.problems
            ],
            "reasons": {problem.reason: count for problem, count in self.reasons.most_common(50)},
            "notes": self.notes,
        }

    def lines(self) -> list[str]:
        """For people."""
        counts = f"{self.read:,} {self.unit}s read: {self.good:,} good, {self.bad:,} bad, {self.duplicate:,} repeated"
        lines = [counts + (f", {self.blank:,} without an identifier" if self.blank else "")]
        lines += [f"note: {note}" for note in self.notes]
        for number, problem in self.problems:
            lines.append(f"  {self.place(number, problem)}: {problem.reason}")
            lines.append(f"      → {problem.remedy}")
        if self.bad > len(self.problems):
            lines.append(f"  and {self.bad - len(self.problems):,} more; by reason:")
            lines += [f"  {count:>9,}  {problem.reason}" for problem, count in self.reasons.most_common(10)]
        return lines


class Intake:
    """One file read into `spool`; `preview` and `bad_rows` tell the rest, `labels` the sellers named in it.

    `labels` is handed each chunk's reference → label.
    """

    def __init__(
        self,
        source: Source,
        sheet: Sheet,
        spool: Spool,
        bad_rows: BadRows,
        local_key: bytes,
        labels: Callable[[dict[str, str]], None],
    ) -> None:
        self.spool = spool
        self.bad_rows = bad_rows
        self.preview = Preview(sheet.unit, sheet.where)
        self._source = source
        self._sheet = sheet
        self._local_key = local_key
        self._labels = labels

    def read(self, workers: Workers, console: Console) -> None:
        """Read all rows."""
        with console.step(f"reading {self._source.path.name}", None) as step:
            chunks = workers.map(canonical_forms, _chunks(self._sheet), _texts)
            for rows, forms in chunks:
                self._sort(rows, iter(forms))
                step.advance(len(rows))
        self.preview.blank = self._sheet.blank
        self.preview.notes += self._sheet.notes
        self.preview.duplicate = self.spool.duplicates
        self.preview.good = self.spool.count

    def _sort(self, rows: list[Row], forms: Iterator[tuple[str, bytes] | Problem]) -> None:
        readings, origin, labels = [], {}, {}
        for row in rows:
            form = row.problem or next(forms)
            if isinstance(form, Problem):
                self._refuse(row, form)
                continue
            seller = None
            if row.seller is not None:
                seller = seller_reference(self._local_key, row.seller)
                labels[seller] = row.seller
            readings.append(Reading(row.number, row.value, form[0], form[1], seller))
            origin[row.number] = row
        self.preview.read += len(rows)
        if labels:
            self._labels(labels)
        for reading, earlier in self.spool.add(readings):
            self._refuse(
                origin[reading.row],
                Problem(
                    f"the same identifier as in {self._sheet.unit} {earlier}, under another seller",
                    f"an identifier is shared under one seller, and {self._sheet.unit} {earlier} stands: keep one",
                    of_value=False,
                ),
            )

    def _refuse(self, row: Row, problem: Problem) -> None:
        self.bad_rows.add(f"{self._sheet.unit} {row.number}", row.cells, problem)
        preview = self.preview
        preview.bad += 1
        if len(preview.problems) < SHOWN_PROBLEMS:
            preview.problems.append((row.number, problem))
        if problem in preview.reasons or len(preview.reasons) < 1_000:
            preview.reasons[problem] += 1


def _chunks(sheet: Sheet) -> Iterator[list[Row]]:
    while rows := list(islice(sheet.rows, CHUNK)):
        yield rows


def _texts(rows: list[Row]) -> list[str]:
    return [row.value for row in rows if row.problem is None]


@contextmanager
def opened(
    source: Source,
    workers: Workers,
    console: Console,
    local_key: bytes,
    *,
    folder: Path | None = None,
    keep_rows: bool = False,
    only_look: bool = False,
    labels: Callable[[dict[str, str]], None] = lambda _: None,
) -> Iterator[Intake]:
    """Read a whole file. Its spool lives in `folder`, and no longer than the block. Raises ClientError.

    With `only_look` the refused rows are counted and not written.
    """
    with (
        open_sheet(source.path, source.wanted()) as sheet,
        Spool(folder, keep_rows=keep_rows) as spool,
        BadRows(source.path, sheet.columns, source.bad_rows, only_count=only_look) as bad_rows,
    ):
        intake = Intake(source, sheet, spool, bad_rows, local_key, labels)
        intake.read(workers, console)
        yield intake
