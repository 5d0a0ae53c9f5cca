"""What is kept as evidence, for how long and how much of it: facts, read as tables."""

import re
import secrets
import unicodedata
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

LARGEST_FILE = 200 * 10**6
"""Bytes of one file."""
MOST_KEPT = 20 * 10**9
"""Bytes that a member keeps at once."""
LONGEST_NAME, LONGEST_REASON = 80, 300
PARTIES_AT_ONCE = 10
"""Members that one record lets read a file."""
LEFT_BEHIND = timedelta(days=1)
"""After how long a file that no row speaks of is what a crash left; no upload lasts as long."""


class EvidenceType(StrEnum):
    """What a file shows; it decides how long it is kept."""

    LISTING = "listing"
    COMPARISON = "comparison"
    TEST_BUY = "test_buy"
    ADMISSION = "admission"
    CERTIFICATE = "certificate"
    CORRESPONDENCE = "correspondence"
    OTHER = "other"


TYPES: Mapping[EvidenceType, tuple[str, timedelta]] = {
    EvidenceType.LISTING: ("Listing or store as it was seen", timedelta(days=730)),
    EvidenceType.COMPARISON: ("Comparison with the genuine product", timedelta(days=1095)),
    EvidenceType.TEST_BUY: ("Test buy: parcel, product, receipt, verdict", timedelta(days=1825)),  # courts ask for it
    EvidenceType.ADMISSION: ("The seller's own admission", timedelta(days=1825)),
    EvidenceType.CERTIFICATE: ("Certificate of a right, or authorisation", timedelta(days=1095)),
    EvidenceType.CORRESPONDENCE: ("Correspondence", timedelta(days=730)),
    EvidenceType.OTHER: ("Something else", timedelta(days=365)),
}
"""Each type in words, and how long a file of it is kept from the day it was stored."""


class RecordKind(StrEnum):
    """What a file is attached to; its parties may then read it."""

    LISTING_REPORT = "listing_report"
    QUESTION = "question"
    COUNTER_NOTICE = "counter_notice"
    TEST_BUY = "test_buy"


class Media(StrEnum):
    """What a file may be, judged by its content."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    PDF = "application/pdf"
    MP4 = "video/mp4"
    CSV = "text/csv"
    TEXT = "text/plain"


SUFFIXES: Mapping[Media, tuple[str, ...]] = {
    Media.JPEG: ("jpg", "jpeg"),
    Media.PNG: ("png",),
    Media.WEBP: ("webp",),
    Media.PDF: ("pdf",),
    Media.MP4: ("mp4", "m4v"),
    Media.CSV: ("csv",),
    Media.TEXT: ("txt", "text", "log"),
}
"""How the name of such a file may end."""
NAME = re.compile("f_[A-Za-z0-9_-]{20}")
"""What a file is called, in addresses and in the record."""
STRIPPED = frozenset({Media.JPEG, Media.PNG, Media.WEBP})
"""What location and other metadata can be removed from."""


class FileError(ValueError):
    """A file that is not taken; the text says why, and never repeats what was sent."""


def clean_name(given: str) -> str:
    """A file's name without path, control characters and dots in front. Raises FileError when it has no suffix."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", given[:1000]))[-1]
    stem, dot, suffix = last.rpartition(".")
    suffix = suffix.lower()
    if not dot or not re.fullmatch(r"[a-z0-9]{1,5}", suffix):
        raise FileError("the file's name has no ending that says what it is, as in photo.jpg")
    words = " ".join(re.sub(r"[^\w -]+", " ", stem).split())[: LONGEST_NAME - 6].strip()
    return f"{words or 'file'}.{suffix}"


def new_name() -> str:
    """What a file is called, in addresses and in the record: random, and no number by its looks."""
    return "f_" + secrets.token_urlsafe(15)
