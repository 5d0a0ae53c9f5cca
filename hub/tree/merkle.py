"""The Merkle tree of RFC 6962 §2.1: hashes, proofs of inclusion and consistency, and their verification."""

import hashlib
from collections.abc import Callable, Sequence

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

Subtree = Callable[[int, int], bytes]
"""(height, index) → hash of the complete subtree over leaves [index·2^height, (index+1)·2^height)."""

Range = tuple[int, int]
"""(start, end): the leaves of one node of a tree."""


class ProofError(ValueError):
    """A proof, a hash, a tile or a root is not what the tree requires."""


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256(0x00 ‖ leaf)."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def range_hash(start: int, end: int, subtree: Subtree) -> bytes:
    """MTH(D[start:end]) of a node of a tree; EMPTY_ROOT of no leaves."""
    if end <= start:
        return EMPTY_ROOT
    size = end - start
    if size & (size - 1) == 0:
        height = size.bit_length() - 1
        return subtree(height, start >> height)
    split = _split(start, end)
    return node_hash(range_hash(start, split, subtree), range_hash(split, end, subtree))


def inclusion_proof(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """PATH(index, D[size]) of RFC 6962 §2.1.1, from the leaf's sibling upwards. Raises ProofError for a bad index."""
    return [range_hash(*sibling, subtree) for sibling in _siblings_of_leaf(index, size)]


def consistency_proof(old: int, new: int, subtree: Subtree) -> list[bytes]:
    """PROOF(old, D[new]) of RFC 6962 §2.1.2; empty when old equals new. Raises ProofError unless 0 < old ≤ new."""
    start, siblings = _siblings_of_prefix(old, new)
    nodes = siblings if start == 0 else [(start, old), *siblings]
    return [range_hash(*node, subtree) for node in nodes]


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Raise ProofError unless `proof` shows the leaf hash at `index` of the tree of that size and root."""
    _check_hashes(leaf, root, *proof)
    siblings = _siblings_of_leaf(index, size)
    _check_count(proof, len(siblings))
    found = leaf
    for (start, _), sibling in zip(siblings, proof, strict=True):
        found = node_hash(found, sibling) if start > index else node_hash(sibling, found)
    if found != root:
        raise ProofError("the proof does not lead from the leaf to the root")


def verify_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Raise ProofError unless `proof` shows that the tree of size `old` is a prefix of the new one.

    Size 0 is refused: every tree extends the empty one, so such a proof says nothing.
    """
    _check_hashes(old_root, new_root, *proof)
    start, siblings = _siblings_of_prefix(old, new)
    _check_count(proof, len(siblings) + (start > 0))
    # The walk begins at the node whose last leaf is the old tree's; when that is the whole old tree, its hash is known.
    first, *above = proof if start else (old_root, *proof)
    was = now = first
    for (begin, _), sibling in zip(siblings, above, strict=True):
        if begin >= old:
            now = node_hash(now, sibling)
        else:
            was, now = node_hash(sibling, was), node_hash(sibling, now)
    if was != old_root or now != new_root:
        raise ProofError("the proof does not lead from the old root to the new one")


def _split(start: int, end: int) -> int:
    """Where RFC 6962 parts a node: after the largest power of two of leaves that leaves some for the right."""
    return start + (1 << ((end - start - 1).bit_length() - 1))


def _siblings_of_leaf(index: int, size: int) -> list[Range]:
    """The nodes beside the path from a leaf to the root, upwards."""
    if not 0 <= index < size:
        raise ProofError(f"there is no leaf {index} in a tree of {size}")
    siblings = []
    start, end = 0, size
    while end - start > 1:
        split = _split(start, end)
        if index < split:
            siblings.append((split, end))
            end = split
        else:
            siblings.append((start, split))
            start = split
    return siblings[::-1]


def _siblings_of_prefix(old: int, new: int) -> tuple[int, list[Range]]:
    """The start of the largest node of the new tree that ends with the old one, and those beside its path upwards."""
    if not 0 < old <= new:
        raise ProofError(f"no proof leads from size {old} to size {new}")
    siblings = []
    start, end = 0, new
    while end != old:
        split = _split(start, end)
        if old <= split:
            siblings.append((split, end))
            end = split
        else:
            siblings.append((start, split))
            start = split
    return start, siblings[::-1]


def _check_hashes(*hashes: bytes) -> None:
    if any(len(each) != HASH_BYTES for each in hashes):
        raise ProofError(f"a hash has {HASH_BYTES} bytes")


def _check_count(proof: Sequence[bytes], count: int) -> None:
    if len(proof) != count:
        raise ProofError(f"the proof has {len(proof)} hashes instead of {count}")
