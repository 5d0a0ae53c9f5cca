"""Real parts for tests: a PostgreSQL a test process, a database a test, an evaluator, the application on them."""

import os
import re
import secrets
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing import resource_tracker
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from flask import Flask
from flask.testing import FlaskClient
from flask_security import hash_password
from hypothesis import HealthCheck, settings
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import make_url

from hub import clock
from hub.access.actor import Actor
from hub.access.grants import Role
from hub.access.guard import read_as
from hub.access.tlp import MemberKind
from hub.app import create_app
from hub.config import MailServer, Settings
from hub.db import db
from hub.epochs import service as epochs
from hub.ledger.rules import never
from hub.ledger.sequencer import Sequencer
from hub.ledger.signing import Signers
from hub.manage import database
from hub.manage.home import prepare_home
from hub.manage.postgres import EmbeddedPostgres
from hub.manage.runtime import free_port
from hub.members import service as members
from hub.members.rules import new_pseudonym
from hub.tree.note import Signer

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"
TEMPLATE = "template_hub"
HTML = {"Accept": "text/html"}
PASSWORD = "a long enough pass phrase"
MEMORY = Path("/dev/shm")
ROOM = 4 * 2**30
HASHED: list[str] = []
MAIL_SERVER: MailServer | None = None
"""None: the hubs of the tests keep their letters."""
SECRET = b"twenty bytes of test"
"""What the authenticator apps of the tests know."""

# the same examples in every run, however busy the machine is
settings.register_profile("hub", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("hub")


def pytest_addoption(parser: pytest.Parser) -> None:
    """How many processes the kill run of the ledger kills: few in `make test`, many in `make soak`."""
    parser.addoption("--kills", type=int, default=60)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What tests counted (`record_property("counted", …)`), a line each."""
    for report in terminalreporter.getreports("passed"):
        for name, words in report.user_properties:
            if name == "counted":
                terminalreporter.line(str(words))


def pytest_unconfigure() -> None:
    """End the process that watches over worker pools before this one ends, so that the suite leaves none behind."""
    resource_tracker._resource_tracker._stop()  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared HUB_HOME with throw-away secrets."""
    home = tmp_path_factory.mktemp("home")
    prepare_home(home, "example")
    return home


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """The owner's URL of a PostgreSQL of this test process's own, holding a migrated template database.

    It lies in memory where there is room: each test copies a database of a thousand files.
    """
    roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    with TemporaryDirectory(prefix="hub-tests-", dir=MEMORY if roomy else None) as folder, ExitStack() as running:
        prepare_home(Path(folder), "example")
        url = running.enter_context(EmbeddedPostgres(Path(folder)).running())
        with psycopg.connect(plain(url), autocommit=True) as connection:
            for name in ("fsync", "full_page_writes"):  # what a test writes need not outlive a power cut
                connection.execute(f"ALTER SYSTEM SET {name} = off")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute(f"CREATE DATABASE {TEMPLATE}")
        database.migrate(on(url, TEMPLATE), {"app": "app", "sequencer": "sequencer"})
        yield url


def plain(url: str) -> str:
    """A SQLAlchemy URL as psycopg takes it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def on(url: str, name: str) -> str:
    """The same server, another database."""
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def as_role(url: str, role: str) -> str:
    """The same database as one of the template's roles."""
    return make_url(url).set(username=f"{TEMPLATE}_{role}", password=role).render_as_string(hide_password=False)


@pytest.fixture
def owner_url(cluster: str) -> Iterator[str]:
    """A fresh, migrated database; the owner's URL."""
    with fresh_database(cluster) as url:
        yield url


@contextmanager
def fresh_database(cluster: str) -> Iterator[str]:
    """A migrated database of the cluster, dropped afterwards; the owner's URL."""
    name = f"t_{secrets.token_hex(6)}"
    with psycopg.connect(plain(cluster), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
        yield on(cluster, name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def evaluator_url(home: Path) -> Iterator[str]:
    """A real evaluator."""
    address = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "hub.evaluator", "--home", str(home), "--bind", address, "--workers", "1"]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        _await(f"http://{address}/status")
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait(10)


def _await(url: str) -> None:
    for _ in range(200):
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(url)


@dataclass
class Hub:
    """An application on a database of its own, with the means to act in it as anybody."""

    app: Flask
    owner_app: Flask
    owner_url: str
    home: Path
    keys: dict[str, str] = field(default_factory=dict)
    """Member code → API key."""

    def admit(self, code: str, kind: str = "brand", sector: str | None = None) -> str:
        """Admit a member and issue a key; returns the key."""
        with self.operator() as actor:
            members.admit(actor, code, MemberKind(kind), code.title(), sector)
            self.keys[code] = members.issue_credential(actor, code)
        return self.keys[code]

    def person(self, code: str, who: str = "", role: Role = Role.OWNER) -> str:
        """Let a person sign in for a member, as `<who, or the member's code>@alliance-hub.org`; returns the name."""
        who = who or code
        if code == members.OFFICE:  # founded by whoever acts for it first
            with self.operator():
                db.session.commit()
        self.sql(
            "INSERT INTO person (member_id, name, pseudonym, email, password, active, role, fs_uniquifier)"
            " SELECT id, %s, %s, %s, %s, true, %s, %s FROM member WHERE code = %s",
            *(who.title(), new_pseudonym(), f"{who}@alliance-hub.org", self._hashed(), role.value),
            *(secrets.token_hex(32), code),
        )
        self.enrol(f"{who}@alliance-hub.org")
        return who

    def _hashed(self) -> str:
        """The digest of PASSWORD, made once: it takes its time."""
        if not HASHED:
            with self.owner_app.app_context():
                HASHED.append(hash_password(PASSWORD))
        return HASHED[0]

    def enrol(self, email: str) -> None:
        """Give a person an authenticator app that knows SECRET."""
        ((id, member),) = self.sql("SELECT id, member_id FROM person WHERE email = %s", email)
        assert isinstance(id, int)
        with self.app.app_context():
            sealed = members.seal_secret(SECRET, id)
        self.sql(
            "INSERT INTO factor (person_id, member_id, kind, name, secret, added_at)"
            " VALUES (%s, %s, 'totp', 'Phone', %s, now())",
            *(id, member, sealed),
        )

    def signed_in(self, who: str, address: str = "127.0.0.1") -> FlaskClient:
        """A browser's client in which the person has signed in by the forms, with password and code."""
        client = self.with_password(who, address)
        # one code serves once, and a test may sign the same person in again within the same half minute
        self.sql("UPDATE factor SET counter = 0 WHERE kind = 'totp'")
        self.give(client, "/verify", code=code_now())
        return client

    def with_password(self, who: str, address: str = "127.0.0.1") -> FlaskClient:
        """A browser's client in which the person has given the password and nothing more."""
        client = self.app.test_client()
        client.environ_base["REMOTE_ADDR"] = address
        self.give(client, "/sign-in", email=f"{who}@alliance-hub.org", password=PASSWORD)
        return client

    def give(self, client: FlaskClient, page: str, **fields: str) -> None:
        """Send a page's form, which leads on."""
        if self.app.config.get("WTF_CSRF_ENABLED", True):
            fields["csrf_token"] = csrf(client.get(page, headers=HTML).text)
        assert client.post(page, data=fields, headers=HTML).status_code in {302, 303}, page

    def operator(self) -> "OperatorContext":
        """The operator's actor inside the owner's application."""
        return OperatorContext(self.owner_app)

    def client(self, code: str) -> FlaskClient:
        """A client that sends the member's API key."""
        client = self.app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {self.keys[code]}"
        return client

    def actor(self, code: str) -> Actor:
        """The actor that a member's key stands for; call inside the application's context."""
        holder = members.holder_of_key(self.keys[code])
        assert holder is not None
        read_as(db.session, holder.actor)
        return holder.actor

    def sequence(self) -> None:
        """Integrate and sign all that is recorded."""
        with self.sequencer() as sequencer:
            while sequencer.step():
                pass

    @contextmanager
    def sequencer(self) -> Iterator[Sequencer]:
        """A sequencer of the hub's log."""
        with psycopg.connect(plain(as_role(self.owner_url, "sequencer"))) as connection:
            yield Sequencer(connection, self.signers, self.anchor, clock.now, due=never)

    @property
    def anchor(self) -> Path:
        """Where the log's anchor lies."""
        anchor = self.app.extensions["settings"].anchor
        assert isinstance(anchor, Path)
        return anchor

    @property
    def origin(self) -> str:
        """The log's name."""
        return self.app.extensions["settings"].origin

    @property
    def signers(self) -> Signers:
        """The log's keys."""
        return Signers(self.home / "ledger", self.origin)

    @property
    def signer(self) -> Signer:
        """The first of them."""
        return self.signers.first()

    def sql(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """What a statement returns to the database's owner."""
        with psycopg.connect(plain(self.owner_url), autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []


class OperatorContext:
    """`with` gives the operator's actor."""

    def __init__(self, app: Flask) -> None:
        self._context = app.app_context()

    def __enter__(self) -> Actor:
        self._context.push()
        actor = members.operator()
        db.session.commit()
        read_as(db.session, actor)
        return actor

    def __exit__(self, *error: object) -> None:
        self._context.pop()


def code_now(secret: bytes = SECRET) -> str:
    """What an authenticator app shows now (RFC 6238)."""
    app = TOTP(secret, 6, SHA1(), 30, enforce_key_length=False)
    return app.generate(int(clock.now().timestamp())).decode()


def csrf(text: str) -> str:
    """The token against forged requests in a page's form."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', text)
    assert found is not None
    return found[1]


def settings_for(url: str, home: Path, evaluator_url: str) -> Settings:
    """Settings of an application on that database."""
    return Settings(
        home=home,
        database_url=url,
        evaluator_url=evaluator_url,
        alliance="example",
        url="http://127.0.0.1:8000",
        origin="example.alliance-hub/audit",
        mail_server=MAIL_SERVER,
        anchor=home / f"{make_url(url).database}.note",
    )


@pytest.fixture
def make_hub(owner_url: str, home: Path) -> Iterator[Callable[[str], Hub]]:
    """Makes the application on a fresh database, with the evaluator at an address."""
    with ExitStack() as made:
        yield lambda evaluator_url: made.enter_context(hub_on(owner_url, home, evaluator_url))


@contextmanager
def hub_on(owner_url: str, home: Path, evaluator_url: str) -> Iterator[Hub]:
    """The application on a database, as its restricted role and as the owner."""
    app, owner_app = (
        _quick(create_app(settings_for(each, home, evaluator_url)), home)
        for each in (as_role(owner_url, "app"), owner_url)
    )
    try:
        yield Hub(app, owner_app, owner_url, home)
    finally:
        for each in (app, owner_app):
            with each.app_context():
                for engine in db.engines.values():
                    engine.dispose()


def _quick(app: Flask, home: Path) -> Flask:
    """The same application, whose passwords cost next to nothing and whose templates are compiled once a test process."""
    app.extensions["security"].pwd_context.update(argon2__time_cost=1, argon2__memory_cost=8, argon2__parallelism=1)
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(home / "run"))
    return app


@pytest.fixture
def hub(make_hub: Callable[[str], Hub], evaluator_url: str) -> Hub:
    """The application as its restricted role, with epoch `e1` open and no member but the office."""
    hub = make_hub(evaluator_url)
    with hub.operator() as actor:
        epochs.open_epoch(actor, "e1")
    return hub


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("HUB_", "ALLIANCE_"))]:
        monkeypatch.delenv(name)
