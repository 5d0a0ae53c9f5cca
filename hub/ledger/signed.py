"""What the log's database holds, held against what was signed of it and against the anchor (`ledger.md` §5.5).

Sizes and places count on through all shards; a tree, and what a note states, are of one.
"""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import psycopg
from psycopg.rows import TupleRow

from hub.ledger.signing import MissingKeyError, Signers
from hub.tree import tiles
from hub.tree.checkpoint import CheckpointBody
from hub.tree.leaf import LeafError
from hub.tree.merkle import EMPTY_ROOT, leaf_hash
from hub.tree.note import NoteError, Verifier, open_note, split_note
from hub.tree.seam import final_in, successor_in

Cursor = psycopg.Cursor[TupleRow]


class ForkError(Exception):
    """What is stored is not what was signed before: nothing is signed until somebody has looked at it."""


class State(NamedTuple):
    """The shard that grows, and how far it has; `size`, as everywhere here, counts on through all shards."""

    n: int
    origin: str
    first: int
    began_at: datetime | None
    asked: bool
    successor: str | None
    """Set once its last entry is in the tree."""
    size: int
    root: bytes


class Head(NamedTuple):
    """The newest checkpoint in the database; `note` is empty before the first."""

    size: int
    root: bytes
    note: str
    at: datetime | None


class Anchored(NamedTuple):
    """What the anchor states: of the shard `n`, which began at `first`."""

    n: int
    first: int
    size: int
    root: bytes


NOTHING_SIGNED = Head(0, EMPTY_ROOT, "", None)


def check(cursor: Cursor, state: State, head: Head, known: Anchored | None) -> None:
    """What is stored hashes to the state, and extends the newest checkpoint and the anchor."""
    read, first = reader(cursor, state.n), state.first
    if tiles.root(state.size - first, read) != state.root:
        raise ForkError("the stored tiles do not hash to the stored root")
    if head.size < first or (head.size == first > 0):
        _check_seam(cursor, state, head)
    elif state.size < head.size or tiles.root(head.size - first, read) != head.root:
        raise ForkError(f"the tree of {state.size} entries does not extend the checkpoint of size {head.size}")
    cursor.execute(
        "SELECT l.leaf_index, e.leaf FROM ledger_leaf l"
        " LEFT JOIN LATERAL (SELECT leaf FROM ledger_entry WHERE id = l.entry_id OFFSET 0) e ON true"
        " WHERE l.leaf_index >= %s ORDER BY l.leaf_index",
        (max(head.size, first),),
        binary=True,
    )
    for index, leaf in cursor:
        n, at = divmod(index - first, tiles.WIDTH)
        if leaf is None or read(0, n)[at * 32 : at * 32 + 32] != leaf_hash(bytes(leaf)):
            raise ForkError(f"leaf {index} is not what its tile says")
    cursor.execute(
        "SELECT max(size), (SELECT max(size) FROM ledger_checkpoint) FROM ledger_cosignature"
        " WHERE size > (SELECT coalesce(max(size), 0) FROM ledger_checkpoint)"
    )
    cosigned, published = cursor.fetchone() or (None, None)
    if cosigned is not None:
        raise ForkError(f"a witness has cosigned {cosigned} entries, {published or 0} are published")
    if known is None:
        return
    if known.size > head.size:
        raise ForkError(f"the database holds {state.size} entries, {known.size} were signed: was a backup restored?")
    if tiles.root(known.size - known.first, reader(cursor, known.n)) != known.root:
        raise ForkError(f"the tree does not extend the anchor of size {known.size}")


def _check_seam(cursor: Cursor, state: State, head: Head) -> None:
    """Nothing of the shard is signed yet: it begins with the final checkpoint of the one before, and where."""
    if head.size != state.first or named_final(cursor, state.first) != head.note:
        raise ForkError(f"the shard {state.origin} does not begin with the end of the one before")


def anchored(cursor: Cursor, anchor: Path, signers: Signers) -> Anchored | None:
    """What the anchor states; None before the first. Raises ForkError where there must be one and is none."""
    try:
        note = anchor.read_text()
        origin = CheckpointBody.parse(split_note(note)[0]).origin
        stated = CheckpointBody.parse(open_note(note, shard_signers(signers, origin).verifiers()).text)
    except FileNotFoundError:
        cursor.execute("SELECT count(*) FROM (SELECT FROM ledger_checkpoint LIMIT 2) AS two")
        if one(cursor) > 1:
            raise ForkError("the anchor is missing, and the log was signed more than once") from None
        return None
    except (NoteError, UnicodeDecodeError) as error:
        raise ForkError(f"the anchor is not what we signed: {error}") from None
    cursor.execute("SELECT n, first FROM ledger_shard WHERE origin = %s", (origin,))
    shard = cursor.fetchone() or ((1, 0) if origin == signers.origin else None)
    if shard is None:
        raise ForkError(f"the database holds no shard {origin}, which was signed: was a backup restored?")
    n, first = shard
    return Anchored(n, first, first + stated.size, stated.root)


def shard_signers(signers: Signers, origin: str) -> Signers:
    """The keys of a shard. Raises ForkError for what is none of this log."""
    try:
        return signers.of_shard(origin)
    except MissingKeyError as error:
        raise ForkError(str(error)) from None


def state_of(cursor: Cursor, signers: Signers, *, lock: bool = False) -> State:
    """The shard that grows and how far it has; `lock`: no other sequencer reads it so meanwhile."""
    if lock:
        cursor.execute("SELECT FROM ledger_state FOR UPDATE")
    cursor.execute(
        "SELECT h.n, h.origin, h.first, h.began_at, h.asked_at IS NOT NULL, h.successor, s.size, s.root"
        " FROM ledger_state s JOIN ledger_shard h ON h.n = s.shard"
    )
    row = cursor.fetchone()
    if row is None:
        return State(1, signers.origin, 0, None, False, None, 0, EMPTY_ROOT)
    n, origin, first, began_at, asked, successor, size, root = row
    return State(n, origin, first, began_at, asked, successor, size, bytes(root))


def named_successor(cursor: Cursor, place: int) -> str | None:
    """The key that the entry at a place names, as the last of a shard does; None where it names none."""
    try:
        verifier: Verifier | None = successor_in(_leaf(cursor, place))
    except LeafError:
        return None
    return None if verifier is None else verifier.vkey


def named_final(cursor: Cursor, place: int) -> str | None:
    """The checkpoint that the entry at a place holds, as the first of a later shard does; None where it holds none."""
    try:
        return final_in(_leaf(cursor, place))
    except LeafError:
        return None


def size_of(cursor: Cursor, note: str) -> int:
    """The size that a checkpoint states, with that of all shards before; 0 of a shard that is not here."""
    stated = CheckpointBody.parse(split_note(note)[0])
    cursor.execute("SELECT first FROM ledger_shard WHERE origin = %s", (stated.origin,))
    row = cursor.fetchone()
    return 0 if row is None else int(row[0]) + stated.size


def _leaf(cursor: Cursor, place: int) -> bytes:
    cursor.execute(
        "SELECT e.leaf FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.entry_id WHERE l.leaf_index = %s", (place,)
    )
    row = cursor.fetchone()
    return b"" if row is None else bytes(row[0])


def newest(cursor: Cursor) -> Head:
    """The newest checkpoint, of whichever shard."""
    cursor.execute("SELECT size, root, note, at FROM ledger_checkpoint ORDER BY size DESC LIMIT 1")
    row = cursor.fetchone()
    return NOTHING_SIGNED if row is None else Head(row[0], bytes(row[1]), row[2], row[3])


def one(cursor: Cursor) -> int:
    """The one number that was asked for."""
    row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def reader(cursor: Cursor, shard: int) -> tiles.ReadTile:
    """Reads stored tiles, each once; through a cursor of its own, so that another may be read meanwhile."""
    kept: dict[tuple[int, int], bytes] = {}

    def read(level: int, n: int) -> bytes:
        if (level, n) not in kept:
            with cursor.connection.cursor() as own:
                own.execute(
                    "SELECT hashes FROM ledger_tile WHERE shard = %s AND level = %s AND n = %s", (shard, level, n)
                )
                row = own.fetchone()
            if row is None:
                raise ForkError(f"tile {tiles.tile_path(level, n)} is missing")
            kept[level, n] = bytes(row[0])
        return kept[level, n]

    return read
