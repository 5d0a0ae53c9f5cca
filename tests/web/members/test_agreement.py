"""The agreement: published by the office, signed by an owner of each member, and no exchange without it."""

import hashlib
from datetime import timedelta

import psycopg
import pytest
import time_machine
from flask.testing import FlaskClient

from hub import clock
from hub.access.actor import AgreementOwedError
from hub.access.grants import Role
from hub.access.permissions import Permission
from hub.members import rules
from hub.members import service as members
from tests.conftest import HTML, Hub, csrf
from tests.web.access.test_three_nets import as_application, read_by
from tests.web.indicators.test_share_and_match_over_http import match, share
from tests.web.members.letters import letters
from tests.web.members.test_decisions import person

TEXT = "We share what we may.\n\nAnd nothing else."
DIGEST = hashlib.sha256(TEXT.encode()).hexdigest()
LATER = rules.TO_SIGN + timedelta(minutes=1)


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    """An office, and a brand with an owner, an analyst and a key."""
    hub.person(members.OFFICE, "ada")
    hub.admit("brand-a")
    hub.person("brand-a", "ana")
    hub.person("brand-a", "ben", Role.ANALYST)
    return hub


def publish(hub: Hub, text: str = TEXT) -> int:
    with person(hub, "ada") as actor:
        return members.publish_agreement(actor, text)


def sign(hub: Hub, version: int = 1, digest: str = DIGEST, who: str = "ana") -> None:
    with person(hub, who) as actor:
        members.sign_agreement(actor, version, digest)


def shared(hub: Hub) -> int:
    return hub.client("brand-a").get("/api/v1/keys").status_code


def late(hub: Hub) -> time_machine.travel:
    return time_machine.travel(clock.now() + LATER, tick=True)


# --- what is owed


def test_nothing_is_owed_while_there_is_no_agreement(alliance: Hub) -> None:
    with late(alliance):
        assert shared(alliance) == 200


def test_member_that_was_there_has_thirty_days_to_sign(alliance: Hub) -> None:
    publish(alliance)
    assert shared(alliance) == 200
    with late(alliance):
        answer = alliance.client("brand-a").get("/api/v1/keys")
    assert (answer.status_code, answer.json["type"]) == (403, "/problems/agreement-not-signed")


def test_member_that_signed_in_time_goes_on(alliance: Hub) -> None:
    publish(alliance)
    sign(alliance)
    with late(alliance):
        assert shared(alliance) == 200


def test_member_that_is_admitted_later_signs_before_it_exchanges(alliance: Hub) -> None:
    publish(alliance)
    alliance.admit("brand-b")
    alliance.person("brand-b", "bob")
    key = alliance.client("brand-b")
    assert key.get("/api/v1/keys").status_code == 403
    sign(alliance, who="bob")
    assert key.get("/api/v1/keys").status_code == 200


def test_new_version_has_to_be_signed_anew(alliance: Hub) -> None:
    publish(alliance)
    sign(alliance)
    assert publish(alliance, "Another text.") == 2
    with late(alliance):
        assert shared(alliance) == 403


def test_member_that_never_signed_is_not_let_in_by_another_version(alliance: Hub) -> None:
    publish(alliance)
    alliance.admit("brand-b")
    publish(alliance, "Another text.")
    assert alliance.client("brand-b").get("/api/v1/keys").status_code == 403


def test_member_that_signed_too_late_for_one_version_is_not_let_in_by_another(alliance: Hub) -> None:
    publish(alliance)
    with late(alliance):
        publish(alliance, "Another text.")
        assert shared(alliance) == 403


def test_time_for_a_version_runs_on_when_another_is_published(alliance: Hub) -> None:
    publish(alliance)
    with time_machine.travel(clock.now() + timedelta(days=20), tick=True):
        publish(alliance, "Another text.")
        assert shared(alliance) == 200
        with person(alliance, "ana") as actor:
            newest = members.newest_agreement(actor)
            assert newest is not None
            assert newest.due_at < clock.now() + timedelta(days=11)
    with late(alliance):
        assert shared(alliance) == 403


def test_newest_version_signed_settles_those_before_it(alliance: Hub) -> None:
    publish(alliance)
    publish(alliance, text := "Another text.")
    sign(alliance, 2, hashlib.sha256(text.encode()).hexdigest())
    with late(alliance):
        assert shared(alliance) == 200


def test_earlier_version_signed_late_does_not_stand_for_the_newest(alliance: Hub) -> None:
    publish(alliance)
    publish(alliance, "Another text.")
    with pytest.raises(members.RefusedMoveError, match="another version"):
        sign(alliance)


def test_office_owes_nothing(alliance: Hub) -> None:
    publish(alliance)
    with late(alliance):
        assert alliance.signed_in("ada").get("/members", headers=HTML).status_code == 200


def test_member_that_owes_reads_and_takes_back_its_own(alliance: Hub) -> None:
    share(alliance.client("brand-a"), 1, 2)
    publish(alliance)
    with late(alliance):
        client = alliance.client("brand-a")
        pages = [client.get(path).status_code for path in ("/api/v1/me", "/audit/entries")]
        withdrawn = client.post("/api/v1/contributions/withdrawals", json={})
        refused = [
            client.post("/api/v1/contributions", json={}).status_code,
            client.post("/api/v1/keys/example.e1.domain/matches").status_code,
            client.get("/api/v1/keys/example.e1.domain/list").status_code,
            client.post("/api/v1/keys/example.e1.domain/evaluations").status_code,
        ]
    assert pages == [200, 200]
    assert withdrawn.status_code == 422  # let in, and its empty body refused
    assert refused == [403] * 4


def test_what_was_shared_before_still_has_effect_for_others(alliance: Hub) -> None:
    alliance.admit("shop", "platform")
    share(alliance.client("brand-a"), 1)
    publish(alliance)
    alliance.person("shop", "sam")
    sign(alliance, who="sam")
    with late(alliance):
        assert list(match(alliance.client("shop"), 1)) == [1]


def test_job_of_a_member_that_owes_may_no_more_than_its_people(alliance: Hub) -> None:
    publish(alliance)
    number = alliance.sql("SELECT id FROM member WHERE code = 'brand-a'")[0][0]
    with late(alliance), alliance.app.app_context():
        actor = members.job_actor(number, "p_job")  # type: ignore[arg-type]
        with pytest.raises(AgreementOwedError):
            actor.must(Permission.CONTRIBUTION_SHARE)


# --- pages


def signed_on_page(client: FlaskClient, **other: str) -> str:
    page = client.get("/agreement", headers=HTML).text
    fields = {"version": "1", "digest": DIGEST, "agreed": "y", **other, "csrf_token": csrf(page)}
    return client.post("/agreement/signature", data=fields, headers=HTML, follow_redirects=True).text


def test_page_of_a_person_leads_to_the_agreement_while_it_is_owed(alliance: Hub) -> None:
    publish(alliance)
    alliance.admit("shop", "platform")
    alliance.person("shop", "sam")
    client = alliance.signed_in("sam")
    answer = client.get("/groups", headers=HTML)
    assert (answer.status_code, answer.location) == (303, "/agreement")
    assert "cannot share or match" in client.get("/agreement", headers=HTML).text


def test_owner_reads_and_signs_on_the_page(alliance: Hub) -> None:
    publish(alliance)
    client = alliance.signed_in("ana")
    text = client.get("/agreement", headers=HTML).text
    assert "And nothing else." in text
    assert DIGEST in text
    assert "is signed for" in signed_on_page(client)
    assert alliance.sql("SELECT version, encode(digest, 'hex') FROM agreement_signature") == [(1, DIGEST)]


@pytest.mark.parametrize(
    "other", [{"agreed": ""}, {"digest": "0" * 64}, {"digest": "x"}, {"version": "2"}, {"version": "2000000000000"}]
)
def test_signature_of_anything_else_than_was_shown_is_refused(alliance: Hub, other: dict[str, str]) -> None:
    publish(alliance)
    signed_on_page(alliance.signed_in("ana"), **other)
    assert alliance.sql("SELECT count(*) FROM agreement_signature") == [(0,)]


def test_analyst_reads_and_does_not_sign(alliance: Hub) -> None:
    publish(alliance)
    client = alliance.signed_in("ben")
    assert "Sign version" not in client.get("/agreement", headers=HTML).text
    assert client.post("/agreement/signature", headers=HTML).status_code == 400  # no token on the page
    assert alliance.client("brand-a").post("/agreement/signature").status_code in {400, 403}


def test_office_publishes_on_the_page_and_sees_who_has_signed(alliance: Hub) -> None:
    client = alliance.signed_in("ada")
    token = csrf(client.get("/agreement", headers=HTML).text)
    fields = {"text": TEXT.replace("\n", "\r\n") + "  ", "csrf_token": token}
    text = client.post("/agreement", data=fields, headers=HTML, follow_redirects=True).text
    assert "Version 1 is published" in text
    assert "0 of 1" in text
    sign(alliance)
    assert "1 of 1" in client.get("/agreement", headers=HTML).text


def test_same_text_is_not_published_twice(alliance: Hub) -> None:
    publish(alliance)
    with pytest.raises(members.RefusedMoveError, match="in force already"):
        publish(alliance, f"{TEXT} \n\n")


@pytest.mark.parametrize("text", ["", " \n ", "a\x00b", "a" * (rules.LONGEST_AGREEMENT + 1)])
def test_text_beyond_the_rules_is_refused(alliance: Hub, text: str) -> None:
    with pytest.raises(ValueError, match="an agreement has"):
        publish(alliance, text)


# --- record, letters, database


def test_publication_is_on_the_record_of_every_member_and_signing_on_its_own(alliance: Hub) -> None:
    alliance.admit("shop", "platform")
    publish(alliance)
    sign(alliance)
    alliance.sequence()
    a, shop = (alliance.client(code).get("/audit/entries").text for code in ("brand-a", "shop"))
    assert ("agreement.published" in a, "agreement.signed" in a) == (True, True)
    assert ("agreement.published" in shop, "agreement.signed" in shop) == (True, False)
    assert DIGEST in a


def test_signing_twice_is_one_signature_and_one_event(alliance: Hub) -> None:
    publish(alliance)
    sign(alliance)
    sign(alliance)
    assert alliance.sql("SELECT count(*) FROM ledger_entry WHERE action = 'agreement.signed'") == [(1,)]


def test_owners_alone_are_told_by_letter(alliance: Hub) -> None:
    publish(alliance)
    assert [letter.to for letter in letters(alliance)] == ["ana@alliance-hub.org"]
    assert TEXT not in letters(alliance)[0].text


def test_database_takes_no_signature_for_another_member_and_no_text_of_a_member(alliance: Hub) -> None:
    alliance.admit("brand-b")
    publish(alliance)
    other = alliance.sql("SELECT id FROM member WHERE code = 'brand-b'")[0][0]
    statements = [
        (
            "INSERT INTO agreement_signature (member_id, version, digest, signed_by, signed_at)"
            f" VALUES ({other}, 1, decode(repeat('ab', 32), 'hex'), 'p', now())"
        ),
        "INSERT INTO agreement VALUES (2, 'x', decode(repeat('ab', 32), 'hex'), 'p', now())",
        "UPDATE agreement SET text = 'x'",
        "DELETE FROM agreement_signature",
    ]
    with as_application(alliance) as connection:
        read_by(connection, alliance, "brand-a")
        for statement in statements:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)  # type: ignore[call-overload]
