import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub.tree.note import COSIGNATURE_V1, LATEST, NoteError, Signer, Verifier, open_note, split_note

TEXT = "hub.example/list\nrow one\n\nrow two\n"


def signer(name: str, seed: int, algorithm: int = 1) -> Signer:
    return Signer(name, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32), algorithm)


HUB = signer("hub.example/service", 1)
WITNESS = signer("brand-a.example/witness", 2, COSIGNATURE_V1)
STRANGER = signer("stranger.example", 3)
NOTE = HUB.sign(TEXT)
LINE = HUB.line(TEXT)


def forged(line: str) -> str:
    name, encoded = line.removesuffix("\n").rsplit(" ", 1)
    raw = bytearray(base64.b64decode(encoded))
    raw[-1] ^= 1
    return f"{name} {base64.b64encode(raw).decode()}\n"


def test_signed_note_opens_to_its_text() -> None:
    assert open_note(NOTE, [HUB.verifier]).text == TEXT


def test_plain_signature_states_no_time() -> None:
    assert open_note(NOTE, [HUB.verifier]).signed_by == {HUB.verifier.vkey: None}


def test_cosignature_states_its_time() -> None:
    note = open_note(NOTE + WITNESS.line(TEXT, 1_800_000_000), [WITNESS.verifier])
    assert note.signed_by == {WITNESS.verifier.vkey: 1_800_000_000}


def test_two_cosignatures_of_one_witness_count_with_the_later_time() -> None:
    lines = [WITNESS.line(TEXT, time) for time in (7, 9, 8)]
    assert open_note(NOTE + "".join(lines), [WITNESS.verifier]).signed_by == {WITNESS.verifier.vkey: 9}


def test_cosignature_under_another_time_is_refused() -> None:
    early, late = (base64.b64decode(WITNESS.line(TEXT, time).split()[-1]) for time in (7, 9))
    mixed = base64.b64encode(late[:12] + early[12:]).decode()
    with pytest.raises(NoteError, match="is bad"):
        open_note(f"{NOTE}— {WITNESS.verifier.name} {mixed}\n", [WITNESS.verifier])


@pytest.mark.parametrize("time", [None, -1, LATEST + 1])
def test_cosignature_without_a_possible_time_is_not_made(time: int | None) -> None:
    with pytest.raises(NoteError, match="states its time"):
        WITNESS.line(TEXT, time)


def test_lines_of_unknown_keys_are_passed_over() -> None:
    assert open_note(NOTE + STRANGER.line(TEXT), [HUB.verifier]).signed_by == {HUB.verifier.vkey: None}


def test_unknown_key_of_a_known_name_is_passed_over() -> None:
    impostor = signer(HUB.verifier.name, 9)
    assert list(open_note(NOTE + impostor.line(TEXT), [HUB.verifier]).signed_by) == [HUB.verifier.vkey]


def test_signature_of_an_unknown_type_is_passed_over() -> None:
    line = f"— pq.example {base64.b64encode(bytes(2432)).decode()}\n"
    assert open_note(NOTE + line, [HUB.verifier]).text == TEXT


def test_note_signed_by_nobody_known_is_refused() -> None:
    with pytest.raises(NoteError, match="no known key"):
        open_note(NOTE, [STRANGER.verifier])


def test_bad_line_of_a_known_key_refuses_the_whole_note() -> None:
    with pytest.raises(NoteError, match=r"stranger.example is bad"):
        open_note(NOTE + forged(STRANGER.line(TEXT)), [HUB.verifier, STRANGER.verifier])


def test_bad_line_after_a_good_one_of_the_same_key_refuses_the_whole_note() -> None:
    with pytest.raises(NoteError, match="is bad"):
        open_note(NOTE + forged(LINE), [HUB.verifier])


@pytest.mark.parametrize("count", [16, 100])
def test_note_with_many_signatures_opens(count: int) -> None:
    lines = "".join(signer(f"w{n}.example", n).line(TEXT) for n in range(count - 1))
    assert open_note(NOTE + lines, [HUB.verifier]).text == TEXT


def test_note_with_101_signatures_is_refused() -> None:
    with pytest.raises(NoteError, match="at most 100"):
        open_note(NOTE + STRANGER.line(TEXT) * 100, [HUB.verifier])


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        "\n\n",
        TEXT,
        TEXT + "\n",
        LINE,
        "\n" + LINE,
        TEXT + LINE,
        NOTE[:-1],
        NOTE + "\n",
        NOTE + " \n",
        NOTE.replace("\n", "\r\n"),
        NOTE.replace("row", "r\tow"),
        NOTE.replace("row", "r\x00ow"),
        NOTE.replace("row", "r\ud800ow"),
        NOTE.replace("— ", "- "),
        NOTE.replace("— ", "—"),
        NOTE.replace("— ", "—\u00a0"),
        NOTE + "— stranger.example\n",
        NOTE + "— stranger.example AAAA\n",
        NOTE + "— stranger.example AAAAAA=\n",
        NOTE + "— stranger.example AAAAAB==\n",
        NOTE + "— stranger.example AAAA AAAA\n",
        NOTE + "— stran+ger AAAAAAA=\n",
        NOTE + "— stran\u2003ger AAAAAAA=\n",
        NOTE + "— stran\x01ger AAAAAAA=\n",
        NOTE + "— stran\ud800ger AAAAAAA=\n",
        "x" * 1_000_000 + NOTE,
    ],
)
def test_malformed_note_is_refused(note: str) -> None:
    with pytest.raises(NoteError):
        open_note(note, [HUB.verifier])


def test_note_is_split_at_its_last_empty_line() -> None:
    assert split_note(NOTE) == (TEXT, [LINE[:-1]])


def test_text_may_hold_line_separators_that_are_no_newline() -> None:
    text = "a\u2028b\u0085c\n"
    assert open_note(HUB.sign(text), [HUB.verifier]).text == text


@pytest.mark.parametrize("text", ["", "no newline", "tab\t\n", "return\r\n", "surrogate \ud800\n"])
def test_text_that_no_note_can_hold_is_not_signed(text: str) -> None:
    with pytest.raises(NoteError):
        HUB.sign(text)


def test_verifier_key_is_read_as_it_was_written() -> None:
    assert Verifier.parse(WITNESS.verifier.vkey) == WITNESS.verifier


def test_one_key_has_another_hash_for_each_signature_type() -> None:
    assert signer("a", 1).verifier.hash != signer("a", 1, COSIGNATURE_V1).verifier.hash


VKEY = HUB.verifier.vkey
NAME, HASH, KEY = VKEY.split("+", 2)


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        NAME,
        f"{NAME}+{HASH}",
        f"+{HASH}+{KEY}",
        f"{NAME}x+{HASH}+{KEY}",
        f"{NAME}+{HASH.upper()}+{KEY}",
        f"{NAME}+00{HASH}+{KEY}",
        f"{NAME}+{HASH}+{KEY}=",
        f"{NAME}+{HASH}+{KEY}\n",
        f"{NAME} +{HASH}+{KEY}",
        f"{NAME}+{HASH}+{base64.b64encode(bytes([1]) + bytes(31)).decode()}",
        f"{NAME}+{HASH}+{base64.b64encode(bytes([2]) + bytes(32)).decode()}",
        f"{NAME}+{HASH}+é",
        f"\ud800+{HASH}+{KEY}",
    ],
)
def test_malformed_verifier_key_is_refused(vkey: str) -> None:
    with pytest.raises(NoteError):
        Verifier.parse(vkey)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u00a0b", "a\x00", "\ud800", "x" * 256])
def test_key_name_that_no_line_can_hold_is_refused(name: str) -> None:
    with pytest.raises(NoteError, match="key name"):
        signer(name, 1)


def test_key_of_an_unknown_signature_type_is_not_made() -> None:
    with pytest.raises(NoteError, match="cosigns"):
        signer("a", 1, 2)


def test_signer_is_made_from_a_seed_in_base64() -> None:
    assert Signer.from_seed(NAME, base64.b64encode(bytes([1]) * 32)).verifier == HUB.verifier


@pytest.mark.parametrize(
    "seed", [b"", bytes(32), base64.b64encode(bytes(31)), base64.b64encode(bytes(32)) + b"\n", b"\xff"]
)
def test_seed_that_is_not_32_bytes_in_base64_is_refused(seed: bytes) -> None:
    with pytest.raises(NoteError):
        Signer.from_seed(NAME, seed)
