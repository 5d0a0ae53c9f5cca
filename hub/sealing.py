"""Sealing what the database or a page keeps for the hub and must not read: AES-256-GCM under the application's key."""

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


def _aead(under: str) -> AESGCM:
    aead: AESGCM = current_app.extensions[under]
    return aead
