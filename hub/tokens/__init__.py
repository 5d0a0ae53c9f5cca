"""Private matching: how an identifier becomes a token without anyone but its owner seeing it (RFC 9497, VOPRF).

Pure: no web framework, no database, no clock, no files. The member's side is `encode_input` and `Blinder`, the key
holder's `EvaluationKey` and `seal`; both name keys by `KeyId`.
"""

from hub.tokens.inputs import CanonicalForm, encode_input
from hub.tokens.key_id import KeyId
from hub.tokens.sealing import SealError, Seed, seal, unseal
from hub.tokens.text import TOKEN_BYTES, format_token, parse_token
from hub.tokens.voprf import (
    ELEMENT_BYTES,
    MAX_ELEMENTS,
    PROOF_BYTES,
    SEED_BYTES,
    Blinder,
    ElementError,
    EvaluationKey,
    ProofError,
    check_batch_size,
)

__all__ = [
    "ELEMENT_BYTES",
    "MAX_ELEMENTS",
    "PROOF_BYTES",
    "SEED_BYTES",
    "TOKEN_BYTES",
    "Blinder",
    "CanonicalForm",
    "ElementError",
    "EvaluationKey",
    "KeyId",
    "ProofError",
    "SealError",
    "Seed",
    "check_batch_size",
    "encode_input",
    "format_token",
    "parse_token",
    "seal",
    "unseal",
]
