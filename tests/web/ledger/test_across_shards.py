"""What is done to a log whose shard has ended: erasure, retention, anchoring anew, and pushing to witnesses."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.access.grants import Role
from hub.members import service as members
from hub.tree.checkpoint import CheckpointBody
from tests.conftest import HTML
from tests.web.indicators.test_share_and_match_over_http import share
from tests.web.ledger.recording import backup_of
from tests.web.ledger.seams import Seams, seaming
from tests.web.ledger.test_erasures import erased, named, seen
from tests.web.ledger.test_halt import halted
from tests.web.ledger.test_pushing import pushing
from tests.web.ledger.test_reanchor import approved, goes_on, reanchored
from tests.web.ledger.test_shards import leaves, size
from tests.web.ledger.witnessing import LOG


@pytest.fixture
def log(owner_url: str, home: Path, evaluator_url: str, tmp_path: Path) -> Iterator[Seams]:
    """An office of two and a brand that shared, in the first shard."""
    with seaming(owner_url, home, evaluator_url, tmp_path / "home") as log:
        log.hub.person(members.OFFICE, "ada")
        log.hub.person(members.OFFICE, "ben", Role.ANALYST)
        log.hub.admit("brand-a")
        share(log.hub.client("brand-a"), 1)
        log.hub.sequence()
        yield log


def test_pages_name_the_shard_of_an_entry_once_there_are_two(log: Seams) -> None:
    (log.hub.home / "run").mkdir(exist_ok=True)  # where compiled templates are kept
    log.hub.person("brand-a")
    session = log.hub.signed_in("brand-a")
    before = session.get("/ledger/verify", headers=HTML).text
    log.close()
    entry = share(log.hub.client("brand-a"), 2)["entry"]
    log.hub.sequence()
    later = log.shards()[-1]
    page, one = (session.get(f"/ledger/{each}", headers=HTML).text for each in ("verify", entry))
    assert "Its shards" not in before
    assert all(str(each["origin"]) in page for each in log.shards())
    assert str(later["origin"]) in one


def test_entry_of_a_closed_shard_is_erased_and_its_leaf_stays(log: Seams) -> None:
    log.close()
    before = leaves(log, LOG)
    name = named(log.hub, "contribution.shared")
    assert erased(log.hub, name) == "done"
    assert leaves(log, LOG) == before
    assert log.findings() == []
    assert [each["index"] < len(before) for each in seen(log.hub, "brand-a") if each["view"] is None] == [True]


def test_receipt_of_an_entry_of_a_closed_shard_is_under_its_final_checkpoint(log: Seams) -> None:
    name = named(log.hub, "contribution.shared")
    log.close()
    receipt = log.hub.client("brand-a").get(f"/audit/receipts/{name}").text
    assert log.read(f"{LOG}/checkpoint").split("\n\n")[0] in receipt


def test_backup_of_before_the_seam_halts_the_log_and_two_people_anchor_it_anew(log: Seams) -> None:
    with backup_of(log.hub) as hub:
        after = log.close()
        log.grow(2)
        assert size(log.read(f"{after}/checkpoint")) > 0
        hub.anchor.write_text(log.hub.anchor.read_text())
        assert "was a backup restored?" in halted(hub)
        approved(hub)
        assert reanchored(hub) == "done"
        assert goes_on(hub)
        restored = Seams(hub)
        restored.close()
        assert goes_on(hub)
        assert restored.findings() == []


def test_witness_is_asked_to_cosign_the_next_shard_from_its_beginning(log: Seams) -> None:
    with pushing(log.hub) as stage:
        assert stage.push() == 1
        after = log.close()
        final = size(log.read(f"{LOG}/checkpoint"))
        assert stage.push() == 1
        assert (stage.witness.known, stage.cosigned()[-1]) == (
            CheckpointBody.parse(log.note.split("\n\n")[0] + "\n"),
            final,
        )
        stage.witness.log = log.hub.signers.of_shard(str(log.shards()[-1]["origin"])).first()
        stage.witness.known = None
        assert stage.push() == 1
        assert (stage.witness.asked[-1], stage.cosigned()[-1]) == (0, final + size(log.read(f"{after}/checkpoint")))
