"""Small files of the kinds that applicants send, whole and spoilt."""

import zlib


def pdf(filling: bytes = b"") -> bytes:
    """A PDF of one empty page."""
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\n" + filling + b"trailer<</Root 1 0 R>>\n%%EOF\n"
    )


def chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")


def png(*more: bytes) -> bytes:
    """A PNG of one grey point, with further chunks in front of its end."""
    head = chunk(b"IHDR", bytes([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0\0")) + b"".join(more) + chunk(b"IEND", b"")


def jpeg(comment: bytes = b"") -> bytes:
    """The frame of a JPEG: application segment, comment, a scan, the end."""

    def segment(marker: int, body: bytes) -> bytes:
        return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body

    segments = segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0") + (segment(0xFE, comment) if comment else b"")
    return b"\xff\xd8" + segments + segment(0xDA, b"\1\1\0\0\x3f\0") + b"scan" + b"\xff\xd9"
