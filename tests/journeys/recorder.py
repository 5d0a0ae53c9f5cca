"""A recording proxy on loopback: passes every request on to a hub, and keeps the bodies of both directions in a file."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

DROPPED = {"connection", "keep-alive", "transfer-encoding", "content-length", "server", "date"}


@contextmanager
def recording(port: int, kept: Path) -> Iterator[str]:
    """The proxy's address; what passes through is appended to `kept`."""
    lock = threading.Lock()

    class Passage(BaseHTTPRequestHandler):
        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            hub = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            headers = {name: value for name, value in self.headers.items() if name.lower() not in DROPPED}
            hub.request(self.command, self.path, body=body or None, headers=headers)
            answer = hub.getresponse()
            content = answer.read()
            with lock, kept.open("ab") as file:
                file.write(b"\n" + self.path.encode() + b"\n" + body + b"\n" + content)
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in DROPPED:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            hub.close()

        def do_GET(self) -> None:
            self._pass()

        def do_POST(self) -> None:
            self._pass()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Passage)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
