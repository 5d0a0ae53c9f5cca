import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.evidence.chunks import CHUNK, TAG, DamagedFileError, open_chunks, seal_chunks, sealed_size

KEY, OTHER = secrets.token_bytes(32), secrets.token_bytes(32)
CONTENT = secrets.token_bytes(2 * CHUNK + 77)


def sealed(content: bytes = CONTENT, key: bytes = KEY, name: str = "f_one") -> list[bytes]:
    return list(seal_chunks([content], key, name))


def opened(chunks: list[bytes], key: bytes = KEY, name: str = "f_one", count: int | None = None) -> bytes:
    return b"".join(open_chunks(chunks, len(chunks) if count is None else count, key, name))


def test_a_file_comes_back_as_it_was() -> None:
    assert opened(sealed()) == CONTENT


@pytest.mark.parametrize("size", [1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_the_sealed_size_is_known_beforehand(size: int) -> None:
    chunks = sealed(bytes(size))
    assert sum(map(len, chunks)) == sealed_size(size)
    assert {len(each) for each in chunks[:-1]} <= {CHUNK + TAG}


@given(st.lists(st.integers(1, CHUNK), min_size=1, max_size=4))
def test_it_is_sealed_alike_however_it_is_cut(sizes: list[int]) -> None:
    content, pieces, at = bytes(sum(sizes)), [], 0
    for size in sizes:
        pieces.append(content[at : at + size])
        at += size
    assert list(seal_chunks(pieces, KEY, "f")) == list(seal_chunks([content], KEY, "f"))


def test_no_chunk_is_like_another_of_the_same_content() -> None:
    assert len(set(sealed(bytes(4 * CHUNK)))) == 4


CHUNKS = sealed()
DAMAGED = {
    "a bit of a chunk changed": [CHUNKS[0], bytes([CHUNKS[1][0] ^ 1]) + CHUNKS[1][1:], CHUNKS[2]],
    "two chunks changed places": [CHUNKS[1], CHUNKS[0], CHUNKS[2]],
    "a chunk repeated": [CHUNKS[0], CHUNKS[0], CHUNKS[2]],
    "the last chunk cut short": [*CHUNKS[:2], CHUNKS[2][:-1]],
    "the last chunk shorter than its tag": [*CHUNKS[:2], CHUNKS[2][:5]],
    "the last chunk gone": CHUNKS[:2],
    "the first chunk gone": CHUNKS[1:],
    "a chunk behind the last": [*CHUNKS, CHUNKS[2]],
    "a chunk of another file": [sealed(key=OTHER)[0], *CHUNKS[1:]],
    "all of another file": sealed(key=OTHER),
    "a chunk of another file under the same key": [sealed(name="f_two")[0], *CHUNKS[1:]],
    "nothing left": [],
}


@pytest.mark.parametrize("circumstance", DAMAGED)
@pytest.mark.parametrize("told", ["as stored", "as found"])
def test_damage_is_noticed(circumstance: str, told: str) -> None:
    chunks = DAMAGED[circumstance]
    count = len(CHUNKS) if told == "as stored" or not chunks else len(chunks)
    with pytest.raises(DamagedFileError):
        opened(chunks, count=count)


def test_another_key_opens_nothing() -> None:
    with pytest.raises(DamagedFileError):
        opened(CHUNKS, key=OTHER)


def test_what_opens_before_the_damage_is_what_was_stored() -> None:
    given_out = []
    with pytest.raises(DamagedFileError):
        given_out.extend(open_chunks([CHUNKS[0], CHUNKS[2]], 3, KEY, "f_one"))
    assert given_out == [CONTENT[:CHUNK]]
