"""What a file is, judged while it passes by: nothing of it is kept but the piece at hand, whatever its length.

A file that is two things at once, or goes on after its end, is refused: it may be one thing to whoever checks it and
another to the program that opens it. Nothing here decodes a picture, so none can grow when it is looked at.
"""

import codecs
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from hub.evidence.rules import STRIPPED, SUFFIXES, FileError, Media

PIECE = 64 * 1024
_HEAD = 1024
"""Within so many bytes programs look for what a file is."""
_ZIP_TAIL = 66_000
"""An archive's directory ends within so many bytes of the file's end (APPNOTE.TXT §4.3.16)."""
_MARKUP = re.compile(rb"%PDF-|<\s*(?:script|html|svg|iframe|!doctype)", re.IGNORECASE)
_LISTED = "JPEG, PNG, WebP, PDF, MP4, CSV and plain text are taken"


class Source:
    """A file that comes in pieces, read in order."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces, self._waiting = iter(pieces), b""

    def peek(self, most: int) -> bytes:
        """The next bytes without taking them: `most`, or all that are left."""
        while len(self._waiting) < most and (piece := next(self._pieces, b"")):
            self._waiting += piece
        return self._waiting[:most]

    def take(self, count: int) -> bytes:
        """Exactly so many bytes. Raises FileError when the file ends before."""
        found = self.peek(count)
        if len(found) < count:
            raise FileError("the file is cut off: it ends before what it says of itself does")
        self._waiting = self._waiting[count:]
        return found

    def some(self) -> bytes:
        """The next bytes, as many as are at hand; none: the file is over."""
        found = self.peek(1) and self._waiting
        self._waiting = b""
        return found

    def back(self, taken: bytes) -> None:
        """Put bytes back in front."""
        self._waiting = taken + self._waiting

    def through(self, count: int) -> Iterator[bytes]:
        """The next `count` bytes, piece by piece. Raises FileError when the file ends before."""
        while count:
            piece = self.take(1) + self.some()
            self.back(piece[count:])
            yield piece[:count]
            count -= min(count, len(piece))

    def ends(self) -> None:
        """Raises FileError when something follows."""
        if self.peek(1):
            raise FileError("something follows the end of the file's content: it may be two files in one")


@dataclass(frozen=True)
class Checked:
    """A file whose kind is known; reading `pieces` to the end is what checks it, and raises FileError."""

    media: Media
    pieces: Iterator[bytes]


def check(pieces: Iterable[bytes], name: str, *, strip: bool) -> Checked:
    """The file as it is stored: byte for byte, or with `strip` without metadata, its pixels as they were.

    Raises FileError for what is not listed, has a name that says something else, or cannot be stripped.
    """
    source = Source(pieces)
    head = source.peek(_HEAD)
    if not head:
        raise FileError("the file is empty")
    suffix = name.rpartition(".")[2]
    media = _media_of(head, suffix)
    if suffix not in SUFFIXES[media]:
        raise FileError(f"the file's name ends as if it were something else: by its content it is {media.value}")
    if strip and media not in STRIPPED:
        raise FileError("location and other metadata can be removed from JPEG, PNG and WebP only")
    if _MARKUP.search(head, 1):
        raise FileError("the file holds the beginning of another one: it may be two files in one")
    return Checked(media, _no_archive(_WALKS[media](source, strip)))


def _media_of(head: bytes, suffix: str) -> Media:
    for mark, media in _MARKS:
        if mark.match(head):
            return media
    if head.lstrip(b"\xef\xbb\xbf \t\r\n\x00").startswith(b"<"):
        raise FileError(f"web pages, SVG and XML are not taken, since they can hold a program: {_LISTED}")
    if any(byte < 0x20 and byte not in b"\t\n\f\r" for byte in head):
        raise FileError(f"the file is of no kind that is taken, whatever its name says: {_LISTED}")
    return Media.CSV if suffix == "csv" else Media.TEXT


def _no_archive(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Programs find an archive by its end, whatever stands before it."""
    tail = b""
    for piece in pieces:
        tail = (tail + piece)[-_ZIP_TAIL:]
        yield piece
    if b"PK\x05\x06" in tail:
        raise FileError("the file ends in an archive: it may be two files in one")


def _jpeg(source: Source, strip: bool) -> Iterator[bytes]:
    """Segment after segment, scan after scan, to the end-of-image mark (ITU-T T.81, B.1)."""
    yield source.take(2)
    scans = 0
    while (mark := _jpeg_mark(source))[-1] != 0xD9:
        if mark[-1] in _WITHOUT_LENGTH:
            raise FileError("a mark of this JPEG stands where none may")
        size = source.take(2)
        body = source.take(max(int.from_bytes(size, "big"), 2) - 2)
        if not strip or not _says_more_than_the_picture(mark[-1], body):
            yield mark + size + body
        elif mark[-1] == 0xE1:
            yield _upright(body)
        if mark[-1] == 0xDA:
            scans += 1
            yield from _jpeg_scan(source)
    if not scans:
        raise FileError("this JPEG holds no picture")
    yield mark
    while strip and source.some():  # cameras put previews and films behind the picture
        pass
    source.ends()


def _jpeg_mark(source: Source) -> bytes:
    mark = source.take(2)
    while mark[-1] == 0xFF and len(mark) < _HEAD:  # fill bytes
        mark += source.take(1)
    if mark[0] != 0xFF or mark[-1] in (0x00, 0xFF):
        raise FileError("this JPEG is broken: a mark is missing")
    return mark


def _jpeg_scan(source: Source) -> Iterator[bytes]:
    """To the next mark that is no restart."""
    while piece := source.some():
        found = _JPEG_MARK.search(piece)
        if found:
            source.back(piece[found.start() :])
            yield piece[: found.start()]
            return
        if piece.endswith(b"\xff"):
            source.back(b"\xff" + source.take(1))
            yield piece[:-1]
        else:
            yield piece


def _says_more_than_the_picture(mark: int, body: bytes) -> bool:
    """Comments, and of the application segments all but JFIF, colour profile and Adobe's transform."""
    if not 0xE0 <= mark <= 0xEF:
        return mark == 0xFE
    return not body.startswith({0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}.get(mark, b"\0none"))


def _upright(body: bytes) -> bytes:
    """An Exif segment that tells how the picture was held and nothing else; none if the one given does not tell."""
    if not body.startswith((b"Exif\0\0II", b"Exif\0\0MM")):
        return b""
    number = _little if body[6:8] == b"II" else _big
    at = 6 + number(body[10:14])
    for place in range(at + 2, at + 2 + 12 * number(body[at : at + 2]), 12):
        entry = body[place : place + 12]
        if len(entry) == 12 and number(entry[:2]) == 0x0112 and 2 <= number(entry[8:10]) <= 8:
            turned = number(entry[8:10]).to_bytes(2, "big")
            tiff = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01" + turned + b"\0\0\0\0\0\0"
            return b"\xff\xe1" + (len(tiff) + 8).to_bytes(2, "big") + b"Exif\0\0" + tiff
    return b""


def _little(raw: bytes) -> int:
    return int.from_bytes(raw, "little")


def _big(raw: bytes) -> int:
    return int.from_bytes(raw, "big")


def _png(source: Source, strip: bool) -> Iterator[bytes]:
    """Each chunk whole and with its checksum, from IHDR to IEND, which ends the file (ISO/IEC 15948 §5)."""
    yield source.take(8)
    kind, first = b"", True
    while kind != b"IEND":
        head = source.take(8)
        kind, length = head[4:], int.from_bytes(head[:4], "big")
        if (kind == b"IHDR") != first or not kind.isalpha() or (kind == b"IEND" and length):
            raise FileError("this PNG is broken: its chunks are not in order")
        keep, first, crc = not strip or kind in _PNG_PICTURE, False, zlib.crc32(kind)
        if keep:
            yield head
        for piece in source.through(length):
            crc = zlib.crc32(piece, crc)
            if keep:
                yield piece
        said = source.take(4)
        if int.from_bytes(said, "big") != crc:
            raise FileError("this PNG is broken: a checksum does not fit")
        if keep:
            yield said
    source.ends()


def _webp(source: Source, strip: bool) -> Iterator[bytes]:
    """As long as its RIFF header says. What is stripped becomes zeros of the same length (RFC 9649 §2)."""
    header = source.take(12)
    left = int.from_bytes(header[4:8], "little") - 4
    yield header
    first = True
    while left > 0:
        head = source.take(8)
        kind, length = head[:4], int.from_bytes(head[4:], "little")
        padded = length + length % 2
        left -= 8 + padded
        if kind not in _WEBP_CHUNKS or (first and kind not in _WEBP_FIRST) or left < 0:
            raise FileError("this WebP is broken: its chunks are not in order")
        first = False
        if strip and kind in (b"EXIF", b"XMP "):
            yield b"JUNK" + head[4:]
            yield from (bytes(len(piece)) for piece in source.through(padded))
        elif strip and kind == b"VP8X" and length:
            yield head + bytes([source.take(1)[0] & ~0x0C])  # neither Exif nor XMP
            yield from source.through(padded - 1)
        else:
            yield head
            yield from source.through(padded)
    if first or left:
        raise FileError("this WebP holds no picture")
    source.ends()


def _mp4(source: Source, _strip: bool) -> Iterator[bytes]:
    """Box after box, each known and whole, to the end of the file (ISO/IEC 14496-12 §4.2)."""
    seen = set()
    while source.peek(1):
        head = source.take(8)
        size, kind = int.from_bytes(head[:4], "big"), head[4:]
        if size == 1:
            head += source.take(8)
            size = int.from_bytes(head[8:], "big")
        if kind not in _MP4_BOXES or size < len(head):
            raise FileError("this MP4 is broken: a box is not one of its kind")
        seen.add(kind)
        yield head
        yield from source.through(size - len(head))
    if not {b"moov", b"mdat"} <= seen:
        raise FileError("this MP4 holds no film")


def _pdf(source: Source, _strip: bool) -> Iterator[bytes]:
    """From its mark in the first byte to the end-of-file mark, after which only line ends follow (ISO 32000-1 §7.5)."""
    tail, total = b"", 0
    while piece := source.some():
        tail, total = (tail + piece)[-_HEAD:], total + len(piece)
        yield piece
    found = _PDF_END.search(tail)
    if found is None or int(found[1]) >= total:
        raise FileError("this PDF does not end as one does: it is cut off, or something follows its end")


def _text(source: Source, _strip: bool) -> Iterator[bytes]:
    """UTF-8 without control characters, to the last byte."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while piece := source.some():
            if _CONTROL.search(decoder.decode(piece)):
                raise FileError("the text holds control characters: it is no plain text")
            yield piece
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise FileError("the text is not UTF-8: save it as UTF-8 and send it again") from None


_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD9)}
"""Marks of JPEG that nothing follows (ITU-T T.81, B.1.1.3), of which none stands between segments."""
_JPEG_MARK = re.compile(rb"\xff[^\x00\xd0-\xd7]")
_PNG_PICTURE = {
    *(b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"bKGD", b"pHYs"),
    *(b"cICP", b"mDCV", b"cLLI", b"acTL", b"fcTL", b"fdAT"),
}
"""What of a PNG the picture needs; all else can say where and by whom it was made."""
_WEBP_FIRST = {b"VP8 ", b"VP8L", b"VP8X"}
_WEBP_CHUNKS = _WEBP_FIRST | {b"ALPH", b"ANIM", b"ANMF", b"ICCP", b"EXIF", b"XMP ", b"JUNK"}
_MP4_BOXES = {
    *(b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"moof", b"mfra", b"sidx", b"styp", b"ssix", b"prft"),
    *(b"uuid", b"meta", b"pdin", b"emsg"),
}
_PDF_END = re.compile(rb"startxref\s+([0-9]{1,10})\s+%%EOF[\r\n \x00]*\Z")
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
_MARKS = (
    (re.compile(rb"\xff\xd8\xff"), Media.JPEG),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), Media.PNG),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), Media.WEBP),
    (re.compile(rb"%PDF-[12]\.[0-9][\r\n]"), Media.PDF),
    (re.compile(rb".{4}ftyp(?:isom|iso[2-9]|mp4[12]|avc1|M4V |M4VH|dash|MSNV|3gp[4-9])", re.DOTALL), Media.MP4),
)
"""How a file of each kind begins."""
_WALKS: Mapping[Media, Callable[[Source, bool], Iterator[bytes]]] = {
    Media.JPEG: _jpeg,
    Media.PNG: _png,
    Media.WEBP: _webp,
    Media.PDF: _pdf,
    Media.MP4: _mp4,
    Media.CSV: _text,
    Media.TEXT: _text,
}
