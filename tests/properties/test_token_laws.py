"""Laws of the tokens, and the agreement of two implementations that share no code."""

import string

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hub.tokens import (
    PROOF_BYTES,
    TOKEN_BYTES,
    Blinder,
    EvaluationKey,
    KeyId,
    ProofError,
    encode_input,
    format_token,
    parse_token,
)
from tests.unit.tokens.identifiers import Identifier
from tests.vectors.sodium_voprf import VOPRF, Suite, answer, random_scalar, split

law = settings(max_examples=50)
slow_law = settings(max_examples=25)

SEEDS = st.binary(min_size=32, max_size=32)
INFOS = st.binary(max_size=100)
BATCHES = st.lists(st.binary(min_size=1, max_size=200), min_size=1, max_size=5)
NAMES = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=20)
KEY_IDS = st.builds(KeyId, NAMES, NAMES, NAMES.filter(lambda name: name[0].isalpha()))
IDENTIFIERS = st.builds(
    Identifier,
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30),
    st.integers(1, 1_000),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=100),
)


@law
@given(SEEDS, INFOS)
def test_public_key_agrees_with_libsodium(seed: bytes, info: bytes) -> None:
    assert EvaluationKey(seed, info).public_key == Suite(VOPRF).derive_key_pair(seed, info)[1]


@law
@given(SEEDS, INFOS, BATCHES)
def test_tokens_agree_with_libsodium(seed: bytes, info: bytes, inputs: list[bytes]) -> None:
    key = EvaluationKey(seed, info)
    blinder = Blinder(key.public_key)
    tokens = blinder.finalise(key.evaluate(blinder.blind(inputs)))
    secret, _ = Suite(VOPRF).derive_key_pair(seed, info)
    assert tokens == [Suite(VOPRF).evaluate(secret, data)[:TOKEN_BYTES] for data in inputs]


@law
@given(SEEDS, INFOS, BATCHES)
def test_libsodium_accepts_the_proof_of_hub(seed: bytes, info: bytes, inputs: list[bytes]) -> None:
    key = EvaluationKey(seed, info)
    blinded = [Suite(VOPRF).blind(data, random_scalar()) for data in inputs]
    answered = key.evaluate(b"".join(blinded))
    assert Suite(VOPRF).verify_proof(key.public_key, blinded, split(answered[PROOF_BYTES:]), answered[:PROOF_BYTES])


@law
@given(SEEDS, INFOS, BATCHES)
def test_hub_accepts_the_proof_of_libsodium(seed: bytes, info: bytes, inputs: list[bytes]) -> None:
    secret, public = Suite(VOPRF).derive_key_pair(seed, info)
    blinder = Blinder(public)
    tokens = blinder.finalise(answer(seed, info, blinder.blind(inputs)))
    assert tokens == [Suite(VOPRF).evaluate(secret, data)[:TOKEN_BYTES] for data in inputs]


@slow_law
@given(SEEDS, BATCHES, st.data())
def test_answer_with_any_bit_flipped_is_refused(seed: bytes, inputs: list[bytes], data: st.DataObject) -> None:
    key = EvaluationKey(seed, b"")
    blinder = Blinder(key.public_key)
    answered = bytearray(key.evaluate(blinder.blind(inputs)))
    bit = data.draw(st.integers(0, 8 * len(answered) - 1))
    answered[bit // 8] ^= 1 << bit % 8
    with pytest.raises(ProofError):
        blinder.finalise(bytes(answered))


@slow_law
@given(SEEDS, st.lists(st.binary(min_size=1), min_size=2, max_size=5, unique=True))
def test_answer_in_another_order_is_refused(seed: bytes, inputs: list[bytes]) -> None:
    key = EvaluationKey(seed, b"")
    blinder = Blinder(key.public_key)
    answered = key.evaluate(blinder.blind(inputs))
    with pytest.raises(ProofError):
        blinder.finalise(answered[:PROOF_BYTES] + b"".join(reversed(split(answered[PROOF_BYTES:]))))


@law
@given(KEY_IDS, KEY_IDS)
def test_key_ids_that_differ_derive_different_keys(one: KeyId, other: KeyId) -> None:
    assume(one != other)
    seed = bytes(32)
    assert EvaluationKey.derive(seed, one).public_key != EvaluationKey.derive(seed, other).public_key


@law
@given(IDENTIFIERS)
def test_encoded_input_can_be_read_back(identifier: Identifier) -> None:
    rest, fields = encode_input(identifier)[1:], []
    while rest:
        end = 2 + int.from_bytes(rest[:2], "big")
        fields.append(rest[2:end].decode())
        rest = rest[end:]
    assert fields == [identifier.type, str(identifier.rule), identifier.value]


@law
@given(KEY_IDS)
def test_key_id_is_read_as_it_was_written(key_id: KeyId) -> None:
    assert KeyId.parse(str(key_id)) == key_id


@law
@given(KEY_IDS, st.binary(min_size=TOKEN_BYTES, max_size=TOKEN_BYTES))
def test_token_text_is_read_as_it_was_written(key_id: KeyId, token: bytes) -> None:
    assert parse_token(format_token(key_id, token)) == (key_id, token)


@law
@given(st.from_regex(r"t1\.[a-z]\.[a-z]\.[a-z]\.[A-Za-z0-9_=+/-]{42,44}", fullmatch=True))
def test_token_has_one_text_only(text: str) -> None:
    try:
        key_id, token = parse_token(text)
    except ValueError:
        return
    assert format_token(key_id, token) == text
