"""A halted log goes on once two people of the office approved it, for what they looked at, and every member is told."""

import os
import re
import signal
from collections.abc import Iterator

import pytest

from hub.access.grants import Role
from hub.db import db
from hub.ledger.service import Cause, NotAnchoredError
from hub.members import service as members
from tests.conftest import HTML, Hub, csrf
from tests.web.indicators.test_share_and_match_over_http import share
from tests.web.ledger.kills import FORK
from tests.web.ledger.recording import as_superuser, backup_of, reason
from tests.web.ledger.test_halt import halt, halted
from tests.web.ledger.test_log_over_http import entries, grow
from tests.web.ledger.witnessing import enrolled
from tests.web.members.test_decisions import person, tried

REASON = "The disk of the database broke, and yesterday's backup was put back."
POINTS = ("kept", "moved", "recorded", "lifted")


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    """An office of two, and two brands that shared; all of it is in the log."""
    hub.person(members.OFFICE, "ada")
    hub.person(members.OFFICE, "ben", Role.ANALYST)
    hub.admit("brand-a")
    hub.admit("brand-b")
    share(hub.client("brand-b"), 1, 2)
    hub.sequence()
    return hub


@pytest.fixture
def restored(alliance: Hub) -> Iterator[Hub]:
    """Its backup, put back after the log had grown: the sequencer has halted it."""
    with backup_of(alliance) as hub:
        grow(alliance, 3)
        hub.anchor.write_text(alliance.anchor.read_text())
        assert "was a backup restored?" in halted(hub)
        yield hub


def state(hub: Hub) -> str:
    with person(hub, "ada") as actor:
        found = members.difference(actor)
        assert found is not None
        return found.state


def proposed(hub: Hub, cause: Cause = Cause.BACKUP) -> str:
    seen = state(hub)
    with person(hub, "ada") as actor:
        return members.propose_reanchoring(actor, seen, cause, REASON)


def approved(hub: Hub, cause: Cause = Cause.BACKUP) -> None:
    assert tried(hub, "ben", proposed(hub, cause)) == "done"


def reanchored(hub: Hub) -> str:
    """`done`, or the words of the refusal."""
    with hub.operator() as actor:
        try:
            members.reanchor(actor)
        except NotAnchoredError as refusal:
            return str(refusal)
        return "done"


def kept(hub: Hub) -> list[str]:
    """The anchors that were replaced."""
    return [path.read_text() for path in hub.home.glob(f"{hub.anchor.stem}.h_*.note")]


def goes_on(hub: Hub) -> bool:
    """Whether it takes an exchange, signs it, and the anchor follows."""
    share(hub.client("brand-a"), 9)
    hub.sequence()
    ((note,),) = hub.sql("SELECT note FROM ledger_checkpoint ORDER BY size DESC LIMIT 1")
    waiting = hub.sql("SELECT count(*) FROM ledger_pending")
    return reason(hub) is None and waiting == [(0,)] and hub.anchor.read_text() == note


def test_log_goes_on_and_the_replaced_anchor_is_kept(restored: Hub) -> None:
    before = restored.anchor.read_text()
    approved(restored)
    assert reanchored(restored) == "done"
    assert kept(restored) == [before]
    assert goes_on(restored)


def test_every_member_learns_both_sizes_and_both_people(restored: Hub) -> None:
    signed = restored.sql("SELECT max(size) FROM ledger_checkpoint")[0][0]
    people = restored.sql("SELECT pseudonym FROM person ORDER BY email")
    approved(restored)
    reanchored(restored)
    restored.sequence()
    for code in ("brand-a", "brand-b"):
        (view,) = [
            each["view"] for each in entries(restored.client(code)) if each["view"]["action"] == "ledger.reanchored"
        ]
        assert view["counts"]["after"] == signed < view["counts"]["before"]
        assert view["subject"]["ref"].split(" ") == [pseudonym for (pseudonym,) in people]
        assert view["subject"]["reason"] == "backup"
        assert REASON not in str(view)


@pytest.mark.parametrize("how_far", ["nothing", "proposed", "refused"])
def test_without_a_second_person_it_is_refused(restored: Hub, how_far: str) -> None:
    if how_far != "nothing":
        name = proposed(restored)
        assert "a second person" in tried(restored, "ada", name)
        if how_far == "refused":
            tried(restored, "ben", name, members.refuse)
    before = restored.anchor.read_text()
    assert "must approve it first" in reanchored(restored)
    assert (reason(restored) is None, restored.anchor.read_text(), kept(restored)) == (False, before, [])


def test_log_that_is_not_halted_is_left_alone(alliance: Hub) -> None:
    assert "not halted" in reanchored(alliance)


def test_anchor_that_has_changed_since_takes_another_decision(restored: Hub) -> None:
    name = proposed(restored)
    anchor = restored.anchor.read_text()
    restored.anchor.write_text("another one")
    assert "has changed since" in tried(restored, "ben", name)
    restored.anchor.write_text(anchor)
    assert tried(restored, "ben", name) == "done"
    restored.anchor.write_text("another one")
    assert "not what two people approved" in reanchored(restored)
    assert kept(restored) == []


def test_decision_serves_for_one_halt(restored: Hub) -> None:
    approved(restored)
    assert reanchored(restored) == "done"
    halt(restored)
    assert "must approve it first" in reanchored(restored)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE ledger_tile SET hashes = set_byte(hashes, 0, 255 - get_byte(hashes, 0))",
        "UPDATE ledger_entry SET leaf = leaf || ' '",
        "DELETE FROM ledger_leaf WHERE leaf_index = 1",
    ],
)
def test_tree_that_does_not_hash_is_not_anchored(alliance: Hub, damage: str) -> None:
    as_superuser(alliance, damage)
    halt(alliance)
    approved(alliance, Cause.REPAIRED)
    assert "the tree itself is at fault" in reanchored(alliance)
    assert reason(alliance) is not None


def test_what_was_mended_is_lifted_by_the_same_two(alliance: Hub) -> None:
    halt(alliance, "3 findings")
    before = alliance.anchor.read_text()
    approved(alliance, Cause.REPAIRED)
    assert reanchored(alliance) == "done"
    assert alliance.anchor.read_text() == before
    assert goes_on(alliance)


@pytest.mark.parametrize("anchor", [None, b"\xff not a note"])
def test_anchor_that_was_lost_is_made_anew(alliance: Hub, anchor: bytes | None) -> None:
    grow(alliance, 2)
    alliance.anchor.unlink() if anchor is None else alliance.anchor.write_bytes(anchor)
    halted(alliance)
    approved(alliance, Cause.ANCHOR)
    assert reanchored(alliance) == "done"
    assert goes_on(alliance)


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_any_point_it_leaves_the_log_halted_or_done_and_ends_when_run_again(
    restored: Hub, point: str
) -> None:
    before = restored.anchor.read_text()
    approved(restored)
    with restored.owner_app.app_context():
        db.engine.dispose()
    killed = FORK.Process(target=_killed_at, args=(restored, point))
    killed.start()
    killed.join(60)
    assert killed.exitcode == -signal.SIGKILL
    if point == "lifted":
        assert reason(restored) is None
    else:
        assert restored.sql("SELECT count(*) FROM ledger_entry WHERE action = 'ledger.reanchored'") == [(0,)]
        assert reason(restored) is not None
        assert reanchored(restored) == "done"
    assert kept(restored) == [before]
    assert restored.sql("SELECT count(*) FROM ledger_entry WHERE action = 'ledger.reanchored'") == [(1,)]
    assert goes_on(restored)


def _killed_at(hub: Hub, point: str) -> None:
    def at(name: str) -> None:
        if name == point:
            os.kill(os.getpid(), signal.SIGKILL)

    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    with hub.operator() as actor:
        members.reanchor(actor, at)


def test_lines_of_witnesses_under_what_is_gone_are_kept_and_no_longer_in_the_way(alliance: Hub) -> None:
    (one,) = enrolled(alliance, "brand-a")
    alliance.sequence()
    size = one.cosign()
    alliance.anchor.unlink()
    alliance.sql("DELETE FROM ledger_checkpoint WHERE size = %s", size)
    assert f"a witness has cosigned {size} entries" in halted(alliance)
    approved(alliance)
    assert reanchored(alliance) == "done"
    (lines,) = alliance.home.glob(f"{alliance.anchor.stem}.h_*.lines")
    assert lines.read_text().startswith(f"{size} — {one.signer.verifier.name} ")
    assert goes_on(alliance)


# --- the page


def test_office_sees_what_differs_and_two_of_it_decide_in_the_browser(restored: Hub) -> None:
    ada, ben = restored.signed_in("ada"), restored.signed_in("ben")
    page = ada.get("/decisions", headers=HTML).text
    assert "was a backup restored?" in page
    (found,) = re.findall(r'name="state" value="([0-9a-f]+)"', page)
    fields = {"state": found, "cause": "backup", "reason": REASON, "csrf_token": csrf(page)}
    assert ada.post("/decisions/reanchorings", data=fields, headers=HTML).status_code == 303
    page = ben.get("/decisions", headers=HTML).text
    (path,) = re.findall(r"/decisions/d_[\w-]+/approval", page)
    assert ben.post(path, data={"csrf_token": csrf(page)}, headers=HTML).status_code == 303
    assert reanchored(restored) == "done"


def test_page_of_a_log_that_is_not_halted_offers_nothing(alliance: Hub) -> None:
    ada = alliance.signed_in("ada")
    page = ada.get("/decisions", headers=HTML).text
    assert "reanchorings" not in page
    fields = {"state": "a" * 40, "cause": "backup", "reason": REASON, "csrf_token": csrf(page)}
    ada.post("/decisions/reanchorings", data=fields, headers=HTML)
    assert alliance.sql("SELECT count(*) FROM decision") == [(0,)]
