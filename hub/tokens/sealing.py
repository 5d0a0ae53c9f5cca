"""The seed of all token keys at rest: sealed under a passphrase, and bound to the alliance it serves.

Layout: b"ahseed" ‖ version (1 byte) ‖ salt (16) ‖ nonce (12) ‖ length of the alliance's name (1) ‖ the name ‖
AES-256-GCM of the seed (32 + 16). All before the ciphertext is authenticated with it. The version fixes the costs of
scrypt, so a forged header cannot ask for all memory.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from hub.tokens.key_id import check_part
from hub.tokens.voprf import SEED_BYTES

_MAGIC = b"ahseed"
_VERSION = 1
_COSTS: Mapping[int, tuple[int, int, int]] = {1: (2**17, 8, 1)}  # n, r, p: 128 MiB, as the OWASP cheat sheet advises
_SALT_BYTES, _NONCE_BYTES, _TAG_BYTES = 16, 12, 16
_SALT_START = len(_MAGIC) + 1
_NONCE_START = _SALT_START + _SALT_BYTES
_NAME_START = _NONCE_START + _NONCE_BYTES + 1


class SealError(ValueError):
    """A sealed seed that does not open: wrong passphrase, changed bytes, or not a sealed seed."""


@dataclass(frozen=True, slots=True)
class Seed:
    """The 32 bytes from which every token key of one alliance is derived."""

    alliance: str
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        check_part("alliance", self.alliance)
        if len(self.secret) != SEED_BYTES:
            raise ValueError(f"a seed has {SEED_BYTES} bytes, not {len(self.secret)}")


def seal(seed: Seed, passphrase: str) -> bytes:
    """Return `seed` encrypted under `passphrase`, with its alliance's name readable but bound to it.

    Twice the same call gives different bytes. Takes about 0.3 s and 128 MiB. Raises SealError for an empty passphrase.
    """
    salt, nonce, name = os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES), seed.alliance.encode("ascii")
    header = _MAGIC + bytes([_VERSION]) + salt + nonce + bytes([len(name)]) + name
    return header + AESGCM(_wrapping_key(passphrase, salt, _VERSION)).encrypt(nonce, seed.secret, header)


def unseal(sealed: bytes, passphrase: str) -> Seed:
    """Return the seed that `seal` encrypted under the same passphrase, and its alliance.

    Raises SealError for a wrong passphrase or if any byte was changed. Takes about 0.3 s and 128 MiB.
    """
    if len(sealed) < _NAME_START or not sealed.startswith(_MAGIC):
        raise SealError("this is not a sealed seed: restore the file from a backup")
    version = sealed[len(_MAGIC)]
    if version not in _COSTS:
        raise SealError(f"the seed is sealed in format {version}, which this release does not know: use a newer one")
    name_end = _NAME_START + sealed[_NAME_START - 1]
    if len(sealed) != name_end + SEED_BYTES + _TAG_BYTES:
        raise SealError("the sealed seed is cut short or has bytes added: restore the file from a backup")
    key = _wrapping_key(passphrase, sealed[_SALT_START:_NONCE_START], version)
    try:
        secret = AESGCM(key).decrypt(sealed[_NONCE_START : _NAME_START - 1], sealed[name_end:], sealed[:name_end])
    except InvalidTag:
        raise SealError("the passphrase is wrong, or the sealed seed was changed") from None
    return Seed(sealed[_NAME_START:name_end].decode("ascii"), secret)


def _wrapping_key(passphrase: str, salt: bytes, version: int) -> bytes:
    if not passphrase:
        raise SealError("the passphrase is empty")
    n, r, p = _COSTS[version]
    return Scrypt(salt=salt, length=32, n=n, r=r, p=p).derive(passphrase.encode())
