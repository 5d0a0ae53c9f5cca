"""A file that a member sent, on its way out: to be kept, and never to be run."""

from collections.abc import Iterator
from urllib.parse import quote

from flask import Response

SANDBOX = "default-src 'none'; sandbox"
"""The policy of what somebody else made: it runs nothing and loads nothing, should a browser open it after all."""


def disposition(name: str) -> str:
    """To be kept under that name, whatever its script: header fields are ASCII (RFC 6266 §4.3)."""
    plain = "".join(each if " " <= each <= "~" and each not in '"\\%' else "_" for each in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def attachment(pieces: Iterator[bytes], name: str, media: str, size: int) -> Response:
    """The file as it is read, piece by piece; a reader who gets fewer bytes than announced knows that it broke off."""
    response = Response(pieces, content_type=media)
    response.headers["Content-Length"] = str(size)
    response.headers["Content-Disposition"] = disposition(name)
    response.headers["Content-Security-Policy"] = SANDBOX
    return response
