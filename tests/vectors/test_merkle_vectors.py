"""The tree against others' answers: transparency-dev/merkle's proofs, RFC 6962's trees, and RFC 6962 word for word."""

import base64
import json
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from hub.tree import merkle, tiles
from hub.tree.merkle import ProofError, leaf_hash, node_hash, verify_consistency, verify_inclusion
from tests.unit.tree.logs import Log, naive_tree

FOLDER = Path(__file__).resolve().parents[3] / "shared/data/vectors/merkle"
FILES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.json"))
needs_vectors = pytest.mark.skipif(not FILES, reason="transparency-dev/merkle's vectors are not in ../shared/data")

PLACEHOLDER_ROOTS = "consistency/additional/sizes-are-equal-one-and-proof-is-empty.json"
"""The one vector we answer otherwise: its two roots are texts of 9 bytes. A root is 32 bytes here, always."""


def _agrees(name: str) -> bool:
    vector: dict[str, Any] = json.loads((FOLDER / name).read_text())
    proof = [base64.b64decode(each) for each in vector["proof"] or []]
    raw = {key: base64.b64decode(vector[key] or "") for key in vector if key.startswith("root") or key == "leafHash"}
    try:
        if name.startswith("inclusion"):
            verify_inclusion(vector["leafIdx"], vector["treeSize"], raw["leafHash"], proof, raw["root"])
        else:
            verify_consistency(vector["size1"], raw["root1"], vector["size2"], raw["root2"], proof)
    except ProofError:
        return bool(vector["wantErr"])
    return not vector["wantErr"]


@needs_vectors
@pytest.mark.parametrize("name", [name for name in FILES if name != PLACEHOLDER_ROOTS])
def test_proof_of_transparency_dev_gets_the_answer_it_expects(name: str) -> None:
    assert _agrees(name)


@needs_vectors
def test_roots_of_9_bytes_are_refused_although_the_vector_takes_them() -> None:
    assert not _agrees(PLACEHOLDER_ROOTS)


@needs_vectors
def test_no_vector_is_missing() -> None:
    assert len(FILES) == 196


# The reference trees of Certificate Transparency.
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize(("size", "root"), list(enumerate(ROOTS, 1)))
def test_reference_tree_has_its_root(size: int, root: str) -> None:
    log = Log()
    log.append(bytes.fromhex(leaf) for leaf in LEAVES[:size])
    assert log.root.hex() == root


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (merkle.EMPTY_ROOT, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (leaf_hash(b""), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        (leaf_hash(b"L123456"), "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"),
        (node_hash(b"N123", b"N456"), "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"),
    ],
    ids=["empty tree", "empty leaf", "leaf", "node"],
)
def test_hash_is_the_known_answer(found: bytes, expected: str) -> None:
    assert found.hex() == expected


SIZES = [1, 2, 3, 5, 8, 100, 255, 256, 257, 300, 511, 512, 513, 767, 1000, 1024, 4095, 4096, 5000]
SIZES += [10_007, 16_384, 20_001, 30_001, 32_768, 40_000, 50_021, 65_535, 65_536, 65_537, 70_000]


def _entry(index: int) -> bytes:
    return b"%d" % index


def test_roots_and_proofs_are_those_of_a_naive_recursion_at_30_sizes_to_70_000() -> None:
    naive, log, batches = naive_tree(_entry), Log(), cycle([1, 7, 255, 256, 257, 1023, 3001])
    before = 0
    for size in SIZES:
        while log.size < size:
            log.append(map(_entry, range(log.size, min(log.size + next(batches), size))))
        subtree = tiles.subtrees(log.read)
        root = naive.mth(0, size)
        assert log.root == root
        for index in {0, 1, size // 3, size // 2, size - 1} & set(range(size)):
            proof = merkle.inclusion_proof(index, size, subtree)
            assert proof == naive.path(index, 0, size)
            verify_inclusion(index, size, leaf_hash(_entry(index)), proof, root)
        for old in {1, before, size // 2, size - 1, size} - {0}:
            proof = merkle.consistency_proof(old, size, subtree)
            assert proof == naive.proof(old, size)
            verify_consistency(old, naive.mth(0, old), size, root, proof)
        before = size


def test_every_tile_of_a_tree_of_70_000_is_as_wide_as_the_specification_works_out() -> None:
    widths: dict[int, list[int]] = {}
    for level, _, width in tiles.layout(70_000):
        widths.setdefault(level, []).append(width)
    assert widths == {0: [256] * 273 + [112], 1: [256, 17], 2: [1]}
