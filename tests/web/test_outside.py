"""Servers that somebody else names are asked within bounds: not at private places, not too long, not where they point."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from hub import outside
from hub.outside import OutOfReachError, ask

PLACE = "no address that the hub asks"


class Talking(BaseHTTPRequestHandler):
    """Answers each path in its own way."""

    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        answers: dict[str, Callable[[], None]] = {
            "/good": lambda: self.say(b'{"a": 1}'),
            "/list": lambda: self.say(b"[1]"),
            "/words": lambda: self.say(b"good day"),
            "/deep": lambda: self.say(b"[" * 100_000),
            "/full": lambda: self.say(b'{"a": "' + b"x" * (outside.MOST_BYTES - 9) + b'"}'),
            "/too-full": lambda: self.say(b'{"a": "' + b"x" * (outside.MOST_BYTES - 8) + b'"}'),
            "/elsewhere": lambda: self.say(b'{"b": 2}', 302, Location="/good"),
            "/slow": self.drip,
        }
        answers[self.path]()

    def say(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def drip(self) -> None:
        """A first line that never ends, a byte at a time."""
        try:
            while True:
                self.wfile.write(b"H")
                time.sleep(0.02)
        except OSError:
            pass

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    """A server on loopback that notes what it was asked."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Talking) as server:
        server.asked = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def at(server: ThreadingHTTPServer, path: str) -> str:
    return f"http://127.0.0.1:{server.server_port}{path}"


@pytest.mark.parametrize("path", ["/good", "/full"])
def test_object_within_the_bounds_is_taken(server: ThreadingHTTPServer, path: str) -> None:
    assert ask(at(server, path), local=True).status == 200


@pytest.mark.parametrize("path", ["/list", "/words", "/deep", "/too-full"])
def test_anything_else_is_not(server: ThreadingHTTPServer, path: str) -> None:
    with pytest.raises(OutOfReachError):
        ask(at(server, path), local=True)


def test_nobody_is_followed_to_where_an_answer_points(server: ThreadingHTTPServer) -> None:
    assert (ask(at(server, "/elsewhere"), local=True).body) == {"b": 2}
    assert server.asked == ["/elsewhere"]  # type: ignore[attr-defined]


def test_who_answers_slowly_is_cut_off(server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "SECONDS", 0.3)
    began = time.monotonic()
    with pytest.raises(OutOfReachError):
        ask(at(server, "/slow"), local=True)
    assert time.monotonic() - began < 1.5


def test_name_that_takes_long_to_look_up_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    let_go = threading.Event()
    monkeypatch.setattr(outside, "LOOK_UP_SECONDS", 0.1)
    monkeypatch.setattr(outside, "_LOOKING_UP", threading.BoundedSemaphore(2))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: let_go.wait(10))
    for words in ("in time", "in time", "too many names"):
        with pytest.raises(OutOfReachError, match=words):
            ask("https://slow.example.org/", local=False)
    let_go.set()


@pytest.mark.parametrize(
    "place",
    [
        *("127.0.0.1", "127.1", "localhost", "0.0.0.0", "[::1]", "[::]", "2130706433", "0x7f000001"),
        *("10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "198.18.0.1", "192.0.2.1"),
        *("224.0.0.1", "255.255.255.255", "[fe80::1]", "[fc00::1]", "[ff02::1]", "[2001:db8::1]"),
        *("[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[64:ff9b::a00:1]", "[64:ff9b:1::a00:1]", "[2002:a00:1::]"),
        *("[::ffff:0:127.0.0.1]", "[::127.0.0.1]", "[::10.0.0.1]", "[fec0::1]", "[5f00::1]"),
    ],
)
def test_place_that_is_not_public_is_not_asked(place: str) -> None:
    with pytest.raises(OutOfReachError, match=PLACE):
        ask(f"https://{place}/", local=False)


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://1.1.1.1/", False),
        ("http://1.1.1.1/", True),
        ("https://10.0.0.1/", True),
        ("file:///etc/passwd", True),
        ("gopher://127.0.0.1/", True),
        ("https://user:pass@1.1.1.1/", False),
        ("https://", False),
        ("//127.0.0.1/", True),
        ("", True),
    ],
)
def test_address_that_is_none_for_the_hub_is_not_asked(url: str, local: bool) -> None:
    with pytest.raises(OutOfReachError, match=PLACE):
        ask(url, local=local)


def test_name_with_one_private_address_among_public_ones_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (place, 0)) for place in ("1.1.1.1", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(OutOfReachError, match=PLACE):
        ask("https://rebound.example.org/", local=False)


def test_server_whose_certificate_nobody_vouches_for_is_not_believed(tmp_path: Path) -> None:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    made = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, made, made + timedelta(days=1))
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    certificate = builder.add_extension(names, critical=True).sign(key, hashes.SHA256())
    held = tmp_path / "held.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    held.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(held)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        seen: list[str] = []

        def serve() -> None:
            accepted, _ = listening.accept()
            try:
                with context.wrap_socket(accepted, server_side=True) as secure:
                    seen.append(secure.recv(1000).decode())
            except OSError:
                accepted.close()

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(OutOfReachError, match=r"\(SSL|\(Cert"):
            ask(f"https://localhost:{listening.getsockname()[1]}/", local=True)
        thread.join()
    assert [each for each in seen if each] == []
