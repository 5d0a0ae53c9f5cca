"""The log as the hub publishes it, read over HTTP several pieces ahead of their use."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager
from copy import copy
from datetime import datetime
from itertools import islice

from hub import clock
from hub.client.http import HubConnection
from hub.client.ledger.alarm import altered, withheld
from hub.client.ledger.log import Place, announcements_in, verifiers_in
from hub.client.profile import Profile
from hub.tree.tiles import WIDTH, tile_path

_AT_ONCE = 4
_PAGE = 5_000


class PublishedLog:
    """What a hub gives out of its log (a LogReader)."""

    first = 0
    is_there = True
    caveat = ""

    def __init__(self, connect: Callable[[], HubConnection], threads: ThreadPoolExecutor) -> None:
        self._connect = connect
        self._threads = threads
        self._local = threading.local()
        self._opened: list[HubConnection] = []
        self._prefix = "audit/log/"
        self.base = 0

    def shard(self, prefix: str, base: int) -> PublishedLog:
        """Over the same connections."""
        other = copy(self)
        other._prefix, other.base = prefix, base
        return other

    def checkpoint(self, which: str = "checkpoint") -> str | None:
        """The newest signed checkpoint, or the `checkpoint/final` or `checkpoint/offered`; None while there is none.

        Raises LedgerAlarm for what is no text.
        """
        answer = self._hub().get(f"/{self._prefix}{which}", accept=(200, 404))
        if answer.status == 404:
            return None
        try:
            return answer.body.decode()
        except UnicodeDecodeError:
            raise altered("the checkpoint is not text") from None

    def announcements(self) -> Iterable[str]:
        """What the hub says now."""
        return announcements_in(self._hub().get(f"/{self._prefix}keys").body)

    def verifiers(self) -> Iterable[str]:
        """What the hub says now."""
        return verifiers_in(self._hub().get(f"/{self._prefix}keys").body)

    def older(self) -> Iterable[str]:
        """None: what the hub signed before is in our memory."""
        return ()

    def as_of(self) -> datetime:
        """Now."""
        return clock.now()

    def piece(self, place: Place) -> bytes:
        """A tile or bundle, or the full one that begins with it. Raises LedgerAlarm when it is not given out."""
        level, n, width = place
        found = self._hub().get(f"/{self._prefix}tile/{tile_path(level, n, width)}", accept=(200, 404))
        if found.status == 404 and width < WIDTH:
            # A log may drop a partial tile once it is full (C2SP tlog-tiles): the full one begins with it.
            found = self._hub().get(f"/{self._prefix}tile/{tile_path(level, n)}", accept=(200, 404))
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

    def own_lines(self, after: int) -> Iterator[bytes]:
        """Our entries beyond the place `after`, upwards."""
        while True:
            body = self._hub().get("/audit/entries", {"after": after, "limit": _PAGE}).body
            lines = [line for line in body.split(b"\n") if line]
            yield from lines
            if not lines:
                return
            after = _index(lines[-1])

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


def _index(line: bytes) -> int:
    """The place of an entry that was read before, and found to be of the agreed form."""
    return int(json.loads(line)["index"])


@contextmanager
def open_log(profile: Profile, patience: float, notice: Callable[[str], None]) -> Iterator[PublishedLog]:
    """A reader of the hub's log, whose threads and connections end with the block."""
    ending = threading.Event()

    def wait(seconds: float) -> None:
        if ending.wait(seconds):
            raise CancelledError

    def connect() -> HubConnection:
        return HubConnection(profile, patience=patience, notice=notice, wait=wait)

    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="log") as threads:
        reader = PublishedLog(connect, threads)
        try:
            yield reader
        finally:
            ending.set()
            threads.shutdown(cancel_futures=True)
            reader.close()
