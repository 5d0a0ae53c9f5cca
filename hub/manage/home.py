"""The hub's home folder: its secrets, its lock, its logs, and what a running hub tells the operator's commands."""

import base64
import fcntl
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from hub import durable

ROOT = Path(__file__).resolve().parents[2]  # the checkout: holds wsgi.py and is the parts' working directory

_LOCK = Path("run/lock")
_ENVIRONMENT = Path("run/environment.json")
_FOLDERS = ("", "secrets", "ledger", "evidence", "log", "run")


class HomeError(Exception):
    """HUB_HOME cannot be used; the message says why and what to do."""


def _hex_secret() -> bytes:
    return secrets.token_hex(32).encode()


def _seed() -> bytes:
    return base64.b64encode(secrets.token_bytes(32))


# What every home holds, each made once from the system's random source, mode 0600.
SECRETS: Mapping[str, Callable[[], bytes]] = {
    "secrets/app.key": _hex_secret,  # Flask sessions and sealing
    "secrets/evidence.key": _hex_secret,  # seals the key of each file of evidence
    "secrets/database-owner": _hex_secret,  # PostgreSQL role hub_owner
    "secrets/database-app": _hex_secret,  # PostgreSQL role of web and worker
    "secrets/database-sequencer": _hex_secret,  # PostgreSQL role of the ledger's sequencer
    "secrets/service.key": _seed,  # Ed25519 seed: signs key directories and lists
    "ledger/ledger.key": _seed,  # Ed25519 seed: signs checkpoints
}


def prepare_home(home: Path, alliance: str) -> None:
    """Make `home` (mode 0700) with its folders, its secrets and the evaluator's seed. Overwrites nothing.

    Safe to repeat, also after a crash half-way: every file appears complete or not at all.
    Raises HomeError when the folder belongs to somebody else or cannot be written.
    """
    try:
        for folder in _FOLDERS:
            (home / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise HomeError(
            f"HUB_HOME {home} cannot be made: {error.strerror}. Set HUB_HOME to a folder you own."
        ) from None
    if home.stat().st_uid != os.geteuid():
        raise HomeError(
            f"HUB_HOME {home} belongs to another user. Run as that user, or set HUB_HOME to a folder of yours."
        )
    home.chmod(0o700)
    for name, make in SECRETS.items():
        durable.write_once(home / name, make)
    if not (home / "evaluator" / "seed.sealed").exists():  # written last
        _prepare_evaluator(home, alliance)


def _prepare_evaluator(home: Path, alliance: str) -> None:
    """The seed is made by the evaluator's own program: this process never sees it."""
    command = [sys.executable, "-m", "hub.evaluator", "init", "--home", str(home), "--alliance", alliance]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise HomeError(f"The evaluator's seed could not be made in {home}: {done.stderr.strip()[-500:]}")


def secret(home: Path, name: str) -> str:
    """The text of one of SECRETS. Raises HomeError when the home was never prepared."""
    try:
        return (home / name).read_text()
    except OSError:
        raise HomeError(f"{home / name} cannot be read: start the hub once on this HUB_HOME with `make run`.") from None


@contextmanager
def locked(home: Path, url: str) -> Iterator[None]:
    """Hold `home` for this process alone. The kernel lets go when the process ends, however it ends.

    Raises HomeError naming the process that holds it.
    """
    handle = os.open(home / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _take(handle, home)
        (home / _ENVIRONMENT).unlink(missing_ok=True)  # a killed hub leaves its own behind
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"process {os.getpid()}, {url}\n".encode(), 0)
        try:
            yield
        finally:
            (home / _ENVIRONMENT).unlink(missing_ok=True)
    finally:
        os.close(handle)


def _take(handle: int, home: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(handle, 500).decode(errors="replace").strip() or "starting"
        raise HomeError(
            f"A hub already runs on HUB_HOME {home} ({holder}). Stop it with Ctrl-C where it runs, "
            "or start a second hub beside it: HUB_HOME=/another/folder make run PORT=8001"
        ) from None


def publish_environment(home: Path, environment: Mapping[str, str]) -> None:
    """Leave the addresses of the running parts, passwords included, for the operator's commands (mode 0600)."""
    durable.replace(home / _ENVIRONMENT, json.dumps(dict(environment), indent=1).encode())


def running_environment(home: Path) -> dict[str, str]:
    """What `publish_environment` left: the HUB_… settings of the hub that runs on `home` now.

    Raises HomeError when none runs.
    """
    try:
        settings = json.loads((home / _ENVIRONMENT).read_text())
        with (home / _LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)  # granted only when nobody runs: left by a killed hub
    except BlockingIOError:
        return {str(name): str(value) for name, value in settings.items()}
    except OSError:
        pass
    raise HomeError(
        f"No hub runs on HUB_HOME {home}. Start it with `make run`, or set HUB_HOME to that of a running hub."
    )
