"""A whole hub as its operator starts it, and members' clients as they type them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.access.tlp import MemberKind
from hub.epochs import service as epochs
from hub.manage import profiles
from hub.manage.home import ROOT, HomeError, running_environment
from hub.manage.operating import operating
from hub.manage.runtime import free_port
from hub.members import service as members


@dataclass
class Running:
    """A hub running on a home, with members that have profiles."""

    home: Path
    folder: Path
    environment: dict[str, str]

    def alliance(self, code: str, *words: str, codes: tuple[int, ...] = (0,)) -> dict[str, Any]:
        """What a member's client answers to --json; asserts its exit code."""
        done = self.typed(code, *words, "--json")
        assert done.returncode in codes, (words, done.returncode, done.stderr[-2000:])
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def typed(self, code: str, *words: str) -> subprocess.CompletedProcess[str]:
        """One run of a member's client."""
        program = str(Path(sys.executable).with_name("alliance"))
        env = os.environ | {"ALLIANCE_STATE": str(self.folder / "state" / code)}
        command = [program, "--profile", str(self.folder / f"{code}.profile"), *words]
        return subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, check=False)

    def admit(self, **kinds: MemberKind) -> None:
        """Open an epoch, admit members and write their profiles; `_` in a name stands for `-`."""
        with operating(self.environment) as actor:
            epochs.open_epoch(actor, "e1")
            for name, kind in kinds.items():
                code = name.replace("_", "-")
                members.admit(actor, code, kind, code)
                profiles.issue(actor, code, self.folder / f"{code}.profile", 30)


@contextmanager
def running_hub(folder: Path, **settings: str) -> Iterator[Running]:
    """Start `hub run` with HUB_… settings on a home of its own below `folder`; Ctrl-C ends it."""
    home = folder / "home"
    (home / "example").mkdir(parents=True)  # no example exchange
    env = os.environ | {"HUB_HOME": str(home), "HUB_PORT": str(free_port())} | settings
    log = (folder / "hub.out").open("w")
    hub = subprocess.Popen(
        [sys.executable, "-m", "hub.manage", "run"], cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True
    )
    try:
        yield Running(home, folder, _await(home, hub))
    finally:
        hub.send_signal(signal.SIGINT)
        hub.wait(60)
        log.close()


def _await(home: Path, hub: subprocess.Popen[bytes]) -> dict[str, str]:
    for _ in range(900):
        try:
            return running_environment(home)
        except HomeError:
            assert hub.poll() is None, (home.parent / "hub.out").read_text()
            time.sleep(0.1)
    raise TimeoutError("the hub did not start")
