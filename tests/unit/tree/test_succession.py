"""Announcements: what a log's key may announce, to whom it counts, and that it announces one key alone."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub.tree.checkpoint import CheckpointBody
from hub.tree.note import COSIGNATURE_V1, NoteError, Signer, UnknownSignerError
from hub.tree.succession import Announced, SuccessionError, announce, follow, open_announcement

ORIGIN, UNTIL = "hub.example/audit", 1_800_000_000


def key(seed: int, name: str = ORIGIN, algorithm: int = 1) -> Signer:
    return Signer(name, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32), algorithm)


OLD, NEW, OTHER = key(1), key(2), key(3)
NOTE = announce(OLD, NEW.verifier, UNTIL)


def test_announcement_names_the_next_key_and_the_end_of_this_one() -> None:
    assert open_announcement(NOTE, OLD.verifier) == Announced(NEW.verifier, UNTIL, NOTE)


def test_announcement_of_another_key_counts_for_nothing() -> None:
    with pytest.raises(UnknownSignerError):
        open_announcement(NOTE, OTHER.verifier)


@pytest.mark.parametrize(
    "successor", [OLD, key(2, "other.example"), key(2, algorithm=COSIGNATURE_V1)], ids=["itself", "name", "type"]
)
def test_key_that_cannot_come_next_is_not_announced(successor: Signer) -> None:
    with pytest.raises(NoteError):
        announce(OLD, successor.verifier, UNTIL)


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n{NEW.verifier.vkey}\n{UNTIL}\n",
        f"{ORIGIN}/keys\n{NEW.verifier.vkey}\n0{UNTIL}\n",
        f"{ORIGIN}/keys\n{NEW.verifier.vkey}\n",
        f"{ORIGIN}/keys\n{NEW.verifier.vkey}\n{UNTIL}\nmore\n",
        f"{ORIGIN}/keys\nkey\n{UNTIL}\n",
        CheckpointBody(ORIGIN, 1, bytes(32)).encode(),
    ],
)
def test_other_texts_that_the_key_signed_are_no_announcement(text: str) -> None:
    with pytest.raises(NoteError):
        open_announcement(OLD.sign(text), OLD.verifier)


def test_announcement_is_no_checkpoint() -> None:
    with pytest.raises(NoteError):
        CheckpointBody.parse(NOTE.partition("\n\n")[0] + "\n")


def test_two_keys_announced_by_one_are_refused_with_both_notes() -> None:
    other = announce(OLD, OTHER.verifier, UNTIL)
    with pytest.raises(SuccessionError) as refused:
        follow(OLD.verifier, [NOTE, other])
    assert set(refused.value.notes) == {NOTE, other}


def test_key_announced_twice_counts_until_the_earlier_end() -> None:
    found = follow(OLD.verifier, [announce(OLD, NEW.verifier, UNTIL + 9), NOTE])
    assert [one.until for one in found] == [UNTIL]


def test_circle_of_keys_ends() -> None:
    assert [one.verifier for one in follow(OLD.verifier, [NOTE, announce(NEW, OLD.verifier, UNTIL)])] == [NEW.verifier]
