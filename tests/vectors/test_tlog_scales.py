"""A log that we write, read and verified by tlog-scales, which others wrote; and its checkpoints, opened by us."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import MLDSA44CosignatureSigner, PlainEd25519Signer, Vkey, VkeySet
from tlog_scales.tlog import Checkpoint, ConsistencyProof, InclusionProof

from hub.tree import merkle, tiles
from hub.tree.checkpoint import CheckpointBody, open_checkpoint
from hub.tree.merkle import leaf_hash
from hub.tree.note import COSIGNATURE_V1, Signer, Verifier
from tests.unit.tree.logs import Log, log_of

ORIGIN = "hub.example/audit/2026"
SIZE, OLD_SIZE = 70_000, 30_001
LOG_KEY = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))
WITNESS = Signer("brand-a.example/witness", Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32), COSIGNATURE_V1)
INDEXES = [0, 1, 255, 256, 30_000, 65_535, 65_536, 69_999]


@pytest.fixture(scope="module")
def log() -> Log:
    return log_of(SIZE)


@pytest.fixture(scope="module")
def note(log: Log) -> str:
    text = CheckpointBody(ORIGIN, log.size, log.root).encode()
    return LOG_KEY.sign(text) + WITNESS.line(text, 1_800_000_000)


@pytest.fixture(scope="module")
def reader(log: Log, note: str, tmp_path_factory: pytest.TempPathFactory) -> TilesReader:
    folder: Path = tmp_path_factory.mktemp("log")
    log.write(folder, note)
    reader = TilesReader(LocalBackend(folder))
    reader.get_checkpoint()
    return reader


def test_checkpoint_and_cosignature_are_verified_by_tlog_scales(note: str) -> None:
    checkpoint = Checkpoint.from_text(note)
    keys = [Vkey.from_string(signer.verifier.vkey) for signer in (LOG_KEY, WITNESS)]
    assert {key.name for key, _ in VkeySet(*keys).verify(checkpoint.signatures, checkpoint)} == {
        ORIGIN,
        "brand-a.example/witness",
    }


def test_root_is_what_tlog_scales_computes_from_the_files(log: Log, reader: TilesReader) -> None:
    assert reader.calculate_root_hash() == log.root


@pytest.mark.parametrize("index", INDEXES)
def test_entry_in_the_bundles_is_read_by_tlog_scales(log: Log, reader: TilesReader, index: int) -> None:
    assert reader.get_entry(index) == log.entries[index]


@pytest.mark.parametrize("index", INDEXES)
def test_inclusion_proof_is_the_one_tlog_scales_makes_and_verifies(log: Log, reader: TilesReader, index: int) -> None:
    proof = merkle.inclusion_proof(index, SIZE, tiles.subtrees(log.read))
    InclusionProof(index, SIZE, proof).check(leaf_hash(log.entries[index]), log.root)
    assert proof == reader.get_inclusion_proof(index, SIZE).node_hashes


@pytest.mark.parametrize("old", [1, 2, 255, 256, OLD_SIZE, 65_536, 69_999, SIZE])
def test_consistency_proof_is_the_one_tlog_scales_makes_and_verifies(log: Log, reader: TilesReader, old: int) -> None:
    proof = merkle.consistency_proof(old, SIZE, tiles.subtrees(log.read))
    ConsistencyProof(old, SIZE, proof).check(tiles.root(old, log.read), log.root)
    assert proof == reader.get_consistency_proof(old, SIZE).node_hashes


def test_checkpoint_of_tlog_scales_with_a_signature_of_a_type_unknown_to_us_opens() -> None:
    log, other = PlainEd25519Signer(ORIGIN, bytes(32)), MLDSA44CosignatureSigner("other.example", bytes(32))
    theirs = Checkpoint.make_signed(ORIGIN, 7, bytes(32), [other, log]).serialize()
    stated, _ = open_checkpoint(theirs, ORIGIN, [Verifier.parse(log.vkey.serialize())])
    assert stated == CheckpointBody(ORIGIN, 7, bytes(32))
