from collections.abc import Callable

import pytest

from hub.tokens import Blinder, ElementError, EvaluationKey, KeyId, ProofError

SEED = bytes(range(32))
KEY = EvaluationKey.derive(SEED, KeyId("example", "2026-1", "phone"))
OTHER = EvaluationKey.derive(SEED, KeyId("example", "2026-1", "email"))
INPUTS = [b"one", b"two", b"three"]
ELEMENT = Blinder(KEY.public_key).blind([b"x"])

# RFC 9496, appendix A.2 and A.3: bytes that decode to no element, and the identity.
REFUSED_ELEMENTS = {
    "identity": bytes(32),
    "field element not reduced": bytes.fromhex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    "high bit set": bytes.fromhex("00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"),
    "negative field element": bytes.fromhex("0100000000000000000000000000000000000000000000000000000000000000"),
    "no square root": bytes.fromhex("26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371"),
}


def blinded_batch() -> tuple[Blinder, bytes]:
    blinder = Blinder(KEY.public_key)
    return blinder, blinder.blind(INPUTS)


def test_tokens_are_the_same_whatever_the_blinds() -> None:
    (first, asked), (second, asked_again) = blinded_batch(), blinded_batch()
    assert asked != asked_again
    assert first.finalise(KEY.evaluate(asked)) == second.finalise(KEY.evaluate(asked_again))


def test_tokens_have_32_bytes_and_stand_in_the_order_of_the_inputs() -> None:
    blinder, asked = blinded_batch()
    tokens = blinder.finalise(KEY.evaluate(asked))
    alone = Blinder(KEY.public_key)
    assert [len(token) for token in tokens] == [32, 32, 32]
    assert alone.finalise(KEY.evaluate(alone.blind(INPUTS[1:2]))) == tokens[1:2]


def test_tokens_of_two_types_differ() -> None:
    blinder, other = Blinder(KEY.public_key), Blinder(OTHER.public_key)
    assert blinder.finalise(KEY.evaluate(blinder.blind(INPUTS))) != other.finalise(OTHER.evaluate(other.blind(INPUTS)))


def test_evaluation_with_another_key_is_caught() -> None:
    blinder, asked = blinded_batch()
    with pytest.raises(ProofError, match="does not hold for the pinned public key"):
        blinder.finalise(OTHER.evaluate(asked))


@pytest.mark.parametrize(
    "alter",
    [
        lambda answer: bytes([answer[0] ^ 1]) + answer[1:],
        lambda answer: answer[:63] + bytes([answer[63] ^ 0x80]) + answer[64:],
        lambda answer: answer[:64] + ELEMENT + answer[96:],
        lambda answer: answer[:64] + bytes(32) + answer[96:],
        lambda answer: answer[:-32],
        lambda answer: answer[:-1],
        lambda answer: answer + b"\x00",
        lambda answer: answer + ELEMENT,
        lambda answer: answer[:64],
        lambda answer: b"",
    ],
    ids=[
        "bit of the proof flipped",
        "proof not canonical",
        "element replaced",
        "element identity",
        "element missing",
        "byte missing",
        "byte added",
        "element added",
        "proof only",
        "empty",
    ],
)
def test_altered_answer_is_caught(alter: Callable[[bytes], bytes]) -> None:
    blinder, asked = blinded_batch()
    with pytest.raises(ProofError):
        blinder.finalise(alter(KEY.evaluate(asked)))


def test_answer_of_another_length_is_named_by_both_lengths() -> None:
    blinder, asked = blinded_batch()
    with pytest.raises(ProofError, match="has 128 bytes, not 160"):
        blinder.finalise(KEY.evaluate(asked)[:-32])


def test_answer_to_another_batch_is_caught() -> None:
    blinder, _ = blinded_batch()
    _, other = blinded_batch()
    with pytest.raises(ProofError):
        blinder.finalise(KEY.evaluate(other))


def test_true_answer_is_taken_after_a_false_one() -> None:
    blinder, asked = blinded_batch()
    with pytest.raises(ProofError):
        blinder.finalise(OTHER.evaluate(asked))
    assert len(blinder.finalise(KEY.evaluate(asked))) == len(INPUTS)


def test_finalise_before_blind_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(RuntimeError, match="call blind first"):
        Blinder(KEY.public_key).finalise(b"")


def test_4096_inputs_are_tokenised() -> None:
    blinder = Blinder(KEY.public_key)
    inputs = [number.to_bytes(2, "big") for number in range(4_096)]
    assert len(set(blinder.finalise(KEY.evaluate(blinder.blind(inputs))))) == 4_096


@pytest.mark.parametrize("count", [0, 4_097])
def test_batch_of_no_or_too_many_inputs_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match=f"1 to 4096 inputs, not {count}"):
        Blinder(KEY.public_key).blind([b"x"] * count)


@pytest.mark.parametrize("size", [0, 65_535, 65_536])
def test_input_of_a_size_the_rfc_does_not_allow_is_refused_by_position(size: int) -> None:
    with pytest.raises(ValueError, match=f"input 1 has {size} bytes"):
        Blinder(KEY.public_key).blind([b"x", bytes(size)])


def test_input_of_65534_bytes_is_blinded() -> None:
    assert len(Blinder(KEY.public_key).blind([bytes(65_534)])) == 32


@pytest.mark.parametrize(
    "public_key",
    [b"", bytes(32), KEY.public_key + b"\x00", b"\xff" * 32],
    ids=["empty", "identity", "33 bytes", "not canonical"],
)
def test_public_key_that_is_none_is_refused(public_key: bytes) -> None:
    with pytest.raises(ValueError, match="public key"):
        Blinder(public_key)


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_seed_of_another_size_than_32_bytes_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match=f"32 bytes, not {size}"):
        EvaluationKey(bytes(size), b"info")


@pytest.mark.parametrize("element", REFUSED_ELEMENTS.values(), ids=REFUSED_ELEMENTS)
def test_element_that_is_none_is_refused_by_position(element: bytes) -> None:
    with pytest.raises(ElementError, match="element 2: not the canonical form") as refusal:
        KEY.evaluate(ELEMENT * 2 + element + ELEMENT)
    assert refusal.value.position == 2


@pytest.mark.parametrize("size", [0, 1, 31, 33, 63])
def test_batch_that_is_not_whole_elements_is_refused(size: int) -> None:
    with pytest.raises(ElementError, match=f"multiple of 32 bytes, not {size}") as refusal:
        KEY.evaluate((ELEMENT * 2)[:size])
    assert refusal.value.position is None


def test_batch_of_4097_elements_is_refused() -> None:
    with pytest.raises(ElementError, match="at most 4096 elements, not 4097"):
        KEY.evaluate(ELEMENT * 4_097)


def test_key_does_not_show_its_seed() -> None:
    assert SEED.hex() not in repr(KEY) + repr(vars(KEY))
