"""A real mail server on loopback for the tests, and a worker that runs until the queue is empty."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hub.config import MailServer
from hub.jobs import Work, create_queue
from hub.mail import SEND, WAITS, send_letter
from tests.conftest import Hub


@dataclass
class PostOffice:
    """What the server was handed, and what it answers."""

    answer: str = "250 taken"
    recipient_answer: str = "250 go on"
    taken: list[EmailMessage] = field(default_factory=list)
    envelopes: list[Envelope] = field(default_factory=list)
    offered: int = 0
    tried: list[str] = field(default_factory=list)
    """The ways in which a name and a password were given."""

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any) -> str:
        if self.recipient_answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient_answer

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:
        self.offered += 1
        if self.answer.startswith("250"):
            message = message_from_bytes(envelope.content or b"", policy=POLICY)
            assert isinstance(message, EmailMessage)
            self.taken.append(message)
            self.envelopes.append(envelope)
        return self.answer


class _OnFreePort(Controller):
    """aiosmtpd's controller, which tries its own door once it is open: the system chooses the port."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def open_office(port: int = 0, **options: Any) -> Iterator[tuple[PostOffice, int]]:
    """The server, open on a port of 127.0.0.1, with the options of aiosmtpd's SMTP."""
    office = PostOffice()
    controller = _OnFreePort(office, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield office, controller.port
    finally:
        controller.stop()


def sends_to(hub: Hub, port: int, *, user: str = "", tls_at_once: bool = False) -> None:
    """Give the hub a mail server."""
    server = MailServer("127.0.0.1", port, user, tls_at_once, "hub@alliance-hub.org")
    for app in (hub.app, hub.owner_app):
        app.extensions["settings"] = replace(app.extensions["settings"], mail_server=server)


def work(hub: Hub) -> None:
    """Run the worker, as `hub worker` does, until no job is due."""
    url = hub.app.extensions["settings"].database_url
    queue = create_queue(url, hub.app, {}, {SEND: Work(send_letter, WAITS)})
    queue.periodic_registry.periodic_tasks.clear()
    asyncio.run(_worked(queue))


async def _worked(queue: Any) -> None:
    async with queue.open_async():
        await queue.run_worker_async(
            wait=False, listen_notify=False, install_signal_handlers=False, delete_jobs="successful"
        )


def make_due(hub: Hub) -> None:
    """Let the time to the next try pass."""
    hub.sql("UPDATE procrastinate_jobs SET scheduled_at = now() - interval '1 second' WHERE status = 'todo'")


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A throw-away certificate for 127.0.0.1, and the server's context that shows it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "office.crt", folder / "office.key"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(public, private)
    return public, context


def knows(name: bytes, password: bytes) -> Any:
    """An authenticator that lets one name in with one password, and notes what was tried."""

    def check(server: SMTP, _session: Any, _envelope: Any, mechanism: str, given: Any) -> AuthResult:
        server.event_handler.tried.append(mechanism)
        return AuthResult(success=(given.login, given.password) == (name, password), handled=False)

    return check
