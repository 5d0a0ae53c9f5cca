import io
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.evidence.media import check
from hub.evidence.rules import FileError, clean_name
from tests.unit.evidence.files import (
    CSV,
    GPS,
    JPEG,
    MP4,
    PDF,
    PLACE,
    PNG,
    WEBP,
    WHOLE,
    box,
    cut,
    exif_of,
    picture,
    pixels,
    png_chunk,
)

ARCHIVE = io.BytesIO()
with zipfile.ZipFile(ARCHIVE, "w") as archive:
    archive.writestr("run.js", "alert(1)")
ZIP = ARCHIVE.getvalue()
SCRIPT = b"<script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def passed(content: bytes, name: str, *, strip: bool = False, size: int = 7000) -> bytes:
    return b"".join(check(cut(content, size), name, strip=strip).pieces)


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_file_passes_byte_for_byte(name: str) -> None:
    assert passed(WHOLE[name], name) == WHOLE[name]


@given(name=st.sampled_from(sorted(WHOLE)), size=st.integers(1, 900))
def test_it_is_the_same_however_it_is_cut(name: str, size: int) -> None:
    assert passed(WHOLE[name], name, size=size) == WHOLE[name]


@pytest.mark.parametrize("name", [name for name in WHOLE if not name.endswith(("csv", "txt"))])
def test_a_file_cut_off_anywhere_is_refused(name: str) -> None:
    whole = WHOLE[name]
    for length in {0, 1, 9, 30, len(whole) // 2, len(whole) - 2}:
        with pytest.raises(FileError):
            passed(whole[:length], name)


BEHIND = {"zip": ZIP, "script": SCRIPT, "pdf": PDF, "jpeg": JPEG, "zero": b"\0"}
HARMLESS = {("report.pdf", "zero"), ("report.pdf", "pdf")}
"""What readers of PDF pass over, and what a PDF looks like that was changed and saved."""


@pytest.mark.parametrize(
    ("name", "behind"),
    [
        (name, behind)
        for name in WHOLE
        for behind in BEHIND
        if not name.endswith(("csv", "txt")) and (name, behind) not in HARMLESS
    ],
)
def test_something_behind_the_end_is_refused(name: str, behind: str) -> None:
    with pytest.raises(FileError):
        passed(WHOLE[name] + BEHIND[behind], name)


POLYGLOTS = {
    "PDF behind a line": ("a.pdf", b"\n" + PDF),
    "PDF in a comment of a JPEG": (
        "a.jpg",
        JPEG[:2] + b"\xff\xfe" + (len(PDF) + 2).to_bytes(2, "big") + PDF + JPEG[2:],
    ),
    "page in a comment of a JPEG": ("a.jpg", JPEG[:2] + b"\xff\xfe\0\x1b" + SCRIPT + JPEG[2:]),
    "PDF in a chunk of a PNG": ("a.png", PNG[:33] + png_chunk(b"prVt", PDF) + PNG[33:]),
    "archive in a chunk of a PNG": ("a.png", PNG[:-12] + png_chunk(b"prVt", ZIP) + PNG[-12:]),
    "archive in a box of a film": ("a.mp4", MP4 + box(b"free", ZIP)),
    "archive inside a PDF's end": ("a.pdf", PDF + ZIP + PDF[-23:]),
    "page as a text": ("a.txt", b" \n<html>" + SCRIPT),
    "page in a sheet": ("a.csv", b"name\n" + SCRIPT),
    "second picture of a JPEG": ("a.jpg", JPEG + JPEG),
}


@pytest.mark.parametrize("circumstance", POLYGLOTS)
def test_a_file_that_is_two_things_is_refused(circumstance: str) -> None:
    name, content = POLYGLOTS[circumstance]
    with pytest.raises(FileError):
        passed(content, name)


STRANGERS = {
    "SVG": SVG,
    "SVG behind a byte order mark": b"\xef\xbb\xbf" + SVG,
    "XML": b"<?xml version='1.0'?>" + SVG,
    "archive": ZIP,
    "program": b"MZ" + bytes(100),
    "GIF": b"GIF89a" + bytes(20),
    "HEIC": box(b"ftyp", b"heic\0\0\0\0mif1heic") + box(b"mdat"),
    "nothing": b"",
}


@pytest.mark.parametrize("circumstance", STRANGERS)
@pytest.mark.parametrize("name", ["a.svg", "a.jpg", "a.txt", "a.pdf", "a.csv", "a.mp4"])
def test_what_is_not_listed_is_refused_whatever_its_name_says(circumstance: str, name: str) -> None:
    with pytest.raises(FileError):
        passed(STRANGERS[circumstance], name)


@pytest.mark.parametrize(
    ("content", "name"), [(JPEG, "a.pdf"), (PDF, "a.jpg"), (PNG, "a.jpg"), (CSV, "a.pdf"), (WEBP, "a.png")]
)
def test_a_name_that_ends_as_something_else_is_refused(content: bytes, name: str) -> None:
    with pytest.raises(FileError, match="name ends"):
        passed(content, name)


@pytest.mark.parametrize(
    "content", ["naïve".encode("latin-1"), b"a\x00b", b"a\x1b[2Jb", "\u0085".encode(), "€".encode()[:2]]
)
def test_text_that_is_no_plain_utf8_is_refused(content: bytes) -> None:
    with pytest.raises(FileError):
        passed(b"x" * 3000 + content, "a.txt")


def test_a_png_with_a_wrong_checksum_is_refused() -> None:
    with pytest.raises(FileError, match="checksum"):
        passed(PNG[:60] + bytes([PNG[60] ^ 1]) + PNG[61:], "a.png")


@pytest.mark.parametrize(
    ("name", "how"),
    [("a.jpg", {"format": "JPEG"}), ("a.png", {"format": "PNG"}), ("a.webp", {"format": "WEBP"})],
)
@given(size=st.integers(20, 9000))
def test_stripped_pictures_tell_no_place_and_show_the_same(name: str, how: dict[str, str], size: int) -> None:
    told = picture(**how, metadata=True)
    assert exif_of(told)[1].keys() == GPS.keys()
    assert PLACE in told
    bare = passed(told, name, strip=True, size=size)
    assert (exif_of(bare), PLACE in bare, pixels(bare) == pixels(told)) == (({}, {}), False, True)


def test_a_lossless_webp_shows_the_same_when_stripped() -> None:
    told = picture("WEBP", metadata=True, lossless=True)
    assert pixels(passed(told, "a.webp", strip=True)) == pixels(told)


def test_a_stripped_picture_keeps_how_it_was_held_and_its_colours() -> None:
    told = picture("JPEG", metadata=True, held=6)
    bare = passed(told, "a.jpg", strip=True)
    assert (exif_of(bare), b"ICC_PROFILE" in bare) == (({0x0112: 6}, {}), True)


def test_what_a_camera_puts_behind_a_picture_goes_with_the_metadata() -> None:
    assert passed(JPEG + PLACE * 9000, "a.jpg", strip=True) == passed(JPEG, "a.jpg", strip=True)


def test_a_stripped_file_passes_again_as_it_is() -> None:
    for name in ("a.jpg", "a.png", "a.webp"):
        format = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}[name[2:]]
        bare = passed(picture(format, metadata=True, held=3), name, strip=True)
        assert passed(bare, name) == bare


@pytest.mark.parametrize(("content", "name"), [(PDF, "a.pdf"), (MP4, "a.mp4"), (CSV, "a.csv")])
def test_stripping_what_cannot_be_stripped_is_refused(content: bytes, name: str) -> None:
    with pytest.raises(FileError, match="JPEG, PNG and WebP only"):
        passed(content, name, strip=True)


@given(content=st.binary(max_size=3000), name=st.sampled_from(["a.jpg", "a.png", "a.webp", "a.mp4", "a.pdf", "a.csv"]))
def test_arbitrary_bytes_behind_a_good_beginning_are_refused_or_pass_whole(content: bytes, name: str) -> None:
    begun = next(whole for known, whole in WHOLE.items() if known.endswith(name[2:]))[:40] + content
    with suppress(FileError):
        assert passed(begun, name) == begun


@pytest.mark.parametrize(
    ("given_name", "clean"),
    [
        ("../../etc/Photo 1.JPG", "Photo 1.jpg"),
        ("C:\\x\\.a.b.pdf", "a b.pdf"),
        ("\u202egpj.exe\r\n.png", "gpj exe.png"),
        (".csv", "file.csv"),
    ],
)
def test_a_name_loses_what_could_steer(given_name: str, clean: str) -> None:
    assert clean_name(given_name) == clean


@pytest.mark.parametrize("given_name", ["photo", "", "a.", "a.j\u202ep", "a.abcdef", "x/y"])
def test_a_name_without_an_ending_is_refused(given_name: str) -> None:
    with pytest.raises(FileError):
        clean_name(given_name)
