"""Reading a published log (C2SP tlog-tiles) over HTTP, several pieces ahead of their use."""

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
from hub.tree.merkle import ProofError
from hub.tree.tiles import WIDTH, decode_bundle, tile_path

_AT_ONCE = 4

Place = tuple[int | None, int, int]
"""(level, or None for a bundle of leaves; n; width)."""


class LogReader:
    """The log of one hub. What it gives is not yet authenticated."""

    def __init__(self, connect: Callable[[], HubConnection], threads: ThreadPoolExecutor) -> None:
        self._connect = connect
        self._threads = threads
        self._local = threading.local()
        self._opened: list[HubConnection] = []

    def checkpoint(self, which: str = "checkpoint") -> str | None:
        """The newest signed checkpoint, or the `checkpoint/final` or `checkpoint/offered`; None while there is none.

        Raises LedgerAlarm for what is no text.
        """
        answer = self._hub().get(f"/audit/log/{which}", accept=(200, 404))
        if answer.status == 404:
            return None
        try:
            return answer.body.decode()
        except UnicodeDecodeError:
            raise altered("the checkpoint is not text") from None

    def piece(self, place: Place) -> bytes:
        """A tile or bundle, or the full one that begins with it. Raises LedgerAlarm when it is not given out."""
        level, n, width = place
        found = self._hub().get(f"/audit/log/tile/{tile_path(level, n, width)}", accept=(200, 404))
        if found.status == 404 and width < WIDTH:
            # A log may drop a partial tile once it is full (C2SP tlog-tiles): the full one begins with it.
            found = self._hub().get(f"/audit/log/tile/{tile_path(level, n)}", accept=(200, 404))
        if found.status == 404:
            path = tile_path(*place)
            raise withheld(f"the hub does not give out tile {path}, which its checkpoint covers", tile=path)
        return found.body

    def pieces(self, places: Iterable[Place]) -> Iterator[bytes]:
        """The pieces in the order asked."""
        places = iter(places)
        ahead: deque[Future[bytes]] = deque()
        for place in islice(places, 2 * _AT_ONCE):
            ahead.append(self._threads.submit(self.piece, place))
        while ahead:
            yield ahead.popleft().result()
            for place in islice(places, 1):
                ahead.append(self._threads.submit(self.piece, place))

    def close(self) -> None:
        """Close all connections."""
        for hub in self._opened:
            hub.close()

    def _hub(self) -> HubConnection:
        hub: HubConnection | None = getattr(self._local, "hub", None)
        if hub is None:
            hub = self._local.hub = self._connect()
            self._opened.append(hub)
        return hub


def leaves_of(bundle: bytes, width: int) -> list[bytes]:
    """The first `width` leaves of a bundle. Raises ProofError when it cannot be read or holds fewer."""
    leaves = decode_bundle(bundle)
    if len(leaves) < width:
        raise ProofError(f"a bundle holds {len(leaves)} leaves instead of {width}")
    return leaves[:width]


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
