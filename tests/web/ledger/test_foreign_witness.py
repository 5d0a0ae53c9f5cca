"""A witness that others wrote cosigns what the hub pushes, refuses every other log of ours, and the hub bears it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tlog_scales.signing import Vkey, VkeySet
from tlog_scales.tlog import Checkpoint

from hub.db import db
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.tree.trust_policy import Policy
from hub.tree.witness import add_checkpoint
from tests.conftest import Hub, fresh_database, hub_on
from tests.web.indicators.test_share_and_match_over_http import KEY
from tests.web.ledger import foreign_witness
from tests.web.ledger.foreign_witness import NAME, Foreign
from tests.web.ledger.witnessing import LOG


@dataclass(frozen=True)
class Pushing:
    """A hub that pushes to the witness."""

    hub: Hub

    def grow(self, count: int = 1) -> int:
        """Record and sign; returns the size."""
        with self.hub.operator() as actor:
            for _ in range(count):
                ledger.append(actor, Event.LIST_FETCHED, subject={"type": "key", "ref": KEY})
            db.session.commit()
        self.hub.sequence()
        return self.size

    @property
    def size(self) -> int:
        """The size of the newest checkpoint."""
        return int(self.note.split("\n")[1])

    @property
    def note(self) -> str:
        """The newest checkpoint."""
        return self.hub.app.test_client().get(f"{LOG}/checkpoint").text

    def push(self) -> int:
        """Push as the worker does, as if the last time were long ago; how many cosigned."""
        self.hub.sql("UPDATE ledger_witness SET asked_at = NULL")
        with self.hub.app.app_context():
            return ledger.push_checkpoints()

    def kept(self) -> list[object]:
        """The sizes under which the hub keeps its line."""
        return [size for (size,) in self.hub.sql("SELECT size FROM ledger_cosignature ORDER BY size")]


def asking(hub: Hub, witness: Foreign) -> Pushing:
    """The hub, which the operator has told of the witness."""
    with hub.operator() as actor:
        ledger.add_outside_witness(actor, witness.vkey, witness.url)
    hub.sequence()
    return Pushing(hub)


@pytest.fixture
def witness(hub: Hub, tmp_path: Path) -> Iterator[Foreign]:
    foreign_witness.make(tmp_path / "witness", hub.signer.verifier)
    with foreign_witness.running(tmp_path / "witness") as witness:
        yield witness


@pytest.fixture
def pushing(hub: Hub, witness: Foreign) -> Pushing:
    return asking(hub, witness)


@pytest.fixture
def other(cluster: str, home: Path, evaluator_url: str, witness: Foreign) -> Iterator[Pushing]:
    """Another log under the same name and key, pushed to the same witness."""
    with fresh_database(cluster) as database, hub_on(database, home, evaluator_url) as hub:
        yield asking(hub, witness)


def test_foreign_witness_cosigns_the_log_and_what_it_grows_to(pushing: Pushing, witness: Foreign) -> None:
    sizes = []
    for more in (1, 3, 300):
        sizes.append(pushing.grow(more))
        assert (pushing.push(), witness.size(pushing.hub.origin)) == (1, sizes[-1])
    assert pushing.kept() == sizes


def test_its_line_holds_for_us_and_for_a_reader_that_others_wrote(pushing: Pushing, witness: Foreign) -> None:
    pushing.push()
    judged = Policy.parse(pushing.hub.app.test_client().get(f"{LOG}/policy").data).open(pushing.note)
    theirs = Checkpoint.from_text(pushing.note)
    verified = VkeySet(Vkey.from_string(witness.vkey)).verify(theirs.signatures, theirs)
    assert (list(judged.cosigned), [key.name for key, _ in verified]) == ([NAME], [NAME])


def test_hub_that_forgot_how_far_the_witness_is_asks_from_there(pushing: Pushing, witness: Foreign) -> None:
    pushing.push()
    pushing.hub.sql("UPDATE ledger_witness SET size = NULL")
    size = pushing.grow(5)
    assert (pushing.push(), witness.size(pushing.hub.origin)) == (1, size)


def test_fork_is_not_cosigned_and_both_notes_of_the_hub_are_kept_as_evidence(
    pushing: Pushing, other: Pushing, witness: Foreign
) -> None:
    before = pushing.grow(3)
    pushing.push()
    other.grow(before + 5)
    assert (other.push(), other.kept(), witness.size(other.hub.origin)) == (0, [], before)
    (found,) = witness.evidence()
    assert (found["old_size"], found["witness_size"]) == (before, before)
    assert other.note in found["request"]
    assert found["witness_latest_note"].startswith(pushing.note)


def test_fork_of_the_same_size_is_not_cosigned(pushing: Pushing, other: Pushing, witness: Foreign) -> None:
    size = max(pushing.grow(3), other.size)
    pushing.grow(size - pushing.size)
    pushing.push()
    other.grow(size - other.size)
    assert other.size == size
    assert (other.push(), other.kept()) == (0, [])
    assert {
        (found["witness_size"], found["witness_latest_note"].startswith(pushing.note)) for found in witness.evidence()
    } == {(size, True)}


def test_log_that_was_rolled_back_is_not_cosigned(pushing: Pushing, other: Pushing, witness: Foreign) -> None:
    before = pushing.grow(40)
    pushing.push()
    assert other.size < before
    assert (other.push(), other.kept(), witness.size(other.hub.origin)) == (0, [], before)
    assert witness.ask(add_checkpoint(before, [], other.note))[0] == 400


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        ("— ", "- ", 400),
        ("\n\n", "\n", 400),
        ("old 0", "old x", 400),
        ("\nexample", "\nexbmple", 404),
        ("\n1", "\n2", 403),
    ],
    ids=["line", "blank", "old", "origin", "size"],
)
def test_request_that_was_changed_on_its_way_is_refused(
    pushing: Pushing, witness: Foreign, old: str, new: str, status: int
) -> None:
    pushing.grow(100 - pushing.size)
    body = add_checkpoint(0, [], pushing.note).decode()
    changed = body.replace(old, new, 1)
    assert changed != body
    assert witness.ask(changed.encode())[0] == status
    assert witness.latest(pushing.hub.origin) is None
    assert witness.ask(body.encode())[0] == 200
