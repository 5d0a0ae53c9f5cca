"""Tiles of 256 hashes (C2SP tlog-tiles): their paths, how they grow, what can be computed from them, and bundles."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from struct import Struct
from typing import Any

from hub.tree.merkle import EMPTY_ROOT, HASH_BYTES, ProofError, Subtree, leaf_hash, range_hash

HEIGHT = 8
WIDTH = 1 << HEIGHT
TILE_BYTES = WIDTH * HASH_BYTES
LONGEST_ENTRY = 0xFFFF
LONGEST_PATH = 64

ReadTile = Callable[[int, int], bytes]
"""(level, n) → the hashes of that tile, at least as many as the tree's size gives it. What it raises passes through."""

_PATH = re.compile(
    r"(?P<level>[0-9]|[1-5][0-9]|6[0-3]|entries)/(?P<n>(?:x[0-9]{3}/)*[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)

_SPLITS: dict[int, tuple[Callable[[bytes], tuple[Any, ...]], ...]] = {
    HASH_BYTES << height: tuple(Struct("64s" * (1 << step)).unpack for step in reversed(range(height)))
    for height in range(HEIGHT + 1)
}
"""Bytes of a row of 2^k hashes → how each of the k rows above it is cut into pairs. A fifth faster than slicing."""


def tile_path(level: int | None, n: int, width: int = WIDTH) -> str:
    """The path below `tile/`: `0/x001/234`, `0/000.p/17`, and for bundles (level None) `entries/000`."""
    digits = str(n)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    number = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    return f"{'entries' if level is None else level}/{number}" + ("" if width == WIDTH else f".p/{width}")


def parse_tile_path(path: str) -> tuple[int | None, int, int]:
    """(level or None for entries, n, width) of a path below `tile/`. Raises ValueError for any other spelling."""
    parts = _PATH.fullmatch(path) if len(path) <= LONGEST_PATH else None
    if parts is None:
        raise ValueError("not the path of a tile")
    level = None if parts["level"] == "entries" else int(parts["level"])
    n = int(parts["n"].replace("x", "").replace("/", ""))
    width = int(parts["width"] or WIDTH)
    if (parts["width"] and width >= WIDTH) or tile_path(level, n, width) != path:
        raise ValueError("not the path of a tile")
    return level, n, width


def tile_width(size: int, level: int, n: int) -> int:
    """How many hashes tile (level, n) has in a tree of `size`: 0 to 256. A bundle is as wide as its tile of level 0."""
    return max(0, min(WIDTH, (size >> HEIGHT * level) - n * WIDTH))


def layout(size: int, since: int = 0) -> Iterator[tuple[int, int, int]]:
    """(level, n, width) of every tile of a tree, level by level, the partial one last in its level.

    With `since`, only the tiles that a tree of that smaller size does not have in full: what is left to fetch.
    """
    level = 0
    while (hashes := size >> HEIGHT * level) > 0:
        for n in range(since >> HEIGHT * (level + 1), -(-hashes // WIDTH)):
            yield level, n, tile_width(size, level, n)
        level += 1


def fold(hashes: bytes) -> bytes:
    """The root over 2^k concatenated hashes, k = 0 to 8: a whole tile or a part of one. Raises ProofError otherwise."""
    splits = _SPLITS.get(len(hashes))
    if splits is None:
        raise ProofError(f"a complete subtree inside a tile has 1, 2, 4 … 256 hashes, not {len(hashes)} bytes")
    for pairs in splits:
        hashes = b"".join([sha256(b"\x01" + pair).digest() for pair in pairs(hashes)])
    return hashes


def tile_of(height: int, index: int) -> tuple[int, int]:
    """(level, n) of the tile from which the hash of a complete subtree is computed."""
    level, within = divmod(height, HEIGHT)
    return level, index << within >> HEIGHT


def subtrees(read: ReadTile) -> Subtree:
    """The hashes of complete subtrees, computed from tiles. They raise ProofError when a tile is too short."""

    def subtree(height: int, index: int) -> bytes:
        level, n = tile_of(height, index)
        within = height % HEIGHT
        at = (index << within) % WIDTH
        hashes = read(level, n)[at * HASH_BYTES : (at + (1 << within)) * HASH_BYTES]
        if len(hashes) != HASH_BYTES << within:
            raise ProofError(f"tile {tile_path(level, n)} is shorter than the tree needs")
        return fold(hashes)

    return subtree


def root(size: int, read: ReadTile) -> bytes:
    """The root of the first `size` leaves, from the partial tiles at the right edge.

    It says nothing of the other tiles, of which it reads none: `authenticate` does. Raises ProofError.
    """
    return range_hash(0, size, subtrees(read)) if size else EMPTY_ROOT


def grow(size: int, leaf_hashes: Sequence[bytes], read: ReadTile) -> dict[tuple[int, int], bytes]:
    """The tiles that change when leaves are appended to a tree of `size`, each in its new form.

    Reads at most one partial tile a level. A tile is a row that only ever grows: should we crash between writing two
    of them, a tree of the old size still reads the same. Raises ProofError for a short tile, or a hash not of 32 bytes.
    """
    if any(len(each) != HASH_BYTES for each in leaf_hashes):
        raise ProofError(f"a leaf hash has {HASH_BYTES} bytes")
    changed: dict[tuple[int, int], bytes] = {}
    level, have, new = 0, size, b"".join(leaf_hashes)
    while new:
        n, width = divmod(have, WIDTH)
        run = (_tile(read, level, n, width) if width else b"") + new
        above = []
        for at in range(0, len(run), TILE_BYTES):
            tile = run[at : at + TILE_BYTES]
            changed[level, n + at // TILE_BYTES] = tile
            if len(tile) == TILE_BYTES:
                above.append(fold(tile))
        level, have, new = level + 1, have >> HEIGHT, b"".join(above)
    return changed


def authenticate(size: int, expected_root: bytes, read: ReadTile, first: int = 0) -> Iterator[tuple[int, bytes]]:
    """(n, hashes) of each tile of level 0 in order, from the one that holds leaf `first`, each proven by the root.

    The root alone would not do: it can be computed without ever looking at most tiles. So every full tile on the way
    is hashed and compared with its place in the tile above, up to the partial tiles that make the root. Each tile is
    read once, and one a level kept. Raises ProofError, naming the tile, before a tile that does not fit is given out.
    """
    edge = {(level, n): _tile(read, level, n, width) for level, n, width in layout(size, since=size)}
    if root(size, lambda level, n: edge[level, n]) != expected_root:
        raise ProofError("the partial tiles do not hash to the root")
    held: dict[int, tuple[int, bytes]] = {}

    def trusted(level: int, n: int) -> bytes:
        if (level, n) in edge:
            return edge[level, n]
        known = held.get(level)
        if known is not None and known[0] == n:
            return known[1]
        tile = _tile(read, level, n, WIDTH)
        at = n % WIDTH * HASH_BYTES
        if fold(tile) != trusted(level + 1, n >> HEIGHT)[at : at + HASH_BYTES]:
            raise ProofError(f"tile {tile_path(level, n)} does not hash to its place in the tile above")
        held[level] = n, tile
        return tile

    for n in range(first >> HEIGHT, -(-size // WIDTH)):
        yield n, trusted(0, n)


def _tile(read: ReadTile, level: int, n: int, width: int) -> bytes:
    tile = read(level, n)[: width * HASH_BYTES]
    if len(tile) != width * HASH_BYTES:
        raise ProofError(f"tile {tile_path(level, n, width)} is shorter than the tree needs")
    return tile


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """A bundle: each entry after its length as a big-endian uint16. Raises ValueError for one above 65,535 bytes."""
    parts = []
    for entry in entries:
        if len(entry) > LONGEST_ENTRY:
            raise ValueError(f"an entry has at most {LONGEST_ENTRY} bytes")
        parts += [len(entry).to_bytes(2, "big"), entry]
    return b"".join(parts)


def decode_bundle(bundle: bytes, width: int | None = None) -> list[bytes]:
    """The entries of a bundle; with `width`, exactly so many.

    Raises ProofError when it ends inside an entry, holds more than 256, or not as many as asked for.
    """
    entries, at, end = [], 0, len(bundle)
    try:
        while at < end:
            start = at + 2
            at = start + (bundle[at] << 8 | bundle[at + 1])  # a third of the time of a slice and int.from_bytes
            entries.append(bundle[start:at])
    except IndexError:
        at = end + 1
    if at > end:
        raise ProofError("the bundle ends inside an entry")
    if len(entries) > WIDTH or (width is not None and len(entries) != width):
        raise ProofError(f"the bundle holds {len(entries)} entries instead of {WIDTH if width is None else width}")
    return entries


def check_bundle(n: int, entries: Sequence[bytes], tile: bytes) -> None:
    """Raise ProofError unless the entries of bundle `n` are those whose hashes stand in tile `n` of level 0."""
    hashes = b"".join([sha256(b"\x00" + entry).digest() for entry in entries])  # leaf_hash without the call
    if hashes == tile:
        return
    for at, entry in enumerate(entries):
        if leaf_hash(entry) != tile[at * HASH_BYTES : (at + 1) * HASH_BYTES]:
            raise ProofError(f"entry {n * WIDTH + at} is not the one in the tree")
    raise ProofError(f"bundle {tile_path(None, n)} holds fewer entries than its tile")
