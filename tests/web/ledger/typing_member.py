"""A member's command line, run in this process against a hub that is served on loopback."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from hub.manage import profiles
from tests.conftest import Hub
from tests.unit.client.typed import Ended, typed


@contextmanager
def served(hub: Hub) -> Iterator[str]:
    """The hub over HTTP; its address."""
    server = make_server("127.0.0.1", 0, hub.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Typing:
    """A member at its terminal: its profile and its state folder."""

    profile: Path
    state: Path
    monkeypatch: pytest.MonkeyPatch

    def __call__(self, *words: str | Path, code: int = 0) -> Ended:
        """Type a command; asserts how it ends."""
        self.monkeypatch.setenv("ALLIANCE_STATE", str(self.state))
        ended = typed("--profile", self.profile, "--patience", "0", "ledger", *words)
        assert ended.code == code, (words, ended.code, ended.err)
        return ended

    def answer(self, *words: str | Path, code: int = 0) -> dict[str, Any]:
        """What a command answers to --json."""
        return self(*words, "--json", code=code).document

    def kept(self, name: str) -> dict[str, Any]:
        """A JSON file of the state folder."""
        found: dict[str, Any] = json.loads((self.state / name).read_text())
        return found

    def evidence(self) -> list[dict[str, Any]]:
        """What the alarms left."""
        return [json.loads(path.read_text()) for path in sorted((self.state / "evidence").glob("*.json"))]


def at_terminal(
    hub: Hub, url: str, code: str, folder: Path, monkeypatch: pytest.MonkeyPatch, state: Path | None = None
) -> Typing:
    """A member with a profile; `state` is that of an earlier one to go on with."""
    profile = folder / f"{code}.{url.rpartition(':')[2]}.profile"
    with hub.operator() as actor:
        profiles.issue(actor, code, profile, 30)
    profile.write_text(json.dumps(json.loads(profile.read_text()) | {"url": url}))
    return Typing(profile, state or folder / f"state-{code}", monkeypatch)
