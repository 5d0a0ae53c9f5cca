"""A hub in a home of its own, whose log ends a shard and begins the next in a test."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from hub import clock
from hub.ledger import service as ledger
from hub.ledger.rules import never
from hub.ledger.sequencer import Sequencer
from tests.conftest import as_role, plain
from tests.web.ledger.rotating import Rotating, rotating

LISTED = "/audit/log/shards"


@dataclass(frozen=True)
class Seams(Rotating):
    """The hub, and what the operator and the sequencer do at the end of a shard."""

    def ask(self) -> None:
        """As the operator's command does."""
        with self.hub.operator() as actor:
            ledger.close_shard(actor)

    def close(self) -> str:
        """Ask, and let the sequencer end the shard and begin the next; returns the new one's prefix."""
        self.ask()
        self.hub.sequence()
        return f"/{self.shards()[-1]['prefix']}".rstrip("/")

    def shards(self) -> list[dict[str, object]]:
        """What the hub says of its shards."""
        answer = self.hub.app.test_client().get(LISTED).json
        assert answer is not None
        return list(answer["shards"])

    def read(self, address: str) -> str:
        """What the log gives out there."""
        answer = self.hub.app.test_client().get(address)
        assert answer.status_code == 200, address
        return answer.text

    @contextmanager
    def sequencer(self, **given: object) -> Iterator[Sequencer]:
        """One that does what a test says."""
        with psycopg.connect(plain(as_role(self.hub.owner_url, "sequencer"))) as connection:
            told = {"now": clock.now, "due": never, **given}
            yield Sequencer(connection, self.hub.signers, self.hub.anchor, **told)  # type: ignore[arg-type]  # by name

    def findings(self) -> list[str]:
        """What the check of the whole log finds."""
        with self.hub.app.app_context():
            return [f"{each.kind}: {each.place}" for each in ledger.check_log(self.hub.anchor).findings]

    def in_order(self) -> list[str]:
        """The actions of all entries in the order of the log."""
        return [
            str(action)
            for (action,) in self.hub.sql(
                "SELECT e.action FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.entry_id ORDER BY l.leaf_index"
            )
        ]


@contextmanager
def seaming(owner_url: str, home: Path, evaluator_url: str, folder: Path) -> Iterator[Seams]:
    """The application in a copy of the home's secrets, with a first checkpoint."""
    with rotating(owner_url, home, evaluator_url, folder) as log:
        yield Seams(log.hub)
