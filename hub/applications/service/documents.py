"""What a file that a stranger sends has to be: judged by its content, never by its name or what a browser says."""

import re
import unicodedata
import zlib
from collections.abc import Callable, Mapping

MOST_DOCUMENTS = 5
LARGEST_DOCUMENT = 10 * 2**20
LARGEST_UPLOAD = MOST_DOCUMENTS * LARGEST_DOCUMENT + 64 * 1024
"""Bytes of the request that brings them all, with what stands between them."""
LONGEST_DOCUMENT_NAME = 80
SUFFIXES: Mapping[str, str] = {"application/pdf": ".pdf", "image/png": ".png", "image/jpeg": ".jpg"}
_PNG = b"\x89PNG\r\n\x1a\n"
_HEAD = 1024
"""Within so many bytes a reader of PDF looks for its mark."""
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD8)}
"""Markers of JPEG that nothing follows (ITU-T T.81, B.1.1.3)."""


class DocumentError(ValueError):
    """A file that is not taken; the text says why, and never repeats what was sent."""


def media_type(content: bytes) -> str:
    """What the whole file is: one of SUFFIXES, and nothing else beside it. Raises DocumentError.

    A file that is two things at once, or that goes on after its end, is neither: it may be one thing to whoever vets
    it and another to the program that opens it.
    """
    if not content:
        raise DocumentError("one of the files is empty")
    if len(content) > LARGEST_DOCUMENT:
        raise DocumentError(f"a file has at most {LARGEST_DOCUMENT // 2**20} MB")
    for media, fits in _FITS.items():
        if fits(content):
            return media
    raise DocumentError("a file is a whole PDF, PNG or JPEG and nothing besides, whatever its name says")


def clean_name(given: str, media: str) -> str:
    """A file's name without path, control characters and dots in front, ending as what the file is."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", given[:1000]))[-1]
    stem = last.rpartition(".")[0] or last
    plain = re.sub(r"[^\w -]+", " ", stem)
    words = " ".join(plain.split())[: LONGEST_DOCUMENT_NAME - 5].strip()
    return (words or "document") + SUFFIXES[media]


def _is_pdf(content: bytes) -> bool:
    """From its mark in the first byte to the end-of-file mark, after which only line ends follow (ISO 32000-1 §7.5)."""
    ends = content[-_HEAD:].rstrip(b"\r\n \x00").endswith(b"%%EOF")
    return re.match(rb"%PDF-[12]\.[0-9][\r\n]", content) is not None and ends and b"PK\x05\x06" not in content[-66_000:]


def _is_png(content: bytes) -> bool:
    """Each chunk whole and with its checksum, from IHDR to IEND, which ends the file (ISO/IEC 15948 §5)."""
    if not content.startswith(_PNG) or b"%PDF-" in content[:_HEAD]:
        return False
    at, kind = len(_PNG), b""
    while at + 12 <= len(content) and kind != b"IEND":
        length = int.from_bytes(content[at : at + 4], "big")
        before, kind, end = kind, content[at + 4 : at + 8], at + 8 + length
        if end + 4 > len(content) or (not before and kind != b"IHDR"):
            return False
        if zlib.crc32(content[at + 4 : end]) != int.from_bytes(content[end : end + 4], "big"):
            return False
        at = end + 4
    return kind == b"IEND" and at == len(content)


def _is_jpeg(content: bytes) -> bool:
    """Segment after segment to the first scan, and the end-of-image mark at the very end (ITU-T T.81, B.1)."""
    if not content.startswith(b"\xff\xd8\xff") or not content.endswith(b"\xff\xd9") or b"%PDF-" in content[:_HEAD]:
        return False
    at = 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xDA:
            return b"\xff\xd9" not in content[at:-2]
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        at += 2 if marker in _WITHOUT_LENGTH else 2 + length
    return False


_FITS: Mapping[str, Callable[[bytes], bool]] = {
    "application/pdf": _is_pdf,
    "image/png": _is_png,
    "image/jpeg": _is_jpeg,
}
