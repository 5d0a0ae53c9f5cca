import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub.tree import merkle, tiles
from hub.tree.checkpoint import CheckpointBody, open_checkpoint
from hub.tree.merkle import EMPTY_ROOT, ProofError, leaf_hash
from hub.tree.note import COSIGNATURE_V1, NoteError, Signer
from hub.tree.tlog_proof import TlogProof
from tests.unit.tree.logs import log_of

ORIGIN = "hub.example/audit/2026"
LOG = log_of(300)
KEY = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32))
NEXT_KEY = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes([2]) * 32))
WITNESS = Signer("w.example", Ed25519PrivateKey.from_private_bytes(bytes([3]) * 32), COSIGNATURE_V1)
BODY = CheckpointBody(ORIGIN, 300, LOG.root)
TEXT = BODY.encode()
COSIGNED = KEY.sign(TEXT) + WITNESS.line(TEXT, 1_800_000_000)
ROOT = base64.b64encode(LOG.root).decode()

# --- checkpoints


def test_checkpoint_is_three_lines() -> None:
    assert f"{ORIGIN}\n300\n{ROOT}\n" == TEXT


def test_extension_lines_are_kept() -> None:
    assert CheckpointBody.parse(TEXT + "more\nand more\n").extensions == ("more", "and more")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n\n",
        TEXT[:-1],
        f"{ORIGIN}\n300\n",
        f"\n300\n{ROOT}\n",
        f"{TEXT}\n",
        f"{TEXT}more\n\nand more\n",
        f"{ORIGIN}\n0300\n{ROOT}\n",
        f"{ORIGIN}\n-300\n{ROOT}\n",
        f"{ORIGIN}\n+300\n{ROOT}\n",
        f"{ORIGIN}\n3e2\n{ROOT}\n",
        f"{ORIGIN}\n300 \n{ROOT}\n",
        f"{ORIGIN}\n٣٠٠\n{ROOT}\n",
        f"{ORIGIN}\n{2**63}\n{ROOT}\n",
        f"{ORIGIN}\n{'9' * 5000}\n{ROOT}\n",
        f"{ORIGIN}\n0\n{ROOT}\n",
        f"{ORIGIN}\n300\n{ROOT[:-1]}\n",
        f"{ORIGIN}\n300\n{ROOT}=\n",
        f"{ORIGIN}\n300\n{base64.b64encode(bytes(31)).decode()}\n",
        f"{ORIGIN}\n300\n{base64.urlsafe_b64encode(b'?' * 32).decode()}\n",
    ],
)
def test_malformed_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        CheckpointBody.parse(text)


def test_checkpoint_of_the_empty_tree_is_read() -> None:
    empty = CheckpointBody(ORIGIN, 0, EMPTY_ROOT)
    assert CheckpointBody.parse(empty.encode()) == empty


def test_cosigned_checkpoint_opens_with_the_time_of_the_witness() -> None:
    stated, note = open_checkpoint(COSIGNED, ORIGIN, [KEY.verifier], [WITNESS.verifier])
    assert (stated, note.signed_by[WITNESS.verifier.vkey]) == (BODY, 1_800_000_000)


def test_checkpoint_that_only_a_witness_signed_is_refused() -> None:
    note = f"{TEXT}\n{WITNESS.line(TEXT, 1_800_000_000)}"
    with pytest.raises(NoteError, match="the log has not signed"):
        open_checkpoint(note, ORIGIN, [KEY.verifier], [WITNESS.verifier])


def test_checkpoint_signed_by_the_old_of_two_log_keys_opens() -> None:
    assert open_checkpoint(COSIGNED, ORIGIN, [NEXT_KEY.verifier, KEY.verifier])[0] == BODY


def test_checkpoint_of_another_origin_is_refused() -> None:
    with pytest.raises(NoteError, match="another log"):
        open_checkpoint(COSIGNED, "other.example", [KEY.verifier])


# --- receipts

PROOF = TlogProof(7, tuple(merkle.inclusion_proof(7, 300, tiles.subtrees(LOG.read))), COSIGNED)
RECEIPT = PROOF.encode()


def test_receipt_is_read_as_it_was_written() -> None:
    assert TlogProof.parse(RECEIPT) == PROOF


def test_receipt_has_the_lines_of_the_specification() -> None:
    hashes = "".join(base64.b64encode(each).decode() + "\n" for each in PROOF.path)
    assert f"c2sp.org/tlog-proof@v1\nindex 7\n{hashes}\n{COSIGNED}" == RECEIPT


def test_receipt_proves_its_leaf() -> None:
    stated, _ = TlogProof.parse(RECEIPT).verify(leaf_hash(b"entry 7"), ORIGIN, [KEY.verifier], [WITNESS.verifier])
    assert stated == BODY


def test_receipt_for_another_leaf_is_refused() -> None:
    with pytest.raises(ProofError, match="does not lead"):
        PROOF.verify(leaf_hash(b"entry 8"), ORIGIN, [KEY.verifier])


def test_receipt_at_another_index_is_refused() -> None:
    with pytest.raises(ProofError):
        TlogProof(8, PROOF.path, COSIGNED).verify(leaf_hash(b"entry 7"), ORIGIN, [KEY.verifier])


def test_receipt_under_a_checkpoint_that_only_a_witness_signed_is_refused() -> None:
    alone = f"{TEXT}\n{WITNESS.line(TEXT, 1_800_000_000)}"
    with pytest.raises(NoteError, match="the log has not signed"):
        TlogProof(7, PROOF.path, alone).verify(leaf_hash(b"entry 7"), ORIGIN, [KEY.verifier], [WITNESS.verifier])


def test_receipt_in_a_tree_of_one_leaf_has_no_hashes() -> None:
    body = CheckpointBody(ORIGIN, 1, leaf_hash(b"only"))
    read = TlogProof.parse(TlogProof(0, (), KEY.sign(body.encode())).encode())
    assert read.verify(leaf_hash(b"only"), ORIGIN, [KEY.verifier])[0] == body


def test_extra_line_of_a_receipt_is_kept() -> None:
    proof = TlogProof(7, PROOF.path, COSIGNED, b"extra")
    assert TlogProof.parse(proof.encode()) == proof


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c2sp.org/tlog-proof@v1",
        "c2sp.org/tlog-proof@v1\n\n" + COSIGNED,
        RECEIPT.replace("@v1", "@v2"),
        RECEIPT.replace("index 7", "index 07"),
        RECEIPT.replace("index 7", "index -7"),
        RECEIPT.replace("index 7", f"index {2**63}"),
        RECEIPT.replace("index 7", "extra"),
        RECEIPT.replace("index 7\n", "index 7\nextra AAAA\n"),
        RECEIPT.replace("index 7\n", "extra A\nindex 7\n"),
        RECEIPT.replace("index 7\n", "index 7\n\n"),
        RECEIPT.replace("index 7\n", "index 7\nAAAA\n"),
        RECEIPT.replace("index 7\n", "index 7\n" + f"{ROOT}\n" * 64),
        RECEIPT.replace("\n", "\r\n"),
        RECEIPT.split("\n\n")[0] + "\n\n",
        RECEIPT[:-1],
        " " + RECEIPT,
        RECEIPT + "x" * 2_000_000,
    ],
)
def test_malformed_receipt_is_refused(text: str) -> None:
    with pytest.raises((ProofError, NoteError)):
        TlogProof.parse(text)
