import pytest

from hub.tree import merkle, tiles
from hub.tree.merkle import EMPTY_ROOT, ProofError, leaf_hash
from tests.unit.tree.logs import log_of

LOG = log_of(300)
SUBTREE = tiles.subtrees(LOG.read)
PROOF = merkle.inclusion_proof(7, 300, SUBTREE)
OLD_ROOT = tiles.root(200, LOG.read)
EXTENSION = merkle.consistency_proof(200, 300, SUBTREE)


@pytest.mark.parametrize("index", [-1, 300, 1 << 70])
def test_inclusion_of_a_leaf_that_is_not_there_cannot_be_proven(index: int) -> None:
    with pytest.raises(ProofError, match="there is no leaf"):
        merkle.inclusion_proof(index, 300, SUBTREE)


@pytest.mark.parametrize(("old", "new"), [(0, 300), (-1, 300), (301, 300)])
def test_consistency_from_no_tree_or_a_larger_one_cannot_be_proven(old: int, new: int) -> None:
    with pytest.raises(ProofError, match="no proof leads"):
        merkle.consistency_proof(old, new, SUBTREE)


def test_inclusion_proof_of_another_leaf_is_refused() -> None:
    with pytest.raises(ProofError, match="does not lead"):
        merkle.verify_inclusion(7, 300, leaf_hash(b"entry 8"), PROOF, LOG.root)


@pytest.mark.parametrize("proof", [PROOF[:-1], [*PROOF, bytes(32)], []])
def test_inclusion_proof_of_another_length_is_refused(proof: list[bytes]) -> None:
    with pytest.raises(ProofError, match="hashes instead of"):
        merkle.verify_inclusion(7, 300, leaf_hash(b"entry 7"), proof, LOG.root)


def test_empty_leaf_hash_equal_to_an_empty_root_is_refused() -> None:
    with pytest.raises(ProofError, match="32 bytes"):
        merkle.verify_inclusion(0, 1, b"", [], b"")


def test_inclusion_proof_with_a_hash_of_33_bytes_is_refused() -> None:
    with pytest.raises(ProofError, match="32 bytes"):
        merkle.verify_inclusion(7, 300, leaf_hash(b"entry 7"), [PROOF[0] + b"\0", *PROOF[1:]], LOG.root)


def test_tree_is_consistent_with_itself_by_an_empty_proof() -> None:
    merkle.verify_consistency(300, LOG.root, 300, LOG.root, [])


def test_two_roots_of_one_size_are_refused() -> None:
    with pytest.raises(ProofError, match="does not lead"):
        merkle.verify_consistency(300, LOG.root, 300, OLD_ROOT, [])


def test_proof_from_the_empty_tree_is_refused() -> None:
    with pytest.raises(ProofError, match="no proof leads"):
        merkle.verify_consistency(0, EMPTY_ROOT, 300, LOG.root, [])


def test_consistency_proof_of_a_fork_is_refused() -> None:
    with pytest.raises(ProofError, match="does not lead"):
        merkle.verify_consistency(200, leaf_hash(b"fork"), 300, LOG.root, EXTENSION)
