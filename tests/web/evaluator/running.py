"""Runs a real evaluator: its own process, on a free loopback port."""

import http.client
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ALLIANCE = "example"
KEY = "example.2026-1.phone"


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes


@dataclass(frozen=True)
class RunningEvaluator:
    process: subprocess.Popen[bytes]
    port: int
    bearer: str
    log: Path

    def ask(self, method: str, path: str, body: bytes | None = None, bearer: str | None = None) -> Answer:
        """One request over a connection of its own, signed in unless `bearer` says otherwise."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            secret = self.bearer if bearer is None else bearer
            connection.request(method, path, body, {"Authorization": f"Bearer {secret}"})
            response = connection.getresponse()
            return Answer(response.status, response.read())
        finally:
            connection.close()


@contextmanager
def running(home: Path, log: Path, *options: str) -> Iterator[RunningEvaluator]:
    """Serve from `home` until the block ends."""
    # The evaluator inherits a socket that listens already: no port is taken twice, and no request comes too early.
    with socket.create_server(("127.0.0.1", 0)) as listener, log.open("wb") as log_file:
        command = [sys.executable, "-m", "hub.evaluator", "--home", str(home), "--bind", f"fd://{listener.fileno()}"]
        process = subprocess.Popen([*command, *options], pass_fds=[listener.fileno()], stderr=log_file)
        port = listener.getsockname()[1]
    bearer = (home / "evaluator/bearer").read_text().strip()
    try:
        yield RunningEvaluator(process, port, bearer, log)
    finally:
        process.terminate()
        process.wait(timeout=60)


def run_evaluator(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end."""
    return subprocess.run(
        [sys.executable, "-m", "hub.evaluator", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
