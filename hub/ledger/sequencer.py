"""The sequencer: takes recorded entries into the tree, and signs what it has read back (`ledger.md` §5.5).

A process of its own, under a database role of its own, the only holder of the log's signing key. Any number may run:
a lock lets one work at a time, and a killed holder's lock goes with its transaction.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg
from psycopg.rows import TupleRow

from hub.tree import tiles
from hub.tree.checkpoint import CheckpointBody
from hub.tree.merkle import EMPTY_ROOT, leaf_hash
from hub.tree.note import Signer, open_note

BATCH = 2000
LOCK = 7263
Connection = psycopg.Connection[TupleRow]


class ForkError(Exception):
    """What is stored is not what was signed before: nothing is signed until somebody has looked at it."""


@dataclass(frozen=True)
class Sequencer:
    """Integrates and publishes over one connection as the sequencer's role."""

    connection: Connection
    signer: Signer
    origin: str
    anchor: Path
    """Outside the database: the newest checkpoint signed, so that a restored backup is not signed as a fork."""
    now: Callable[[], datetime]

    def step(self) -> int:
        """Integrate one batch and publish a checkpoint if the tree has grown; the number of entries integrated.

        If we crash between the two, the next step publishes. Raises ForkError, and signs nothing.
        """
        integrated = self._integrate()
        self._publish()
        return integrated

    def _integrate(self) -> int:
        """One transaction: out of the outbox, into leaves and tiles. All of it or none."""
        with self.connection.transaction(), self.connection.cursor() as cursor:
            if not _locked(cursor):
                return 0
            cursor.execute(
                "INSERT INTO ledger_state (one, origin, size, root) VALUES (true, %s, 0, %s) ON CONFLICT DO NOTHING",
                (self.origin, EMPTY_ROOT),
            )
            cursor.execute("SELECT size FROM ledger_state FOR UPDATE")
            size = _one(cursor)
            cursor.execute(
                "WITH taken AS (DELETE FROM ledger_pending WHERE entry_id IN"
                " (SELECT entry_id FROM ledger_pending ORDER BY seq LIMIT %s) RETURNING entry_id, seq)"
                " SELECT e.id, e.leaf, e.action FROM taken JOIN ledger_entry e ON e.id = taken.entry_id"
                " ORDER BY taken.seq",
                (BATCH,),
            )
            entries = cursor.fetchall()
            if not entries:
                return 0
            hashes = [leaf_hash(bytes(leaf)) for _, leaf, _ in entries]
            grown = tiles.grow(size, hashes, _reader(cursor))
            with cursor.copy("COPY ledger_leaf (leaf_index, entry_id, leaf_hash) FROM STDIN") as copy:
                for at, ((entry, _, _), hashed) in enumerate(zip(entries, hashes, strict=True), size):
                    copy.write_row((at, entry, hashed))
            ids = [entry for entry, _, _ in entries]
            cursor.execute(
                "INSERT INTO ledger_party_leaf (party, leaf_index, entry_id, n, action)"
                " SELECT p.party, g.leaf_index, g.id, p.n, g.action"
                " FROM unnest(%s::uuid[], %s::bigint[], %s::text[]) AS g(id, leaf_index, action)"
                " JOIN ledger_part p ON p.entry_id = g.id ON CONFLICT DO NOTHING",
                (ids, list(range(size, size + len(ids))), [action for _, _, action in entries]),
            )
            cursor.executemany(
                "INSERT INTO ledger_tile (level, n, hashes) VALUES (%s, %s, %s)"
                " ON CONFLICT (level, n) DO UPDATE SET hashes = excluded.hashes",
                [(level, n, hashes) for (level, n), hashes in grown.items()],
            )
            new_size = size + len(entries)
            cursor.execute(
                "UPDATE ledger_state SET size = %s, root = %s", (new_size, tiles.root(new_size, _reader(cursor)))
            )
            return len(entries)

    def _publish(self) -> None:
        """Sign the committed state once it is seen to extend what was signed before; then move the anchor.

        If we crash after the commit the anchor is older than the database, which is safe: it is only ever extended.
        """
        with self.connection.transaction(), self.connection.cursor() as cursor:
            if not _locked(cursor):
                return
            cursor.execute("SELECT size, root FROM ledger_state")
            state = cursor.fetchone()
            cursor.execute("SELECT size, root FROM ledger_checkpoint ORDER BY size DESC LIMIT 1")
            before = cursor.fetchone() or (0, EMPTY_ROOT)
            size, root = state or (0, EMPTY_ROOT)
            if size == before[0]:
                return
            self._check(cursor, size, bytes(root), before[0], bytes(before[1]))
            note = self.signer.sign(CheckpointBody(self.origin, size, bytes(root)).encode())
            cursor.execute(
                "INSERT INTO ledger_checkpoint (size, root, note, at) VALUES (%s, %s, %s, %s)",
                (size, root, note, self.now()),
            )
        _write_durably(self.anchor, note)

    def _check(self, cursor: psycopg.Cursor[TupleRow], size: int, root: bytes, old_size: int, old_root: bytes) -> None:
        """What is stored hashes to the state, and extends the newest checkpoint and the anchor."""
        read = _reader(cursor)
        if tiles.root(size, read) != root:
            raise ForkError("the stored tiles do not hash to the stored root")
        cursor.execute(
            "SELECT l.leaf_index, e.leaf FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.entry_id"
            " WHERE l.leaf_index >= %s ORDER BY l.leaf_index",
            (old_size,),
        )
        for index, leaf in cursor:
            n, at = divmod(index, tiles.WIDTH)
            if read(0, n)[at * 32 : at * 32 + 32] != leaf_hash(bytes(leaf)):
                raise ForkError(f"leaf {index} is not what its tile says")
        if tiles.root(old_size, read) != old_root:
            raise ForkError(f"the tree does not extend the checkpoint of size {old_size}")
        anchored = self._anchored()
        if anchored is None:
            return
        if anchored.size > size:
            raise ForkError(f"the database holds {size} entries, {anchored.size} were signed: was a backup restored?")
        if tiles.root(anchored.size, read) != anchored.root:
            raise ForkError(f"the tree does not extend the anchor of size {anchored.size}")

    def _anchored(self) -> CheckpointBody | None:
        try:
            note = self.anchor.read_text()
        except FileNotFoundError:
            return None
        return CheckpointBody.parse(open_note(note, [self.signer.verifier]).text)


def _locked(cursor: psycopg.Cursor[TupleRow]) -> bool:
    cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", (LOCK,))
    return bool(_one(cursor))


def _one(cursor: psycopg.Cursor[TupleRow]) -> int:
    row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def _reader(cursor: psycopg.Cursor[TupleRow]) -> tiles.ReadTile:
    """Reads stored tiles, each once; through a cursor of its own, so that another may be read meanwhile."""
    kept: dict[tuple[int, int], bytes] = {}

    def read(level: int, n: int) -> bytes:
        if (level, n) not in kept:
            with cursor.connection.cursor() as own:
                own.execute("SELECT hashes FROM ledger_tile WHERE level = %s AND n = %s", (level, n))
                row = own.fetchone()
            if row is None:
                raise ForkError(f"tile {tiles.tile_path(level, n)} is missing")
            kept[level, n] = bytes(row[0])
        return kept[level, n]

    return read


def _write_durably(path: Path, text: str) -> None:
    """Replace a file so that after a crash it is the old one or the new one, whole."""
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
