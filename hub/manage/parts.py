"""One part of the running hub: the process, when it is ready, and how it is stopped."""

import http.client
import multiprocessing
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from hub.manage.home import ROOT
from hub.manage.tether import die_with, tie_to_this_process

Insistence = tuple[tuple[signal.Signals, float], ...]
"""Signals in the order they are sent to stop a part, each with the seconds it is given; then comes SIGKILL."""

GRACEFUL: Insistence = ((signal.SIGTERM, 10.0),)


@dataclass(frozen=True)
class Part:
    """A program that runs as long as the hub does."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    ready: Callable[[], bool] = lambda: True
    """Whether it does its work now; asked until it says so, for at most a second at a time."""
    clear: Callable[[], bool] = lambda: True
    """Whether nothing of an earlier start is in its way; asked before each start, and may clear the way."""
    stop: Insistence = GRACEFUL
    death_signal: signal.Signals = signal.SIGKILL
    """What the kernel sends it when the supervisor is killed."""


@dataclass(frozen=True)
class Errand:
    """A call that must return before the next part starts. It runs in a process of its own, tied to this one."""

    name: str
    call: Callable[[], None]
    to_log: bool = True
    """Whether its output goes to log/<name>.log, not to this process's own."""


class Process(Protocol):
    """A child process, whichever way it was made."""

    @property
    def pid(self) -> int:
        """Its process id, which is also that of its process group."""

    def ended(self) -> int | None:
        """Its exit code, negative when a signal ended it, or None while it runs."""


class Program:
    """A Part's process: in its own process group, so that Ctrl-C in a terminal reaches the supervisor alone."""

    def __init__(self, part: Part, log: Path) -> None:
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                part.command,
                cwd=ROOT,
                env=part.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                process_group=0,
                preexec_fn=tie_to_this_process(part.death_signal),  # noqa: PLW1509  # the supervisor has one thread
            )
        self.pid = self._process.pid

    def ended(self) -> int | None:
        """Its exit code, or None while it runs. What it leaves running in its process group is killed."""
        if self._process.returncode is None and os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            kill_group(self.pid, signal.SIGKILL)  # before its id can be given to another
        return self._process.poll()


class Call:
    """An Errand's process: a fork of this one, in its own process group, which ends whole when this one is killed."""

    def __init__(self, errand: Errand, log: Path) -> None:
        self._process = multiprocessing.get_context("fork").Process(
            target=_run_errand, args=(errand, log, os.getpid()), name=errand.name
        )
        self._process.start()
        self.pid = self._process.pid or 0

    def ended(self) -> int | None:
        """Its exit code, or None while it runs."""
        return self._process.exitcode


def _run_errand(errand: Errand, log: Path, parent: int) -> None:
    os.setpgid(0, 0)  # first: below, and in kill_group, the group's end must not be the parent's
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, lambda *_: os.killpg(0, signal.SIGKILL))
    die_with(parent, signal.SIGTERM)
    if errand.to_log:
        output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.dup2(output, 1)
        os.dup2(output, 2)
    errand.call()


def kill_group(pid: int, number: signal.Signals) -> None:
    """Send a signal to the process group of a child that has not been waited for yet."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def answers_http(url: str) -> bool:
    """Whether an HTTP server answers at `url` within a second, whatever it says."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=1)
    try:
        connection.request("GET", address.path or "/")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def how_it_ended(code: int) -> str:
    """An exit code in words: "exit code 3" or "killed by SIGKILL"."""
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


def last_lines(log: Path, count: int = 15) -> str:
    """The end of a log, for a terminal. Empty when there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 8192))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-count:])
    except OSError:
        return ""


def now() -> float:
    """Seconds on a clock that never jumps."""
    return time.monotonic()
