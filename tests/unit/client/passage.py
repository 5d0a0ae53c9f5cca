"""A passage on loopback in front of a real hub that can be shut: what comes then is held, or answered 503."""

import http.client
import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DROPPED = {"connection", "keep-alive", "transfer-encoding", "content-length", "server", "date"}
BUSY = {
    "type": "/problems/unavailable",
    "title": "A part of the hub is not available",
    "status": 503,
    "detail": "The evaluator is down",
    "remedy": "Repeat the request",
}


@dataclass
class Passage:
    """`open_for` says how many requests to a path that ends so pass; None: all. `passed` counts them.

    When one is refused, `refused` is set; it is answered 503 with Retry-After, or held until `hold` is set.
    Answers lose the header that `strips` names.
    """

    address: str = ""
    retry_after: str = "1"
    only: str = ""
    open_for: int | None = None
    reopens_after: int | None = None
    passed: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    shut: threading.Event = field(default_factory=threading.Event)
    hold: threading.Event | None = None
    strips: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def closes(self, only: str, open_for: int, *, reopens_after: int | None = None, hold: bool = False) -> None:
        """Shut for requests to `only` after `open_for` of them, until `reopens_after` were refused."""
        self.opens()
        self.only, self.open_for, self.reopens_after = only, open_for, reopens_after
        self.hold = threading.Event() if hold else None

    def opens(self) -> None:
        """Let everything pass, and begin to count anew."""
        if self.hold is not None:
            self.hold.set()
        self.open_for, self.refused, self.hold, self.strips = None, 0, None, ""
        self.shut.clear()
        self.passed.clear()

    def lets(self, path: str) -> bool:
        """Whether this request passes."""
        name = path.partition("?")[0].rpartition("/")[2]
        with self._lock:
            closed = name == self.only and self.open_for is not None and self.passed[name] >= self.open_for
            if closed and (self.reopens_after is None or self.refused < self.reopens_after):
                self.refused += 1
                self.shut.set()
                return False
            self.passed[name] += 1
            return True


def _handler(passage: Passage, port: int) -> type[BaseHTTPRequestHandler]:
    class Request(BaseHTTPRequestHandler):
        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if not passage.lets(self.path):
                self._refuse()
                return
            hub = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            headers = {name: value for name, value in self.headers.items() if name.lower() not in DROPPED}
            hub.request(self.command, self.path, body=body or None, headers=headers)
            answer = hub.getresponse()
            dropped = DROPPED | {passage.strips.lower()}
            kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in dropped]
            self._answer(answer.status, kept, answer.read())
            hub.close()

        def _refuse(self) -> None:
            if passage.hold is not None:
                passage.hold.wait(60)
                self.close_connection = True
                return
            kept = [("Content-Type", "application/problem+json"), ("Retry-After", passage.retry_after)]
            self._answer(503, kept, json.dumps(BUSY).encode())

        def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
            self.send_response(status)
            for name, value in [*headers, ("Content-Length", str(len(content)))]:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            self._pass()

        def do_POST(self) -> None:
            self._pass()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    return Request


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that was killed has gone in the middle of an answer."""


@contextmanager
def passage_to(port: int) -> Iterator[Passage]:
    """A passage to the hub on `port`, open."""
    passage = Passage()
    server = _Quiet(("127.0.0.1", 0), _handler(passage, port))
    passage.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield passage
    finally:
        passage.opens()
        server.shutdown()
        server.server_close()
        thread.join()
