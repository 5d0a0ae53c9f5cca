"""A receiver of webhooks on loopback, and the owner's acts on webhooks."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from hub.access.actor import Actor
from hub.notices import jobs
from hub.notices.rules import Topic
from hub.notices.service import add_webhook
from tests.conftest import Hub
from tests.web.members.test_decisions import person


@dataclass
class Receiver:
    """What was received, and how it is answered."""

    url: str = ""
    status: int = 204
    seconds: float = 0.0
    """How long it takes to answer."""
    location: str = ""
    length: int = 0
    """How many bytes it says that its answer has."""
    got: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A real HTTP server."""
    receiver = Receiver()

    class Receiving(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append((dict(self.headers), body))
            time.sleep(receiver.seconds)
            self.send_response(receiver.status)
            if receiver.location:
                self.send_header("Location", receiver.location)
            self.send_header("Content-Length", str(receiver.length))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiving) as server:
        server.daemon_threads = True
        receiver.url = f"http://127.0.0.1:{server.server_port}/hub"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield receiver
        server.shutdown()


@contextmanager
def owner(hub: Hub, who: str = "brand-a") -> Iterator[Actor]:
    """An owner as the actor."""
    with person(hub, who) as actor:
        yield actor


def added(hub: Hub, url: str, *topics: Topic, who: str = "brand-a") -> tuple[str, str]:
    """The name and the secret of a webhook that an owner adds."""
    with owner(hub, who) as actor:
        return add_webhook(actor, url, topics or tuple(Topic))


def sent(hub: Hub) -> int:
    """Send what is due; returns how many tries."""
    with hub.app.app_context():
        return jobs.send_webhooks()
