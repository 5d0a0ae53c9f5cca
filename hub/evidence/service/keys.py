"""The key of each file: made at random, sealed under the vault's master key, and gone with the row's column."""

import secrets

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.evidence.chunks import KEY
from hub.sealing import seal, unseal

MASTER = "evidence"
"""The key of the application that seals those of files: the secret `evidence.key`."""
_OF_THE_NAME = b"\xff" * 12
"""A nonce that no chunk has."""


def new_key() -> bytes:
    """A key for one file."""
    return secrets.token_bytes(KEY)


def seal_key(key: bytes, name: str) -> bytes:
    """The key as its row holds it."""
    return seal(key, f"evidence {name}", under=MASTER)


def open_key(sealed: bytes, name: str) -> bytes:
    """The key again. Raises InvalidTag for one of another file, or under another master key."""
    return unseal(sealed, f"evidence {name}", under=MASTER)


def seal_file_name(file_name: str, key: bytes, name: str) -> bytes:
    """The file's own name as its row holds it; once for each key."""
    return AESGCM(key).encrypt(_OF_THE_NAME, file_name.encode(), name.encode())


def open_file_name(sealed: bytes, key: bytes, name: str) -> str:
    """The file's own name again. Raises InvalidTag."""
    return AESGCM(key).decrypt(_OF_THE_NAME, sealed, name.encode()).decode()
