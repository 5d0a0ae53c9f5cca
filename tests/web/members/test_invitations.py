"""Invitations: a link in a letter serves one person once, and tells nobody who else has access."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.exc import ProgrammingError

from hub import clock
from hub.access.actor import Actor, NotPermittedError
from hub.access.grants import Role
from hub.access.guard import read_as
from hub.db import db
from hub.mail import LetterError
from hub.members import password_rules
from hub.members import service as members
from hub.members.model import Member
from hub.members.rules import LINK_KEPT, LINK_LASTS, MOST_INVITATIONS, LinkKind, MemberState
from tests.conftest import HTML, Hub
from tests.web.access.test_three_nets import as_application, read_by
from tests.web.members.letters import answered, letters, path_in

PASSWORD = "nine green bottles hanging"
EVA = "eva@example.org"


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    """Two brands with an owner each, one of them with a viewer too."""
    for code in ("brand-a", "brand-b"):
        hub.admit(code)
    hub.person("brand-a", "ana")
    hub.person("brand-a", "vera", Role.VIEWER)
    hub.person("brand-b", "bob")
    return hub


@contextmanager
def person(hub: Hub, who: str) -> Iterator[Actor]:
    """The actor that a person is in a session, inside the application."""
    with hub.app.app_context():
        found = members.person_named(f"{who}@alliance-hub.org")
        assert found is not None
        actor = members.actor_of_person(found)
        assert actor is not None
        read_as(db.session, actor)
        yield actor


def invite(hub: Hub, who: str = "ana", email: str = EVA, name: str = "Eva", role: Role = Role.ANALYST) -> None:
    """Have somebody invite an address to its own member."""
    with person(hub, who) as actor:
        members.invite_person(actor, db.session.get_one(Member, actor.member_id), email, name, role)
        db.session.commit()


def invited(hub: Hub, who: str = "ana", email: str = EVA, role: Role = Role.ANALYST) -> str:
    """The path that an invitation leads to."""
    invite(hub, who, email, role=role)
    return path_in(letters(hub, email)[0])


def accepted(hub: Hub, path: str, password: str = PASSWORD, name: str = "Eva") -> int:
    """The status of accepting."""
    return answered(hub, path, name=name, password=password).status_code


def people(hub: Hub) -> list[tuple[object, ...]]:
    return hub.sql("SELECT email, name, role FROM person WHERE email = %s", EVA)


# --- accepting


def test_person_invited_chooses_a_password_and_owes_a_second_factor(alliance: Hub) -> None:
    path = invited(alliance)
    page = alliance.app.test_client().get(path, headers=HTML)
    assert page.status_code == 200
    assert all(words in page.text for words in ("Brand-A", "analyst", EVA))
    assert accepted(alliance, path, name=" Eva Example ") == 303
    assert people(alliance) == [(EVA, "Eva Example", "analyst")]
    client = alliance.app.test_client()
    alliance.give(client, "/sign-in", email=EVA, password=PASSWORD)
    assert client.get("/", headers=HTML).headers["Location"].startswith("/second-factors/new")


def test_invitation_used_before_is_unknown(alliance: Hub) -> None:
    path = invited(alliance)
    assert accepted(alliance, path) == 303
    assert accepted(alliance, path, "another long pass phrase") == 404
    assert alliance.app.test_client().get(path, headers=HTML).status_code == 404


def test_of_many_who_accept_at_once_one_is_let_in(alliance: Hub) -> None:
    path = invited(alliance)
    with ThreadPoolExecutor(4) as together:
        answers = sorted(together.map(lambda n: accepted(alliance, path, f"{PASSWORD} {n}"), range(4)))
    assert answers == [303, 404, 404, 404]
    assert len(people(alliance)) == 1


def test_of_two_members_invitations_accepted_at_once_one_serves(alliance: Hub) -> None:
    invite(alliance, "ana")
    invite(alliance, "bob")
    paths = [path_in(letter) for letter in letters(alliance, EVA)]
    with ThreadPoolExecutor(2) as together:
        answers = sorted(together.map(lambda path: accepted(alliance, path), paths))
    assert answers == [303, 404]
    assert len(people(alliance)) == 1


def test_invitation_is_over_after_seven_days(alliance: Hub) -> None:
    path, client = invited(alliance), alliance.app.test_client()
    with time_machine.travel(clock.now() + LINK_LASTS[LinkKind.INVITATION] - timedelta(minutes=1)):
        assert client.get(path, headers=HTML).status_code == 200
    with time_machine.travel(clock.now() + LINK_LASTS[LinkKind.INVITATION]):
        assert client.get(path, headers=HTML).status_code == 404
        assert accepted(alliance, path) == 404


def test_inviting_again_replaces_the_older_invitation(alliance: Hub) -> None:
    older = invited(alliance)
    invite(alliance, email=" EVA@Example.org ", role=Role.VIEWER)
    newer = path_in(letters(alliance, EVA)[0])
    assert accepted(alliance, older) == 404
    assert accepted(alliance, newer) == 303
    assert people(alliance)[0][2] == "viewer"


def test_invitation_that_is_void_reads_like_one_that_never_was(alliance: Hub) -> None:
    used, revoked = invited(alliance), invited(alliance, email="rob@example.org")
    accepted(alliance, used)
    alliance.sql("UPDATE one_time_link SET revoked_at = now() WHERE email = 'rob@example.org'")
    client, pages = alliance.app.test_client(), set()
    for path in (used, revoked, "/invitations/" + "A" * 43, "/invitations/x", "/invitations/" + "%00" * 43):
        answer = client.get(path, headers=HTML)
        pages.add((answer.status_code, answer.text.replace(answer.headers["Request-Id"], "")))
    assert len(pages) == 1
    assert {status for status, _ in pages} == {404}


def test_invitation_of_a_member_suspended_meanwhile_is_unknown(alliance: Hub) -> None:
    path = invited(alliance)
    with alliance.operator() as actor:
        members.move(actor, "brand-a", MemberState.SUSPENDED)
    assert accepted(alliance, path) == 404


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("elevenchars", "12 to 128 characters"),
        ("x" * 60 + "y1z2a" * 14, "12 to 128 characters"),
        ("Password 1234", "among the first that are guessed"),
        ("final fantasy", "among the first that are guessed"),
        ("Qazwsx-EDCRFV", "among the first that are guessed"),
        ("Mailcreated5240", "among the first that are guessed"),
        ("ababababababab", "among the first that are guessed"),
        ("ich bin MARGARETE 7", "name of its e-mail address"),
        ("my brand_a secret word", "of its member"),
        ("", "Choose a password"),
    ],
)
def test_password_that_would_be_guessed_is_refused(alliance: Hub, password: str, words: str) -> None:
    path = invited(alliance, email="margarete@example.org")
    answer = answered(alliance, path, name="Margarete", password=password)
    assert answer.status_code == 422
    assert words in answer.text
    assert not password or password not in answer.text
    assert accepted(alliance, path) == 303


def test_password_in_another_unicode_form_signs_in(alliance: Hub) -> None:
    path = invited(alliance)
    assert accepted(alliance, path, "grün wächst überall") == 303
    alliance.give(alliance.app.test_client(), "/sign-in", email=EVA, password="gru\u0308n wa\u0308chst u\u0308berall")


@pytest.mark.parametrize("name", ["", "   ", "x" * 121, "Eva\r\nBcc: all@example.org", "Eva\x00", "Eva\u2028x"])
def test_name_beyond_the_rules_is_refused(alliance: Hub, name: str) -> None:
    assert accepted(alliance, invited(alliance), name=name) == 422


def test_accepting_rests_on_no_session_and_ends_none(alliance: Hub) -> None:
    path, ana = invited(alliance), alliance.signed_in("ana")
    assert answered(alliance, path, ana, name="Eva", password=PASSWORD).status_code == 303
    assert ana.get("/", headers=HTML).status_code == 200


# --- what leaks


def test_link_stands_in_no_log_table_or_referer(alliance: Hub, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        path = invited(alliance)
        answer = alliance.app.test_client().get(path, headers=HTML)
        accepted(alliance, path)
    link = path.rpartition("/")[2]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert link not in caplog.text
    assert EVA not in caplog.text
    rows = str(alliance.sql("SELECT l::text FROM one_time_link l"))
    assert link not in rows
    assert link.encode().hex() not in rows


def test_record_tells_of_invitations_without_addresses(alliance: Hub) -> None:
    accepted(alliance, invited(alliance))
    told = alliance.sql(
        "SELECT convert_from(view, 'utf8') FROM ledger_part WHERE convert_from(view, 'utf8') LIKE '%%invitation.%%'"
    )
    assert {action for (view,) in told for action in ("made", "accepted") if f"invitation.{action}" in str(view)} == {
        "made",
        "accepted",
    }
    assert "eva" not in str(told).lower()


def test_address_that_signs_in_already_is_told_and_nobody_else(alliance: Hub) -> None:
    invite(alliance, email="BOB@alliance-hub.org")
    (letter,) = letters(alliance, "bob@alliance-hub.org")
    assert "already have access" in letter.subject
    assert "/invitations/" not in letter.text
    shown = "SELECT name, role, made_by, used_at, revoked_at FROM one_time_link"
    known = alliance.sql(shown)
    alliance.sql("DELETE FROM one_time_link")
    invite(alliance, email="nobody@example.org")
    assert alliance.sql(shown) == known


def test_digests_of_links_are_not_the_applications_to_read(alliance: Hub) -> None:
    invite(alliance)
    with as_application(alliance) as connection:
        read_by(connection, alliance, "brand-a")
        for statement in ("SELECT digest FROM one_time_link", "UPDATE one_time_link SET expires_at = now()"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)  # type: ignore[call-overload]
        read_by(connection, alliance, "brand-b")
        assert connection.execute("SELECT count(*) FROM one_time_link").fetchone() == (0,)


# --- inviting


@pytest.mark.parametrize("who", ["vera", "bob"])
def test_nobody_but_an_owner_of_the_member_invites(alliance: Hub, who: str) -> None:
    with person(alliance, who) as actor:
        member = db.session.execute(select(Member).where(Member.code == "brand-a")).scalar_one()
        with pytest.raises(NotPermittedError):
            members.invite_person(actor, member, EVA, "Eva", Role.OWNER)


def test_key_of_the_office_invites_nobody(alliance: Hub) -> None:
    with alliance.operator() as actor:
        alliance.keys["office"] = members.issue_credential(actor, members.OFFICE)
    with alliance.app.app_context():
        member = db.session.execute(select(Member).where(Member.code == "brand-a")).scalar_one()
        with pytest.raises(NotPermittedError):
            members.invite_person(alliance.actor("office"), member, EVA, "Eva", Role.OWNER)


def test_person_of_the_office_alone_invites_nobody_for_another_member(alliance: Hub) -> None:
    alliance.person(members.OFFICE, "ada")
    with person(alliance, "ada") as actor:
        member = db.session.execute(select(Member).where(Member.code == "brand-b")).scalar_one()
        with pytest.raises(NotPermittedError):
            members.invite_person(actor, member, EVA, "Eva", Role.OWNER)
        with pytest.raises(ProgrammingError, match="row-level security"):
            members.invite_for(actor, member, EVA, "Eva", Role.OWNER)


def test_member_has_so_many_open_invitations_at_most(alliance: Hub) -> None:
    for n in range(MOST_INVITATIONS):
        invite(alliance, email=f"p{n}@example.org")
    with pytest.raises(members.RefusedMoveError, match="take one back"):
        invite(alliance)
    invite(alliance, email="p0@example.org")
    invite(alliance, "bob")
    alliance.sql("UPDATE one_time_link SET expires_at = now() WHERE email = 'p1@example.org'")
    invite(alliance)


def test_invitations_made_at_once_are_counted_one_by_one(alliance: Hub) -> None:
    def attempt(n: int) -> bool:
        try:
            invite(alliance, email=f"p{n}@example.org")
        except members.RefusedMoveError:
            return False
        return True

    for n in range(MOST_INVITATIONS - 1):
        attempt(n)
    with ThreadPoolExecutor(4) as together:
        assert list(together.map(attempt, range(50, 54))).count(True) == 1


@pytest.mark.parametrize(
    "email", ["eva", "eva@example.org\r\nBcc: all@example.org", "a@b.org, c@d.org", "x" * 300 + "@e.org", ""]
)
def test_what_is_no_address_is_not_invited(alliance: Hub, email: str) -> None:
    with pytest.raises(LetterError):
        invite(alliance, email=email)
    assert letters(alliance) == []


def test_name_given_to_the_invited_stands_in_no_letter(alliance: Hub) -> None:
    invite(alliance, name="Buy at https://evil.example")
    assert "evil" not in str(letters(alliance))


def test_invitation_rolled_back_sends_no_letter(alliance: Hub) -> None:
    with person(alliance, "ana") as actor:
        members.invite_person(actor, db.session.get_one(Member, actor.member_id), EVA, "Eva", Role.VIEWER)
        db.session.rollback()
    assert letters(alliance) == []


def test_links_that_ended_long_ago_are_forgotten(alliance: Hub) -> None:
    invite(alliance)
    with alliance.app.app_context():
        assert members.forget_links() == 0
        with time_machine.travel(clock.now() + LINK_LASTS[LinkKind.INVITATION] + LINK_KEPT + timedelta(minutes=1)):
            assert members.forget_links() == 1


def test_common_passwords_are_such_that_the_length_lets_pass() -> None:
    assert [each for each in password_rules.COMMON_PASSWORDS if not each.isalnum() or each != each.lower()] == []
    assert min(map(len, password_rules.COMMON_PASSWORDS)) >= password_rules.SHORTEST_PASSWORD


def test_list_of_leaked_passwords_is_long_and_in_order() -> None:
    digests = password_rules.leaked_digests()
    assert len(digests) > 40_000
    assert digests == sorted(set(digests))
    assert {len(each) for each in digests} == {password_rules.DIGEST_BYTES}
