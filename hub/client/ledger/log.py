"""Reading a published log (C2SP tlog-tiles) over HTTP, several pieces at once."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice

from hub.client.http import HubConnection
from hub.client.ledger.alarm import altered, withheld
from hub.client.profile import Profile
from hub.tree.merkle import HASH_BYTES
from hub.tree.tiles import WIDTH, decode_bundle, tile_path

_AT_ONCE = 4

Place = tuple[int | None, int, int]
"""(level, or None for a bundle of leaves; n; width)."""


class LogReader:
    """The log of one hub. Pieces come in the order asked, a few requests ahead of their use."""

    def __init__(self, connect: Callable[[], HubConnection], threads: ThreadPoolExecutor) -> None:
        self._connect = connect
        self._threads = threads
        self._local = threading.local()
        self._opened: list[HubConnection] = []

    def checkpoint(self) -> str | None:
        """The newest signed checkpoint; None before the first. Raises LedgerAlarm for what is no text."""
        answer = self._hub().get("/audit/log/checkpoint", accept=(200, 404))
        if answer.status == 404:
            return None
        try:
            return answer.body.decode()
        except UnicodeDecodeError:
            raise altered("the checkpoint is not text") from None

    def tiles(self, places: Iterable[tuple[int, int, int]]) -> Iterator[tuple[int, int, bytes]]:
        """(level, n, hashes) of each (level, n, width)."""
        for (level, n, width), body in self._pieces(places):
            assert level is not None
            if len(body) != width * HASH_BYTES:
                path = tile_path(level, n, width)
                raise altered(f"tile {path} has {len(body):,} bytes, not {width * HASH_BYTES:,}", tile=path)
            yield level, n, body

    def bundles(self, places: Iterable[tuple[int, int]]) -> Iterator[tuple[int, list[bytes]]]:
        """(n, leaves) of each bundle (n, width)."""
        for (_, n, width), body in self._pieces((None, n, width) for n, width in places):
            path = tile_path(None, n, width)
            try:
                leaves = decode_bundle(body)
            except ValueError as error:
                raise altered(f"bundle {path} cannot be read: {error}", tile=path) from None
            if len(leaves) < width:
                raise altered(f"bundle {path} holds {len(leaves)} leaves, not {width}", tile=path)
            yield n, leaves[:width]

    def close(self) -> None:
        """Close all connections."""
        for hub in self._opened:
            hub.close()

    def _pieces(self, places: Iterable[Place]) -> Iterator[tuple[Place, bytes]]:
        places = iter(places)
        ahead: deque[tuple[Place, Future[bytes]]] = deque()
        for place in islice(places, 2 * _AT_ONCE):
            ahead.append((place, self._threads.submit(self._piece, place)))
        while ahead:
            place, piece = ahead.popleft()
            yield place, piece.result()
            for following in islice(places, 1):
                ahead.append((following, self._threads.submit(self._piece, following)))

    def _piece(self, place: Place) -> bytes:
        level, n, width = place
        found = self._hub().get(f"/audit/log/tile/{tile_path(level, n, width)}", accept=(200, 404))
        if found.status == 404 and width < WIDTH:
            # A log may drop a partial tile once it is full (C2SP tlog-tiles): the full one begins with it.
            found = self._hub().get(f"/audit/log/tile/{tile_path(level, n)}", accept=(200, 404))
            return self._found(place, found.status, _beginning(found.body, level, width))
        return self._found(place, found.status, found.body)

    def _found(self, place: Place, status: int, body: bytes) -> bytes:
        if status == 404:
            path = tile_path(*place)
            raise withheld(f"the hub does not give out tile {path}, which its checkpoint covers", tile=path)
        return body

    def _hub(self) -> HubConnection:
        hub: HubConnection | None = getattr(self._local, "hub", None)
        if hub is None:
            hub = self._local.hub = self._connect()
            self._opened.append(hub)
        return hub


def _beginning(body: bytes, level: int | None, width: int) -> bytes:
    return body if level is None else body[: width * HASH_BYTES]


@contextmanager
def open_log(profile: Profile, patience: float, notice: Callable[[str], None]) -> Iterator[LogReader]:
    """A reader of the hub's log, whose threads and connections end with the block."""
    ending = threading.Event()

    def wait(seconds: float) -> None:
        if ending.wait(seconds):
            raise CancelledError

    def connect() -> HubConnection:
        return HubConnection(profile, patience=patience, notice=notice, wait=wait)

    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="log") as threads:
        reader = LogReader(connect, threads)
        try:
            yield reader
        finally:
            ending.set()
            threads.shutdown(cancel_futures=True)
            reader.close()
