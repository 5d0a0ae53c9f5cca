"""A hub in a home of its own, whose log changes its key in a test."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import time_machine

from hub import clock
from hub.db import db
from hub.epochs import service as epochs
from hub.ledger import rules
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.tree.note import Verifier, open_note
from tests.conftest import Hub, hub_on
from tests.web.indicators.test_share_and_match_over_http import KEY
from tests.web.ledger.witnessing import LOG


@dataclass(frozen=True)
class Rotating:
    """The hub, and what the operator does with its log."""

    hub: Hub

    def grow(self, count: int = 1) -> str:
        """Record and sign; returns the newest checkpoint."""
        with self.hub.operator() as actor:
            for _ in range(count):
                ledger.append(actor, Event.LIST_FETCHED, subject={"type": "key", "ref": KEY})
            db.session.commit()
        self.hub.sequence()
        return self.note

    @property
    def note(self) -> str:
        """The newest checkpoint."""
        return self.hub.app.test_client().get(f"{LOG}/checkpoint").text

    def announce(self, *, again: bool = False) -> ledger.SigningKey:
        """Rotate as the operator's command does."""
        with self.hub.operator() as actor:
            return ledger.rotate_key(actor, again=again)

    def rotate(self) -> Verifier:
        """Rotate, and sign what was recorded; returns the new key."""
        vkey = self.announce().vkey
        self.hub.sequence()
        return Verifier.parse(vkey)

    def signers(self, note: str) -> list[str]:
        """The log's keys that signed a note."""
        return [*open_note(note, self.hub.signers.verifiers()).signed_by]

    def told(self) -> list[dict[str, object]]:
        """What the hub says of its keys."""
        answer = self.hub.app.test_client().get(f"{LOG}/keys").json
        assert answer is not None
        return list(answer["keys"])


@contextmanager
def rotating(owner_url: str, home: Path, evaluator_url: str, folder: Path) -> Iterator[Rotating]:
    """The application in a copy of the home's secrets, with a first checkpoint."""
    for name in ("secrets", "ledger", "evaluator"):
        shutil.copytree(home / name, folder / name)
    with hub_on(owner_url, folder, evaluator_url) as hub:
        with hub.operator() as actor:
            epochs.open_epoch(actor, "e1")
        hub.sequence()
        yield Rotating(hub)


@contextmanager
def later(span: timedelta = rules.OVERLAP) -> Iterator[None]:
    """So much later, and a minute."""
    with time_machine.travel(clock.now() + span + timedelta(minutes=1)):
        yield
