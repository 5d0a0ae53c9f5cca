"""A member's client as witness: cosigns what extends the log, never a fork, and holds the log to the policy it pinned."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from hub.db import db
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.tree.checkpoint import CheckpointBody
from hub.tree.note import split_note
from hub.tree.trust_policy import Policy
from tests.conftest import Hub, fresh_database, hub_on
from tests.web.indicators.test_share_and_match_over_http import KEY
from tests.web.ledger.typing_member import Typing, at_terminal, served
from tests.web.ledger.witnessing import LOG


def grow(hub: Hub, count: int = 1) -> None:
    """Record events of brand-a, and sign."""
    with hub.app.app_context():
        for _ in range(count):
            ledger.append(hub.actor("brand-a"), Event.LIST_FETCHED, subject={"type": "key", "ref": KEY})
        db.session.commit()
    hub.sequence()


def size(hub: Hub) -> int:
    return CheckpointBody.parse(split_note(hub.app.test_client().get(f"{LOG}/checkpoint").text)[0]).size


@pytest.fixture
def url(hub: Hub) -> Iterator[str]:
    for code in ("brand-a", "brand-b"):
        hub.admit(code)
    grow(hub)
    with served(hub) as url:
        yield url


@pytest.fixture
def member(hub: Hub, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typing:
    return at_terminal(hub, url, "brand-a", tmp_path, monkeypatch)


@pytest.fixture
def other(hub: Hub, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typing:
    return at_terminal(hub, url, "brand-b", tmp_path, monkeypatch)


@pytest.fixture
def elsewhere(
    cluster: str, home: Path, evaluator_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Hub, Typing]]:
    """Another log under the same name and key: what a hub shows that deceives; brand-a goes on there as it was."""
    with fresh_database(cluster) as database, hub_on(database, home, evaluator_url) as hub:
        hub.admit("brand-a")
        with served(hub) as url:
            state = tmp_path / "state-brand-a"
            yield hub, at_terminal(hub, url, "brand-a", tmp_path, monkeypatch, state)


# --- cosigning


def test_first_cosigning_enrols_the_witness_and_the_next_has_nothing_new(hub: Hub, member: Typing) -> None:
    hub.sequence()
    first = member.answer("cosign")
    again = member.answer("cosign")
    assert (first["now"], again["now"], first["size"]) == (True, False, again["size"])
    assert hub.sql("SELECT name, size FROM ledger_witness") == [(first["witness"], first["size"])]
    assert (member.state / "witness.json").stat().st_mode & 0o777 == 0o600


def test_log_that_grew_is_cosigned_anew(hub: Hub, member: Typing) -> None:
    sizes = []
    for _ in range(3):
        sizes.append(member.answer("cosign")["size"])
        grow(hub, 200)
    assert sizes == sorted(set(sizes))
    assert [row[0] for row in hub.sql("SELECT size FROM ledger_cosignature ORDER BY size")] == sizes


def test_nothing_is_cosigned_before_the_first_checkpoint(elsewhere: tuple[Hub, Typing]) -> None:
    _, typing = elsewhere
    assert typing.answer("cosign")["size"] == 0


def test_line_that_did_not_reach_the_hub_is_handed_in_at_the_next_run(hub: Hub, member: Typing) -> None:
    cosigned = member.answer("cosign")["size"]
    hub.sql("DELETE FROM ledger_cosignature")
    unsent(member)
    assert member.answer("cosign")["now"] is False
    assert hub.sql("SELECT size FROM ledger_cosignature") == [(cosigned,)]


def unsent(member: Typing, **other: object) -> None:
    """As after a run that ended before the hub had the line."""
    (member.state / "witness.json").write_text(json.dumps(member.kept("witness.json") | {"sent": False, **other}))


def test_rollback_is_noticed_by_a_witness_whose_line_did_not_reach_the_hub(
    hub: Hub, member: Typing, elsewhere: tuple[Hub, Typing]
) -> None:
    grow(hub, 20)
    member("cosign")
    unsent(member)
    shorter, there = elsewhere
    grow(shorter)
    assert "rolled back" in there("cosign", code=30).err
    assert {"remembered", "now"} <= there.evidence()[0].keys()


def test_line_that_the_hub_refuses_gives_way_to_that_of_a_newer_checkpoint(hub: Hub, member: Typing) -> None:
    member("cosign")
    unsent(member, line="no line\n")
    member("cosign", code=4)
    grow(hub)
    assert member.answer("cosign")["now"] is True
    assert member.kept("witness.json")["sent"] is True


def test_older_checkpoint_that_others_began_with_is_no_rollback_and_not_signed(
    hub: Hub, member: Typing, other: Typing
) -> None:
    other("cosign")
    member("cosign")
    grow(hub)
    other("cosign")
    begun = size(hub)
    grow(hub)
    newer = hub.app.test_client().get(f"{LOG}/checkpoint").text
    kept = member.kept("witness.json")
    (member.state / "witness.json").write_text(json.dumps(kept | {"note": newer}))
    assert hub.app.test_client().get(f"{LOG}/checkpoint/offered").text.split("\n")[1] == str(begun)
    assert member.answer("cosign")["now"] is False


def test_fork_is_never_signed_and_leaves_both_signatures_of_the_hub(
    hub: Hub, member: Typing, elsewhere: tuple[Hub, Typing]
) -> None:
    member("cosign")
    before = member.kept("witness.json")
    forking, there = elsewhere
    grow(forking, size(hub) + 5)
    assert "does not extend" in there("cosign", code=30).err
    (evidence,) = there.evidence()
    for note in (evidence["remembered"], evidence["now"]):
        Policy.parse(f"log {hub.signer.verifier.vkey}\nquorum none\n".encode()).open(note)
    assert there.kept("witness.json") == before
    assert forking.sql("SELECT count(*) FROM ledger_cosignature") == [(0,)]


def test_rollback_is_never_signed(hub: Hub, member: Typing, elsewhere: tuple[Hub, Typing]) -> None:
    grow(hub, 20)
    member("cosign")
    shorter, there = elsewhere
    grow(shorter)
    assert "rolled back" in there("cosign", code=30).err
    assert there.evidence()[0]["code"] == 30
    assert shorter.sql("SELECT count(*) FROM ledger_cosignature") == [(0,)]


def test_log_that_is_gone_is_an_alarm(member: Typing, elsewhere: tuple[Hub, Typing]) -> None:
    member("cosign")
    assert "the log is gone" in elsewhere[1]("cosign", code=30).err


def test_two_logs_of_one_size_are_a_fork(hub: Hub, member: Typing, elsewhere: tuple[Hub, Typing]) -> None:
    member("cosign")
    forking, there = elsewhere
    forking.sequence()
    grow(forking, size(hub) - size(forking))
    assert size(hub) == size(forking)
    assert "two different logs" in there("cosign", code=30).err


def test_checkpoint_of_another_key_is_not_signed(hub: Hub, member: Typing) -> None:
    hub.sql("UPDATE ledger_checkpoint SET note = replace(note, ' ' || split_part(note, E'\\n', 3), ' x')")
    hub.sql("UPDATE ledger_checkpoint SET note = regexp_replace(note, '.{8}\\n$', E'AAAAAAAA\\n')")
    assert "not what the key" in member("cosign", code=20).err
    assert hub.sql("SELECT count(*) FROM ledger_cosignature") == [(0,)]


def test_second_run_at_the_same_time_is_told_so(member: Typing) -> None:
    member("cosign")
    with closing(sqlite3.connect(member.state / "witness.lock", isolation_level=None)) as held:
        held.execute("BEGIN EXCLUSIVE")
        assert "another `alliance ledger cosign`" in member("cosign", code=75).err
    member("cosign")


@pytest.mark.parametrize("text", ["", "{}", '{"v": 1, "seed": "AA=="}'])
def test_damaged_state_is_told_and_left_as_it_is(member: Typing, text: str) -> None:
    member("cosign")
    (member.state / "witness.json").write_text(text)
    assert "is damaged" in member("cosign", code=2).err
    assert (member.state / "witness.json").read_text() == text


@pytest.mark.parametrize("every", ["10", "0s", "1h", "s"])
def test_span_that_is_none_is_refused(member: Typing, every: str) -> None:
    member("cosign", "--every", every, code=2)


# --- the policy


def pinned(member: Typing, other: Typing) -> None:
    """Both are witnesses, and the first has pinned the policy that says so."""
    member("cosign")
    other("cosign")
    assert member.answer("policy", "--take")["same"] is True


def test_policy_that_is_taken_names_the_members_and_stays(hub: Hub, member: Typing, other: Typing) -> None:
    pinned(member, other)
    told = member("policy").out
    assert "quorum members" in told
    assert ("brand-a" in told, "brand-b" in told) == (True, True)
    hub.client("brand-b").post("/audit/witnesses/removal")
    changed = member.answer("policy")
    assert (changed["same"], "group members 2" in changed["pinned"]) == (False, True)
    assert "another one" in member("policy").out


def test_verify_is_provisional_until_the_quorum_has_cosigned(hub: Hub, member: Typing, other: Typing) -> None:
    assert member.answer("verify")["final"] is None
    pinned(member, other)
    grow(hub)
    assert member.answer("verify", code=3)["final"]["reached"] is False
    assert "PROVISIONAL" in member("verify", code=3).out
    member("cosign")
    assert member.answer("verify", code=3)["final"]["reached"] is False
    other("cosign")
    assert member.answer("verify")["final"] == {"size": size(hub), "reached": True}


def test_what_concerns_others_may_wait_for_its_cosignatures(hub: Hub, member: Typing, other: Typing) -> None:
    pinned(member, other)
    hub.sequence()
    member("cosign")
    other("cosign")
    cosigned = size(hub)
    with hub.app.app_context():
        ledger.append(hub.actor("brand-b"), Event.LIST_FETCHED, subject={"type": "key", "ref": KEY})
        db.session.commit()
    hub.sequence()
    assert member.answer("verify")["final"] == {"size": cosigned, "reached": True}
    assert other.answer("verify")["final"] is None


def test_hub_that_asks_for_no_quorum_any_more_satisfies_no_pinned_one(hub: Hub, member: Typing, other: Typing) -> None:
    pinned(member, other)
    hub.client("brand-b").post("/audit/witnesses/removal")
    hub.sequence()
    member("cosign")
    assert member.answer("verify", code=3)["final"] == {"size": 0, "reached": False}


def test_receipt_says_whether_it_is_final(hub: Hub, member: Typing, other: Typing) -> None:
    pinned(member, other)
    with hub.app.app_context():
        entry = ledger.append(hub.actor("brand-a"), Event.LIST_FETCHED, subject={"type": "key", "ref": KEY})
        db.session.commit()
    hub.sequence()
    assert member.answer("receipt", entry)["final"] is False
    member("cosign")
    other("cosign")
    assert member.answer("receipt", entry)["final"] is True


def test_policy_of_a_file_is_pinned_when_it_is_of_our_log(hub: Hub, member: Typing, tmp_path: Path) -> None:
    file = tmp_path / "policy"
    file.write_bytes(hub.app.test_client().get(f"{LOG}/policy").data)
    assert member.answer("policy", "--from", file)["same"] is True
    file.write_text("quorum none\n")
    assert "does not name the log" in member("policy", "--from", file, code=2).err
    file.write_text("quorum\n")
    assert "no trust policy" in member("policy", "--from", file, code=2).err
    member("policy", "--from", tmp_path / "nothing", code=2)
    member("policy", "--from", file, "--take", code=2)
    assert member.answer("policy")["same"] is True


# --- comparing


def test_checkpoints_of_one_log_are_consistent(hub: Hub, member: Typing, other: Typing, tmp_path: Path) -> None:
    member("verify")
    grow(hub, 300)
    other("verify")
    told = member.answer("compare", other.state / "ledger.json")
    assert (told["consistent"], sorted(told["sizes"])[-1], told["newest"]) == (True, size(hub), size(hub))
    note = tmp_path / "note"
    note.write_text(hub.app.test_client().get(f"{LOG}/checkpoint").text)
    other("compare", note, member.state / "ledger.json")


def test_checkpoints_of_two_logs_are_a_fork_with_evidence(
    hub: Hub, member: Typing, elsewhere: tuple[Hub, Typing], tmp_path: Path
) -> None:
    forking, _ = elsewhere
    grow(forking, size(hub) + 3)
    forked, same = tmp_path / "forked", tmp_path / "same"
    forked.write_text(forking.app.test_client().get(f"{LOG}/checkpoint").text)
    grow(hub, 20)
    assert "does not extend" in member("compare", forked, code=30).err
    grow(forking, size(hub) - size(forking))
    same.write_text(forking.app.test_client().get(f"{LOG}/checkpoint").text)
    member("verify")
    assert "two different logs" in member("compare", same, code=30).err
    assert [len({each["remembered"], each["now"]}) for each in member.evidence()] == [2, 2]


def test_evidence_of_a_fork_is_one_also_for_who_was_shown_its_newer_side(
    hub: Hub, member: Typing, elsewhere: tuple[Hub, Typing]
) -> None:
    member("verify")
    forking, there = elsewhere
    grow(forking, size(hub) + 3)
    there("verify", code=30)
    (file,) = there.state.glob("evidence/*.json")
    (there.state / "ledger.json").unlink()
    assert "does not extend" in there("compare", file, code=30).err


def test_evidence_that_the_log_is_gone_is_compared_by_what_was_remembered(
    hub: Hub, member: Typing, elsewhere: tuple[Hub, Typing]
) -> None:
    member("verify")
    remembered = size(hub)
    elsewhere[1]("verify", code=30)
    (file,) = member.state.glob("evidence/*.json")
    assert remembered in member.answer("compare", file)["sizes"]


@pytest.mark.parametrize("text", ["", "{}", "[", "c2sp.org/tlog-proof@v1\n", '{"note": 5}', "x" * 100])
def test_file_without_a_checkpoint_is_told_so(member: Typing, tmp_path: Path, text: str) -> None:
    file = tmp_path / "file"
    file.write_text(text)
    assert "holds no checkpoint" in member("compare", file, code=2).err
