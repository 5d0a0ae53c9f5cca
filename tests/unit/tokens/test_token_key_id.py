import pytest

from hub.tokens import KeyId


def test_key_id_is_written_with_dots() -> None:
    assert str(KeyId("example", "2026-1", "phone")) == "example.2026-1.phone"


def test_derivation_info_is_written_with_bars() -> None:
    assert KeyId("example", "2026-1", "phone").derivation_info == b"example|2026-1|phone"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example",
        "example.2026",
        "example.2026.phone.x",
        ".2026.phone",
        "example..phone",
        "example.2026.",
        "Example.2026.phone",
        "example.2026.Phone",
        "example.2026|x.phone",
        "-example.2026.phone",
        "example.2026.9phone",
        "example.2026.phone\n",
        "exämple.2026.phone",
        "example.２.phone",
        "a" * 64 + ".2026.phone",
        "example." + "2" * 33 + ".phone",
        "example.2026." + "p" * 33,
        "example.2026/../x.phone",
    ],
)
def test_key_id_that_is_not_well_formed_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="key id"):
        KeyId.parse(text)


def test_key_id_with_a_dot_in_a_part_is_refused() -> None:
    with pytest.raises(ValueError, match="epoch of a key id"):
        KeyId("example", "2026.1", "phone")
