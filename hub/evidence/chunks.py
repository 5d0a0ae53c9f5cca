"""A file as sealed chunks: AES-256-GCM after the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár, 2015).

Each file has a key of its own, so a chunk's nonce is its place and whether it is the last. A chunk that is changed,
moved, left out, repeated or taken from another file does not open, nor does a file that was cut off between two chunks.
"""

from collections.abc import Iterable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CHUNK = 2**20
"""Bytes of plain text in each chunk but the last, which has at least one."""
TAG = 16
KEY = 32


class DamagedFileError(Exception):
    """What lies in the vault is not what was stored there."""


def sealed_size(size: int) -> int:
    """How many bytes a file of `size` bytes has once it is sealed."""
    return size + TAG * -(-size // CHUNK)


def seal_chunks(pieces: Iterable[bytes], key: bytes, bound_to: str) -> Iterator[bytes]:
    """The sealed chunks of a file; `key` must be new. No piece: no chunk."""
    aead, waiting, place = AESGCM(key), bytearray(), 0
    for piece in pieces:
        waiting += piece
        while len(waiting) > CHUNK:
            yield aead.encrypt(_nonce(place, last=False), bytes(waiting[:CHUNK]), bound_to.encode())
            del waiting[:CHUNK]
            place += 1
    if waiting:
        yield aead.encrypt(_nonce(place, last=True), bytes(waiting), bound_to.encode())


def open_chunks(sealed: Iterable[bytes], count: int, key: bytes, bound_to: str) -> Iterator[bytes]:
    """The file again, from its `count` sealed chunks. Raises DamagedFileError at the first that is not as it was."""
    aead, place = AESGCM(key), -1
    try:
        for place, chunk in enumerate(sealed):
            yield aead.decrypt(_nonce(place, last=place + 1 == count), chunk, bound_to.encode())
    except (InvalidTag, ValueError) as error:
        raise DamagedFileError(f"chunk {place} does not open") from error
    if place + 1 != count:
        raise DamagedFileError(f"{count} chunks were stored, {place + 1} are there")


def _nonce(place: int, *, last: bool) -> bytes:
    return place.to_bytes(11, "big") + bytes([last])
