"""Is the signed tree the one the tiles make, and does it extend the one remembered?"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass

from hub.client.ledger.alarm import LedgerAlarm, altered, forked
from hub.client.ledger.log import LogReader
from hub.client.ledger.state import Memory, Tiles, edge_of
from hub.tree import merkle, tiles
from hub.tree.checkpoint import CheckpointBody
from hub.tree.merkle import HASH_BYTES, ProofError
from hub.tree.tiles import HEIGHT, WIDTH


@dataclass(frozen=True)
class Tree:
    """A tree whose tiles lead to the signed root: its edge, and its tiles of level 0 from leaf `start` on."""

    start: int
    size: int
    edge: Tiles
    leaf_tiles: Tiles

    def leaf_hash(self, index: int) -> bytes:
        """The authenticated hash of leaf `index` ≥ start."""
        n, at = divmod(index, WIDTH)
        return self.leaf_tiles[0, n][at * HASH_BYTES : (at + 1) * HASH_BYTES]


def check_head(stated: CheckpointBody | None, note: str, memory: Memory | None) -> None:
    """Raise LedgerAlarm (rollback or fork) unless the signed head may follow the one remembered."""
    if memory is None:
        return
    if stated is None:
        raise forked(f"the log is gone; at the last check it had {memory.size:,} entries", remembered=memory.note)
    if stated.size < memory.size:
        raise forked(
            f"the log was rolled back from {memory.size:,} to {stated.size:,} entries", remembered=memory.note, now=note
        )
    if stated.size == memory.size and stated.root != memory.root:
        raise forked(
            f"the hub signed two different logs of {stated.size:,} entries", remembered=memory.note, now=note
        )


def authenticate(reader: LogReader, stated: CheckpointBody, note: str, memory: Memory | None, *, full: bool) -> Tree:
    """Fetch the tiles and authenticate each of them to the signed root; raise LedgerAlarm where that fails.

    With a memory, only what was added since is fetched, unless `full`. A mismatch is looked into with all tiles, to
    tell altered bytes (every tile must hash into its parent) from a fork (all tiles hold, but the remembered tree is
    no prefix).
    """
    if memory is not None and memory.size and not full:
        try:
            return _grown(reader, stated, memory)
        except (ProofError, LedgerAlarm):
            pass  # the whole tree will show what is wrong
    return _whole(reader, stated, note, memory)


def _grown(reader: LogReader, stated: CheckpointBody, memory: Memory) -> Tree:
    old, new = memory.size, stated.size
    first = old // WIDTH
    leaf_tiles = {(level, n): hashes for level, n, hashes in reader.tiles(_leaf_places(first, new))}
    row = b"".join(hashes for _, hashes in sorted(leaf_tiles.items()))
    known = (old % WIDTH) * HASH_BYTES
    if row[:known] != memory.edge.get((0, first), b""):
        raise ProofError("the tile at the edge of the remembered tree has changed")
    added = [row[at : at + HASH_BYTES] for at in range(known, len(row), HASH_BYTES)]
    changed = tiles.grow(old, added, lambda level, n: memory.edge[level, n])
    above = [(level, n, len(hashes) // HASH_BYTES) for (level, n), hashes in changed.items() if level]
    for level, n, hashes in reader.tiles(above):
        if hashes != changed[level, n]:
            raise ProofError(f"tile {tiles.tile_path(level, n)} is not made of the tiles below")
    known_tiles = {**memory.edge, **changed}
    if tiles.root(new, lambda level, n: known_tiles[level, n]) != stated.root:
        raise ProofError("the tiles do not hash to the root")
    return Tree(old, new, edge_of(new, known_tiles), leaf_tiles)


def _leaf_places(first: int, size: int) -> Iterator[tuple[int, int, int]]:
    for n in range(first, -(-size // WIDTH)):
        yield 0, n, min(WIDTH, size - n * WIDTH)


def _whole(reader: LogReader, stated: CheckpointBody, note: str, memory: Memory | None) -> Tree:
    read = {(level, n): hashes for level, n, hashes in reader.tiles(tiles.layout(stated.size))}
    try:
        tiles.check_tiles(stated.size, stated.root, read)
    except ProofError as error:
        found = _wrong_tiles(read, stated.size)
        raise altered(f"the tiles are not what the hub signed: {error}", now=note, tiles=found) from None
    if memory is not None and memory.size:
        subtrees = tiles.subtrees(lambda level, n: read[level, n])
        proof = merkle.consistency_proof(memory.size, stated.size, subtrees)
        try:
            merkle.verify_consistency(memory.size, memory.root, stated.size, stated.root, proof)
        except ProofError:
            raise forked(
                f"the log of {stated.size:,} entries does not extend the one of {memory.size:,} signed before",
                remembered=memory.note,
                now=note,
                proof=[base64.b64encode(step).decode() for step in proof],
            ) from None
    leaf_tiles = {place: hashes for place, hashes in read.items() if place[0] == 0}
    return Tree(0, stated.size, edge_of(stated.size, read), leaf_tiles)


def _wrong_tiles(read: Tiles, size: int) -> dict[str, str]:
    """The first few tiles that do not hash into their parent, each with its parent: all that a third party needs."""
    found: dict[str, str] = {}
    for level, n, width in tiles.layout(size):
        if width == WIDTH and len(found) < 8:
            parent, at = read[level + 1, n >> HEIGHT], (n % WIDTH) * HASH_BYTES
            if tiles.fold(read[level, n]) != parent[at : at + HASH_BYTES]:
                found[tiles.tile_path(level, n)] = base64.b64encode(read[level, n]).decode()
                above = tiles.tile_path(level + 1, n >> HEIGHT, len(parent) // HASH_BYTES)
                found[above] = base64.b64encode(parent).decode()
    return found or {
        tiles.tile_path(level, n, len(hashes) // HASH_BYTES): base64.b64encode(hashes).decode()
        for (level, n), hashes in edge_of(size, read).items()
    }
