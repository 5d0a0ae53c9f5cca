"""Members' witnesses over HTTP: enrolled by who holds the key, cosigning what is offered, and making receipts final."""

import pytest
from flask.testing import FlaskClient

from hub.db import db
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.members import service as members
from hub.members.rules import MemberState
from hub.tree.note import Signer, Verifier
from hub.tree.tlog_proof import TlogProof
from hub.tree.trust_policy import NONE, Judged, Policy
from hub.tree.witness import possession
from tests.conftest import Hub
from tests.web.indicators.test_share_and_match_over_http import KEY, share
from tests.web.ledger.witnessing import LOG, Cosigner, cosigner, enrolled, now


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    """Three brands and a platform."""
    for code, kind in (("brand-a", "brand"), ("brand-b", "brand"), ("brand-c", "brand"), ("shop", "platform")):
        hub.admit(code, kind)
    hub.sequence()
    return hub


def grow(hub: Hub) -> int:
    """Record one event, and sign; returns the log's size."""
    with hub.app.app_context():
        ledger.append(hub.actor("shop"), Event.LIST_FETCHED, subject={"type": "key", "ref": KEY})
        db.session.commit()
    hub.sequence()
    return judged(hub).stated.size


def nobody(hub: Hub) -> FlaskClient:
    return hub.app.test_client()


def policy(hub: Hub) -> Policy:
    answer = nobody(hub).get(f"{LOG}/policy")
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    return Policy.parse(answer.data)


def judged(hub: Hub, which: str = "checkpoint") -> Judged:
    """A checkpoint under the policy in force."""
    return policy(hub).open(nobody(hub).get(f"{LOG}/{which}").text)


def refused(answer: object, status: int, words: str) -> None:
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")  # type: ignore[attr-defined]
    assert words in answer.json["detail"]  # type: ignore[attr-defined]


# --- the policy


def test_policy_asks_for_no_quorum_of_fewer_than_two_witnesses(alliance: Hub) -> None:
    assert policy(alliance).quorum == NONE
    enrolled(alliance, "brand-a")
    assert (policy(alliance).quorum, len(policy(alliance).witnesses)) == (NONE, 1)


@pytest.mark.parametrize(("count", "enough"), [(2, 2), (3, 2), (4, 3)])
def test_policy_asks_for_more_than_half_of_the_members_witnesses(alliance: Hub, count: int, enough: int) -> None:
    made = enrolled(alliance, *("brand-a", "brand-b", "brand-c", "shop")[:count])
    vkeys = [each.signer.verifier.vkey for each in made]
    found = policy(alliance)
    assert found.is_met_by(set(vkeys[:enough]))
    assert not found.is_met_by(set(vkeys[: enough - 1]))


def test_policy_names_the_log_by_its_key_and_nobody_by_its_member(alliance: Hub) -> None:
    enrolled(alliance, "brand-a", "brand-b")
    text = nobody(alliance).get(f"{LOG}/policy").text
    assert [log.verifier for log in policy(alliance).logs] == [alliance.signer.verifier]
    assert "brand" not in text


def test_keys_of_the_log_are_told_with_their_span(alliance: Hub) -> None:
    told = nobody(alliance).get(f"{LOG}/keys").json
    assert told is not None
    assert told["origin"] == alliance.origin
    assert [(key["vkey"], key["until"], key["statement"]) for key in told["keys"]] == [
        (alliance.signer.verifier.vkey, None, None)
    ]


def test_member_is_told_whose_the_witnesses_are(alliance: Hub) -> None:
    (one,) = enrolled(alliance, "brand-a")
    told = alliance.client("shop").get("/audit/witnesses").json
    assert told == {
        "witnesses": [
            {"name": one.signer.verifier.name, "vkey": one.signer.verifier.vkey, "member": "brand-a", "size": None}
        ]
    }
    assert nobody(alliance).get("/audit/witnesses").status_code == 401


def test_witness_of_a_suspended_member_counts_no_more(alliance: Hub) -> None:
    one, two = enrolled(alliance, "brand-a", "brand-b")
    size = one.cosign()
    assert judged(alliance, f"checkpoints/{size}").cosigned.keys() == {one.signer.verifier.name}
    with alliance.operator() as actor:
        members.move(actor, "brand-a", MemberState.SUSPENDED)
    assert [each.verifier for each in policy(alliance).witnesses] == [two.signer.verifier]
    assert len(nobody(alliance).get(f"{LOG}/checkpoints/{size}").text.splitlines()) == 5


# --- enrolling


def test_witness_is_enrolled_once_and_everybody_finds_it_in_its_record(alliance: Hub) -> None:
    one = cosigner(alliance, "brand-a", 7)
    first, again = one.enrol(), one.enrol()
    assert first.status_code == again.status_code == 200
    assert first.json == again.json
    assert first.json["name"] == one.signer.verifier.name
    alliance.sequence()
    for code in ("brand-a", "shop"):
        with alliance.app.app_context():
            told = ledger.own_entries(alliance.actor(code), limit=1000)
            assert [each.action for each in told].count("ledger.witness_added") == 1, code


def test_second_key_of_a_member_waits_until_the_first_is_removed(alliance: Hub) -> None:
    enrolled(alliance, "brand-a")
    other = cosigner(alliance, "brand-a", 8)
    refused(other.enrol(), 409, "another witness")
    client = alliance.client("brand-a")
    assert [client.post("/audit/witnesses/removal").json for _ in range(2)] == [{"removed": True}, {"removed": False}]
    assert other.enrol().status_code == 200
    assert [each.verifier for each in policy(alliance).witnesses] == [other.signer.verifier]


def test_removed_witness_comes_back_with_the_same_key(alliance: Hub) -> None:
    (one,) = enrolled(alliance, "brand-a")
    alliance.client("brand-a").post("/audit/witnesses/removal")
    assert policy(alliance).witnesses == ()
    assert one.enrol().status_code == 200
    assert len(policy(alliance).witnesses) == 1


def test_key_of_another_members_witness_is_not_taken(alliance: Hub) -> None:
    (one,) = enrolled(alliance, "brand-a")
    refused(Cosigner(alliance, "brand-b", one.signer).enrol(), 409, "already")


@pytest.mark.parametrize("case", ["another's note", "another log", "another key", "wrong name", "plain key", "junk"])
def test_note_that_does_not_show_the_key_is_refused(alliance: Hub, case: str) -> None:
    mine, other = cosigner(alliance, "brand-a", 7), cosigner(alliance, "brand-a", 8)
    text = f"{alliance.origin}/witnesses\nbrand-a\n{mine.signer.verifier.vkey}\n"
    named = Signer("w.example", mine.signer._key, mine.signer.verifier.algorithm)
    plain = Signer(mine.signer.verifier.name, mine.signer._key)
    note = {
        "another's note": possession(mine.signer, alliance.origin, "brand-b", now()),
        "another log": possession(mine.signer, "other.example", "brand-a", now()),
        "another key": other.signer.sign(text, now()),
        "wrong name": possession(named, alliance.origin, "brand-a", now()),
        "plain key": plain.sign(text.replace(mine.signer.verifier.vkey, plain.verifier.vkey)),
        "junk": "\x00\n\n— a b\n",
    }[case]
    answer = alliance.client("brand-a").post("/audit/witnesses", json={"note": note})
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["note"])  # type: ignore[index]
    assert policy(alliance).witnesses == ()


# --- cosigning


def test_checkpoint_is_final_once_the_quorum_has_cosigned_it(alliance: Hub) -> None:
    made = enrolled(alliance, "brand-a", "brand-b", "brand-c")
    size = grow(alliance)
    assert nobody(alliance).get(f"{LOG}/checkpoint/final").status_code == 404
    assert made[0].cosign() == size
    assert not judged(alliance).final
    assert nobody(alliance).get(f"{LOG}/checkpoint/final").status_code == 404
    assert made[1].cosign() == size
    final = judged(alliance, "checkpoint/final")
    assert (final.stated.size, final.final, len(final.cosigned)) == (size, True, 2)


def test_those_who_come_later_are_offered_what_the_first_cosigned(alliance: Hub) -> None:
    one, two, three = enrolled(alliance, "brand-a", "brand-b", "brand-c")
    size = one.cosign()
    newest = grow(alliance)
    assert newest > size
    assert two.cosign() == size, "the round goes on"
    assert three.cosign() == newest, "the quorum is met, and the next round begins"
    assert judged(alliance, "checkpoint/final").stated.size == size


def test_round_that_nobody_ends_gives_way_to_the_newest(alliance: Hub) -> None:
    one, two, _ = enrolled(alliance, "brand-a", "brand-b", "brand-c")
    size = one.cosign()
    alliance.sql("UPDATE ledger_checkpoint SET at = at - interval '6 minutes' WHERE size = %s", size)
    newest = grow(alliance)
    assert two.cosign() == newest > size


def test_cosignature_that_is_handed_in_twice_stands_once(alliance: Hub) -> None:
    (one,) = enrolled(alliance, "brand-a")
    assert one.cosign() == one.cosign()
    assert alliance.sql("SELECT count(*) FROM ledger_cosignature") == [(1,)]


def test_being_witnessed_does_not_make_the_log_grow(alliance: Hub) -> None:
    (one,) = enrolled(alliance, "brand-a")
    alliance.sequence()
    before = alliance.sql("SELECT count(*) FROM ledger_entry")
    one.cosign()
    assert alliance.sql("SELECT count(*) FROM ledger_entry") == before


def test_lines_of_other_keys_are_passed_over(alliance: Hub) -> None:
    one, two = enrolled(alliance, "brand-a", "brand-b")
    note = nobody(alliance).get(f"{LOG}/checkpoint").text
    size = judged(alliance).stated.size
    assert one.hand_in(size, two.line(note) + one.line(note)).status_code == 200
    assert judged(alliance).cosigned.keys() == {one.signer.verifier.name}
    refused(one.hand_in(size, two.line(note)), 422, "no line is of the witness's key")


def test_line_over_another_tree_is_refused_with_its_reason(alliance: Hub) -> None:
    (one,) = enrolled(alliance, "brand-a")
    note = nobody(alliance).get(f"{LOG}/checkpoint").text
    grown = grow(alliance)
    refused(one.hand_in(grown, one.line(note)), 422, "is bad")
    refused(one.hand_in(1 << 40, one.line(note)), 404, "no checkpoint of this size")


def test_line_that_states_a_time_to_come_or_none_is_refused(alliance: Hub) -> None:
    (one,) = enrolled(alliance, "brand-a")
    note = nobody(alliance).get(f"{LOG}/checkpoint").text
    text, size = note.partition("\n\n")[0] + "\n", judged(alliance).stated.size
    refused(one.hand_in(size, one.signer.line(text, now() + 3600)), 422, "in the future")
    refused(one.hand_in(size, one.signer.line(text, (1 << 63) - 1)), 422, "in the future")
    refused(one.hand_in(size, one.signer.line(text, 0)), 422, "states its time")


def test_member_without_a_witness_cosigns_nothing(alliance: Hub) -> None:
    one = cosigner(alliance, "brand-a", 7)
    note = nobody(alliance).get(f"{LOG}/checkpoint").text
    refused(one.hand_in(judged(alliance).stated.size, one.line(note)), 409, "has no witness")


@pytest.mark.parametrize("lines", ["x", "— a b\n" * 101, "— a\x00b c=\n", "\n\n— a AAAAAAAA\n"])
def test_lines_that_are_none_are_refused(alliance: Hub, lines: str) -> None:
    (one,) = enrolled(alliance, "brand-a")
    assert one.hand_in(judged(alliance).stated.size, lines).status_code == 422


# --- receipts


def receipt(hub: Hub, entry: str) -> TlogProof:
    answer = hub.client("brand-a").get(f"/audit/receipts/{entry}")
    assert answer.status_code == 200
    return TlogProof.parse(answer.text)


def test_receipt_is_provisional_first_and_final_later(alliance: Hub) -> None:
    one, two = enrolled(alliance, "brand-a", "brand-b")
    entry = share(alliance.client("brand-a"), 1)["entry"]
    alliance.sequence()
    before = policy(alliance).open(receipt(alliance, entry).checkpoint)
    assert not before.final
    size = one.cosign()
    two.cosign()
    grow(alliance)
    after = policy(alliance).open(receipt(alliance, entry).checkpoint)
    assert (after.final, after.stated.size) == (True, size)


def test_receipt_without_a_quorum_is_under_the_newest_checkpoint(alliance: Hub) -> None:
    entry = share(alliance.client("brand-a"), 1)["entry"]
    newest = grow(alliance)
    found = policy(alliance).open(receipt(alliance, entry).checkpoint)
    assert (found.final, found.stated.size) == (True, newest)
    assert Verifier.parse(alliance.signer.verifier.vkey) == policy(alliance).logs[0].verifier
