"""Asking servers that somebody else named: within bounds of place, time and size, and never where they point next."""

import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from queue import Empty, SimpleQueue
from types import MappingProxyType
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

MOST_BYTES = 2**20
SECONDS = 5.0
"""For all of it, from the first byte sent to the last one read, unless the caller says otherwise."""
LOOK_UP_SECONDS = 3.0
"""For its name, before that."""
_LOOKING_UP = threading.BoundedSemaphore(16)
_UNICAST = ip_network("2000::/3")
"""All of IPv6 that is given out to the public internet (RFC 4291 §2.4); elsewhere lie site-local addresses, and IPv4
addresses inside of IPv6 ones, which may be private (RFC 4291 §2.5.5, RFC 6052, RFC 8215, RFC 2765)."""
_6TO4 = ip_network("2002::/16")
"""An IPv4 address inside of an IPv6 one as well (RFC 3056)."""


class OutOfReachError(Exception):
    """The server was not asked, or did not answer within the bounds; the text says neither where nor what."""


@dataclass(frozen=True)
class Answer:
    """A JSON object, and the status it came with."""

    status: int
    body: Mapping[str, Any]


def ask(url: str, *, local: bool, form: Mapping[str, str] | None = None, authorization: str = "") -> Answer:
    """GET an address, or POST it a form, for a JSON object; a redirect is an answer like any other.

    Bounds as for `send`. Raises OutOfReachError.
    """
    headers = {"Accept": "application/json"} | ({"Authorization": authorization} if authorization else {})
    body = None
    if form is not None:
        body, headers["Content-Type"] = urlencode(form).encode(), "application/x-www-form-urlencoded"
    status, text = send(url, local=local, body=body, headers=headers)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise OutOfReachError(f"it did not answer as it should ({type(error).__name__})") from None
    if not isinstance(found, dict):
        raise OutOfReachError("its answer is no JSON object")
    return Answer(status, found)


def send(
    url: str,
    *,
    local: bool,
    body: bytes | None = None,
    headers: Mapping[str, str] = MappingProxyType({}),
    seconds: float | None = None,
    connect_seconds: float | None = None,
    most: int | None = MOST_BYTES,
) -> tuple[int, bytes]:
    """POST a body to an address, or GET it without one: the status and the bytes of the answer, at most so many.

    `connect_seconds` are of `seconds`, for the connection alone. `most` None: of the answer only the status is read.

    Only https, and only at addresses of the public internet; `local` lets in this machine itself, without TLS too.
    The address that was looked up is the one connected to. Raises OutOfReachError.
    """
    try:
        parts = urlsplit(url)
        where, port = _place(parts, local), parts.port or (443 if parts.scheme == "https" else 80)
        told = {"Host": parts.netloc, "Accept-Encoding": "identity", **headers}
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        whole = seconds or SECONDS
        with _connected(parts, where, port, whole, connect_seconds or whole) as connection:
            method = "GET" if body is None else "POST"
            connection.request(method, target, body=body, headers=told, preload_content=False)
            answer = connection.getresponse()
            found = b"" if most is None else answer.read(most + 1, decode_content=False)
    except (OSError, HTTPError, HTTPException, ValueError) as error:
        raise OutOfReachError(f"it did not answer as it should ({type(error).__name__})") from None
    if most is not None and len(found) > most:
        raise OutOfReachError("its answer is too long")
    return answer.status, found


def check_place(url: str, *, local: bool) -> None:
    """Look an address up, and ask nothing of it. Raises OutOfReachError where `send` would not ask either."""
    try:
        _place(urlsplit(url), local)
    except (OSError, ValueError):
        raise OutOfReachError("its name was not found") from None


def _place(parts: SplitResult, local: bool) -> str:
    """The address to connect to. Raises OutOfReachError unless all that the name stands for may be asked."""
    if parts.scheme not in {"https", "http"} or not parts.hostname or "@" in parts.netloc:
        raise OutOfReachError("it has no address that the hub asks")
    addresses = [ip_address(str(each[4][0]).partition("%")[0]) for each in _looked_up(parts.hostname)]
    here = local and all(each.is_loopback for each in addresses)
    if not here and (parts.scheme != "https" or not all(map(_is_public, addresses))):
        raise OutOfReachError("it has no address that the hub asks")
    return str(addresses[0])


def _looked_up(name: str) -> Sequence[tuple[Any, ...]]:
    """What stands for a name. A look-up cannot be called back: it goes on by itself, and only so many do at a time.

    Raises OutOfReachError where the answer takes too long, OSError and ValueError where there is none.
    """
    answers: SimpleQueue[Sequence[tuple[Any, ...]] | Exception] = SimpleQueue()
    places = _LOOKING_UP

    def look() -> None:
        try:
            answers.put(socket.getaddrinfo(name, None, type=socket.SOCK_STREAM))
        except (OSError, ValueError) as error:
            answers.put(error)
        finally:
            places.release()

    if not places.acquire(blocking=False):
        raise OutOfReachError("too many names are looked up at present")
    threading.Thread(target=look, daemon=True).start()
    try:
        answer = answers.get(timeout=LOOK_UP_SECONDS)
    except Empty:
        raise OutOfReachError("its name was not found in time") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return _is_public(address.ipv4_mapped)
        if address not in _UNICAST or address in _6TO4:
            return False
    return address.is_global and not address.is_multicast


@contextmanager
def _connected(
    parts: SplitResult, where: str, port: int, seconds: float, connect_seconds: float
) -> Iterator[HTTPConnection]:
    """A connection to where the name leads, cut off once its time is over, however slowly it answers."""
    connection: HTTPConnection
    if parts.scheme == "https":
        name = parts.hostname
        context = ssl.create_default_context()
        connection = HTTPSConnection(
            where, port, timeout=connect_seconds, server_hostname=name, assert_hostname=name, ssl_context=context
        )
    else:
        connection = HTTPConnection(where, port, timeout=connect_seconds)

    def cut() -> None:
        with suppress(OSError):
            socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)

    ends_at = time.monotonic() + seconds
    timer = None
    try:
        connection.connect()
        left = max(0.0, ends_at - time.monotonic())
        connection.timeout = left or None
        connection.sock.settimeout(connection.timeout)
        timer = threading.Timer(left, cut)
        timer.start()
        yield connection
    finally:
        if timer is not None:
            timer.cancel()
        connection.close()
