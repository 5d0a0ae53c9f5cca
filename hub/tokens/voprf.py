"""RFC 9497 VOPRF(ristretto255, SHA-512), mode 0x01, over the pinned package `voprf` 0.2.0.

The checks here stand around what that package lets pass: a seed of 31 bytes, bytes after an element, inputs of 65,536
bytes, empty batches, and a proof that does not verify, for which it panics instead of raising. A batch holds the
interpreter lock until it is done, hence the limit of 4,096 elements and processes instead of threads.
"""

from collections.abc import Sequence
from typing import Self

from voprf.ristretto import BlindedInput, Client, Evaluator, PublicKey, VerifiableBatchOutput

from hub.tokens.key_id import KeyId
from hub.tokens.text import TOKEN_BYTES

ELEMENT_BYTES = 32
PROOF_BYTES = 64
SEED_BYTES = 32
MAX_ELEMENTS = 4_096
_MAX_INPUT_BYTES = 65_534  # RFC 9497, section 5.1: "smaller than 2^16 - 1"


class ProofError(ValueError):
    """The evaluator's answer is not proven to come from the key that was expected: use none of it, and report it."""


class ElementError(ValueError):
    """Blinded elements that cannot be evaluated.

    `position` counts elements from 0, and is None where the whole batch is at fault; `reason` says what is wrong.
    """

    def __init__(self, position: int | None, reason: str) -> None:
        super().__init__(reason if position is None else f"element {position}: {reason}")
        self.position = position
        self.reason = reason


class Blinder:
    """The client's side of one batch: `blind`, have the answer fetched, `finalise`.

    `public_key` is the 32-byte key that the member pinned; ValueError if it is not the encoding of one. Not to be
    shared between threads, and cannot be pickled: it holds the blinds, which must not leave the process.
    """

    def __init__(self, public_key: bytes) -> None:
        self._public_key = PublicKey.deserialize(public_key)
        self._clients: list[Client] = []

    def blind(self, inputs: Sequence[bytes]) -> bytes:
        """Return the blinded elements of 1 to 4,096 inputs, n * 32 bytes in their order (RFC 9497, section 3.3.1).

        Each call draws new blinds and forgets those of the call before. Raises ValueError for no or too many inputs,
        and for an input that is empty or longer than 65,534 bytes, naming its position and not its content.
        """
        if not 1 <= len(inputs) <= MAX_ELEMENTS:
            raise ValueError(f"a batch has 1 to {MAX_ELEMENTS} inputs, not {len(inputs)}")
        for position, data in enumerate(inputs):
            if not 1 <= len(data) <= _MAX_INPUT_BYTES:
                raise ValueError(f"input {position} has {len(data)} bytes, it must have 1 to {_MAX_INPUT_BYTES}")
        pairs = [Client.blind(data) for data in inputs]
        self._clients = [client for client, _ in pairs]
        return b"".join(blinded.serialize() for _, blinded in pairs)

    def finalise(self, answer: bytes) -> list[bytes]:
        """Verify the evaluator's `answer` (64-byte proof ‖ n * 32) to the last `blind` and return its n tokens.

        Tokens come in the order of the inputs: the first 32 bytes of each 64-byte output (RFC 9497, section 3.3.2).
        Raises ProofError unless the proof shows that every element was evaluated with the pinned key; RuntimeError
        before `blind`. May be called again, with another answer to the same batch.
        """
        if not self._clients:
            raise RuntimeError("nothing was blinded yet: call blind first")
        expected = PROOF_BYTES + ELEMENT_BYTES * len(self._clients)
        if len(answer) != expected:
            raise ProofError(f"the evaluator's answer has {len(answer)} bytes, not {expected}")
        try:
            outputs = Client.finalize_batch(self._clients, VerifiableBatchOutput.deserialize(answer), self._public_key)
        except ValueError as error:
            raise ProofError(f"the evaluator's answer cannot be read: {error}") from error
        except BaseException as error:
            # voprf 0.2.0 unwraps the failed verification of a batch: a Rust panic, which pyo3 raises as a class that
            # has no importable name and is no Exception.
            if type(error).__module__ != "pyo3_runtime":
                raise
            raise ProofError("the proof in the evaluator's answer does not hold for the pinned public key") from None
        return [output[:TOKEN_BYTES] for output in outputs]


class EvaluationKey:
    """The key holder's side: one private key, and what it answers. Only the evaluator's process makes one.

    The key is DeriveKeyPair(seed, info) of RFC 9497, section 3.2.1. Raises ValueError unless the seed has 32 bytes.
    """

    def __init__(self, seed: bytes, info: bytes) -> None:
        if len(seed) != SEED_BYTES:
            raise ValueError(f"a seed has {SEED_BYTES} bytes, not {len(seed)}")
        self._evaluator = Evaluator.from_seed(seed, info)
        self.public_key: bytes = self._evaluator.public_key.serialize()

    @classmethod
    def derive(cls, seed: bytes, key_id: KeyId) -> Self:
        """Return the key that `key_id` names under `seed`: the same for ever, and unrelated to that of any other id."""
        return cls(seed, key_id.derivation_info)

    def evaluate(self, blinded: bytes) -> bytes:
        """Return 64-byte proof ‖ n * 32 bytes for `blinded`, 1 to 4,096 elements of 32 bytes (RFC 9497, section 3.3.2).

        The elements are the same at every call, the proof is not. Raises ElementError for a batch of another shape, and
        for the first element that is the identity or not in canonical form.
        """
        check_batch_size(len(blinded))
        elements = []
        for start in range(0, len(blinded), ELEMENT_BYTES):
            try:
                elements.append(BlindedInput.deserialize(blinded[start : start + ELEMENT_BYTES]))
            except ValueError as error:
                reason = "not the canonical form of a ristretto255 element other than the identity (RFC 9496)"
                raise ElementError(start // ELEMENT_BYTES, reason) from error
        return self._evaluator.evaluate_batch(elements).serialize()


def check_batch_size(size: int) -> None:
    """Raise ElementError unless `size` bytes are 1 to 4,096 whole elements."""
    if size == 0 or size % ELEMENT_BYTES:
        raise ElementError(None, f"a batch is a non-empty multiple of {ELEMENT_BYTES} bytes, not {size}")
    if size > MAX_ELEMENTS * ELEMENT_BYTES:
        raise ElementError(None, f"a batch has at most {MAX_ELEMENTS} elements, not {size // ELEMENT_BYTES}")
