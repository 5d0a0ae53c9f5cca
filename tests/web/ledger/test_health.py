"""Whether the log works is told in figures to the office and auditors; a sequencer that stands still is an alarm."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from hub import clock
from hub.ledger import service as ledger
from hub.members import service as members
from hub.members.jobs import tell_of_halt
from tests.conftest import HTML, Hub
from tests.web.indicators.test_share_and_match_over_http import share
from tests.web.ledger.recording import record
from tests.web.ledger.test_halt import halt
from tests.web.ledger.witnessing import enrolled

LATE = timedelta(seconds=11)


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    """An office, an auditor and a brand; all of it is in the log."""
    hub.person(members.OFFICE, "ada")
    hub.admit("auditor", "auditor")
    hub.admit("brand-a")
    hub.sequence()
    return hub


def health(hub: Hub, code: int) -> dict[str, Any]:
    answer = hub.client("auditor").get("/audit/health")
    assert answer.status_code == code, answer.text
    return dict(answer.json)


def letters(hub: Hub) -> int:
    with hub.app.app_context():
        return tell_of_halt()


def test_log_that_works_is_well(alliance: Hub) -> None:
    told = health(alliance, 200)
    assert (told["well"], told["halted"], told["pending"], told["lag_seconds"], told["fsck"]) == (
        True,
        None,
        0,
        0,
        None,
    )
    assert told["size"] == alliance.sql("SELECT max(size) FROM ledger_checkpoint")[0][0]
    assert 0 <= told["anchor_seconds"] < 60


def test_office_reads_it_and_a_brand_does_not(alliance: Hub) -> None:
    with alliance.operator() as actor:
        alliance.keys["office"] = members.issue_credential(actor, members.OFFICE)
    assert alliance.client("office").get("/audit/health").status_code == 200
    assert alliance.client("brand-a").get("/audit/health").status_code == 403


def test_halt_is_told_with_its_reason(alliance: Hub) -> None:
    halt(alliance, "the tree was changed")
    assert health(alliance, 503)["halted"]["reason"] == "the tree was changed"


def test_newest_check_and_what_was_put_aside_are_told(alliance: Hub) -> None:
    record(alliance, b"no leaf")
    alliance.sequence()
    with alliance.app.app_context():
        ledger.check_and_halt()
    told = health(alliance, 200)
    assert (told["quarantined"], told["fsck"]["findings"]) == (1, 1)


def test_age_of_each_witness_s_newest_cosignature_is_told(alliance: Hub) -> None:
    alliance.admit("brand-b")
    alliance.sequence()
    one, _ = enrolled(alliance, "brand-a", "brand-b")
    alliance.sequence()
    size = one.cosign()
    with time_machine.travel(clock.now() + timedelta(hours=2)):
        told = {each["member"]: each for each in health(alliance, 200)["witnesses"]}
    assert told["brand-a"]["size"] == size
    assert 7200 <= told["brand-a"]["seconds"] < 7300
    assert (told["brand-b"]["size"], told["brand-b"]["seconds"]) == (None, None)


def test_sequencer_that_stands_still_shows_in_the_figures(alliance: Hub) -> None:
    share(alliance.client("brand-a"), 1)
    assert health(alliance, 200)["pending"] == 1
    with time_machine.travel(clock.now() + LATE):
        told = health(alliance, 503)
    assert (told["well"], told["pending"]) == (False, 1)
    assert told["lag_seconds"] > 10


def test_entries_in_the_tree_that_are_not_signed_are_late_too(alliance: Hub) -> None:
    share(alliance.client("brand-a"), 1)
    with alliance.sequencer() as sequencer:
        sequencer._integrate()
    with time_machine.travel(clock.now() + LATE):
        assert health(alliance, 503)["lag_seconds"] > 10


def test_sequencer_that_stands_still_shows_on_the_pages_of_the_office(alliance: Hub) -> None:
    share(alliance.client("brand-a"), 1)
    with time_machine.travel(clock.now() + LATE):
        ada = alliance.signed_in("ada")
        assert "the sequencer stands still" in ada.get("/agreement", headers=HTML).text
        alliance.sequence()
        assert "the sequencer stands still" not in ada.get("/agreement", headers=HTML).text


def test_office_is_written_to_once_for_each_time_that_it_stands_still(alliance: Hub) -> None:
    share(alliance.client("brand-a"), 1)
    assert letters(alliance) == 0
    with time_machine.travel(clock.now() + LATE):
        assert [letters(alliance) for _ in range(3)] == [1, 0, 0]
        alliance.sequence()
        assert letters(alliance) == 0
        share(alliance.client("brand-a"), 2)
    with time_machine.travel(clock.now() + 3 * LATE):
        assert [letters(alliance) for _ in range(2)] == [1, 0]
