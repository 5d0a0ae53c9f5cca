"""Is the signed tree the one the tiles make, does it extend the one remembered, and are the leaves those in it?"""

from __future__ import annotations

import base64
from collections.abc import Iterator

from hub.client.ledger.alarm import LedgerAlarm, altered, forked
from hub.client.ledger.log import LogReader, Place, leaves_of
from hub.client.ledger.state import Memory
from hub.tree import merkle, tiles
from hub.tree.checkpoint import CheckpointBody
from hub.tree.merkle import ProofError
from hub.tree.tiles import WIDTH, tile_path, tile_width


class SignedTree:
    """The tree that a signed checkpoint states, read from the hub's tiles and proven as it is read."""

    def __init__(self, reader: LogReader, stated: CheckpointBody, note: str) -> None:
        self.size = stated.size
        self.note = note
        self.base = reader.base
        self.caveat = reader.caveat
        self._root = stated.root
        self._reader = reader
        self._kept: dict[tuple[int, int], bytes] = {}
        self._last: dict[int, tuple[int, bytes]] = {}

    def extends(self, memory: Memory | None) -> None:
        """Raise LedgerAlarm (rollback or fork) unless the remembered tree is a prefix of this one.

        Where the tiles prove it not, all of them are authenticated, to tell altered tiles (one does not hash into its
        place) from a fork (all hold, and the remembered root is not in them).
        """
        if memory is None:
            return
        check_size(memory, self)
        if memory.size == self.size and memory.root != self._root:
            raise forked(
                f"the hub signed two different logs of {self.size:,} entries", remembered=memory.note, now=self.note
            )
        if not 0 < memory.size < self.size:
            return
        proof: list[bytes] = []
        try:
            proof = merkle.consistency_proof(memory.size, self.size, tiles.subtrees(self._read))
            merkle.verify_consistency(memory.size, memory.root, self.size, self._root, proof)
        except ProofError:
            for _ in self._proven(0, self._read):
                pass
            raise forked(
                f"the log of {self.size:,} entries does not extend the one of {memory.size:,} signed before",
                remembered=memory.note,
                now=self.note,
                proof=[base64.b64encode(step).decode() for step in proof],
            ) from None

    def leaves(self, first: int) -> Iterator[tuple[int, list[bytes]]]:
        """(n, leaves) of each bundle from the one with leaf `first` on, each leaf proven by the root.

        Raises LedgerAlarm for the first tile or leaf that is not what was signed.
        """
        stream = self._reader.pieces(self._places(first))

        def read(level: int, n: int) -> bytes:
            if level == 0 and tile_width(self.size, 0, n) == WIDTH:
                return self._noted(level, n, next(stream))
            return self._read(level, n)

        for n, hashes in self._proven(first, read):
            bundle = next(stream)
            try:
                leaves = leaves_of(bundle, tile_width(self.size, 0, n))
                tiles.check_bundle(n, leaves, hashes)
            except ProofError as error:
                raise altered(
                    f"the entries are not what the hub signed: {error}",
                    now=self.note,
                    tiles={**self._evidence(), tile_path(None, n): _b64(bundle)},
                ) from None
            yield n, leaves

    def leaf(self, index: int) -> bytes:
        """One leaf, proven by the root. Raises LedgerAlarm."""
        n, at = divmod(index, WIDTH)
        bundle = self._reader.piece((None, n, tile_width(self.size, 0, n)))
        proof: list[bytes] = []
        try:
            leaf = leaves_of(bundle, tile_width(self.size, 0, n))[at]
            proof = merkle.inclusion_proof(index, self.size, tiles.subtrees(self._read))
            merkle.verify_inclusion(index, self.size, merkle.leaf_hash(leaf), proof, self._root)
        except ProofError as error:
            raise altered(
                f"entry {index:,} is not what the hub signed: {error}",
                now=self.note,
                tiles={**self._evidence(), tile_path(None, n): _b64(bundle)},
                proof=[_b64(step) for step in proof],
            ) from None
        return leaf

    def _places(self, first: int) -> Iterator[Place]:
        """What `leaves` reads in order: each full tile of level 0, then its bundle. The others come when needed."""
        for n in range(first // WIDTH, -(-self.size // WIDTH)):
            width = tile_width(self.size, 0, n)
            if width == WIDTH:
                yield 0, n, WIDTH
            yield None, n, width

    def _proven(self, first: int, read: tiles.ReadTile) -> Iterator[tuple[int, bytes]]:
        try:
            yield from tiles.authenticate(self.size, self._root, read, first)
        except ProofError as error:
            raise altered(
                f"the tiles are not what the hub signed: {error}", now=self.note, tiles=self._evidence()
            ) from None

    def _read(self, level: int, n: int) -> bytes:
        """A tile by itself; those above level 0 and the partial ones are few and needed more than once."""
        width = tile_width(self.size, level, n)
        kept = self._kept.get((level, n))
        if kept is None:
            kept = self._reader.piece((level, n, width))[: width * merkle.HASH_BYTES]
            if level or width < WIDTH:
                self._kept[level, n] = kept
        return self._noted(level, n, kept)

    def _noted(self, level: int, n: int, hashes: bytes) -> bytes:
        self._last[level] = n, hashes
        return hashes

    def _evidence(self) -> dict[str, str]:
        """The tile read last on each level: the one that does not fit, and those above it."""
        return {
            tile_path(level, n, tile_width(self.size, level, n)): _b64(hashes)
            for level, (n, hashes) in self._last.items()
        }


def check_size(memory: Memory, tree: SignedTree | None) -> None:
    """Raise LedgerAlarm when the log is shorter than remembered, or gone (None)."""
    if tree is None and memory.size:
        raise forked(f"the log is gone; at the last check it had {memory.size:,} entries", remembered=memory.note)
    if tree is not None and tree.size < memory.size:
        raise forked(
            f"the log was rolled back from {memory.size:,} to {tree.size:,} entries{tree.caveat}",
            remembered=memory.note,
            now=tree.note,
        )


def with_note(alarm: LedgerAlarm, note: str) -> LedgerAlarm:
    """The alarm with the checkpoint it was raised under."""
    return LedgerAlarm(alarm.code, alarm.message, {"now": note, **alarm.evidence})


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
