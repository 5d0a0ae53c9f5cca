"""A token list on disk: one Parquet file, replaced as a whole; and its join with our own tokens, by DuckDB."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from hub.client.errors import ClientError, usage

TOKEN = pa.binary(32)
_LIST = pa.schema(
    [("token", TOKEN), ("evidence_level", pa.uint8()), ("members", pa.uint8()), ("expires_on", pa.date32())]
)
_CHANGES = pa.schema([("seq", pa.int64()), ("present", pa.bool_()), *_LIST])
_OWN = pa.schema([("i", pa.int64()), ("token", TOKEN)])
_METADATA = b"alliance.list"
_BATCH = 100_000

_MERGED = """
SELECT token, evidence_level, members, expires_on FROM (
    SELECT * FROM read_parquet($changes) QUALIFY row_number() OVER (PARTITION BY token ORDER BY seq DESC) = 1)
WHERE present
UNION ALL
SELECT token, evidence_level, members, expires_on FROM read_parquet($held) AS held
WHERE NOT EXISTS (SELECT 1 FROM read_parquet($changes) AS changed WHERE changed.token = held.token)
ORDER BY token
"""
_JOINED = """
SELECT own.i, list.evidence_level, list.members, list.expires_on
FROM read_parquet($own) AS own JOIN read_parquet($list) AS list ON list.token = own.token
WHERE list.expires_on >= $today ORDER BY own.i
"""


@dataclass
class Rows:
    """Rows of a list, column by column; expiry in days since 1970-01-01."""

    token: list[bytes] = field(default_factory=list)
    present: list[bool] = field(default_factory=list)
    evidence_level: list[int] = field(default_factory=list)
    members: list[int] = field(default_factory=list)
    expires_on: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.token)

    def append(self, token: bytes, present: bool, evidence_level: int, members: int, expires_on: int) -> None:
        """Add one row; `present` is False where the token is gone from the list."""
        self.token.append(token)
        self.present.append(present)
        self.evidence_level.append(evidence_level)
        self.members.append(members)
        self.expires_on.append(expires_on)


@dataclass(frozen=True)
class State:
    """What a kept list says of itself: the cursor from which changes are asked, and the hub's time of it."""

    cursor: str
    at: str


class ListFile:
    """The kept list of one key at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> State | None:
        """The state of the kept list; None where there is none yet. Raises ClientError for a damaged file."""
        if not self.path.exists():
            return None
        try:
            metadata = pq.read_schema(self.path).metadata or {}
            state = json.loads(metadata[_METADATA])
            return State(state["cursor"], state["at"])
        except (pa.ArrowException, OSError, KeyError, ValueError, TypeError) as error:
            raise _unreadable(self.path) from error

    @contextmanager
    def update(self, *, start_empty: bool) -> Iterator[Update]:
        """Collect pages, then `finish`. Without that the kept list stays as it was."""
        update = Update(self.path, from_nothing=start_empty)
        try:
            yield update
        finally:
            update.close()

    def join(self, own: Path, today: date) -> Iterator[tuple[int, int, int, date]]:
        """(i, evidence level, members, expiry) of every own token that is on the list and not expired today.

        `own` is a file of `write_own`. Raises ClientError for a damaged file.
        """
        with _duckdb(self.path.parent) as db:
            try:
                db.execute(_JOINED, {"own": str(own), "list": str(self.path), "today": today})
                while rows := db.fetchmany(10_000):
                    yield from rows
            except duckdb.Error as error:
                raise _unreadable(self.path) from error


class Update:
    """One update under way: the changes collected so far, in a file beside the list."""

    def __init__(self, path: Path, *, from_nothing: bool) -> None:
        self.from_nothing = from_nothing
        self._path = path
        self._draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        self._changes = self._draft.with_suffix(".changes")
        self._writer = pq.ParquetWriter(self._changes, _CHANGES)
        self._count = 0

    def start_over(self) -> None:
        """Drop what is held and what was collected."""
        self.from_nothing = True
        self._writer.close()
        self._writer = pq.ParquetWriter(self._changes, _CHANGES)

    def add(self, rows: Rows) -> None:
        """Add one page; of two rows for one token the later counts."""
        sequence = pa.array(range(self._count, self._count + len(rows)), pa.int64())
        columns = [
            pa.array(values, field.type)
            for values, field in zip(
                (rows.present, rows.token, rows.evidence_level, rows.members, rows.expires_on),
                list(_CHANGES)[1:],
                strict=True,
            )
        ]
        self._writer.write_table(pa.Table.from_arrays([sequence, *columns], schema=_CHANGES))
        self._count += len(rows)

    def finish(self, cursor: str, at: str) -> int:
        """Merge into the kept list, replace it and return its number of rows."""
        self._writer.close()
        empty = self._draft.with_suffix(".empty")
        held = self._path
        if self.from_nothing:
            pq.write_table(_LIST.empty_table(), empty)
            held = empty
        count = 0
        schema = _LIST.with_metadata({_METADATA: json.dumps({"cursor": cursor, "at": at}).encode()})
        try:
            with _duckdb(self._path.parent) as db, pq.ParquetWriter(self._draft, schema) as writer:
                merged = db.sql(_MERGED, params={"changes": str(self._changes), "held": str(held)})
                for batch in merged.to_arrow_reader(_BATCH):
                    columns = [batch.column(at).cast(field.type) for at, field in enumerate(schema)]
                    writer.write_table(pa.Table.from_arrays(columns, schema=schema))
                    count += batch.num_rows
        except duckdb.Error as error:
            raise _unreadable(self._path) from error
        finally:
            empty.unlink(missing_ok=True)
        # Until this rename the old list stands; after it the new one with its cursor.
        self._draft.replace(self._path)
        return count

    def close(self) -> None:
        """Remove what is left of an update."""
        self._writer.close()
        self._changes.unlink(missing_ok=True)
        self._draft.unlink(missing_ok=True)


def write_own(path: Path, batches: Iterable[tuple[list[int], list[bytes]]]) -> None:
    """Write our own tokens, each with the number of its identifier."""
    with pq.ParquetWriter(path, _OWN) as writer:
        for numbers, tokens in batches:
            columns = [pa.array(numbers, pa.int64()), pa.array(tokens, TOKEN)]
            writer.write_table(pa.Table.from_arrays(columns, schema=_OWN))


def _unreadable(path: Path) -> ClientError:
    return usage(f"the kept list {path} cannot be read", "fetch it anew: alliance list --full")


@contextmanager
def _duckdb(folder: Path) -> Iterator[Any]:
    """A DuckDB of our own: bounded memory, spilling beside the list, loading nothing from outside."""
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": "1GB",
        "temp_directory": str(folder / "duckdb.tmp"),
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    db = duckdb.connect(":memory:", config=settings)
    try:
        yield db
    finally:
        db.close()
