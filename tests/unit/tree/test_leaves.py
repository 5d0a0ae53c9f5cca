import base64
import hashlib
import hmac
import json
import subprocess
import sys
from itertools import count, groupby

import pytest
import rfc8785

from hub.tree.leaf import ID_BYTES, RUN, LeafError, commitment, new_id, opens, parse_leaf, seal_leaf, tag
from hub.tree.view import ViewError
from tests.unit.tree.views import FULL, ID, view

KEYS = [bytes([n]) * 32 for n in range(1, 18)]
VIEWS = [view(role=role) for role in ("actor", "owner", "auditor")]
SEALED = seal_leaf(ID, list(zip(KEYS, VIEWS, strict=False)))
LEAF = parse_leaf(SEALED.leaf)


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def written(pairs: list[tuple[bytes, bytes]], id: bytes = ID) -> bytes:
    """A leaf of (tag, commitment) pairs by the standard library."""
    listed = [{"c": b64(hidden), "t": b64(tagged)} for tagged, hidden in pairs]
    return json.dumps({"id": b64(id), "p": listed, "v": 1}, separators=(",", ":")).encode()


PAIRS = [(bytes([n]) * 16, bytes([n]) * 32) for n in (1, 2, 3, 4)]


def test_tag_is_the_hmac_of_the_specification() -> None:
    expected = hmac.new(KEYS[0], b"hub/tag/v1\n" + ID, hashlib.sha256).digest()[:16]
    assert tag(KEYS[0], ID) == expected


def test_commitment_is_the_hash_of_the_specification() -> None:
    expected = hashlib.sha256(b"hub/part/v1\n" + bytes(32) + rfc8785.dumps(FULL)).digest()
    assert commitment(bytes(32), FULL) == expected


def test_leaf_is_canonical_json_of_id_pairs_and_version() -> None:
    numbers = count()
    sealed = seal_leaf(ID, [(KEYS[0], VIEWS[0])], lambda length: bytes([next(numbers)]) * length)
    pairs = sorted([(tag(KEYS[0], ID), commitment(bytes(32), VIEWS[0])), (b"\1" * 16, b"\2" * 32)])
    assert sealed.leaf == rfc8785.dumps(
        {"id": b64(ID), "p": [{"c": b64(hidden), "t": b64(tagged)} for tagged, hidden in pairs], "v": 1}
    )


@pytest.mark.parametrize(("parts", "length"), [(1, 213), (2, 213), (3, 381), (4, 381), (5, 717), (9, 1389), (16, 1389)])
def test_leaf_shows_the_number_of_parties_as_a_size_class_only(parts: int, length: int) -> None:
    assert len(seal_leaf(ID, [(key, VIEWS[0]) for key in KEYS[:parts]]).leaf) == length


def test_parts_come_back_in_the_order_of_the_parties() -> None:
    assert [part.n for part in SEALED.parts] == [LEAF.place(key) for key in KEYS[:3]]


def test_each_party_opens_its_own_part() -> None:
    assert all(opens(LEAF, part.n, part.salt, view) for part, view in zip(SEALED.parts, VIEWS, strict=True))


def test_part_opens_by_the_bytes_of_its_view() -> None:
    assert all(opens(LEAF, part.n, part.salt, part.view) for part in SEALED.parts)


def test_part_does_not_open_by_another_view() -> None:
    assert not opens(LEAF, SEALED.parts[0].n, SEALED.parts[0].salt, VIEWS[1])


def test_part_does_not_open_by_another_salt() -> None:
    assert not opens(LEAF, SEALED.parts[0].n, SEALED.parts[1].salt, VIEWS[0])


def test_part_does_not_open_at_another_place() -> None:
    assert not opens(LEAF, SEALED.parts[1].n, SEALED.parts[0].salt, VIEWS[0])


@pytest.mark.parametrize("n", [-1, 4])
def test_part_beyond_the_leaf_does_not_open(n: int) -> None:
    assert not opens(LEAF, n, SEALED.parts[0].salt, VIEWS[0])


def test_salt_that_borrows_a_byte_of_the_view_does_not_open() -> None:
    part = SEALED.parts[0]
    assert not opens(LEAF, part.n, part.salt + part.view[:1], part.view[1:])


def test_holder_of_another_tag_key_finds_no_part() -> None:
    assert LEAF.place(KEYS[5]) is None


@pytest.mark.parametrize("parts", [0, 17])
def test_leaf_of_no_party_or_17_is_not_sealed(parts: int) -> None:
    with pytest.raises(LeafError, match="1 to 16"):
        seal_leaf(ID, [(key, VIEWS[0]) for key in KEYS[:parts]])


def test_leaf_of_two_parties_with_one_tag_key_is_not_sealed() -> None:
    with pytest.raises(LeafError, match="one tag key"):
        seal_leaf(ID, [(KEYS[0], VIEWS[0]), (KEYS[0], VIEWS[1])])


def test_tag_key_of_31_bytes_is_refused() -> None:
    with pytest.raises(LeafError, match="keys of 32"):
        seal_leaf(ID, [(bytes(31), VIEWS[0])])


def test_id_of_15_bytes_is_refused() -> None:
    with pytest.raises(LeafError, match="16 bytes"):
        seal_leaf(bytes(15), [(KEYS[0], VIEWS[0])])


def test_view_of_another_event_is_refused() -> None:
    with pytest.raises(ViewError, match="not the id of its leaf"):
        seal_leaf(bytes(16), [(KEYS[0], VIEWS[0])])


def test_view_that_may_not_stand_in_the_log_is_refused() -> None:
    with pytest.raises(ViewError, match=r"subject.ref"):
        seal_leaf(ID, [(KEYS[0], view(subject={"type": "seller", "ref": "seller@shop.example"}))])


def test_leaf_is_read_as_its_id_and_pairs() -> None:
    leaf = parse_leaf(written(PAIRS))
    assert (leaf.id, [(pair.tag, pair.commitment) for pair in leaf.pairs]) == (ID, PAIRS)


GOOD = written(PAIRS)
FIRST = f'{{"c":"{b64(PAIRS[0][1])}","t":"{b64(PAIRS[0][0])}"}}'.encode()


@pytest.mark.parametrize(
    "leaf",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        GOOD + b"\n",
        b"\xef\xbb\xbf" + GOOD,
        GOOD.replace(b",", b", "),
        GOOD.replace(b'"v":1', b'"v":2'),
        GOOD.replace(b'"v":1', b'"v":1.0'),
        GOOD.replace(b'"v":1', b'"v":1,"v":1'),
        GOOD.replace(b'"v":1', b'"v":1,"w":1'),
        GOOD.replace(b',"v":1', b""),
        b'{"v":1,' + GOOD[1:],
        GOOD.replace(b'{"c"', b'{"a":0,"c"'),
        GOOD.replace(b'"}', b'","t":"' + b64(PAIRS[0][0]).encode() + b'"}', 1),
        GOOD.replace(b"==", b"", 1),
        GOOD.replace(b64(ID).encode(), b64(ID)[:-3].encode() + b"x=="),
        GOOD.replace(b64(ID).encode(), b64(bytes(15)).encode()),
        GOOD.replace(b64(PAIRS[0][0]).encode(), b64(bytes(17)).encode()),
        GOOD.replace(b64(PAIRS[0][1]).encode(), b64(bytes(31)).encode()),
        GOOD.replace(FIRST, FIRST.replace(b'=","t"', b'","t"')),
        GOOD.replace(b'"id"', b'"\\u0069d"'),
        written([]),
        written(PAIRS[:1]),
        written(PAIRS[:3]),
        written([PAIRS[1], PAIRS[0]]),
        written([PAIRS[0], PAIRS[0]]),
        written([PAIRS[0], (PAIRS[0][0], PAIRS[1][1])]),
        written([(bytes([n]) * 16, bytes(32)) for n in range(17)]),
        written([(bytes([n]) * 16, bytes(32)) for n in range(32)]),
    ],
)
def test_leaf_of_another_form_is_refused(leaf: bytes) -> None:
    with pytest.raises(LeafError):
        parse_leaf(leaf)


def test_ids_of_a_run_begin_alike_and_are_all_different() -> None:
    ids = [new_id() for _ in range(3 * RUN)]
    beginnings = [beginning for beginning, _ in groupby(each[:2] for each in ids)]
    assert {len(each) for each in ids} == {ID_BYTES}
    assert len({*ids}) == len(ids)
    assert len(beginnings) <= 4  # three runs, of which the first was under way


def test_another_process_begins_its_runs_otherwise() -> None:
    told = "from hub.tree.leaf import new_id; print(new_id()[:2].hex())"
    begun = {
        subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout
        for _ in range(4)
    }
    assert len(begun) > 1
