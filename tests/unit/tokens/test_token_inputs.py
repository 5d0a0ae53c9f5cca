import pytest

from hub.tokens import encode_input
from tests.unit.tokens.identifiers import Identifier

FRAME = len(b"\x01" + b"\x00\x05phone" + b"\x00\x011" + b"\x00\x00")


def test_input_is_laid_out_as_documented() -> None:
    assert encode_input(Identifier("phone", 12, "+4930é")) == b"\x01\x00\x05phone\x00\x0212\x00\x07+4930\xc3\xa9"


def test_input_of_1023_bytes_is_encoded() -> None:
    assert len(encode_input(Identifier("phone", 1, "x" * (1_023 - FRAME)))) == 1_023


def test_input_of_1024_bytes_is_refused() -> None:
    with pytest.raises(ValueError, match="takes 1024 bytes"):
        encode_input(Identifier("phone", 1, "x" * (1_024 - FRAME)))


def test_length_is_counted_in_bytes_not_characters() -> None:
    with pytest.raises(ValueError, match="bytes"):
        encode_input(Identifier("phone", 1, "é" * 510))


@pytest.mark.parametrize(
    "identifier", [Identifier("", 1, "x"), Identifier("phone", 1, ""), Identifier("phone", 0, "x")]
)
def test_identifier_that_was_not_canonicalised_is_refused(identifier: Identifier) -> None:
    with pytest.raises(ValueError, match="canonicalise it first"):
        encode_input(identifier)


@pytest.mark.parametrize("value", ["secret\ud800", "secret" * 200])
def test_refusal_does_not_hold_the_value(value: str) -> None:
    with pytest.raises(ValueError) as refusal:
        encode_input(Identifier("phone", 1, value))
    assert "secret" not in repr((refusal.value, refusal.value.__cause__, refusal.value.args))


def test_fields_cannot_be_shifted_into_each_other() -> None:
    assert encode_input(Identifier("ab", 1, "c")) != encode_input(Identifier("a", 1, "bc"))
