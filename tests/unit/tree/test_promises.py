"""Promises: what is signed reads back, and nothing else that the key signs passes for one."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from hub.tree.note import NoteError, Signer
from hub.tree.promise import Promise, from_header, in_header

ORIGIN = "hub.example/audit/2026"
HUB = Signer("hub.example/service", Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32))
STRANGER = Signer("hub.example/service", Ed25519PrivateKey.from_private_bytes(bytes([8]) * 32))
ENTRY = "1xZyqQ0bT4yQm3m2Vw5K9g"
PROMISE = Promise(ORIGIN, ENTRY, bytes(range(32)), 1_800_000_000)
NOTE = HUB.sign(PROMISE.encode())


@given(st.binary(min_size=32, max_size=32), st.integers(0, 10**12 - 1))
def test_signed_promise_reads_back_from_a_header(leaf_hash: bytes, deadline: int) -> None:
    promise = Promise(ORIGIN, ENTRY, leaf_hash, deadline)
    value = in_header(HUB.sign(promise.encode()))
    assert value.isascii()
    assert "\n" not in value
    assert Promise.open(from_header(value), ORIGIN, HUB.verifier) == promise


def test_promise_of_another_key_or_log_is_refused() -> None:
    for note, origin in ((STRANGER.sign(PROMISE.encode()), ORIGIN), (NOTE, "hub.example/audit/2027")):
        with pytest.raises(NoteError):
            Promise.open(note, origin, HUB.verifier)


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}/keys\n{ENTRY}\n{'A' * 43}=\n1\n",
        f"{ORIGIN}/promise\n{ENTRY}\n{'A' * 43}=\n",
        f"{ORIGIN}/promise\n{ENTRY}\n{'A' * 43}=\n1\n2\n",
        f"{ORIGIN}/promise\n{ENTRY}x\n{'A' * 43}=\n1\n",
        f"{ORIGIN}/promise\n{ENTRY}\nAAAA\n1\n",
        f"{ORIGIN}/promise\n{ENTRY}\n{'A' * 43}=\n-1\n",
        f"{ORIGIN}/promise\n{ENTRY}\n{'A' * 43}=\n٣\n",
        f"{ORIGIN}/promise\n{ENTRY}\n{'A' * 43}=\n01\n",
    ],
)
def test_other_text_under_the_same_key_is_no_promise(text: str) -> None:
    with pytest.raises(NoteError):
        Promise.open(HUB.sign(text), ORIGIN, HUB.verifier)


@given(st.integers(0, len(NOTE.encode()) - 1), st.integers(1, 255))
def test_changed_byte_is_refused_and_never_crashes(at: int, change: int) -> None:
    raw = bytearray(NOTE.encode())
    raw[at] ^= change
    try:
        read = Promise.open(from_header(in_header(raw.decode())), ORIGIN, HUB.verifier)
    except (NoteError, UnicodeDecodeError):
        return
    assert read == PROMISE


@given(st.text(max_size=200))
def test_any_other_header_is_refused(value: str) -> None:
    with pytest.raises(NoteError):
        Promise.open(from_header(value), ORIGIN, HUB.verifier)
