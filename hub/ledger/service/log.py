"""The log as everybody may read it: checkpoints, tiles, leaves.

A size here is that of the shard and of all before it, except where it names a tile or a leaf of a shard.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Integer, SmallInteger, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from hub import clock
from hub.db import compiled, db, given
from hub.ledger.model import Checkpoint, Entry, Leaf, Pending, Tile
from hub.ledger.service.shards import NO_END, LogShard
from hub.tree import tiles
from hub.tree.merkle import HASH_BYTES, Subtree

Reader = tiles.ReadTile


@dataclass(frozen=True)
class Head:
    """The newest signed checkpoint."""

    size: int
    root: bytes
    note: str
    at: datetime


_HEAD = (Checkpoint.size, Checkpoint.root, Checkpoint.note, Checkpoint.at)
_NEWEST = compiled(
    select(*_HEAD)
    .where(Checkpoint.size > given("first", BigInteger), Checkpoint.size <= given("most", BigInteger))
    .order_by(Checkpoint.size.desc())
    .limit(1)
)


def newest_checkpoint(most: int | None = None, shard: LogShard | None = None) -> Head | None:
    """The newest signed checkpoint, of at most so many entries, of a shard; None before the first."""
    first, last = (-1, NO_END) if shard is None else (shard.first, shard.most)
    rows = _NEWEST.run(first=first, most=last if most is None else min(most, last))
    return Head(*rows[0]) if rows else None


def checkpoints(count: int) -> list[Head]:
    """The newest checkpoints, newest first."""
    rows = db.session.execute(select(*_HEAD).order_by(Checkpoint.size.desc()).limit(count))
    return [Head(*row) for row in rows]


def checkpoint_at(shard: LogShard, size: int) -> str | None:
    """The signed note of a published size."""
    found = select(Checkpoint.note).where(Checkpoint.size == size, shard.covers)
    return db.session.execute(found).scalar_one_or_none()


def pending_count() -> int:
    """How many entries wait for the sequencer."""
    return db.session.execute(select(func.count()).select_from(Pending)).scalar_one()


def published_size() -> int:
    """The size of the newest checkpoint; nothing beyond it is served."""
    return db.session.execute(select(func.coalesce(func.max(Checkpoint.size), 0))).scalar_one()


def published_in(shard: LogShard) -> int:
    """How many entries of a shard are under its newest checkpoint."""
    head = newest_checkpoint(shard=shard)
    return 0 if head is None else head.size - shard.first


def tile(shard: LogShard, level: int, n: int, width: int) -> bytes | None:
    """The first `width` hashes of a tile; None when that many are not published."""
    if (n * tiles.WIDTH + width) << (8 * level) > published_in(shard):
        return None
    hashes = tile_reader(db.session, shard)(level, n)
    return hashes[: 32 * width]


def entry_bundle(shard: LogShard, n: int, width: int) -> bytes | None:
    """The first `width` public leaves of bundle `n`; None when that many are not published."""
    start = n * tiles.WIDTH
    if start + width > published_in(shard):
        return None
    start += shard.first
    rows = db.session.execute(
        select(Entry.leaf)
        .join(Leaf, Leaf.entry_id == Entry.id)
        .where(Leaf.leaf_index >= start, Leaf.leaf_index < start + width)
        .order_by(Leaf.leaf_index)
    )
    return tiles.encode_bundle([row.leaf for row in rows])


def tile_reader(session: Session, shard: LogShard) -> Reader:
    """Reads whole stored tiles, each once: one proof touches few."""
    kept: dict[tuple[int, int], bytes] = {}

    def read(level: int, n: int) -> bytes:
        if (level, n) not in kept:
            place = (Tile.shard == shard.n, Tile.level == level, Tile.n == n)
            kept[level, n] = session.execute(select(Tile.hashes).where(*place)).scalar_one()
        return kept[level, n]

    return read


_AT = func.unnest(given("levels", ARRAY(SmallInteger)), given("ns", ARRAY(BigInteger)))
_WANTED = _AT.table_valued("level", "n").render_derived("wanted")
_TILES = compiled(
    select(Tile.level, Tile.n, Tile.hashes).where(
        Tile.shard == given("shard", Integer),
        Tile.level == _WANTED.c.level,
        Tile.n == _WANTED.c.n,
    )
)


def proof(shard: LogShard, of: Callable[[Subtree], list[bytes]]) -> list[bytes]:
    """The hashes of a proof, from tiles that are read at once: it is asked first which it needs."""
    needed = set[tuple[int, int]]()

    def noted(height: int, index: int) -> bytes:
        needed.add(tiles.tile_of(height, index))
        return bytes(HASH_BYTES)

    of(noted)
    wanted = sorted(needed)
    rows = _TILES.run(shard=shard.n, levels=[level for level, _ in wanted], ns=[n for _, n in wanted])
    read = {(row.level, row.n): row.hashes for row in rows}
    return of(tiles.subtrees(lambda level, n: read[level, n]))


def lag() -> float:
    """For how many seconds the oldest entry that no checkpoint covers has waited; 0 when none waits."""
    in_tree = select(Entry.at).join(Leaf, Leaf.entry_id == Entry.id).where(Leaf.leaf_index == published_size())
    in_outbox = select(Entry.at).join(Pending, Pending.entry_id == Entry.id).order_by(Pending.seq).limit(1)
    at = db.session.execute(in_tree).scalar() or db.session.execute(in_outbox).scalar()
    return 0.0 if at is None else max(0.0, (clock.now() - at).total_seconds())
