"""The good rows of one run: each identifier once, in the order of the file, on disk instead of in memory.

A nameless SQLite database: the file is unlinked as soon as it is opened, so the identifiers in it do not outlive the
process, however it ends.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Self

CHUNK = 1_000

_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -65536;
CREATE TABLE identifier(
    i INTEGER PRIMARY KEY, mark BLOB NOT NULL UNIQUE, value TEXT NOT NULL, seller TEXT, row INTEGER NOT NULL, own TEXT);
CREATE TABLE again(i INTEGER NOT NULL, row INTEGER NOT NULL, own TEXT NOT NULL);
CREATE INDEX again_i ON again(i);
"""


class Reading(NamedTuple):
    """A good row: its number, the text as the member has it, the canonical value with its mark, and the seller."""

    row: int
    own: str
    value: str
    mark: bytes
    seller: str | None


class Identifier(NamedTuple):
    """One identifier of the spool; `i` counts from 0 in the order of the file."""

    i: int
    mark: bytes
    value: str
    seller: str | None


class Spool:
    """Distinct identifiers by their mark (16 bytes that stand for the canonical value).

    With `keep_rows`, every row's number and own text are kept too, for results that go back to the rows.
    """

    def __init__(self, folder: Path | None = None, *, keep_rows: bool = False) -> None:
        if folder is not None:
            os.environ.setdefault("SQLITE_TMPDIR", str(folder))
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(_SCHEMA)
        self._keep_rows = keep_rows
        self.count = 0
        self.duplicates = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ended: object) -> None:
        self._db.close()

    def add(self, readings: Sequence[Reading]) -> list[tuple[Reading, int]]:
        """Keep at most 1,000 readings; return those that name another seller than an earlier row did, with its number.

        A repeated identifier is kept once, with the first seller named for it.
        """
        known = self._known([reading.mark for reading in readings])
        new: list[tuple[int, bytes, str, str | None, int, str | None]] = []
        named: dict[int, tuple[str, int]] = {}
        again: list[tuple[int, int, str]] = []
        conflicts = []
        for reading in readings:
            found = known.get(reading.mark)
            if found is None:
                own = reading.own if self._keep_rows and reading.own != reading.value else None
                new.append((self.count, reading.mark, reading.value, reading.seller, reading.row, own))
                known[reading.mark] = (self.count, reading.seller, reading.row)
                self.count += 1
                continue
            i, seller, row = found
            if seller is not None and reading.seller is not None and seller != reading.seller:
                conflicts.append((reading, row))
                continue
            if seller is None and reading.seller is not None:
                named[i] = (reading.seller, reading.row)
                known[reading.mark] = (i, reading.seller, reading.row)
            self.duplicates += 1
            if self._keep_rows:
                again.append((i, reading.row, reading.own))
        self._db.execute("BEGIN")
        self._db.executemany("INSERT INTO identifier VALUES (?, ?, ?, ?, ?, ?)", new)
        self._db.executemany(
            "UPDATE identifier SET seller = ? WHERE i = ?", [(seller, i) for i, (seller, _) in named.items()]
        )
        self._db.executemany("INSERT INTO again VALUES (?, ?, ?)", again)
        self._db.execute("COMMIT")
        return conflicts

    def _known(self, marks: Sequence[bytes]) -> dict[bytes, tuple[int, str | None, int]]:
        asked = ",".join("?" * len(marks))
        query = f"SELECT mark, i, seller, row FROM identifier WHERE mark IN ({asked})"  # noqa: S608 - only "?"
        found = self._db.execute(query, marks)
        return {mark: (i, seller, row) for mark, i, seller, row in found}

    def chunks(self, size: int = CHUNK) -> Iterator[list[Identifier]]:
        """The identifiers in their order, `size` at a time."""
        cursor = self._db.execute("SELECT i, mark, value, seller FROM identifier ORDER BY i")
        while rows := cursor.fetchmany(size):
            yield [Identifier(*row) for row in rows]

    def rows_of(self, identifiers: Iterable[int]) -> Iterator[tuple[int, int, str]]:
        """(i, row, the member's own text) of every row that held one of these identifiers; needs `keep_rows`."""
        asked = sorted(identifiers)
        for at in range(0, len(asked), CHUNK):
            some = asked[at : at + CHUNK]
            among = ",".join("?" * len(some))
            query = (
                f"SELECT i, row, coalesce(own, value) FROM identifier WHERE i IN ({among})"  # noqa: S608 - only "?"
                f" UNION ALL SELECT i, row, own FROM again WHERE i IN ({among}) ORDER BY 1, 2"
            )
            yield from self._db.execute(query, some + some)
