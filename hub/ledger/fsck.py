"""The whole log read out of the database and held against itself, the signatures and the anchor (`ledger.md` §6, §7).

One pass over the leaves: each is hashed from its stored bytes, the hashes make tiles, and those every level of tiles
and the root at the size of each checkpoint. A checkpoint whose root is that of a prefix of the one tree is consistent
with all others. What is private to parties is compared by a function of the database (`ledger_faults`): whoever
runs this learns that a view does not open its commitment, and not what it says.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from psycopg.rows import TupleRow

from hub.ledger.journal import Erased, ErasedPerson, ErasedView, journal_of, read
from hub.ledger.signed import named_final, named_successor
from hub.tree import tiles
from hub.tree.checkpoint import CheckpointBody, open_checkpoint
from hub.tree.merkle import EMPTY_ROOT, HASH_BYTES, leaf_hash
from hub.tree.note import NoteError, Verifier, split_note
from hub.tree.witness import cosignature_in

Connection = psycopg.Connection[TupleRow]
ROWS = 16 * tiles.WIDTH
"""Rows taken from the database at a time."""
SLICE = 40_000
"""Leaves whose parts are compared by one statement."""
MOST_FINDINGS = 1000
MOST = (1 << 63) - 1
"""Past every place."""

RESTORE = "restore this row from a backup or from a member's copy of the log, then run fsck again"
REMEDIES = {
    "leaf": "the public leaf is not the one that was signed: " + RESTORE,
    "gap": "a leaf is missing: " + RESTORE,
    "tile": "the tile can be computed from the leaves: delete it and the leaves' hashes will tell; " + RESTORE,
    "state": "the tree's size and root are not those of its leaves: " + RESTORE,
    "checkpoint": "a signed checkpoint does not fit the tree: keep both as evidence, and tell the auditor",
    "key": "a key that none before it announced signs the log, or one that this home does not hold: tell the auditor",
    "shard": "a shard does not begin where the one before ends, or not with the key named there: tell the auditor",
    "anchor": "database and anchor differ: find out which of them was put back; `hub ledger reanchor` takes two people",
    "view": "the party cannot open what was recorded for it: " + RESTORE,
    "erasure": "a view is gone without a record that it was erased: " + RESTORE,
    "entry": "the entry's row is not what its leaf and views say: " + RESTORE,
    "party leaf": "the index of whose leaf it is can be made anew from the parts: " + RESTORE,
    "outbox": "look for the entry in the tree and in the parts; an entry that was answered must not be lost",
    "lost": "the entry is neither in the tree nor on its way there: put it into the outbox again (ledger_pending)",
    "stray": "these rows belong to no entry: " + RESTORE,
    "tag key": "the member cannot find its leaves: restore its key from a backup",
    "revived": "it was erased, and a backup has brought it back: `hub ledger replay-erasures` erases it anew",
    "cosignature": "the witness's line does not hold: delete the row, and its witness hands in another",
    "dispute": "the evidence is not the one that was filed: take it from its member, or from a backup",
    "quarantine": "it could not be taken into the tree: `hub ledger settle` has it taken, once it is mended",
}
"""What is wrong → what mends it."""


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it must be."""

    kind: str
    """A key of REMEDIES."""
    place: str
    """Table and row, in words."""

    @property
    def remedy(self) -> str:
        """What mends it."""
        return REMEDIES[self.kind]


class Checked:
    """What was looked at, and what was found."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.checkpoints = 0
        self.findings: list[Finding] = []
        self.more = 0
        """Findings beyond MOST_FINDINGS, which are only counted."""

    def found(self, kind: str, place: str) -> None:
        """Note a finding."""
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(kind, place))
        else:
            self.more += 1

    @property
    def count(self) -> int:
        """How many findings there are."""
        return len(self.findings) + self.more


class Tree:
    """The tree made anew from the leaves: for each level above the leaves the hashes so far."""

    def __init__(self) -> None:
        self.levels: list[bytearray] = [bytearray()]
        self.size = 0

    def add(self, hashes: bytes) -> None:
        """Append the hashes of one tile's leaves, fewer than a whole tile only at the end."""
        self.size += len(hashes) // HASH_BYTES
        if len(hashes) < tiles.TILE_BYTES:
            return
        level, folded = 0, tiles.fold(hashes)
        while True:
            self.levels[level] += folded
            if len(self.levels[level]) % tiles.TILE_BYTES:
                return
            folded = tiles.fold(bytes(self.levels[level][-tiles.TILE_BYTES :]))
            level += 1
            if level == len(self.levels):
                self.levels.append(bytearray())

    def root(self, size: int, hashes: bytes) -> bytes:
        """The root at a size within the tile just added, whose `hashes` these are."""

        def read(level: int, n: int) -> bytes:
            if level == 0:
                return hashes
            return bytes(self.levels[level - 1][n * tiles.TILE_BYTES : (n + 1) * tiles.TILE_BYTES])

        return tiles.root(size, read)


def fsck(
    connection: Connection,
    verifiers: Sequence[Verifier],
    origin: str,
    anchor: Path,
    opens: Callable[[int, bytes], bool],
    advance: Callable[[int, int], None] = lambda _done, _of: None,
) -> Checked:
    """Look at every row of the log, as it is at one moment; `advance` is told how many leaves of how many are done.

    `opens`: whether a party's sealed tag key can be opened. Changes nothing.
    """
    erased = read(journal_of(anchor))  # before the moment that is looked at: what is erased meanwhile is no finding
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        size, root, current = _state(connection)
        checked, shards = Checked(size), _shards(connection, origin)
        for shard in shards:
            tree, made = _leaves(connection, checked, verifiers, shard, advance)
            if shard.n == current and (tree.size + shard.first != size or made != root):
                checked.found("state", f"ledger_state: {size:,} entries, and {tree.size + shard.first:,} leaves")
            _upper_tiles(connection, checked, shard, tree)
        if current != shards[-1].n:
            checked.found("state", f"ledger_state: shard {current} grows, and {shards[-1].n} is the last")
        _seams(connection, checked, shards, size)
        _anchor(connection, checked, verifiers, shards, anchor)
        for first in range(0, size, SLICE):
            _parts(connection, checked, first, first + SLICE)
            advance(size + min(first + SLICE, size), 2 * size)
        _strays(connection, checked)
        _cosignatures(connection, checked)
        for (name,) in connection.execute("SELECT ledger_altered_disputes()"):
            checked.found("dispute", f"ledger_dispute: {name}")
        for place in revived(connection, erased):
            checked.found("revived", str(place))
        for party, sealed in connection.execute("SELECT party, sealed FROM ledger_tag_key ORDER BY party"):
            if not opens(party, bytes(sealed)):
                checked.found("tag key", f"ledger_tag_key: party {party}")
    return checked


class _Shard(NamedTuple):
    """Its places are those from `first` up to `past`; in a query MOST is past all."""

    n: int
    origin: str
    first: int
    past: int
    successor: str | None


def _shards(connection: Connection, origin: str) -> list[_Shard]:
    rows = connection.execute("SELECT n, origin, first, successor FROM ledger_shard ORDER BY n").fetchall()
    rows = rows or [(1, origin, 0, None)]
    pasts = [*(row[2] for row in rows[1:]), MOST]
    return [
        _Shard(n, origin, first, past, successor)
        for (n, origin, first, successor), past in zip(rows, pasts, strict=True)
    ]


def _state(connection: Connection) -> tuple[int, bytes, int]:
    row = connection.execute("SELECT size, root, shard FROM ledger_state").fetchone()
    return (0, EMPTY_ROOT, 1) if row is None else (row[0], bytes(row[1]), row[2])


def _seams(connection: Connection, checked: Checked, shards: Sequence[_Shard], size: int) -> None:
    """Each shard ends with the key that the next began with, which begins with the final checkpoint of the one before,
    and has the next number; one that has ended has no entry behind that.
    """
    cursor = connection.cursor()
    for shard, after in zip_longest(shards, shards[1:]):
        end = shard.past if after is not None else size
        key = named_successor(cursor, end - 1)
        if key != shard.successor or (after is not None and (key is None or key.partition("+")[0] != after.origin)):
            checked.found("shard", f"ledger_shard: the end of {shard.origin}")
        if after is None:
            continue
        final = connection.execute("SELECT note FROM ledger_checkpoint WHERE size = %s", (after.first,)).fetchone()
        first_key = "SELECT FROM ledger_key WHERE shard = %s AND vkey = %s AND statement IS NULL"
        begun = connection.execute(first_key, (after.n, key)).fetchone()
        if final is None or begun is None or named_final(cursor, after.first) != final[0]:
            checked.found("shard", f"ledger_shard: the beginning of {after.origin}")


def _leaves(
    connection: Connection,
    checked: Checked,
    verifiers: Sequence[Verifier],
    shard: _Shard,
    advance: Callable[[int, int], None],
) -> tuple[Tree, bytes]:
    """A shard's tree made from the stored leaves and its root, each leaf held against its hash and tile on the way."""
    tree, hashes = Tree(), b""
    checkpoints = _Checkpoints(connection, checked, verifiers, shard)
    with connection.cursor("tiles") as stored, connection.cursor("leaves") as leaves:
        stored.itersize, leaves.itersize = 64, ROWS
        stored.execute("SELECT n, hashes FROM ledger_tile WHERE shard = %s AND level = 0 ORDER BY n", (shard.n,))
        leaves.execute(
            "SELECT l.leaf_index, l.leaf_hash, e.leaf FROM ledger_leaf l LEFT JOIN ledger_entry e ON e.id = l.entry_id"
            " WHERE l.leaf_index >= %s AND l.leaf_index < %s ORDER BY l.leaf_index",
            (shard.first, shard.past),
        )
        tile: Any = next(stored, None)
        rows = iter(leaves)
        while batch := list(islice(rows, tiles.WIDTH)):
            n = tree.size // tiles.WIDTH
            hashes = _hashed(batch, shard.first + tree.size, checked)
            while tile is not None and tile[0] < n:
                checked.found("tile", f"ledger_tile: {tiles.tile_path(0, tile[0])}, which the tree does not have")
                tile = next(stored, None)
            if tile is None or tile[0] != n or bytes(tile[1]) != hashes:
                checked.found("tile", f"ledger_tile: {tiles.tile_path(0, n)}")
            tile = next(stored, None) if tile is not None and tile[0] == n else tile
            tree.add(hashes)
            checkpoints.hold(tree, hashes)
            if n % 16 == 0:
                advance(shard.first + tree.size, 2 * max(checked.size, 1))
        while tile is not None:
            checked.found("tile", f"ledger_tile: {tiles.tile_path(0, tile[0])}, which the tree does not have")
            tile = next(stored, None)
    checkpoints.end()
    return tree, tree.root(tree.size, hashes)


def _hashed(batch: Sequence[TupleRow], first: int, checked: Checked) -> bytes:
    """The hashes of a tile's leaves, from their bytes; what differs from its row is noted."""
    if batch[-1][0] - first != len(batch) - 1 or batch[0][0] != first:
        checked.found("gap", f"ledger_leaf: between {first:,} and {batch[-1][0]:,}")
    hashes = []
    for index, stored, leaf in batch:
        if leaf is None:
            checked.found("entry", f"ledger_entry: that of leaf {index:,} is missing")
            hashes.append(bytes(stored))
            continue
        hashed = leaf_hash(leaf)
        if hashed != stored:
            checked.found("leaf", f"ledger_leaf, ledger_entry: leaf {index:,}")
        hashes.append(hashed)
    return b"".join(hashes)


class _Checkpoints:
    """The checkpoints in order, each held against the tree as soon as it has grown so far."""

    def __init__(self, connection: Connection, checked: Checked, verifiers: Sequence[Verifier], shard: _Shard) -> None:
        self._cursor = connection.cursor("checkpoints")
        self._cursor.itersize = ROWS
        self._cursor.execute(
            "SELECT size, root, note, at FROM ledger_checkpoint WHERE size > %s AND size <= %s ORDER BY size",
            (shard.first, shard.past),
        )
        self._rows: Iterator[TupleRow] = iter(self._cursor)
        self._next = next(self._rows, None)
        self._checked, self._verifiers, self._shard = checked, verifiers, shard
        self._before: Any = None

    def hold(self, tree: Tree, hashes: bytes) -> None:
        """Hold those up to the tree's size against it; `hashes` are of its newest tile."""
        while self._next is not None and self._next[0] - self._shard.first <= tree.size:
            size, root, note, at = self._next
            place = f"ledger_checkpoint: size {size:,}"
            within = size - self._shard.first
            if self._stated(note) != (within, bytes(root)) or tree.root(within, hashes) != root:
                self._checked.found("checkpoint", place)
            elif self._before is not None and at < self._before:
                self._checked.found("checkpoint", f"{place}, earlier than the one before")
            self._before = at
            self._checked.checkpoints += 1
            self._next = next(self._rows, None)

    def end(self) -> None:
        """Those that are left state more than there is."""
        while self._next is not None:
            self._checked.found("checkpoint", f"ledger_checkpoint: size {self._next[0]:,}, beyond the tree")
            self._next = next(self._rows, None)
        self._cursor.close()

    def _stated(self, note: str) -> tuple[int, bytes] | None:
        try:
            stated, _ = open_checkpoint(note, self._shard.origin, self._verifiers)
        except NoteError:
            return None
        return stated.size, stated.root


def _upper_tiles(connection: Connection, checked: Checked, shard: _Shard, tree: Tree) -> None:
    """The stored tiles above the leaves are those that the leaves make."""
    expected = {
        (level, n): bytes(tree.levels[level - 1][n * tiles.TILE_BYTES :][: width * HASH_BYTES])
        for level, n, width in tiles.layout(tree.size)
        if level > 0
    }
    stored = "SELECT level, n, hashes FROM ledger_tile WHERE shard = %s AND level > 0"
    for level, n, hashes in connection.execute(stored, (shard.n,)):
        if expected.pop((level, n), None) != hashes:
            checked.found("tile", f"ledger_tile: {tiles.tile_path(level, n)}")
    for level, n in expected:
        checked.found("tile", f"ledger_tile: {tiles.tile_path(level, n)} is missing")


def _anchor(
    connection: Connection, checked: Checked, verifiers: Sequence[Verifier], shards: Sequence[_Shard], anchor: Path
) -> None:
    """The anchor is one of the two newest checkpoints: it is moved after each, and before the next."""
    newest = connection.execute("SELECT size, root FROM ledger_checkpoint ORDER BY size DESC LIMIT 2").fetchall()
    try:
        note = anchor.read_text("utf-8")
        origin = CheckpointBody.parse(split_note(note)[0]).origin
        stated: CheckpointBody | None = open_checkpoint(note, origin, verifiers)[0]
    except (OSError, NoteError, UnicodeDecodeError):
        stated = None
    firsts = {each.origin: each.first for each in shards}
    if stated is None:
        if len(newest) > 1:
            checked.found("anchor", "the anchor is missing, or not signed by the log's key")
    elif (stated.size + firsts.get(stated.origin, MOST), stated.root) not in [
        (size, bytes(root)) for size, root in newest
    ]:
        checked.found("anchor", f"the anchor of size {stated.size:,} is not one of the two newest checkpoints")


def _parts(connection: Connection, checked: Checked, first: int, past: int) -> None:
    for kind, index, n in connection.execute("SELECT kind, leaf_index, n FROM ledger_faults(%s, %s)", (first, past)):
        place = "" if n is None else f", part {n}"
        checked.found(kind, f"leaf {index:,}{place}")


def _strays(connection: Connection, checked: Checked) -> None:
    """Rows of entries that are not in the tree: on their way, put aside, or lost."""
    for kind, where, entry in connection.execute("SELECT kind, place, entry_id FROM ledger_strays()"):
        checked.found(kind, f"{where}: {entry}")


def _cosignatures(connection: Connection, checked: Checked) -> None:
    """Each witness's line is its signature of the checkpoint under which it stands."""
    with connection.cursor("cosignatures") as lines:
        lines.itersize = ROWS
        lines.execute(
            "SELECT s.size, s.witness, s.line, w.vkey, c.note FROM ledger_cosignature s"
            " JOIN ledger_witness w ON w.name = s.witness LEFT JOIN ledger_checkpoint c ON c.size = s.size"
        )
        for size, witness, line, vkey, note in lines:
            try:
                cosignature_in(split_note(note or "")[0], line, Verifier.parse(vkey))
            except NoteError:
                checked.found("cosignature", f"ledger_cosignature: {witness} at size {size:,}")


def revived(connection: Connection, erased: Iterable[Erased]) -> Iterator[Erased]:
    """What was erased, and is there all the same."""
    rest = iter(erased)
    while batch := list(islice(rest, ROWS)):
        views = [each for each in batch if isinstance(each, ErasedView)]
        people = [each.pseudonym for each in batch if isinstance(each, ErasedPerson)]
        for entry, n, person in connection.execute(
            "SELECT entry_id, n, person FROM revived(%s, %s, %s)",
            ([each.entry for each in views], [each.n for each in views], people),
        ):
            yield ErasedPerson(person) if entry is None else ErasedView(entry, n)
