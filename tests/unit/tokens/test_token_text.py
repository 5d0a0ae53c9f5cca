import pytest

from hub.tokens import KeyId, format_token, parse_token

KEY = KeyId("example", "2026-1", "phone")
TOKEN = bytes(range(32))
TEXT = "t1.example.2026-1.phone.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"


def test_token_is_written_with_its_key_id_and_without_padding() -> None:
    assert format_token(KEY, TOKEN) == TEXT


def test_token_text_gives_key_id_and_bytes() -> None:
    assert parse_token(TEXT) == (KEY, TOKEN)


def test_token_of_31_bytes_is_not_written() -> None:
    with pytest.raises(ValueError, match="32 bytes, not 31"):
        format_token(KEY, TOKEN[:31])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "t1",
        "t2" + TEXT[2:],
        TEXT + "=",
        TEXT[:-1],
        TEXT[:-1] + "9",  # the spare two bits are set
        TEXT[:-3] + "!" + TEXT[-2:],
        TEXT[:-3] + "é" + TEXT[-2:],
        TEXT + "\n",
        TEXT.replace("phone.", "phone"),
        TEXT.replace("example", "Example"),
    ],
)
def test_text_that_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_token(text)


def test_refusal_does_not_hold_the_token() -> None:
    with pytest.raises(ValueError) as refusal:
        parse_token(TEXT + "A")
    assert TEXT[-40:] not in repr((refusal.value, refusal.value.__cause__))
