"""Sealing what the database or a page keeps for the hub and must not read: AES-256-GCM under the application's key.

And names for what is numbered, since a number that counts for all members tells each how much the others do.
"""

import base64
import hashlib
import secrets

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import current_app

NONCE_BYTES = 12


def seal(plain: bytes, bound_to: str, under: str = "sealing") -> bytes:
    """Nonce and ciphertext of `plain`, good only together with `bound_to`: what it is, and whose.

    `under`: the name of one of the application's keys.
    """
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + _aead(under).encrypt(nonce, plain, bound_to.encode())


def unseal(sealed: bytes, bound_to: str, under: str = "sealing") -> bytes:
    """What was sealed. Raises cryptography's InvalidTag, or ValueError for too few bytes, when this was not."""
    return _aead(under).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to.encode())


def opaque(number: int, of: str) -> str:
    """A name of 22 characters for a number `of` one kind of record: always the same, and telling nothing of it.

    A keyed digest of 16 bytes; none is read back, and two numbers share one as seldom as two random names do.
    """
    key: bytes = current_app.extensions["naming"]
    told = hashlib.blake2b(number.to_bytes(8), digest_size=16, key=key, person=of.encode()).digest()
    return base64.urlsafe_b64encode(told).decode().rstrip("=")


def _aead(under: str) -> AESGCM:
    aead: AESGCM = current_app.extensions[under]
    return aead
