"""The sequencer: takes recorded entries into the tree, and signs what it has read back (`ledger.md` §5.5).

A process of its own, under a database role of its own, the only holder of the log's signing key. Any number may run:
a lock lets one work at a time, and a killed holder's lock goes with its transaction.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow

from hub import clock
from hub.ledger.journal import ErasedPerson, ErasedView, add, journal_of
from hub.ledger.rules import CLOCK_BEHIND, Finder
from hub.ledger.signing import Signers
from hub.log import log
from hub.tree import tiles
from hub.tree.checkpoint import CheckpointBody
from hub.tree.leaf import LeafError, leaf_id
from hub.tree.merkle import EMPTY_ROOT, ProofError, leaf_hash
from hub.tree.note import NoteError, Signer, open_note, split_note

BATCH = 5000
LOCK = 7263
ERASES = frozenset({"audit.erase", "audit.forget"})
"""What records the erasure of an entry or a person; old entries are retired by the calendar, after a restore too."""
Connection = psycopg.Connection[TupleRow]
Cursor = psycopg.Cursor[TupleRow]


class ForkError(Exception):
    """What is stored is not what was signed before: nothing is signed until somebody has looked at it."""


class HaltedError(Exception):
    """The log is halted already, for the reason that the text gives."""


class ClockBehindError(Exception):
    """The clock is far behind the newest checkpoint: no telling what time it is."""


class Head(NamedTuple):
    """The newest checkpoint in the database; `note` is empty before the first."""

    size: int
    root: bytes
    note: str
    at: datetime | None


NOTHING_SIGNED = Head(0, EMPTY_ROOT, "", None)


def _nothing(_: str) -> None:
    """Nobody waits at this point."""


@dataclass(frozen=True)
class Sequencer:
    """Integrates and publishes over one connection as the sequencer's role."""

    connection: Connection
    signers: Signers
    anchor: Path
    """Outside the database: the newest checkpoint signed, so that a restored backup is not signed as a fork."""
    now: Callable[[], datetime]
    at: Callable[[str], None] = _nothing
    """Called with the name of each point that is passed; a test kills the process there."""

    def step(self) -> int:
        """Integrate one batch and publish a checkpoint if the tree has grown; the number of entries integrated.

        If we crash between the two, the next step publishes. Raises ForkError once it has halted the log, HaltedError
        while it is halted; neither integrates nor signs anything.
        """
        with self._halting():
            integrated = self._integrate()
            self._publish()
        return integrated

    def look(self) -> None:
        """Compare what is stored with what was signed, before the first exchange is taken; changes nothing else.

        Raises ForkError once it has halted the log, HaltedError while it is halted, ClockBehindError.
        """
        with self._halting(), self.connection.transaction(), self.connection.cursor() as cursor:
            _refuse_while_halted(cursor)
            head = _newest(cursor)
            self._check(cursor, *_state(cursor), head, self._anchored(cursor))
            if head.at is not None and self.now() < head.at - CLOCK_BEHIND:
                raise ClockBehindError(
                    f"the clock says {clock.stamp(self.now())}, the newest checkpoint is of {clock.stamp(head.at)}:"
                    " set the clock of this machine"
                )

    @contextmanager
    def _halting(self) -> Iterator[None]:
        """Halt the log when what is stored is not what was signed."""
        try:
            yield
        except (ForkError, ProofError) as error:
            with self.connection.transaction(), self.connection.cursor() as cursor:
                cursor.execute("SELECT ledger_stop(%s, %s, %s)", (Finder.SEQUENCER, str(error), self.now()))
            log.critical("the log is halted: nothing is recorded and nothing signed", error=str(error))
            raise ForkError(str(error)) from error

    def _integrate(self) -> int:
        """One transaction: out of the outbox, into leaves and tiles. All of it or none."""
        with self.connection.transaction(), self.connection.cursor() as cursor:
            if not _locked(cursor):
                return 0
            _refuse_while_halted(cursor)
            cursor.execute(
                "INSERT INTO ledger_state (one, origin, size, root) VALUES (true, %s, 0, %s) ON CONFLICT DO NOTHING",
                (self.signers.origin, EMPTY_ROOT),
            )
            cursor.execute("SELECT size FROM ledger_state FOR UPDATE")
            size = _one(cursor)
            self.at("locked")
            entries = self._dequeue(cursor)
            if not entries:
                return 0
            self.at("dequeued")
            hashes = [leaf_hash(leaf) for _, leaf, _ in entries]
            grown = tiles.grow(size, hashes, _reader(cursor))
            with cursor.copy("COPY ledger_leaf (leaf_index, entry_id, leaf_hash) FROM STDIN") as copy:
                for at, ((entry, _, _), hashed) in enumerate(zip(entries, hashes, strict=True), size):
                    copy.write_row((at, entry, hashed))
            self.at("leaves")
            cursor.execute(
                "INSERT INTO ledger_party_leaf (party, leaf_index, entry_id, n)"
                " SELECT p.party, l.leaf_index, l.entry_id, p.n FROM ledger_leaf l"
                # OFFSET 0: looked up entry by entry, whatever is thought of a table that has grown since
                " CROSS JOIN LATERAL (SELECT party, n FROM ledger_part WHERE entry_id = l.entry_id OFFSET 0) p"
                " WHERE l.leaf_index >= %s ON CONFLICT DO NOTHING",
                (size,),
            )
            cursor.executemany(
                "INSERT INTO ledger_tile (level, n, hashes) VALUES (%s, %s, %s)"
                " ON CONFLICT (level, n) DO UPDATE SET hashes = excluded.hashes",
                [(level, n, hashes) for (level, n), hashes in grown.items()],
            )
            self.at("tiles")
            new_size = size + len(entries)
            cursor.execute(
                "UPDATE ledger_state SET size = %s, root = %s", (new_size, tiles.root(new_size, _reader(cursor)))
            )
            self.at("state")
            self._journal(cursor, [entry for entry, _, action in entries if action in ERASES])
        self.at("integrated")
        return len(entries)

    def _journal(self, cursor: Cursor, records: Sequence[UUID]) -> None:
        """Write down outside of the database what these records say was erased. Raises OSError."""
        if not records:
            return
        cursor.execute("SELECT record, entry_id, n, person FROM erased_by_records(%s)", (list(records),))
        erased = [
            (ErasedPerson(person) if entry is None else ErasedView(entry, n), record)
            for record, entry, n, person in cursor
        ]
        add(journal_of(self.anchor), erased)

    def _dequeue(self, cursor: Cursor) -> Sequence[tuple[UUID, bytes, str]]:
        """The next entries of the outbox; those that cannot stand in the tree are put aside, each with its reason."""
        cursor.execute(
            "WITH taken AS (DELETE FROM ledger_pending WHERE entry_id IN"
            " (SELECT entry_id FROM ledger_pending ORDER BY seq LIMIT %s) RETURNING entry_id, seq)"
            " SELECT taken.entry_id, e.leaf, e.action, l.leaf_index FROM taken"
            " LEFT JOIN ledger_entry e ON e.id = taken.entry_id LEFT JOIN ledger_leaf l ON l.entry_id = taken.entry_id"
            " ORDER BY taken.seq",
            (BATCH,),
        )
        sound = []
        for entry, leaf, action, index in cursor.fetchall():
            fault = fault_of(entry, leaf, index)
            if fault is None:
                sound.append((entry, bytes(leaf), action))
                continue
            log.critical("an entry cannot stand in the log and was put aside", error=fault)
            cursor.execute(
                "INSERT INTO ledger_quarantine (entry_id, reason, found_at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                (entry, fault, self.now()),
            )
        return sound

    def _publish(self) -> None:
        """Sign the committed state once it is seen to extend what was signed before; then move the anchor.

        If we crash after the commit the anchor is older than the database by one checkpoint, and no other is signed
        before it is moved. Raises OSError when it cannot be.
        """
        with self.connection.transaction(), self.connection.cursor() as cursor:
            if not _locked(cursor):
                return
            _refuse_while_halted(cursor)
            (size, root), head, anchored = _state(cursor), _newest(cursor), self._anchored(cursor)
            anchor_is_newest = head.size == 0 or (anchored is not None and anchored.root == head.root)
            if anchor_is_newest and (size, root) == (head.size, head.root):
                return
            self._check(cursor, size, root, head, anchored)
            if not anchor_is_newest:
                self._move_anchor(head.note)
            self.at("checked")
            note = head.note
            if size > head.size:
                now = self.now()
                text, signers = CheckpointBody(self.signers.origin, size, root).encode(), self._signing(cursor, now)
                note = f"{text}\n{''.join(signer.line(text) for signer in signers)}"
                self.at("signed")
                cursor.execute(
                    "INSERT INTO ledger_checkpoint (size, root, note, at) VALUES (%s, %s, %s, %s)",
                    (size, root, note, now if head.at is None else max(now, head.at)),
                )
                cursor.execute(
                    "UPDATE ledger_key SET first_size = %s WHERE first_size IS NULL AND vkey = ANY(%s)",
                    (size, [signer.verifier.vkey for signer in signers]),
                )
                self.at("inserted")
        self.at("published")
        self._move_anchor(note)

    def _signing(self, cursor: Cursor, now: datetime) -> list[Signer]:
        """The keys that sign at present, the newest last. Read after the state: no entry that announces a key is
        under a checkpoint which that key has not signed. Raises MissingKeyError.
        """
        told = "SELECT vkey FROM ledger_key WHERE until IS NULL OR until > %s ORDER BY until, since"
        vkeys = [vkey for (vkey,) in cursor.execute(told, (now,))]
        if vkeys:
            return [self.signers.of(vkey) for vkey in vkeys]
        first = self.signers.first()
        cursor.execute("INSERT INTO ledger_key (vkey, since) VALUES (%s, %s)", (first.verifier.vkey, now))
        return [first]

    def _check(self, cursor: Cursor, size: int, root: bytes, head: Head, anchored: CheckpointBody | None) -> None:
        """What is stored hashes to the state, and extends the newest checkpoint and the anchor."""
        read = _reader(cursor)
        if tiles.root(size, read) != root:
            raise ForkError("the stored tiles do not hash to the stored root")
        if size < head.size or tiles.root(head.size, read) != head.root:
            raise ForkError(f"the tree of {size} entries does not extend the checkpoint of size {head.size}")
        cursor.execute(
            "SELECT l.leaf_index, e.leaf FROM ledger_leaf l LEFT JOIN ledger_entry e ON e.id = l.entry_id"
            " WHERE l.leaf_index >= %s ORDER BY l.leaf_index",
            (head.size,),
        )
        for index, leaf in cursor:
            n, at = divmod(index, tiles.WIDTH)
            if leaf is None or read(0, n)[at * 32 : at * 32 + 32] != leaf_hash(bytes(leaf)):
                raise ForkError(f"leaf {index} is not what its tile says")
        cursor.execute(
            "SELECT max(size), (SELECT max(size) FROM ledger_checkpoint) FROM ledger_cosignature"
            " WHERE size > (SELECT coalesce(max(size), 0) FROM ledger_checkpoint)"
        )
        cosigned, published = cursor.fetchone() or (None, None)
        if cosigned is not None:
            raise ForkError(f"a witness has cosigned {cosigned} entries, {published or 0} are published")
        if anchored is None:
            return
        if anchored.size > head.size:
            raise ForkError(f"the database holds {size} entries, {anchored.size} were signed: was a backup restored?")
        if tiles.root(anchored.size, read) != anchored.root:
            raise ForkError(f"the tree does not extend the anchor of size {anchored.size}")

    def _anchored(self, cursor: Cursor) -> CheckpointBody | None:
        """What the anchor states; None before the first. Raises ForkError where there must be one and is none."""
        try:
            return CheckpointBody.parse(open_note(self.anchor.read_text(), self.signers.verifiers()).text)
        except FileNotFoundError:
            cursor.execute("SELECT count(*) FROM (SELECT FROM ledger_checkpoint LIMIT 2) AS two")
            if _one(cursor) > 1:
                raise ForkError("the anchor is missing, and the log was signed more than once") from None
            return None
        except (NoteError, UnicodeDecodeError) as error:
            raise ForkError(f"the anchor is not what we signed: {error}") from None

    def _move_anchor(self, note: str) -> None:
        """Write the checkpoint to the anchor, unless another sequencer has written a later one."""
        with suppress(FileNotFoundError):
            if _size_of(self.anchor.read_text()) > _size_of(note):
                return
        write_durably(self.anchor, note.encode(), self.at)


def _locked(cursor: Cursor) -> bool:
    cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", (LOCK,))
    return bool(_one(cursor))


def _refuse_while_halted(cursor: Cursor) -> None:
    cursor.execute("SELECT reason FROM ledger_halt")
    halt = cursor.fetchone()
    if halt is not None:
        raise HaltedError(halt[0])


def _state(cursor: Cursor) -> tuple[int, bytes]:
    cursor.execute("SELECT size, root FROM ledger_state")
    row = cursor.fetchone()
    return (0, EMPTY_ROOT) if row is None else (row[0], bytes(row[1]))


def _newest(cursor: Cursor) -> Head:
    cursor.execute("SELECT size, root, note, at FROM ledger_checkpoint ORDER BY size DESC LIMIT 1")
    row = cursor.fetchone()
    return NOTHING_SIGNED if row is None else Head(row[0], bytes(row[1]), row[2], row[3])


def _size_of(note: str) -> int:
    return CheckpointBody.parse(split_note(note)[0]).size


def fault_of(entry: UUID, leaf: bytes | None, index: int | None) -> str | None:
    """Why an entry of the outbox cannot be taken into the tree; None when it can."""
    if leaf is None:
        return f"there is no entry {entry}"
    if index is not None:
        return f"the entry {entry} is in the tree already, as {index}"
    try:
        return None if leaf_id(leaf) == entry.bytes else f"the leaf of the entry {entry} bears another id"
    except LeafError as error:
        return f"the entry {entry} has no leaf: {error}"


def _one(cursor: Cursor) -> int:
    row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def _reader(cursor: Cursor) -> tiles.ReadTile:
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


def write_durably(path: Path, content: bytes, at: Callable[[str], None] = _nothing) -> None:
    """Replace a file so that after a crash it is the old one or the new one, whole."""
    fresh = path.with_suffix(f".{os.getpid()}.new")  # two sequencers may write at once
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    at("written")
    fresh.replace(path)
    at("replaced")
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
