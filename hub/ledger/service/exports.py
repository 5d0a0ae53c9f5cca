"""The log and a party's own part of it as one file, written as it is read, for a verifier without the network."""

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from flask import current_app
from sqlalchemy import select

from hub import clock
from hub.access.actor import Actor
from hub.access.guard import read_as
from hub.access.permissions import Permission
from hub.db import db
from hub.ledger.model import Entry, Leaf, Tile
from hub.ledger.service.cosignatures import cosigned, cosigned_sizes, newest_final
from hub.ledger.service.log import Head, checkpoint_at, newest_checkpoint
from hub.ledger.service.own import CHUNK, own_entries
from hub.ledger.service.shards import LogShard, shards
from hub.ledger.service.sheets import ndjson
from hub.ledger.service.witnesses import trust_policy
from hub.tree import tiles

MOST_EXPORTED = 2_000_000
"""How many entries one file holds at most: half a gigabyte, and a minute of one worker thread."""
_CHECKPOINTS = 100
_TILES_AT_ONCE, _BUNDLES_AT_ONCE = 64, 16
_MIDNIGHT = (1980, 1, 1, 0, 0, 0)
_File = tuple[str, Iterable[bytes]]
"""The name of a member of the zip, and its bytes."""


class SpanError(ValueError):
    """There is no such span of the log, or it is too long; the text says why."""


@dataclass(frozen=True)
class Span:
    """The entries from `first` on, under the checkpoint that covers the last."""

    first: int
    head: Head

    @property
    def filename(self) -> str:
        """What the file is called."""
        return f"ledger-{self.first}-{self.head.size}.zip"


def exported_span(actor: Actor, first: int, to: int | None) -> Span | None:
    """From entry `first` up to the newest checkpoint of at most `to` entries, or of as many as a file holds.

    None before the first checkpoint. Raises SpanError.
    """
    actor.must(Permission.LEDGER_READ_OWN)
    newest = newest_checkpoint()
    if newest is None:
        return None
    if first > newest.size or (to is not None and to > newest.size):
        raise SpanError("The log has not so many entries")
    if to is not None and not first <= to <= first + MOST_EXPORTED:
        raise SpanError(f"A file holds from 0 to {MOST_EXPORTED:,} entries")
    head = newest_checkpoint(first + MOST_EXPORTED if to is None else to)
    if head is None or head.size < first:
        raise SpanError("No checkpoint was signed between the two")
    return Span(first, head)


def export(actor: Actor, span: Span, keys: Callable[[LogShard], str]) -> Iterator[bytes]:
    """The zip, in pieces, of which a few hundred entries are held at a time; `keys`: those of a shard as JSON.

    Its members have the paths of the hub's addresses. They are not compressed: what is in it hardly can be, and a
    verifier need unfold nothing. The same state of the log gives the same bytes. It is read while the answer is sent,
    in transactions of its own, each as short as the reading of one piece.
    """
    actor.must(Permission.LEDGER_READ_OWN)
    read_as(db.session, actor)
    sink = _Sink()
    with zipfile.ZipFile(sink, "w") as packed:
        for name, pieces in _files(actor, span, keys):
            info = zipfile.ZipInfo(name, _MIDNIGHT)
            info.create_system, info.external_attr = 3, 0o600 << 16
            with packed.open(info, "w", force_zip64=name == "audit/entries") as member:
                for piece in pieces:
                    db.session.rollback()  # however slowly it is fetched, nothing is held meanwhile
                    member.write(piece)
                    yield sink.taken()
    yield sink.taken()


def _files(actor: Actor, span: Span, keys: Callable[[LogShard], str]) -> Iterator[_File]:
    """The name of each member of the zip, and its bytes."""
    first, size = span.first, span.head.size
    parts = [
        (each, span.head if each.past is None or size <= each.past else newest_checkpoint(shard=each))
        for each in shards()
        if each.first < size and (each.past is None or first < each.past)
    ]
    final = newest_final(size)
    finals = {each.prefix: _final(each, first, size) for each, _ in parts}
    about = {
        "v": 1,
        "origin": current_app.extensions["settings"].origin,
        "member": actor.member,
        "first": first,
        "size": size,
        "final": None if final is None or final.size < first else final.size,
        "finals": finals,
        "signed_at": clock.stamp(span.head.at),
    }
    yield "bundle.json", [json.dumps(about, indent=1).encode()]
    for shard, head in parts:
        if head is not None:
            yield from _shard_files(shard, max(first, shard.first), head, finals[shard.prefix], keys(shard))
    yield "audit/entries", _own(actor, first, size)


def _final(shard: LogShard, first: int, size: int) -> int | None:
    """The newest of the shard's checkpoints in the span that a quorum has cosigned, as it says itself."""
    final = newest_final(size, shard)
    return None if final is None or final.size < first else final.size - shard.first


def _shard_files(shard: LogShard, first: int, head: Head, final: int | None, keys: str) -> Iterator[_File]:
    """Those of one shard, from the entry in place `first` up to a checkpoint of it."""
    yield f"{shard.prefix}checkpoint", [cosigned(head.size, head.note).encode()]
    yield f"{shard.prefix}policy", [trust_policy(shard).encode()]
    yield f"{shard.prefix}keys", [keys.encode()]
    sizes = {*cosigned_sizes(max(first, shard.first + 1), head.size, _CHECKPOINTS), head.size}
    for size in sorted(sizes if final is None else sizes | {final + shard.first}):
        note = checkpoint_at(shard, size)
        if note is not None:
            yield f"{shard.prefix}checkpoints/{size - shard.first}", [cosigned(size, note).encode()]
    begin, size = first - shard.first, head.size - shard.first
    for level, n, hashes in _tiles(shard, begin, size):
        yield f"{shard.prefix}tile/{tiles.tile_path(level, n, len(hashes) // 32)}", [hashes]
    for n, leaves in _bundles(shard, begin, size):
        yield f"{shard.prefix}tile/{tiles.tile_path(None, n, len(leaves))}", [tiles.encode_bundle(leaves)]


def _tiles(shard: LogShard, first: int, size: int) -> Iterator[tuple[int, int, bytes]]:
    """(level, n, hashes): above level 0 all tiles, on it those from the one of leaf `first` on."""
    level = 0
    while width := size >> tiles.HEIGHT * level:
        begin = first // tiles.WIDTH if level == 0 else 0
        end = -(-width // tiles.WIDTH)
        for n in range(begin, end, _TILES_AT_ONCE):
            found = (
                select(Tile.n, Tile.hashes)
                .where(Tile.shard == shard.n, Tile.level == level, Tile.n >= n, Tile.n < min(n + _TILES_AT_ONCE, end))
                .order_by(Tile.n)
            )
            for row in db.session.execute(found).all():
                yield level, row.n, row.hashes[: 32 * tiles.tile_width(size, level, row.n)]
        level += 1


def _bundles(shard: LogShard, first: int, size: int) -> Iterator[tuple[int, list[bytes]]]:
    """(n, leaves) of each bundle from the one of leaf `first` on."""
    step = _BUNDLES_AT_ONCE * tiles.WIDTH
    place = Leaf.leaf_index - shard.first
    for begin in range(first // tiles.WIDTH * tiles.WIDTH, size, step):
        found = (
            select(place.label("place"), Entry.leaf)
            .join(Entry, Entry.id == Leaf.entry_id)
            .where(Leaf.leaf_index >= shard.first + begin, Leaf.leaf_index < shard.first + min(begin + step, size))
            .order_by(Leaf.leaf_index)
        )
        rows = db.session.execute(found).all()
        for n, those in groupby(rows, lambda row: row.place // tiles.WIDTH):
            yield n, [row.leaf for row in those]


def _own(actor: Actor, first: int, size: int) -> Iterator[bytes]:
    """The actor's own entries as lines of JSON, upwards in the tree."""
    after = first - 1
    while after < size - 1:
        found = own_entries(actor, after=after, limit=CHUNK)
        own = [entry for entry in found if entry.index is not None and entry.index < size]
        yield "".join(ndjson(own)).encode()
        if len(own) < CHUNK:
            return
        after = own[-1].index or 0


class _Sink(io.RawIOBase):
    """What the zip is written to; it holds what was not taken yet, and cannot go back."""

    def __init__(self) -> None:
        super().__init__()
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, piece: object) -> int:
        before = len(self._held)
        self._held += memoryview(piece)  # type: ignore[arg-type] # typeshed's Buffer is not to be had at run time
        return len(self._held) - before

    def taken(self) -> bytes:
        """What was written since the last time."""
        taken = bytes(self._held)
        self._held.clear()
        return taken
