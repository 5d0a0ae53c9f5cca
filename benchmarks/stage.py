"""A real hub to measure: its own home, database and processes, and what they cost."""

import base64
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg
import requests

from hub.manage.home import ROOT, HomeError, running_environment
from hub.manage.operating import operating
from hub.manage.runtime import free_port

KEY = "example.b1.domain"
"""The key under which most is shared and asked."""


def token(n: int) -> bytes:
    """The nth made-up token; PostgreSQL makes the same with sha256(int8send(n))."""
    return hashlib.sha256(n.to_bytes(8, "big")).digest()


@dataclass
class Stage:
    """A running hub with two brands and a platform."""

    process: psutil.Process
    url: str
    owner_url: str
    environment: dict[str, str]
    """The settings of its parts."""
    profiles: dict[str, dict[str, str]] = field(default_factory=dict)

    def session(self, code: str) -> requests.Session:
        """An HTTP session with a member's key."""
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {self.profiles[code]['api_key']}"
        return session

    def sql(self) -> psycopg.Connection[Any]:
        """A connection as the database's owner."""
        return psycopg.connect(self.owner_url.replace("+psycopg", "", 1), options="-c jit=off")

    def cpu(self, part: str = "") -> float:
        """CPU seconds that the hub's processes (of a part) have used so far."""
        return sum(sum(each.cpu_times()[:2]) for each in self._parts(part))

    def memory(self) -> list[int]:
        """Resident bytes of each web worker."""
        return [each.memory_info().rss for each in self.workers()]

    def workers(self) -> list[psutil.Process]:
        """The web workers."""
        return [each for each in self._parts("gunicorn") if "gunicorn" in " ".join(each.parent().cmdline())]

    @contextmanager
    def confined(self, cores: int) -> Iterator[None]:
        """Keep the whole hub, and the load from here, to so many cores: what workers give when each has a core."""
        every = os.sched_getaffinity(0)
        few = set(sorted(every)[:cores])
        try:
            self._confine(few)
            yield
        finally:
            self._confine(every)

    def _confine(self, cores: set[int]) -> None:
        os.sched_setaffinity(0, cores)
        for each in [self.process, *self.process.children(recursive=True)]:
            for task in Path(f"/proc/{each.pid}/task").glob("*"):
                with suppress(ProcessLookupError):
                    os.sched_setaffinity(int(task.name), cores)

    def _parts(self, part: str) -> Iterator[psutil.Process]:
        for each in self.process.children(recursive=True):
            with suppress(psutil.NoSuchProcess):  # a database backend may end between two looks
                if part in " ".join(each.cmdline()):
                    yield each


@contextmanager
def stage(web_workers: int = 1, evaluator_workers: int = 1) -> Iterator[Stage]:
    """Start a hub, admit its members; everything is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
        home, port = Path(folder) / "home", free_port()
        (home / "example").mkdir(parents=True)  # nothing but what is measured
        env = os.environ | {
            "HUB_HOME": str(home),
            "HUB_PORT": str(port),
            "HUB_WEB_WORKERS": str(web_workers),
            "HUB_EVALUATOR_WORKERS": str(evaluator_workers),
        }
        hub = subprocess.Popen(
            [sys.executable, "-m", "hub.manage", "run"], cwd=ROOT, env=env, stdout=subprocess.DEVNULL
        )
        try:
            environment = _await(home)
            yield _founded(
                Stage(psutil.Process(hub.pid), environment["HUB_URL"], environment["HUB_DATABASE_URL"], environment),
                environment,
                home,
            )
        finally:
            hub.send_signal(signal.SIGINT)
            hub.wait(60)


def _await(home: Path) -> dict[str, str]:
    for _ in range(600):
        try:
            return running_environment(home)
        except HomeError:
            time.sleep(0.1)
    raise TimeoutError("the hub did not start within a minute")


def _founded(made: Stage, environment: dict[str, str], home: Path) -> Stage:
    from hub.access.tlp import MemberKind
    from hub.epochs import service as epochs
    from hub.manage import profiles
    from hub.members import service as members

    with operating(environment) as actor:
        epochs.open_epoch(actor, "b1")
        for code, kind in (
            ("brand-a", MemberKind.BRAND),
            ("brand-b", MemberKind.BRAND),
            ("platform-x", MemberKind.PLATFORM),
        ):
            members.admit(actor, code, kind, code)
            profiles.issue(actor, code, home / f"{code}.profile", 1)
            made.profiles[code] = json.loads((home / f"{code}.profile").read_text())
            epochs.declare_need(actor, members.find(code), "domain", 100_000_000)
            members.set_limit(actor, code, 10_000_000)
    return made


def fill(connection: psycopg.Connection[Any], key_id: int, member_id: int, first: int, count: int) -> None:
    """Put `count` contributions at E2 under a key straight into the database."""
    with connection.transaction():
        connection.execute(
            "INSERT INTO indicator (key_id, token) SELECT %s, sha256(int8send(n)) FROM generate_series(%s::bigint, %s) n",
            (key_id, first, first + count - 1),
        )
        connection.execute(
            "INSERT INTO contribution (key_id, token, member_id, stance, evidence_level, tlp, shared_at,"
            " expires_on, state) SELECT %s, sha256(int8send(n)), %s, 'infringing', 2, 2, now(),"
            " current_date + 300, 'active' FROM generate_series(%s::bigint, %s) n",
            (key_id, member_id, first, first + count - 1),
        )
    connection.autocommit = True
    connection.execute("VACUUM ANALYZE indicator, contribution")
    connection.autocommit = False


def b64(tokens: list[bytes]) -> str:
    """Tokens as the API takes them."""
    return base64.b64encode(b"".join(tokens)).decode()
