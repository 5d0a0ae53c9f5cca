"""Listings: the web address of one offer or store on a marketplace, in one spelling."""

import hashlib
import re
from urllib.parse import urlsplit

from hub.canonical.host import ascii_host, without_www
from hub.canonical.refusal import RefusedError, refused
from hub.canonical.store import normal_path, normal_query
from hub.canonical.text import LONGEST_VALUE, clean

_PORTS = {"http": 80, "https": 443}
_BLANK = re.compile(r"\s")


def canonical_listing(text: str) -> tuple[str, str]:
    """The host and the address of a listing: `https://`, host, path, and the query without tracking parameters, sorted.

    A fragment is dropped; www. and m. are, since they lead to the same offer. Raises RefusedError for what is no web
    address, and for one with a user's name, a password or a port.
    """
    line = clean(text)
    try:
        parts = urlsplit(line)
        port = parts.port
    except ValueError as error:
        raise refused("malformed_url") from error
    if parts.scheme not in _PORTS or not parts.hostname or _BLANK.search(line) or "\\" in line:
        raise refused("malformed_url")
    if "@" in parts.netloc or port not in {None, _PORTS[parts.scheme]}:
        raise RefusedError(
            "malformed", "the address holds a user's name, a password or a port", "give it without what stands there"
        )
    host = without_www(ascii_host(parts.hostname, "malformed_url"))
    path, query = normal_path(parts.path), normal_query(parts.query)
    address = f"https://{host}{path}{'?' if query else ''}{query}"
    if len(address) > LONGEST_VALUE:
        raise refused("too_long_address")
    return host, address


def digest_of(text: str) -> bytes:
    """What a listing is recognised by: the SHA-256 of its canonical address."""
    return hashlib.sha256(text.encode()).digest()
