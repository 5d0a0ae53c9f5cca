"""RFC 9497 OPRF and VOPRF(ristretto255, SHA-512) a second time, over libsodium: what `hub.tokens` is checked against.

Written from the RFC's pseudocode, function by function under its names, and sharing no code with the package that
`hub.tokens` uses. Unlike that, it takes blinds and proof nonces as arguments, so the RFC's vectors fix every byte.
"""

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

OPRF, VOPRF = 0, 1


def _import_libsodium() -> ModuleType:
    # rbcl writes libsodium into the temporary folder at import and leaves it there; once loaded, it needs no file.
    kept = tempfile.tempdir
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = folder
        try:
            import rbcl  # type: ignore[import-untyped]
        finally:
            tempfile.tempdir = kept
    module: ModuleType = rbcl
    return module


sodium = _import_libsodium()
mult = sodium.crypto_scalarmult_ristretto255
add = sodium.crypto_core_ristretto255_add
mult_generator = sodium.crypto_scalarmult_ristretto255_base
scalar_mul = sodium.crypto_core_ristretto255_scalar_mul
scalar_sub = sodium.crypto_core_ristretto255_scalar_sub
scalar_invert = sodium.crypto_core_ristretto255_scalar_invert
random_scalar = sodium.crypto_core_ristretto255_scalar_random
IDENTITY = bytes(32)


def lp(data: bytes) -> bytes:
    """The length in two bytes, then the data."""
    return len(data).to_bytes(2, "big") + data


def expand_message_xmd(message: bytes, tag: bytes) -> bytes:
    """RFC 9380, section 5.3.1, for SHA-512 and 64 bytes, which is one block."""
    tag_prime = tag + bytes([len(tag)])
    b_0 = hashlib.sha512(bytes(128) + message + (64).to_bytes(2, "big") + b"\x00" + tag_prime).digest()
    return hashlib.sha512(b_0 + b"\x01" + tag_prime).digest()


@dataclass(frozen=True)
class Suite:
    """One mode of the suite: OPRF (0x00) or VOPRF (0x01)."""

    mode: int

    @property
    def context(self) -> bytes:
        return b"OPRFV1-" + bytes([self.mode]) + b"-ristretto255-SHA512"

    def hash_to_group(self, message: bytes) -> bytes:
        point: bytes = sodium.crypto_core_ristretto255_from_hash(
            expand_message_xmd(message, b"HashToGroup-" + self.context)
        )
        return point

    def hash_to_scalar(self, message: bytes, label: bytes = b"HashToScalar-") -> bytes:
        scalar: bytes = sodium.crypto_core_ristretto255_scalar_reduce(expand_message_xmd(message, label + self.context))
        return scalar

    def derive_key_pair(self, seed: bytes, info: bytes) -> tuple[bytes, bytes]:
        for counter in range(256):
            secret = self.hash_to_scalar(seed + lp(info) + bytes([counter]), b"DeriveKeyPair")
            if secret != bytes(32):
                return secret, mult_generator(secret)
        raise ValueError("DeriveKeyPairError")

    def blind(self, data: bytes, blind: bytes) -> bytes:
        return bytes(mult(blind, self.hash_to_group(data)))

    def finalise(self, data: bytes, blind: bytes, evaluated: bytes) -> bytes:
        return self._output(data, mult(scalar_invert(blind), evaluated))

    def evaluate(self, secret: bytes, data: bytes) -> bytes:
        return self._output(data, mult(secret, self.hash_to_group(data)))

    def _output(self, data: bytes, element: bytes) -> bytes:
        return hashlib.sha512(lp(data) + lp(element) + b"Finalize").digest()

    def generate_proof(
        self, secret: bytes, public: bytes, asked: Sequence[bytes], answered: Sequence[bytes], nonce: bytes
    ) -> bytes:
        m, _ = self._composites(public, asked, answered)
        z = mult(secret, m)
        challenge = self._challenge(public, m, z, mult_generator(nonce), mult(nonce, m))
        return challenge + bytes(scalar_sub(nonce, scalar_mul(challenge, secret)))

    def verify_proof(self, public: bytes, asked: Sequence[bytes], answered: Sequence[bytes], proof: bytes) -> bool:
        challenge, response = proof[:32], proof[32:]
        m, z = self._composites(public, asked, answered)
        t2 = add(mult_generator(response), mult(challenge, public))
        t3 = add(mult(response, m), mult(challenge, z))
        return self._challenge(public, m, z, t2, t3) == challenge

    def _composites(self, public: bytes, asked: Sequence[bytes], answered: Sequence[bytes]) -> tuple[bytes, bytes]:
        seed = hashlib.sha512(lp(public) + lp(b"Seed-" + self.context)).digest()
        m = z = IDENTITY
        for position, (c, d) in enumerate(zip(asked, answered, strict=True)):
            factor = self.hash_to_scalar(lp(seed) + position.to_bytes(2, "big") + lp(c) + lp(d) + b"Composite")
            m, z = add(mult(factor, c), m), add(mult(factor, d), z)
        return m, z

    def _challenge(self, *elements: bytes) -> bytes:
        return self.hash_to_scalar(b"".join(lp(element) for element in elements) + b"Challenge")


def split(elements: bytes) -> list[bytes]:
    """The 32-byte elements that stand one after another."""
    return [elements[start : start + 32] for start in range(0, len(elements), 32)]


def answer(seed: bytes, info: bytes, blinded: bytes) -> bytes:
    """What the evaluator that holds DeriveKeyPair(seed, info) answers, in the form `hub.tokens` exchanges."""
    suite = Suite(VOPRF)
    secret, public = suite.derive_key_pair(seed, info)
    asked = split(blinded)
    answered = [bytes(mult(secret, element)) for element in asked]
    return suite.generate_proof(secret, public, asked, answered, random_scalar()) + b"".join(answered)
