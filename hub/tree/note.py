"""Signed notes (C2SP signed-note): Ed25519 signatures (type 1) and witness cosignatures (type 4, tlog-cosignature)."""

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519, COSIGNATURE_V1 = 1, 4
MOST_BYTES = 1_000_000
MOST_SIGNATURES = 100
"""C2SP asks for 16 at least; an alliance of fifty members has each of them as a witness."""
LATEST = (1 << 63) - 1
"""The latest time a cosignature may state, in seconds since 1970."""
HASH_BYTES, SEED_BYTES, PUBLIC_KEY_BYTES = 4, 32, 32

_NAME = re.compile(r"[^\s+\x00-\x1f]{1,255}")
_LINE = re.compile(r"— (?P<name>[^\s+]{1,255}) (?P<signature>[A-Za-z0-9+/]+={0,2})")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


class NoteError(ValueError):
    """A note is malformed, is not signed by the key it must be, or carries a bad signature of a known key."""


class UnknownSignerError(NoteError):
    """No known key signed a note."""


def key_hash(name: str, algorithm: int, public_key: bytes) -> bytes:
    """The four bytes that tell the keys of one name apart."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([algorithm]) + public_key).digest()[:HASH_BYTES]


def decode_base64(text: str) -> bytes:
    """Standard base64 in its one canonical form. Raises NoteError for any other."""
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise NoteError("not base64") from error
    # Encoding again refuses spare bits that are set, which a lenient decoder lets pass.
    if base64.b64encode(raw).decode() != text:
        raise NoteError("not canonical base64")
    return raw


@dataclass(frozen=True)
class Verifier:
    """One public key under a name, of one signature type."""

    name: str
    algorithm: int
    public_key: bytes

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """The verifier that a vkey `name+hash+key` writes. Raises NoteError, also for an unknown signature type."""
        name, _, rest = vkey.partition("+")
        hashed, _, encoded = rest.partition("+")
        raw = decode_base64(encoded)
        if _NAME.fullmatch(name) is None or len(raw) != 1 + PUBLIC_KEY_BYTES or raw[0] not in (ED25519, COSIGNATURE_V1):
            raise NoteError("not an Ed25519 or cosignature verifier key")
        if not _is_utf8(name) or hashed != key_hash(name, raw[0], raw[1:]).hex():
            raise NoteError("the verifier key's hash does not fit its key")
        return cls(name, raw[0], raw[1:])

    @property
    def vkey(self) -> str:
        """`name+hash+key`, as clients and policies write it."""
        encoded = base64.b64encode(bytes([self.algorithm]) + self.public_key).decode()
        return f"{self.name}+{self.hash.hex()}+{encoded}"

    @property
    def hash(self) -> bytes:
        """The key's hash, as it stands before each signature."""
        return key_hash(self.name, self.algorithm, self.public_key)

    def check(self, text: str, signature: bytes) -> int | None:
        """The time a cosignature states, in seconds since 1970, or None for a plain one. Raises NoteError if bad."""
        message, stated = text.encode(), None
        if self.algorithm == COSIGNATURE_V1:
            stated, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            if stated > LATEST:
                raise NoteError(f"the cosignature of {self.name} states no possible time")
            message = cosigned(text, stated)
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except InvalidSignature as error:
            raise NoteError(f"the signature of {self.name} is bad") from error
        return stated


def cosigned(text: str, time: int) -> bytes:
    """What a witness signs: the time before the checkpoint (C2SP tlog-cosignature, cosignature/v1)."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


class Signer:
    """One private key under a name."""

    def __init__(self, name: str, key: Ed25519PrivateKey, algorithm: int = ED25519) -> None:
        if _NAME.fullmatch(name) is None or not _is_utf8(name):
            raise NoteError("a key name has 1 to 255 characters, no space, no plus and no control character")
        if algorithm not in (ED25519, COSIGNATURE_V1):
            raise NoteError(f"a key signs notes ({ED25519}) or cosigns checkpoints ({COSIGNATURE_V1})")
        self._key = key
        self.verifier = Verifier(name, algorithm, key.public_key().public_bytes_raw())

    @classmethod
    def from_seed(cls, name: str, seed: bytes, algorithm: int = ED25519) -> Self:
        """From a 32-byte seed in base64, as the hub's secret files hold it. Raises NoteError for anything else."""
        raw = decode_base64(seed.decode("ascii", "replace"))
        if len(raw) != SEED_BYTES:
            raise NoteError(f"a signing seed has {SEED_BYTES} bytes")
        return cls(name, Ed25519PrivateKey.from_private_bytes(raw), algorithm)

    def line(self, text: str, time: int | None = None) -> str:
        """The signature line over `text`, newline included: put it at the end of a note over that text.

        A cosignature states its `time`, in seconds since 1970. Raises NoteError for a text that a note cannot hold.
        """
        _check_form(text)
        if self.verifier.algorithm == COSIGNATURE_V1:
            if time is None or not 0 <= time <= LATEST:
                raise NoteError("a cosignature states its time, in seconds since 1970")
            signature = time.to_bytes(8, "big") + self._key.sign(cosigned(text, time))
        else:
            signature = self._key.sign(text.encode())
        return f"— {self.verifier.name} {base64.b64encode(self.verifier.hash + signature).decode()}\n"

    def sign(self, text: str, time: int | None = None) -> str:
        """A note over `text` with this one signature. Raises NoteError as `line` does."""
        return f"{text}\n{self.line(text, time)}"


@dataclass(frozen=True)
class Note:
    """A note opened: its text, and for each known key that signed it the time it states, if any."""

    text: str
    signed_by: dict[str, int | None]
    """vkey → seconds since 1970, or None for a plain signature."""


def open_note(note: str, known: Iterable[Verifier]) -> Note:
    """Check a note against the known keys; lines of unknown keys are passed over.

    Raises NoteError when it is malformed, when no known key signed it, or when a line names a known key and its
    signature is bad: somebody meant it to be taken for that key's. Of several lines of one key the latest time counts.
    A checkpoint needs the log's own signature beside its witnesses': open it with `checkpoint.open_checkpoint`.
    """
    text, lines = split_note(note)
    verifiers = {(verifier.name, verifier.hash): verifier for verifier in known}
    signed_by: dict[str, int | None] = {}
    for line in lines:
        name, signature = _parse_line(line)
        verifier = verifiers.get((name, signature[:HASH_BYTES]))
        if verifier is not None:
            stated = verifier.check(text, signature[HASH_BYTES:])
            before = signed_by.get(verifier.vkey)
            signed_by[verifier.vkey] = stated if before is None or stated is None else max(before, stated)
    if not signed_by:
        raise UnknownSignerError("no known key signed this note")
    return Note(text, signed_by)


def signatures(note: str) -> list[tuple[str, bytes]]:
    """The key name of each signature line, and what it holds: the key's hash, then the signature. Raises NoteError."""
    return [_parse_line(line) for line in split_note(note)[1]]


def split_note(note: str) -> tuple[str, list[str]]:
    """The text (with its last newline) and the signature lines. Raises NoteError unless it has the form of a note."""
    if len(note) > MOST_BYTES:
        raise NoteError(f"a note has at most {MOST_BYTES:,} characters")
    _check_form(note)
    text, blank, signatures = note.rpartition("\n\n")
    if not blank or not signatures:
        raise NoteError("a note is a text, an empty line, and signature lines")
    lines = signatures[:-1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise NoteError(f"a note has at most {MOST_SIGNATURES} signatures")
    return text + "\n", lines


def _parse_line(line: str) -> tuple[str, bytes]:
    parts = _LINE.fullmatch(line)
    if parts is None:
        raise NoteError("a signature line reads `— name base64`")
    signature = decode_base64(parts["signature"])
    if len(signature) <= HASH_BYTES:
        raise NoteError("a signature is too short")
    return parts["name"], signature


def _check_form(text: str) -> None:
    if not text.endswith("\n") or _CONTROL.search(text) or not _is_utf8(text):
        raise NoteError("a note is UTF-8, ends with a newline, and holds no other control character")


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
