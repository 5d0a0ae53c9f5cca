"""The vectors of RFC 9497, appendix A.1.1 and A.1.2, against both implementations."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hub.tokens import PROOF_BYTES, TOKEN_BYTES, Blinder, EvaluationKey
from tests.vectors.sodium_voprf import VOPRF, Suite, mult, split

FILE = Path(__file__).resolve().parents[3] / "shared/data/vectors/rfc9497.json"


@dataclass(frozen=True)
class Vector:
    mode: int
    seed: bytes
    info: bytes
    secret: bytes
    public: bytes
    inputs: list[bytes]
    blinds: list[bytes]
    blinded: list[bytes]
    evaluated: list[bytes]
    outputs: list[bytes]
    nonce: bytes
    proof: bytes


def read_vectors() -> list[Any]:
    if not FILE.exists():
        reason = pytest.mark.skip(reason="shared/data/vectors/rfc9497.json is not beside the checkout")
        return [pytest.param(None, marks=reason)]
    return [
        pytest.param(read_vector(suite, vector), id=f"mode{suite['mode']}-{number}")
        for suite in json.loads(FILE.read_text())
        for number, vector in enumerate(suite["vectors"], 1)
    ]


def read_vector(suite: dict[str, Any], vector: dict[str, Any]) -> Vector:
    def fields(name: str) -> list[bytes]:
        return [bytes.fromhex(text) for text in vector[name].split(",")]

    proof = vector.get("Proof", {"proof": "", "r": ""})
    return Vector(
        mode=suite["mode"],
        seed=bytes.fromhex(suite["seed"]),
        info=bytes.fromhex(suite["keyInfo"]),
        secret=bytes.fromhex(suite["skSm"]),
        public=bytes.fromhex(suite.get("pkSm", "")),
        inputs=fields("Input"),
        blinds=fields("Blind"),
        blinded=fields("BlindedElement"),
        evaluated=fields("EvaluationElement"),
        outputs=fields("Output"),
        nonce=bytes.fromhex(proof["r"]),
        proof=bytes.fromhex(proof["proof"]),
    )


VECTORS = read_vectors()
ours = pytest.mark.parametrize("vector", [v for v in VECTORS if v.values[0] is None or v.values[0].mode == VOPRF])
both = pytest.mark.parametrize("vector", VECTORS)


@both
def test_sodium_derives_the_key_of_the_rfc(vector: Vector) -> None:
    secret, public = Suite(vector.mode).derive_key_pair(vector.seed, vector.info)
    assert secret == vector.secret
    assert vector.public in (public, b"")  # mode 0 publishes none


@both
def test_sodium_blinds_as_the_rfc(vector: Vector) -> None:
    suite = Suite(vector.mode)
    assert [suite.blind(*pair) for pair in zip(vector.inputs, vector.blinds, strict=True)] == vector.blinded


@both
def test_sodium_evaluates_as_the_rfc(vector: Vector) -> None:
    assert [mult(vector.secret, element) for element in vector.blinded] == vector.evaluated


@both
def test_sodium_finalises_as_the_rfc(vector: Vector) -> None:
    triples = zip(vector.inputs, vector.blinds, vector.evaluated, strict=True)
    assert [Suite(vector.mode).finalise(*triple) for triple in triples] == vector.outputs


@both
def test_sodium_evaluates_a_known_input_as_the_rfc(vector: Vector) -> None:
    assert [Suite(vector.mode).evaluate(vector.secret, data) for data in vector.inputs] == vector.outputs


@ours
def test_sodium_proves_as_the_rfc(vector: Vector) -> None:
    proof = Suite(VOPRF).generate_proof(vector.secret, vector.public, vector.blinded, vector.evaluated, vector.nonce)
    assert proof == vector.proof


@ours
def test_sodium_verifies_the_proof_of_the_rfc(vector: Vector) -> None:
    assert Suite(VOPRF).verify_proof(vector.public, vector.blinded, vector.evaluated, vector.proof)


@ours
def test_sodium_refuses_the_proof_of_the_rfc_with_a_bit_flipped(vector: Vector) -> None:
    flipped = bytes([vector.proof[0] ^ 1]) + vector.proof[1:]
    assert not Suite(VOPRF).verify_proof(vector.public, vector.blinded, vector.evaluated, flipped)


@ours
def test_hub_derives_the_public_key_of_the_rfc(vector: Vector) -> None:
    assert EvaluationKey(vector.seed, vector.info).public_key == vector.public


@ours
def test_hub_evaluates_as_the_rfc(vector: Vector) -> None:
    answer = EvaluationKey(vector.seed, vector.info).evaluate(b"".join(vector.blinded))
    assert split(answer[PROOF_BYTES:]) == vector.evaluated


@ours
def test_hub_tokens_are_the_outputs_of_the_rfc_cut_to_32_bytes(vector: Vector) -> None:
    blinder = Blinder(vector.public)
    answer = EvaluationKey(vector.seed, vector.info).evaluate(blinder.blind(vector.inputs))
    assert blinder.finalise(answer) == [output[:TOKEN_BYTES] for output in vector.outputs]
