"""The running hub: which parts it has, what each is told, and the two ways to run it, `serve` and `demo`."""

import os
import resource
import secrets
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from signal import SIGINT, SIGQUIT

import click

from hub.config import MailServer, SettingError
from hub.manage import database
from hub.manage.home import ROOT, HomeError, locked, prepare_home, publish_environment, secret
from hub.manage.parts import Errand, Part, answers_http
from hub.manage.postgres import STOP, EmbeddedPostgres, clean_environment
from hub.manage.supervisor import Supervisor

Environment = Mapping[str, str]
REFUSED = 2  # exit code: not started, for the reason said

# Which database role each part signs in as. The evaluator knows of no database, and only migrations are the owner.
_DATABASE_URLS = ("HUB_DATABASE_URL", "HUB_DATABASE_APP_URL", "HUB_DATABASE_SEQUENCER_URL")
_MAIL = ("HUB_SMTP_URL", "HUB_MAIL_FROM")
_KNOWN_URLS: Mapping[str, str] = {
    "web": "HUB_DATABASE_APP_URL",
    "worker": "HUB_DATABASE_APP_URL",
    "sequencer": "HUB_DATABASE_SEQUENCER_URL",
}


@dataclass(frozen=True)
class Launch:
    """What an operator chooses when starting a hub."""

    home: Path
    port: int
    alliance: str
    database_url: str | None
    """The owner's URL of a PostgreSQL server elsewhere; None for the embedded one."""
    web_workers: int
    evaluator_workers: int
    url: str
    """The address members use."""
    origin: str
    """The log's name in checkpoints."""
    mail: Mapping[str, str] = field(default_factory=dict)
    """HUB_SMTP_URL and HUB_MAIL_FROM, as they were given; empty: letters are kept and none is sent."""

    @classmethod
    def from_env(cls, env: Environment = os.environ) -> "Launch":
        """From HUB_HOME, HUB_PORT, HUB_ALLIANCE, HUB_DATABASE_URL, HUB_WEB_WORKERS, HUB_EVALUATOR_WORKERS, HUB_URL,
        HUB_LEDGER_ORIGIN, HUB_SMTP_URL, HUB_MAIL_FROM.

        Raises SettingError naming the variable that does not serve.
        """
        port = _number(env, "HUB_PORT", 8000, 65535)
        alliance = env.get("HUB_ALLIANCE") or "example"
        MailServer.from_env(env)
        return cls(
            home=Path(env.get("HUB_HOME") or ROOT / "var").absolute(),
            port=port,
            alliance=alliance,
            database_url=env.get("HUB_DATABASE_URL") or None,
            web_workers=_number(env, "HUB_WEB_WORKERS", 2, 256),
            evaluator_workers=_number(env, "HUB_EVALUATOR_WORKERS", 2, 256),
            url=env.get("HUB_URL") or f"http://127.0.0.1:{port}",
            origin=env.get("HUB_LEDGER_ORIGIN") or f"{alliance}.alliance-hub/audit",
            mail={name: env.get(name, "") for name in _MAIL},
        )


def hub_parts(launch: Launch, settings: Environment) -> Iterator[Part | Errand]:
    """First looks at the log and at what was erased, then evaluator, worker, sequencer and web, in this order."""
    from hub.manage.sequencing import erase_again, first_look

    yield Errand("ledger", partial(first_look, settings))
    yield Errand("erasures", partial(erase_again, settings))
    evaluator, web = settings["HUB_EVALUATOR_URL"], f"http://127.0.0.1:{launch.port}"
    commands = {
        "evaluator": _command(
            *("hub.evaluator", "--home", str(launch.home)),
            *("--bind", evaluator.removeprefix("http://"), "--workers", str(launch.evaluator_workers)),
        ),
        "worker": _command("hub.manage", "worker"),
        "sequencer": _command("hub.manage", "sequence"),
        "web": _command(
            *("gunicorn", "--config", str(ROOT / "hub" / "manage" / "gunicorn_settings.py")),
            *("--bind", web.removeprefix("http://"), "--workers", str(launch.web_workers)),
        ),
    }
    http = {"evaluator": evaluator, "web": web}
    for name, command in commands.items():
        part = Part(name, command, _env(name, settings))
        if name in http:
            # A gunicorn master that is asked to quit ends its workers first; killed, it could not.
            part = replace(part, ready=partial(answers_http, http[name]), death_signal=SIGQUIT)
        yield part


def _command(*words: str) -> list[str]:
    return [sys.executable, "-m", *words]


def _env(name: str, settings: Environment) -> dict[str, str]:
    """What part `name` is told: the settings, with the one database URL that it may know."""
    told = {**clean_environment(), **settings}
    known = _KNOWN_URLS.get(name)
    told.pop("GUNICORN_CMD_ARGS", None)
    told.setdefault("MALLOC_ARENA_MAX", "1")  # or each thread of a worker keeps the room of its largest answer
    return {key: value for key, value in told.items() if key not in _DATABASE_URLS or key == known}


Play = Callable[[Environment], None]
Migrate = Callable[[str, dict[str, str]], None]
PartList = Callable[[Launch, Environment], Iterable[Part | Errand]]


def serve(
    launch: Launch,
    play: Play | None = None,
    *,
    migrate: Migrate = database.migrate,
    parts: PartList = hub_parts,
    say: Callable[[str], None] = click.echo,
) -> int:
    """Run the hub until Ctrl-C; the exit code: 0 stopped as asked, 1 a part failed, 2 not started.

    `migrate` gets the owner's URL and the passwords of the other roles once the database answers. `play` gets all
    HUB_… settings, the owner's HUB_DATABASE_URL among them, once everything runs; its failure is said, no more. Both
    run in forked processes of their own.
    """
    return _supervised(launch, play, migrate, parts, say, stay=True)


def demo(
    launch: Launch,
    play: Play,
    *,
    migrate: Migrate = database.migrate,
    parts: PartList = hub_parts,
    say: Callable[[str], None] = click.echo,
) -> int:
    """Run a hub of its own, in a temporary home with the embedded database on free ports, play, and remove all of it.

    Exit code: 0 played, 1 `play` or a part failed, 2 not started, 130 interrupted. Home, port, URL, database and mail
    server of `launch` are not used.
    """
    with _temporary_home() as home:
        port = free_port()
        own = replace(launch, home=home, port=port, url=f"http://127.0.0.1:{port}", database_url=None, mail={})
        return _supervised(own, play, migrate, parts, say, stay=False)


def _supervised(
    launch: Launch,
    play: Play | None,
    migrate: Migrate,
    parts: PartList,
    say: Callable[[str], None],
    *,
    stay: bool,
) -> int:
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold keys and passwords
    try:
        prepare_home(launch.home, launch.alliance)
        with locked(launch.home, launch.url):
            _check_port(launch.port)
            with _database(launch) as (owner_url, postgres):
                passwords = {role: secret(launch.home, f"secrets/database-{role}") for role in database.ROLES}
                settings = _settings(launch, owner_url, passwords)
                migrations = Errand("migrations", partial(migrate, owner_url, passwords))
                works: list[Part | Errand] = [*postgres, migrations, *parts(launch, settings)]
                finale = partial(_everything_up, launch, settings, play, say, stay)
                return Supervisor(launch.home / "log", say).run(works, finale, stay=stay)
    except (HomeError, SettingError) as error:
        click.echo(f"hub: {error}", err=True)
        return REFUSED
    except KeyboardInterrupt:  # before the supervisor listens for it
        return 130


def _everything_up(
    launch: Launch,
    settings: Environment,
    play: Play | None,
    say: Callable[[str], None],
    stay: bool,
) -> Errand | None:
    publish_environment(launch.home, settings)
    if stay:
        say(f"hub: running at {launch.url} (process {os.getpid()}); logs in {launch.home / 'log'}; Ctrl-C stops it.")
    return Errand("example", partial(play, settings), to_log=False) if play else None


@contextmanager
def _database(launch: Launch) -> Iterator[tuple[str, list[Part]]]:
    """The owner's URL, and the part that must run for it: none when the server is elsewhere."""
    if launch.database_url is not None:
        yield launch.database_url, []
        return
    postgres = EmbeddedPostgres(launch.home)
    postgres.prepare()
    part = Part(
        "postgres",
        postgres.command(),
        clean_environment(),
        ready=postgres.is_ready,
        clear=postgres.end_orphans,
        stop=STOP,
        death_signal=SIGINT,
    )
    try:
        yield postgres.url(), [part]
    finally:
        postgres.release()


def _settings(launch: Launch, owner_url: str, passwords: Mapping[str, str]) -> dict[str, str]:
    return {
        "HUB_HOME": str(launch.home),
        "HUB_ALLIANCE": launch.alliance,
        "HUB_LEDGER_ORIGIN": launch.origin,
        "HUB_PORT": str(launch.port),
        "HUB_URL": launch.url,
        **{name: launch.mail.get(name, "") for name in _MAIL},
        "HUB_EVALUATOR_URL": f"http://127.0.0.1:{free_port()}",
        "HUB_DATABASE_URL": owner_url,
        "HUB_DATABASE_APP_URL": database.role_url(owner_url, "app", passwords["app"]),
        "HUB_DATABASE_SEQUENCER_URL": database.role_url(owner_url, "sequencer", passwords["sequencer"]),
    }


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on.

    Below the range that Linux takes the near ends of outgoing connections from (32768 up): a part that is started
    again finds its port free.
    """
    while True:
        port = 20000 + secrets.randbelow(12000)
        if _is_free(port):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _check_port(port: int) -> None:
    if not _is_free(port):
        raise SettingError(
            f"port {port} of 127.0.0.1 is taken by another program, or not yours to take. "
            f"Choose another with `make run PORT={port + 1 if port < 65535 else 8001}`, or set HUB_PORT."
        )


def _number(env: Environment, name: str, default: int, highest: int) -> int:
    text = env.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= highest:
        raise SettingError(f"{name} must be a whole number from 1 to {highest}, not {text!r}.")
    return int(text)


@contextmanager
def _temporary_home() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="hub-demo-"))
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)
