from base64 import b64decode

import pytest

from hub.tokens import SealError, Seed, seal, unseal

PASSPHRASE = "correct horse battery staple"
SEED = Seed("example", bytes(range(32)))
# Sealed once and kept: what an earlier release wrote must open for ever.
SEALED = b64decode(
    "YWhzZWVkAXho9InmdyiSOKqbAsh1c4gZgE7lJDtBRMaFEXMHZXhhbXBsZV6gdtqO4O71Kz4JrtrvWffXqHBVuBgMXYzx826Is6bcY5kymh3zrOKmny2h"
    "jkJsIQ=="
)
NAME = SEALED.index(b"example")


def test_seed_sealed_by_an_earlier_release_opens() -> None:
    assert unseal(SEALED, PASSPHRASE) == SEED


def test_seed_sealed_now_opens() -> None:
    assert unseal(seal(SEED, "passphrase of another"), "passphrase of another") == SEED


def test_wrong_passphrase_is_refused() -> None:
    with pytest.raises(SealError, match="the passphrase is wrong"):
        unseal(SEALED, PASSPHRASE + " ")


@pytest.mark.parametrize(
    "place", [7, NAME - 2, NAME, len(SEALED) - 1], ids=["salt", "nonce", "alliance's name", "ciphertext"]
)
def test_changed_byte_is_refused(place: int) -> None:
    changed = bytearray(SEALED)
    changed[place] ^= 1
    with pytest.raises(SealError, match="was changed"):
        unseal(bytes(changed), PASSPHRASE)


@pytest.mark.parametrize("size", range(len(SEALED)))
def test_sealed_seed_cut_short_is_refused(size: int) -> None:
    with pytest.raises(SealError, match="restore the file from a backup"):
        unseal(SEALED[:size], PASSPHRASE)


def test_sealed_seed_with_a_byte_added_is_refused() -> None:
    with pytest.raises(SealError, match="bytes added"):
        unseal(SEALED + b"\n", PASSPHRASE)


def test_format_of_a_later_release_is_refused_by_its_number() -> None:
    with pytest.raises(SealError, match="format 2"):
        unseal(SEALED[:6] + b"\x02" + SEALED[7:], PASSPHRASE)


def test_sealing_twice_shows_nothing_in_common() -> None:
    assert seal(SEED, PASSPHRASE)[7:35] != seal(SEED, PASSPHRASE)[7:35]


def test_sealing_under_an_empty_passphrase_is_refused() -> None:
    with pytest.raises(SealError, match="empty"):
        seal(SEED, "")


def test_seed_of_31_bytes_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes, not 31"):
        Seed("example", bytes(31))


def test_seed_of_an_alliance_without_a_proper_name_is_refused() -> None:
    with pytest.raises(ValueError, match="alliance"):
        Seed("Example.Alliance", bytes(32))


def test_seed_does_not_show_its_bytes() -> None:
    assert repr(SEED) == "Seed(alliance='example')"
