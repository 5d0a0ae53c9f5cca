"""Logs in memory to test with, and RFC 6962 as a naive recursion that shares no code with the product."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from hub.tree import tiles
from hub.tree.merkle import leaf_hash

WIDTH = 256


@dataclass
class Log:
    """Rows of tiles as a database keeps them, grown by the product."""

    size: int = 0
    rows: dict[tuple[int, int], bytes] = field(default_factory=dict)
    entries: list[bytes] = field(default_factory=list)

    def append(self, entries: Iterable[bytes]) -> dict[tuple[int, int], bytes]:
        """Grow by the entries; returns the rows that changed."""
        new = list(entries)
        changed = tiles.grow(self.size, [leaf_hash(entry) for entry in new], self.read)
        self.rows |= changed
        self.entries += new
        self.size += len(new)
        return changed

    def read(self, level: int, n: int) -> bytes:
        """The stored row."""
        return self.rows[level, n]

    @property
    def root(self) -> bytes:
        """The root by the product."""
        return tiles.root(self.size, self.read)

    def write(self, folder: Path, checkpoint: str) -> None:
        """Write the log as the static files of C2SP tlog-tiles."""
        for level, n, width in tiles.layout(self.size):
            _write(folder / "tile" / tiles.tile_path(level, n, width), self.read(level, n)[: 32 * width])
            if level == 0:
                bundle = tiles.encode_bundle(self.entries[n * WIDTH : n * WIDTH + width])
                _write(folder / "tile" / tiles.tile_path(None, n, width), bundle)
        _write(folder / "checkpoint", checkpoint.encode())


def log_of(size: int) -> Log:
    """A log of the entries `entry 0`, `entry 1` …"""
    log = Log()
    log.append(b"entry %d" % index for index in range(size))
    return log


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


@dataclass(frozen=True)
class Naive:
    """RFC 6962 §2.1 word for word."""

    mth: Callable[[int, int], bytes]
    """MTH(D[start:end])."""

    def path(self, m: int, start: int, end: int) -> list[bytes]:
        """PATH(m, D[start:end])."""
        if end - start == 1:
            return []
        k = _largest_power_below(end - start)
        if m < k:
            return [*self.path(m, start, start + k), self.mth(start + k, end)]
        return [*self.path(m - k, start + k, end), self.mth(start, start + k)]

    def proof(self, m: int, n: int) -> list[bytes]:
        """PROOF(m, D[0:n])."""
        return self._subproof(m, 0, n, True)

    def _subproof(self, m: int, start: int, end: int, known: bool) -> list[bytes]:
        if m == end - start:
            return [] if known else [self.mth(start, end)]
        k = _largest_power_below(end - start)
        if m <= k:
            return [*self._subproof(m, start, start + k, known), self.mth(start + k, end)]
        return [*self._subproof(m - k, start + k, end, False), self.mth(start, start + k)]


def naive_tree(entry: Callable[[int], bytes]) -> Naive:
    """The tree over the entries that `entry` gives by index."""

    @cache
    def mth(start: int, end: int) -> bytes:
        if end == start:
            return hashlib.sha256(b"").digest()
        if end - start == 1:
            return hashlib.sha256(b"\x00" + entry(start)).digest()
        k = _largest_power_below(end - start)
        return hashlib.sha256(b"\x01" + mth(start, start + k) + mth(start + k, end)).digest()

    return Naive(mth)


def _largest_power_below(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k
