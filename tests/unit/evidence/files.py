"""Small whole files of each kind that the vault takes."""

import io
import zlib
from collections.abc import Iterator

from PIL import Image, ImageCms
from PIL.Image import Exif

PIXELS = Image.effect_noise((48, 32), 60).convert("RGB")
GPS = {1: "N", 2: (47.0, 33.0, 44.0), 3: "E", 4: (9.0, 41.0, 12.0)}
PLACE = b"Somewhere street 5"


def picture(format: str, *, metadata: bool = False, held: int = 1, **how: object) -> bytes:
    """A picture of noise; with metadata, it says where and by whom it was taken, and how the camera was held."""
    exif = Exif()
    if metadata:
        exif[0x010E], exif[0x013B], exif[0x0112] = PLACE.decode(), "A person", held
        exif.get_ifd(0x8825).update(GPS)
        how |= {"exif": exif, "icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()}
        how |= {"comment": PLACE} if format == "JPEG" else {}
        how |= {"xmp": b"<x:xmpmeta>" + PLACE + b"</x:xmpmeta>"} if format in ("JPEG", "WEBP") else {}
    file = io.BytesIO()
    PIXELS.save(file, format, **how)
    return file.getvalue()


def pixels(content: bytes) -> bytes:
    """What a viewer shows."""
    with Image.open(io.BytesIO(content)) as image:
        return image.convert("RGB").tobytes()


def exif_of(content: bytes) -> tuple[dict[int, object], dict[int, object]]:
    """What the picture tells of itself, and where it was taken."""
    with Image.open(io.BytesIO(content)) as image:
        return dict(image.getexif()), dict(image.getexif().get_ifd(0x8825))


def png_chunk(kind: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")


def box(kind: bytes, content: bytes = b"") -> bytes:
    return (len(content) + 8).to_bytes(4, "big") + kind + content


JPEG, PROGRESSIVE = picture("JPEG"), picture("JPEG", progressive=True, restart_marker_blocks=2)
PNG = picture("PNG")
WEBP, WEBP_LOSSLESS = picture("WEBP"), picture("WEBP", lossless=True)
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\nxref\n0 1\ntrailer << /Root 1 0 R >>\nstartxref\n50\n%%EOF\n"
MP4 = box(b"ftyp", b"isom\0\0\2\0isommp41") + box(b"moov", bytes(100)) + box(b"free") + box(b"mdat", bytes(5000))
CSV = "seller,url\nMüller,https://shop.example/1\n".encode()
TEXT = b"Dear seller,\r\n\r\nplease.\n"
WHOLE = {
    "photo.jpg": JPEG,
    "scan.jpeg": PROGRESSIVE,
    "shot.png": PNG,
    "shot.webp": WEBP,
    "flat.webp": WEBP_LOSSLESS,
    "report.pdf": PDF,
    "film.mp4": MP4,
    "list.csv": CSV,
    "letter.txt": TEXT,
}


def cut(content: bytes, size: int = 7000) -> Iterator[bytes]:
    """The file in pieces."""
    for at in range(0, len(content), size):
        yield content[at : at + size]
