"""aics-witness, a C2SP witness that others wrote, as a process of its own (tests/foreign/requirements.txt)."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from hub.tree.checkpoint import CheckpointBody
from hub.tree.note import Verifier, split_note

PROGRAMS = Path(sys.prefix) / "foreign"
NAME = "witness.example/w1"


@dataclass(frozen=True)
class Foreign:
    """The witness: its folder, its key, and where it listens."""

    folder: Path
    vkey: str
    url: str

    def ask(self, body: bytes) -> tuple[int, bytes]:
        """Status and body of its answer to an add-checkpoint."""
        answer = requests.post(f"{self.url}/add-checkpoint", data=body, timeout=5)
        return answer.status_code, answer.content

    def latest(self, origin: str) -> str | None:
        """The newest checkpoint of a log that it has cosigned, as its monitors see it."""
        answer = requests.get(f"{self.url}/{hashlib.sha256(origin.encode()).hexdigest()}/checkpoint", timeout=5)
        return answer.text if answer.status_code == 200 else None

    def size(self, origin: str) -> int:
        """The size of that one; 0 before the first."""
        note = self.latest(origin)
        return 0 if note is None else CheckpointBody.parse(split_note(note)[0]).size

    def evidence(self) -> list[dict[str, Any]]:
        """What it kept of requests that a log signed and that do not extend what it knows."""
        found: list[dict[str, Any]] = json.loads(_run(self.folder, "evidence"))
        return found


def make(folder: Path, log: Verifier) -> str:
    """A witness that has cosigned nothing and knows one log; returns its verifier key."""
    folder.mkdir()
    vkey = _run(folder, "init", "--name", NAME).strip()
    trust(folder, log)
    return vkey


def trust(folder: Path, log: Verifier) -> None:
    """Have it know a log, or one more key of it, from its next start on."""
    _run(folder, "add-log", "--origin", log.name, "--vkey", log.vkey)


@contextmanager
def running(folder: Path) -> Iterator[Foreign]:
    """The witness of a folder at work."""
    process = subprocess.Popen(
        [*_COMMAND, "serve", "--config", folder / "witness.json", "--listen", "127.0.0.1:0"],
        env=_ENVIRONMENT,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        told = ""
        for line in process.stderr:
            told += line
            if (found := re.search(r"listening on (http://\S+)", line)) is not None:
                vkey = re.search(r"witness vkey (\S+)", told)
                assert vkey is not None
                yield Foreign(folder, vkey[1], found[1])
                break
        else:
            raise AssertionError(f"the witness does not start: {told}")
    finally:
        process.kill()
        process.communicate()


_COMMAND = (sys.executable, "-m", "aics_witness")
_ENVIRONMENT = {**os.environ, "PYTHONPATH": str(PROGRAMS)}


def _run(folder: Path, command: str, *words: str) -> str:
    assert PROGRAMS.is_dir(), "the foreign witness is not installed: run `make setup`"
    done = subprocess.run(
        [*_COMMAND, command, "--config", folder / "witness.json", *words],
        env=_ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
