"""The sequencer: takes recorded entries into the tree, and signs what it has read back (`ledger.md` §5.5).

A process of its own, under a database role of its own, the only holder of the log's signing key. Any number may run:
a lock lets one work at a time, and a killed holder's lock goes with its transaction.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow

from hub import clock, durable
from hub.ledger.journal import ErasedPerson, ErasedView, add, journal_of
from hub.ledger.rules import CLOCK_BEHIND, Finder, year_is_over
from hub.ledger.signed import (
    Cursor,
    ForkError,
    State,
    anchored,
    check,
    named_successor,
    newest,
    one,
    reader,
    shard_signers,
    size_of,
    state_of,
)
from hub.ledger.signing import Signers
from hub.log import log
from hub.tree import tiles
from hub.tree.checkpoint import CheckpointBody
from hub.tree.leaf import LeafError, leaf_id, new_id
from hub.tree.merkle import EMPTY_ROOT, ProofError, leaf_hash
from hub.tree.note import Signer
from hub.tree.seam import closing_leaf, opening_leaf, shard_origin

BATCH = 5000
LOCK = 7263
ERASES = frozenset({"audit.erase", "audit.forget"})
"""What records the erasure of an entry or a person; old entries are retired by the calendar, after a restore too."""
Connection = psycopg.Connection[TupleRow]


class HaltedError(Exception):
    """The log is halted already, for the reason that the text gives."""


class ClockBehindError(Exception):
    """The clock is far behind the newest checkpoint: no telling what time it is."""


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
    due: Callable[[datetime, datetime], bool] = year_is_over
    """Whether a shard that began at the first moment closes at the second, unasked."""

    def __post_init__(self) -> None:
        # Each statement is planned for the tables as they are: a plan kept from a quiet time reads the whole outbox for
        # each batch of a burst, and ten times longer than all else takes.
        self.connection.prepare_threshold = None

    def step(self) -> int:
        """Integrate one batch and publish a checkpoint if the tree has grown; the number of entries integrated.

        Where a shard ends, the step that closes it and the one that begins the next integrate one entry, their own. If
        we crash between the two, the next step publishes. Raises ForkError once it has halted the log, HaltedError
        while it is halted; neither integrates nor signs anything.
        """
        with self._halting():
            try:
                integrated = self._integrate()
            except psycopg.errors.UniqueViolation:  # rare: all of the batch is looked at again, one by one
                integrated = self._integrate(known=True)
            self._publish()
            if integrated is None:
                integrated = self._integrate()
                self._publish()
        return integrated or 0

    def look(self) -> None:
        """Compare what is stored with what was signed, before the first exchange is taken; changes nothing else.

        Raises ForkError once it has halted the log, HaltedError while it is halted, ClockBehindError.
        """
        with self._halting(), self.connection.transaction(), self.connection.cursor() as cursor:
            _refuse_while_halted(cursor)
            head = newest(cursor)
            state = state_of(cursor, self.signers)
            check(cursor, state, head, anchored(cursor, self.anchor, self.signers))
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

    def _integrate(self, *, known: bool = False) -> int | None:
        """One transaction: out of the outbox, into leaves and tiles. All of it or none.

        None: a shard has ended, and that is to be published before the next begins. `known`: it is looked up of each
        entry whether it is in the tree already; otherwise the first that is raises UniqueViolation.
        """
        with self.connection.transaction(), self.connection.cursor() as cursor:
            if not _locked(cursor):
                return 0
            _refuse_while_halted(cursor)
            self._begin(cursor)
            state = state_of(cursor, self.signers, lock=True)
            self.at("locked")
            if state.successor is not None:
                return self._open(cursor, state)
            if state.size > state.first and (state.asked or self.due(state.began_at or self.now(), self.now())):
                return self._close(cursor, state)
            entries = self._dequeue(cursor, known)
            if not entries:
                return 0
            self.at("dequeued")
            self._grow(cursor, state, [(entry, leaf) for entry, leaf, _ in entries])
            self._journal(cursor, [entry for entry, _, action in entries if action in ERASES])
        self.at("integrated")
        return len(entries)

    def _grow(self, cursor: Cursor, state: State, entries: Sequence[tuple[UUID, bytes]]) -> None:
        """Put entries behind those that the tree of the shard holds."""
        size, first = state.size, state.first
        hashes = [leaf_hash(leaf) for _, leaf in entries]
        grown = tiles.grow(size - first, hashes, reader(cursor, state.n))
        with cursor.copy("COPY ledger_leaf (leaf_index, entry_id, leaf_hash) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["int8", "uuid", "bytea"])
            for at, ((entry, _), hashed) in enumerate(zip(entries, hashes, strict=True), size):
                copy.write_row((at, entry, hashed))
        self.at("leaves")
        cursor.execute(
            "INSERT INTO ledger_party_leaf (party, leaf_index, entry_id, n)"
            " SELECT p.party, l.leaf_index, l.entry_id, p.n FROM ledger_leaf l"
            # OFFSET 0: looked up entry by entry, whatever is thought of a table that has grown since
            " CROSS JOIN LATERAL (SELECT DISTINCT ON (party) party, n FROM ledger_part WHERE entry_id = l.entry_id"
            " ORDER BY party, n OFFSET 0) p"
            " WHERE l.leaf_index >= %s",
            (size,),
        )
        cursor.executemany(
            "INSERT INTO ledger_tile (shard, level, n, hashes) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (shard, level, n) DO UPDATE SET hashes = excluded.hashes",
            [(state.n, level, n, hashes) for (level, n), hashes in grown.items()],
        )
        self.at("tiles")
        size += len(entries)
        cursor.execute(
            "UPDATE ledger_state SET shard = %s, size = %s, root = %s",
            (state.n, size, tiles.root(size - first, reader(cursor, state.n))),
        )
        self.at("state")

    def _begin(self, cursor: Cursor) -> None:
        """The first shard, before the first entry."""
        cursor.execute(
            "INSERT INTO ledger_shard (n, origin, first, began_at) VALUES (1, %s, 0, %s) ON CONFLICT DO NOTHING",
            (self.signers.origin, self.now()),
        )
        cursor.execute(
            "INSERT INTO ledger_state (one, shard, size, root) VALUES (true, 1, 0, %s) ON CONFLICT DO NOTHING",
            (EMPTY_ROOT,),
        )

    def _close(self, cursor: Cursor, state: State) -> int:
        """Let the shard end with an entry that names the next and its key; what waits in the outbox goes there."""
        cursor.execute("SELECT origin FROM ledger_shard")
        taken, year = {origin for (origin,) in cursor}, f"{self.now():%Y}"
        names = (year, *(f"{year}-{count}" for count in range(2, 100)))
        origin = next(each for name in names if (each := shard_origin(self.signers.origin, name)) not in taken)
        successor = self.signers.of_shard(origin).made().verifier
        self.at("keyed")
        self._add(cursor, state, lambda entry: closing_leaf(entry, successor), "ledger.close")
        cursor.execute(
            "UPDATE ledger_shard SET closed_at = %s, successor = %s WHERE n = %s",
            (self.now(), successor.vkey, state.n),
        )
        self.at("closed")
        return 1

    def _open(self, cursor: Cursor, state: State) -> int | None:
        """Begin the next shard with the final checkpoint of the one that has ended; None until that is published."""
        head = newest(cursor)
        if head.size != state.size:
            return None
        if named_successor(cursor, state.size - 1) != state.successor:
            raise ForkError(f"the shard {state.origin} does not end with the key of the next")
        n, origin = state.n + 1, str(state.successor).partition("+")[0]
        cursor.execute(
            "INSERT INTO ledger_shard (n, origin, first, began_at) VALUES (%s, %s, %s, %s)",
            (n, origin, state.size, self.now()),
        )
        cursor.execute(
            "INSERT INTO ledger_key (vkey, shard, since) VALUES (%s, %s, %s)", (state.successor, n, self.now())
        )
        fresh = state._replace(n=n, origin=origin, first=state.size)
        self._add(cursor, fresh, lambda entry: opening_leaf(entry, head.note), "ledger.open")
        self.at("opened")
        return 1

    def _add(self, cursor: Cursor, state: State, leaf_of: Callable[[bytes], bytes], action: str) -> None:
        """Put an entry of the log's own into the tree, which no outbox holds."""
        id = new_id()
        entry, leaf = UUID(bytes=id), leaf_of(id)
        cursor.execute(
            "INSERT INTO ledger_entry (id, at, action, leaf) VALUES (%s, %s, %s, %s)", (entry, self.now(), action, leaf)
        )
        self._grow(cursor, state, [(entry, leaf)])

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

    def _dequeue(self, cursor: Cursor, known: bool) -> Sequence[tuple[UUID, bytes, str]]:
        """The next entries of the outbox; those that cannot stand in the tree are put aside, each with its reason."""
        cursor.execute(
            # by ctid: nobody but the holder of the lock changes or takes a row of the outbox
            "WITH taken AS (DELETE FROM ledger_pending WHERE ctid = ANY(ARRAY"
            "(SELECT ctid FROM ledger_pending ORDER BY seq LIMIT %s)) RETURNING entry_id, seq)"
            " SELECT taken.entry_id, e.leaf, e.action, CASE WHEN %s THEN"
            " (SELECT leaf_index FROM ledger_leaf WHERE entry_id = taken.entry_id) END FROM taken"
            " LEFT JOIN LATERAL (SELECT leaf, action FROM ledger_entry WHERE id = taken.entry_id OFFSET 0) e ON true"
            " ORDER BY taken.seq",
            (BATCH, known),
            binary=True,
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
            state, head = state_of(cursor, self.signers), newest(cursor)
            known = anchored(cursor, self.anchor, self.signers)
            anchor_is_newest = head.size == 0 or (known is not None and known.root == head.root)
            if anchor_is_newest and (state.size, state.root) == (head.size, head.root):
                return
            check(cursor, state, head, known)
            if not anchor_is_newest:
                self._move_anchor(head.note)
            self.at("checked")
            note = head.note
            if state.size > head.size:
                now, size = self.now(), state.size
                text = CheckpointBody(state.origin, size - state.first, state.root).encode()
                signers = self._signing(cursor, state, now)
                note = f"{text}\n{''.join(signer.line(text) for signer in signers)}"
                self.at("signed")
                cursor.execute(
                    "INSERT INTO ledger_checkpoint (size, root, note, at) VALUES (%s, %s, %s, %s)",
                    (size, state.root, note, now if head.at is None else max(now, head.at)),
                )
                cursor.execute(
                    "UPDATE ledger_key SET first_size = %s WHERE first_size IS NULL AND vkey = ANY(%s)",
                    (size, [signer.verifier.vkey for signer in signers]),
                )
                self.at("inserted")
        self.at("published")
        self._move_anchor(note)

    def _signing(self, cursor: Cursor, state: State, now: datetime) -> list[Signer]:
        """The keys that sign at present, the newest last. Read after the state: no entry that announces a key is
        under a checkpoint which that key has not signed. Raises MissingKeyError.
        """
        told = "SELECT vkey FROM ledger_key WHERE shard = %s AND (until IS NULL OR until > %s) ORDER BY until, since"
        vkeys = [vkey for (vkey,) in cursor.execute(told, (state.n, now))]
        signers = shard_signers(self.signers, state.origin)
        if vkeys:
            return [signers.of(vkey) for vkey in vkeys]
        first = signers.first()
        cursor.execute("INSERT INTO ledger_key (vkey, shard, since) VALUES (%s, 1, %s)", (first.verifier.vkey, now))
        return [first]

    def _move_anchor(self, note: str) -> None:
        """Write the checkpoint to the anchor, unless another sequencer has written a later one."""
        with suppress(FileNotFoundError), self.connection.transaction(), self.connection.cursor() as cursor:
            if size_of(cursor, self.anchor.read_text()) > size_of(cursor, note):
                return
        durable.replace(self.anchor, note.encode(), self.at)


def _locked(cursor: Cursor) -> bool:
    cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", (LOCK,))
    return bool(one(cursor))


def _refuse_while_halted(cursor: Cursor) -> None:
    cursor.execute("SELECT reason FROM ledger_halt")
    halt = cursor.fetchone()
    if halt is not None:
        raise HaltedError(halt[0])


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
