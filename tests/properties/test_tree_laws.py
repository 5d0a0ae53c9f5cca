"""Laws of the log: what is written is read back, what is changed is refused and never crashes, and nobody shows."""

import base64
import hashlib
import json
from collections.abc import Callable
from itertools import count
from typing import Any
from uuid import UUID

import jcs  # type: ignore[import-untyped]
import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from hub.tree import merkle, tiles
from hub.tree.checkpoint import CheckpointBody, open_checkpoint
from hub.tree.leaf import SIZES, LeafError, SealedLeaf, opens, parse_leaf, seal_leaf
from hub.tree.merkle import ProofError, leaf_hash
from hub.tree.note import COSIGNATURE_V1, LATEST, NoteError, Signer, Verifier, open_note, split_note
from hub.tree.readable import readable
from hub.tree.tlog_proof import TlogProof
from hub.tree.view import ViewError, canonical_bytes, check_view, checked_bytes
from tests.unit.tree.logs import Log, log_of
from tests.unit.tree.views import FULL, ID, view

law = settings(max_examples=60)

LOG = log_of(1200)
SUBTREE = tiles.subtrees(LOG.read)
KEY = Signer("hub.example/audit", Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32))
WITNESS = Signer("w.example", Ed25519PrivateKey.from_private_bytes(bytes([2]) * 32), COSIGNATURE_V1)
TEXT = CheckpointBody("hub.example/audit", LOG.size, LOG.root).encode()
NOTE = KEY.sign(TEXT) + WITNESS.line(TEXT, 1_800_000_000)
RECEIPT = TlogProof(7, tuple(merkle.inclusion_proof(7, LOG.size, SUBTREE)), NOTE).encode()

SIZES_OF_TREES = st.integers(1, LOG.size)
NOTE_TEXTS = st.text(st.characters(exclude_categories=["Cs"], min_codepoint=0x20), max_size=80).map(lambda x: x + "\n")
LINES = st.text(st.characters(exclude_categories=["Cs"], min_codepoint=0x20), min_size=1, max_size=40)
HASHES = st.binary(min_size=32, max_size=32)


@st.composite
def one_byte_changed(draw: st.DrawFn, data: bytes) -> bytes:
    """The data with one byte another one, gone, or doubled."""
    at, how = draw(st.integers(0, len(data) - 1)), draw(st.sampled_from(["change", "drop", "double", "cut"]))
    if how == "change":
        return data[:at] + bytes([data[at] ^ draw(st.integers(1, 255))]) + data[at + 1 :]
    return {"drop": data[:at] + data[at + 1 :], "double": data[: at + 1] + data[at:], "cut": data[:at]}[how]


def only_raises(act: Callable[[], object], *refusals: type[Exception]) -> bool:
    """Whether the act was refused in one of the ways it promises; any other exception fails the test."""
    try:
        act()
    except refusals:
        return True
    return False


# --- tree


@law
@given(st.lists(st.integers(0, 700), max_size=6))
def test_tiles_do_not_depend_on_the_batches_that_grew_them(batches: list[int]) -> None:
    log = Log()
    for batch in batches:
        log.append(b"entry %d" % index for index in range(log.size, log.size + batch))
    assert log.rows == log_of(sum(batches)).rows


@law
@given(SIZES_OF_TREES, st.data())
def test_every_leaf_is_proven_in_every_tree_that_holds_it(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(index, size, SUBTREE)
    merkle.verify_inclusion(index, size, leaf_hash(LOG.entries[index]), proof, tiles.root(size, LOG.read))


@law
@given(SIZES_OF_TREES, st.data())
def test_every_tree_is_proven_to_extend_every_smaller_one(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    proof = merkle.consistency_proof(old, size, SUBTREE)
    merkle.verify_consistency(old, tiles.root(old, LOG.read), size, tiles.root(size, LOG.read), proof)


@law
@given(SIZES_OF_TREES, st.data())
def test_inclusion_proof_with_one_changed_byte_is_refused(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    given = [leaf_hash(LOG.entries[index]), tiles.root(size, LOG.read), *merkle.inclusion_proof(index, size, SUBTREE)]
    at = data.draw(st.integers(0, len(given) - 1))
    given[at] = data.draw(one_byte_changed(given[at]))
    with pytest.raises(ProofError):
        merkle.verify_inclusion(index, size, given[0], given[2:], given[1])


@law
@given(SIZES_OF_TREES, st.data())
def test_consistency_proof_with_one_changed_byte_is_refused(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    roots = [tiles.root(old, LOG.read), tiles.root(size, LOG.read)]
    given = [*roots, *merkle.consistency_proof(old, size, SUBTREE)]
    at = data.draw(st.integers(0, len(given) - 1))
    given[at] = data.draw(one_byte_changed(given[at]))
    with pytest.raises(ProofError):
        merkle.verify_consistency(old, given[0], size, given[1], given[2:])


@law
@given(st.integers(), st.integers(), HASHES, st.lists(HASHES, max_size=70), HASHES)
@example((1 << 70) + 1, 1 << 71, bytes(32), [bytes(32)] * 71, bytes(32))
def test_arbitrary_proof_is_refused_and_never_crashes(
    first: int, second: int, hash: bytes, proof: list[bytes], root: bytes
) -> None:
    assume(hash != root)
    with pytest.raises(ProofError):
        merkle.verify_inclusion(first, second, hash, proof, root)
    with pytest.raises(ProofError):
        merkle.verify_consistency(first, hash, second, root, proof)


@law
@given(st.data())
def test_tile_with_one_changed_byte_is_refused(data: st.DataObject) -> None:
    place = data.draw(st.sampled_from(sorted(LOG.rows)))
    rows = {**LOG.rows, place: data.draw(one_byte_changed(LOG.rows[place]))}
    assume(not rows[place].startswith(LOG.rows[place]))  # a row may be longer than a size needs
    with pytest.raises(ProofError):
        list(tiles.authenticate(LOG.size, LOG.root, lambda level, n: rows[level, n]))


@law
@given(st.one_of(st.none(), st.integers(0, 63)), st.integers(0, 2**55), st.integers(1, 256))
def test_tile_path_is_read_back(level: int | None, n: int, width: int) -> None:
    assert tiles.parse_tile_path(tiles.tile_path(level, n, width)) == (level, n, width)


@law
@given(st.text("0123456789x/.pentris", max_size=30))
def test_path_is_refused_or_the_one_spelling_of_its_tile(path: str) -> None:
    try:
        tile = tiles.parse_tile_path(path)
    except ValueError:
        return
    assert tiles.tile_path(*tile) == path


@law
@given(SIZES_OF_TREES, SIZES_OF_TREES)
def test_layout_since_a_size_is_what_that_size_lacks(one: int, other: int) -> None:
    old, new = sorted([one, other])
    full = {(level, n) for level, n, width in tiles.layout(old) if width == tiles.WIDTH}
    assert list(tiles.layout(new, old)) == [tile for tile in tiles.layout(new) if tile[:2] not in full]


@law
@given(st.lists(st.binary(max_size=300), max_size=256))
def test_bundle_is_read_back(entries: list[bytes]) -> None:
    assert tiles.decode_bundle(tiles.encode_bundle(entries), len(entries)) == entries


@law
@given(st.binary(max_size=600))
def test_arbitrary_bundle_is_refused_or_has_one_spelling(bundle: bytes) -> None:
    try:
        entries = tiles.decode_bundle(bundle)
    except ProofError:
        return
    assert tiles.encode_bundle(entries) == bundle


# --- notes, checkpoints, receipts


@law
@given(NOTE_TEXTS, st.binary(min_size=32, max_size=32))
def test_note_opens_to_the_text_that_was_signed(text: str, seed: bytes) -> None:
    signer = Signer("a.example/key", Ed25519PrivateKey.from_private_bytes(seed))
    assert open_note(signer.sign(text), [Verifier.parse(signer.verifier.vkey)]).text == text


@law
@given(st.integers(0, LATEST))
def test_cosignature_states_the_time_it_was_made_with(time: int) -> None:
    assert open_note(WITNESS.sign(TEXT, time), [WITNESS.verifier]).signed_by == {WITNESS.verifier.vkey: time}


@law
@given(st.data())
def test_note_with_one_changed_byte_is_refused_or_lost_a_line(data: st.DataObject) -> None:
    changed = data.draw(one_byte_changed(NOTE.encode())).decode("utf-8", "surrogateescape")
    try:
        opened = open_note(changed, [KEY.verifier, WITNESS.verifier])
    except NoteError:
        return
    # A changed name or key hash makes the line an unknown key's; the text stays what was signed.
    assert opened.text == TEXT
    assert len(opened.signed_by) == 1


@law
@given(st.text(max_size=200), st.booleans())
def test_arbitrary_text_is_refused_as_note_and_never_crashes(text: str, framed: bool) -> None:
    note = f"{text}\n\n— {KEY.verifier.name} {text}\n" if framed else text
    assert only_raises(lambda: open_note(note, [KEY.verifier]), NoteError)


@law
@given(LINES, st.integers(1, 2**63 - 1), HASHES, st.lists(LINES, max_size=3))
def test_checkpoint_is_read_back(origin: str, size: int, root: bytes, extensions: list[str]) -> None:
    body = CheckpointBody(origin, size, root, tuple(extensions))
    assert open_checkpoint(KEY.sign(body.encode()), origin, [KEY.verifier])[0] == body


@law
@given(st.integers(0, 2**63 - 1), st.lists(HASHES, max_size=63), st.one_of(st.none(), st.binary(max_size=40)))
def test_receipt_is_read_back(index: int, path: list[bytes], extra: bytes | None) -> None:
    proof = TlogProof(index, tuple(path), NOTE, extra)
    assert TlogProof.parse(proof.encode()) == proof


@law
@given(st.data())
def test_receipt_with_one_changed_byte_is_refused_or_lost_the_witness(data: st.DataObject) -> None:
    changed = data.draw(one_byte_changed(RECEIPT.encode())).decode("utf-8", "surrogateescape")
    try:
        proof = TlogProof.parse(changed)
        stated, note = proof.verify(leaf_hash(LOG.entries[7]), "hub.example/audit", [KEY.verifier], [WITNESS.verifier])
    except (ProofError, NoteError):
        return
    assert (stated.root, proof.index) == (LOG.root, 7)
    assert set(note.signed_by) == {KEY.verifier.vkey}


@law
@given(st.text(max_size=200))
def test_arbitrary_text_is_refused_as_receipt_and_key_and_checkpoint(text: str) -> None:
    assert only_raises(lambda: TlogProof.parse(text), ProofError, NoteError)
    assert only_raises(lambda: TlogProof.parse(f"c2sp.org/tlog-proof@v1\nindex 0\n\n{text}"), ProofError, NoteError)
    assert only_raises(lambda: Verifier.parse(text), NoteError)
    assert only_raises(lambda: CheckpointBody.parse(text), NoteError)
    assert only_raises(lambda: split_note(text), NoteError)


# --- leaves and views


def sealed(parties: int) -> tuple[list[bytes], SealedLeaf]:
    """A leaf of so many parties, with bytes that look random and are the same in every run."""
    numbers = count()

    def random(length: int) -> bytes:
        return hashlib.shake_256(b"%d" % next(numbers)).digest(length)

    keys = [random(32) for _ in range(parties)]
    return keys, seal_leaf(ID, [(key, view(counts={"asked": n})) for n, key in enumerate(keys)], random)


@law
@given(st.integers(1, 16))
def test_sealed_leaf_is_read_and_opened_by_each_party_at_its_place(parties: int) -> None:
    keys, result = sealed(parties)
    leaf = parse_leaf(result.leaf)
    for number, (key, part) in enumerate(zip(keys, result.parts, strict=True)):
        assert leaf.place(key) == part.n
        assert opens(leaf, part.n, part.salt, view(counts={"asked": number}))


@law
@given(st.integers(1, 16))
def test_leaf_is_padded_to_the_next_size_class(parties: int) -> None:
    _, result = sealed(parties)
    assert len(parse_leaf(result.leaf).pairs) == min(size for size in SIZES if size >= parties)


@law
@given(st.integers(1, 16))
def test_one_view_sealed_twice_shares_no_commitment_and_no_tag_across_leaves(parties: int) -> None:
    keys = [bytes([n]) * 32 for n in range(parties)]
    other = bytes(16)
    other_view = view(id=base64.b64encode(other).decode())
    one = parse_leaf(seal_leaf(ID, [(key, view()) for key in keys]).leaf)
    two = parse_leaf(seal_leaf(other, [(key, other_view) for key in keys]).leaf)
    assert not {value for pair in one.pairs for value in pair} & {value for pair in two.pairs for value in pair}


@law
@given(st.integers(1, 16))
def test_leaf_is_canonical_by_two_other_implementations(parties: int) -> None:
    _, result = sealed(parties)
    read = json.loads(result.leaf)
    assert result.leaf == rfc8785.dumps(read) == jcs.canonicalize(read)


@law
@given(st.integers(1, 5), st.data())
def test_leaf_with_one_changed_byte_is_refused_or_another_leaf(parties: int, data: st.DataObject) -> None:
    _, result = sealed(parties)
    changed = data.draw(one_byte_changed(result.leaf))
    assume(changed != result.leaf)
    try:
        leaf = parse_leaf(changed)
    except LeafError:
        return
    assert leaf != parse_leaf(result.leaf)


@law
@given(st.one_of(st.binary(max_size=300), st.text(max_size=100).map(lambda text: json.dumps({"id": text}).encode())))
def test_arbitrary_bytes_are_refused_as_leaf(leaf: bytes) -> None:
    assert only_raises(lambda: parse_leaf(leaf), LeafError)


CODES = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=256).filter(lambda text: readable(text) is None)
VIEWS = st.builds(
    lambda member, purpose, ref, counts: view(
        member=member, purpose=purpose, subject={"ref": ref, "type": "key"}, counts=counts
    ),
    st.one_of(st.none(), CODES),
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters="@:0123456789"), min_size=1),
    CODES,
    st.dictionaries(st.text("abc_", min_size=1, max_size=8), st.integers(-(2**53) + 1, 2**53 - 1), max_size=5),
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53) + 1, 2**53 - 1), st.floats(allow_nan=False), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=10,
)


@law
@given(VIEWS)
@example(FULL)
def test_bytes_of_a_checked_view_are_those_of_two_other_implementations(view: dict[str, Any]) -> None:
    assert checked_bytes(view) == canonical_bytes(view) == rfc8785.dumps(view) == jcs.canonicalize(view)


@law
@given(st.dictionaries(st.text(), JSON, max_size=5))
@example({"\U00010000": 1, "\uffff": 2})
@example({"a": 1e16, "b": -0.0, "c": 1e-07})
def test_bytes_of_any_object_are_those_of_rfc8785(value: dict[str, Any]) -> None:
    assume(not any(ord(char) in range(0xD800, 0xE000) for char in json.dumps(value, ensure_ascii=False)))
    assert canonical_bytes(value) == rfc8785.dumps(value)


@law
@given(st.dictionaries(st.text(max_size=10), JSON, max_size=5), st.sampled_from(sorted(FULL)))
def test_arbitrary_fields_are_refused_and_never_crash(fields: dict[str, Any], name: str) -> None:
    assert only_raises(lambda: check_view(fields), ViewError)
    only_raises(lambda: check_view({**FULL, name: fields}), ViewError)
    for value in fields.values():
        only_raises(lambda value=value: check_view({**FULL, name: value}), ViewError)  # type: ignore[misc]


@law
@given(st.text("0123456789", min_size=9, max_size=20), st.sampled_from(["{}", "tel:{}", "x{}", "n{}y", "-{}", "({})"]))
def test_long_number_shows_however_it_is_framed(digits: str, frame: str) -> None:
    assert readable(frame.format(digits)) is not None


def test_uuids_digests_and_random_ids_of_2000_drawings_never_show() -> None:
    for number in range(2000):
        raw = hashlib.sha256(b"%d" % number).digest()
        short = base64.urlsafe_b64encode(raw[:16]).decode().rstrip("=")
        texts = [raw.hex(), raw[:16].hex(), str(UUID(bytes=raw[:16])), short, f"m_{short}"]
        assert [text for text in texts if readable(text)] == []
