"""People of a member: its owners say who acts for it; one of them always stays, and nobody of another member is met."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from flask.testing import FlaskClient

from hub import clock
from hub.access.actor import Actor, NotPermittedError
from hub.access.grants import Role
from hub.access.guard import read_as
from hub.db import db
from hub.members import service as members
from hub.members.model import Member
from tests.conftest import HTML, Hub, csrf
from tests.web.members.letters import answered, letters, path_in

EVA = "eva@example.org"


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    """A brand with two owners and a viewer, and another with an owner."""
    for code in ("brand-a", "brand-b"):
        hub.admit(code)
    hub.person("brand-a", "ana")
    hub.person("brand-a", "ole")
    hub.person("brand-a", "vera", Role.VIEWER)
    hub.person("brand-b", "bob")
    return hub


def pseudonym(hub: Hub, who: str) -> str:
    ((found,),) = hub.sql("SELECT pseudonym FROM person WHERE email = %s", f"{who}@alliance-hub.org")
    return str(found)


def sent(client: FlaskClient, address: str, **fields: str) -> int:
    """The status of a form of the page, sent with its token."""
    token = csrf(client.get("/second-factors", headers=HTML).text)
    referrer = {"Referer": "http://localhost/people"}
    return client.post(address, data={**fields, "csrf_token": token}, headers=HTML | referrer).status_code


def act(hub: Hub, client: FlaskClient, who: str, act: str, **fields: str) -> int:
    """The status of an act on a person."""
    return sent(client, f"/people/{pseudonym(hub, who)}/{act}", **fields)


def standing(hub: Hub, code: str = "brand-a") -> dict[object, tuple[object, object]]:
    """Name → role, and whether the person may sign in."""
    found = "SELECT p.name, role, active FROM person p JOIN member m ON m.id = member_id WHERE m.code = %s"
    return {name: (role, active) for name, role, active in hub.sql(found, code)}


def is_in(client: FlaskClient) -> bool:
    return client.get("/", headers=HTML).status_code == 200


def recorded(hub: Hub, action: str) -> list[str]:
    """The record's views of an act."""
    shown = "SELECT DISTINCT convert_from(view, 'utf8') FROM ledger_part p JOIN ledger_entry e ON e.id = entry_id"
    return [str(view) for (view,) in hub.sql(f"{shown} WHERE e.action = %s", action)]


# --- the page


def test_page_shows_the_people_of_the_member_and_nobody_else(alliance: Hub) -> None:
    alliance.signed_in("vera")
    page = alliance.signed_in("ana").get("/people", headers=HTML).text
    assert all(words in page for words in ("Ana", "Ole", "vera@alliance-hub.org", "Viewer", "Authenticator app"))
    assert "bob" not in page.lower()
    assert page.count("not in 30 days") == 1


def test_page_tells_when_a_person_last_signed_in_after_the_session_ended(alliance: Hub) -> None:
    vera, ana = alliance.signed_in("vera"), alliance.signed_in("ana")
    sent(vera, "/sign-out")
    assert ana.get("/people", headers=HTML).text.count("not in 30 days") == 1


def test_password_without_its_second_factor_is_no_sign_in(alliance: Hub) -> None:
    alliance.with_password("vera")
    assert alliance.signed_in("ana").get("/people", headers=HTML).text.count("not in 30 days") == 2


@pytest.mark.parametrize(
    "address",
    ["/people/{}/role", "/people/{}/shut-out", "/people/{}/let-in", "/people/invitations"],
)
def test_act_wants_the_owner_to_be_there(alliance: Hub, address: str) -> None:
    ana, before = alliance.signed_in("ana"), standing(alliance)
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        status = sent(ana, address.format(pseudonym(alliance, "vera")), role="owner", email=EVA, name="Eva")
    assert (status, standing(alliance), letters(alliance, EVA)) == (303, before, [])


@pytest.mark.parametrize("act_", ["role", "shut-out", "let-in"])
def test_person_of_another_member_is_as_unknown_as_nobody(alliance: Hub, act_: str) -> None:
    ana = alliance.signed_in("ana")
    token = csrf(ana.get("/people", headers=HTML).text)
    pages = set()
    for name in (pseudonym(alliance, "bob"), "p_a000000000000000", "x"):
        answer = ana.post(f"/people/{name}/{act_}", data={"csrf_token": token, "role": "viewer"}, headers=HTML)
        pages.add((answer.status_code, answer.text.replace(answer.headers["Request-Id"], "")))
    assert [status for status, _ in pages] == [404]
    assert standing(alliance, "brand-b") == {"Bob": ("owner", True)}


@pytest.mark.parametrize("role", ["", "administrator", "OWNER", "owner\x00"])
def test_role_that_there_is_not_is_given_to_nobody(alliance: Hub, role: str) -> None:
    assert act(alliance, alliance.signed_in("ana"), "vera", "role", role=role) == 303
    assert standing(alliance)["Vera"] == ("viewer", True)


# --- roles


def test_role_counts_from_the_next_request(alliance: Hub) -> None:
    ana, vera = alliance.signed_in("ana"), alliance.signed_in("vera")
    assert vera.get("/people", headers=HTML).status_code == 403
    assert act(alliance, ana, "vera", "role", role="owner") == 303
    assert vera.get("/people", headers=HTML).status_code == 200
    assert act(alliance, ana, "vera", "role", role="viewer") == 303
    assert vera.get("/people", headers=HTML).status_code == 403


def test_session_of_who_became_an_owner_lies_unused_no_longer_than_an_owners(alliance: Hub) -> None:
    ana, vera = alliance.signed_in("ana"), alliance.signed_in("vera")
    act(alliance, ana, "vera", "role", role="owner")
    with time_machine.travel(clock.now() + timedelta(minutes=61)):
        assert not is_in(vera)


def test_viewer_makes_nobody_an_owner(alliance: Hub) -> None:
    vera = alliance.signed_in("vera")
    assert act(alliance, vera, "vera", "role", role="owner") == 403
    assert standing(alliance)["Vera"] == ("viewer", True)


def test_owner_steps_down_and_does_not_come_back_up(alliance: Hub) -> None:
    ana = alliance.signed_in("ana")
    assert act(alliance, ana, "ana", "role", role="analyst") == 303
    assert act(alliance, ana, "ana", "role", role="owner") == 403
    assert standing(alliance)["Ana"] == ("analyst", True)


def test_last_owner_keeps_the_role_also_where_another_is_shut_out(alliance: Hub) -> None:
    ana = alliance.signed_in("ana")
    act(alliance, ana, "ole", "shut-out")
    assert act(alliance, ana, "ana", "role", role="viewer") == 303
    assert "keeps an owner" in ana.get("/people", headers=HTML).text
    assert standing(alliance)["Ana"] == ("owner", True)


def test_person_of_the_office_who_is_no_owner_there_invites_none_to_it(alliance: Hub) -> None:
    alliance.person(members.OFFICE, "ada", Role.ANALYST)
    with acting(alliance, "ada") as actor, pytest.raises(NotPermittedError):
        members.invite_person(actor, db.session.get_one(Member, actor.member_id), EVA, "Eva", Role.OWNER)


# --- shutting out


def test_person_shut_out_is_refused_at_the_next_request_and_signs_in_no_more(alliance: Hub) -> None:
    ana, vera = alliance.signed_in("ana"), alliance.signed_in("vera")
    assert act(alliance, ana, "vera", "shut-out") == 303
    assert not is_in(vera)
    with pytest.raises(AssertionError, match="/sign-in"):
        alliance.with_password("vera")


def test_person_let_in_again_signs_in_and_no_old_session_comes_back(alliance: Hub) -> None:
    ana, vera = alliance.signed_in("ana"), alliance.signed_in("vera")
    act(alliance, ana, "vera", "shut-out")
    assert act(alliance, ana, "vera", "let-in") == 303
    assert not is_in(vera)
    assert is_in(alliance.signed_in("vera"))
    assert standing(alliance)["Vera"] == ("viewer", True)


def test_nobody_shuts_itself_out(alliance: Hub) -> None:
    ana = alliance.signed_in("ana")
    act(alliance, ana, "ana", "shut-out")
    assert standing(alliance)["Ana"] == ("owner", True)


@contextmanager
def acting(hub: Hub, who: str) -> Iterator[Actor]:
    """The actor that a person is in a session of its own, inside the application."""
    with hub.app.app_context():
        person = members.person_named(f"{who}@alliance-hub.org")
        assert person is not None
        actor = members.actor_of_person(person)
        assert actor is not None
        read_as(db.session, actor)
        found = members.holder_of_session(members.begin_session(actor, person, members.Browser("127.0.0.1", "")))
        assert found is not None
        yield found


def demote(actor: Actor, other: str) -> None:
    members.set_role(actor, other, Role.VIEWER)


@pytest.mark.parametrize("third", [False, True], ids=["of two", "of three"])
@pytest.mark.parametrize("remove", [members.shut_out, demote], ids=["shut out", "demoted"])
def test_of_owners_who_remove_each_other_at_once_one_does_and_stays(
    alliance: Hub, remove: Callable[[Actor, str], None], third: bool
) -> None:
    if third:
        alliance.person("brand-a", "tom")
    pair, begin = {"ana": pseudonym(alliance, "ole"), "ole": pseudonym(alliance, "ana")}, Barrier(2)

    def removes(who: str) -> bool:
        with acting(alliance, who) as actor:
            begin.wait(10)
            try:
                remove(actor, pair[who])
            except NotPermittedError:
                return False
            return True

    with ThreadPoolExecutor(2) as together:
        assert sorted(together.map(removes, pair)) == [False, True]
    left = [name for name, (role, active) in standing(alliance).items() if (role, active) == ("owner", True)]
    assert len(left) == 1 + third


def test_owners_who_step_down_at_once_leave_one(alliance: Hub) -> None:
    begin = Barrier(2)

    def steps_down(who: str) -> bool:
        with acting(alliance, who) as actor:
            begin.wait(10)
            try:
                demote(actor, actor.pseudonym)
            except members.RefusedMoveError:
                return False
            return True

    with ThreadPoolExecutor(2) as together:
        assert sorted(together.map(steps_down, ("ana", "ole"))) == [False, True]


# --- invitations


def test_person_invited_on_the_page_accepts(alliance: Hub) -> None:
    ana = alliance.signed_in("ana")
    assert sent(ana, "/people/invitations", email=EVA, name="Eva", role="analyst") == 303
    assert EVA in ana.get("/people", headers=HTML).text
    fields = {"name": "Eva", "password": "nine green bottles hanging"}
    assert answered(alliance, path_in(letters(alliance, EVA)[0]), **fields).status_code == 303
    assert standing(alliance)["Eva"] == ("analyst", True)


def test_invitation_taken_back_is_void_and_not_listed(alliance: Hub) -> None:
    ana = alliance.signed_in("ana")
    sent(ana, "/people/invitations", email=EVA, name="Eva", role="viewer")
    ((number,),) = alliance.sql("SELECT id FROM one_time_link")
    assert sent(ana, f"/people/invitations/{number}/withdrawal") == 303
    assert EVA not in ana.get("/people", headers=HTML).text
    fields = {"name": "Eva", "password": "nine green bottles hanging"}
    assert answered(alliance, path_in(letters(alliance, EVA)[0]), **fields).status_code == 404


@pytest.mark.parametrize(("way", "fields"), [("shut-out", {}), ("role", {"role": "analyst"})])
def test_invitation_of_an_owner_who_is_none_any_more_is_void(alliance: Hub, way: str, fields: dict[str, str]) -> None:
    """Else who is about to be shut out would invite an address of its own."""
    ana, ole = alliance.signed_in("ana"), alliance.signed_in("ole")
    sent(ole, "/people/invitations", email=EVA, name="Eva", role="owner")
    sent(ana, "/people/invitations", email="rob@example.org", name="Rob", role="viewer")
    assert act(alliance, ana, "ole", way, **fields) == 303
    accepted = {"name": "Eva", "password": "nine green bottles hanging"}
    assert answered(alliance, path_in(letters(alliance, EVA)[0]), **accepted).status_code == 404
    assert answered(alliance, path_in(letters(alliance, "rob@example.org")[0]), **accepted).status_code == 303


def test_owner_of_the_office_invites_nobody_to_it_alone(alliance: Hub) -> None:
    alliance.person(members.OFFICE, "ada")
    ada = alliance.signed_in("ada")
    assert sent(ada, "/people/invitations", email=EVA, name="Eva", role="owner") == 422
    page = ada.get("/people", headers=HTML).text
    assert 'action="/people/invitations"' not in page
    assert f'href="/members/{members.OFFICE}"' in page
    assert letters(alliance, EVA) == []


def test_invitation_of_another_member_is_not_taken_back(alliance: Hub) -> None:
    sent(alliance.signed_in("bob"), "/people/invitations", email=EVA, name="Eva", role="viewer")
    ((number,),) = alliance.sql("SELECT id FROM one_time_link")
    assert sent(alliance.signed_in("ana"), f"/people/invitations/{number}/withdrawal") == 404
    assert alliance.sql("SELECT revoked_at FROM one_time_link") == [(None,)]


@pytest.mark.parametrize(
    "fields",
    [
        {"email": "eva"},
        {"email": "eva@example.org\r\nBcc: all@example.org"},
        {"email": ""},
        {"email": "a" * 250 + "@example.org"},
        {"name": " "},
        {"name": "Eva\x00"},
        {"name": "x" * 121},
        {"role": "administrator"},
    ],
)
def test_invitation_beyond_the_rules_is_asked_for_again(alliance: Hub, fields: dict[str, str]) -> None:
    given = {"email": EVA, "name": "Eva", "role": "viewer"} | fields
    assert sent(alliance.signed_in("ana"), "/people/invitations", **given) == 422
    assert alliance.sql("SELECT count(*) FROM one_time_link") == [(0,)]


# --- what is told


@pytest.mark.parametrize(
    ("act_", "fields", "action", "subject"),
    [
        ("role", {"role": "analyst"}, "person.role_set", "Your role has changed"),
        ("shut-out", {}, "person.shut_out", "You cannot sign in any more"),
    ],
)
def test_act_is_recorded_and_told_to_whom_it_affects(
    alliance: Hub, act_: str, fields: dict[str, str], action: str, subject: str
) -> None:
    act(alliance, alliance.signed_in("ana"), "vera", act_, **fields)
    (letter,) = letters(alliance, "vera@alliance-hub.org")
    assert letter.subject.startswith(subject)
    assert "ana" not in letter.text.lower()
    (view,) = recorded(alliance, action)
    assert pseudonym(alliance, "vera") in view
    assert "vera" not in view.lower()


def test_act_refused_is_neither_recorded_nor_told(alliance: Hub) -> None:
    ana = alliance.signed_in("ana")
    for act_, fields in (("let-in", {}), ("role", {"role": "viewer"})):
        act(alliance, ana, "vera", act_, **fields)
    assert letters(alliance, "vera@alliance-hub.org") == []
    assert recorded(alliance, "person.let_in") + recorded(alliance, "person.role_set") == []


def test_each_act_reads_as_a_sentence_in_the_ledger(alliance: Hub) -> None:
    ana = alliance.signed_in("ana")
    act(alliance, ana, "vera", "role", role="counsel")
    act(alliance, ana, "vera", "shut-out")
    act(alliance, ana, "vera", "let-in")
    sent(ana, "/people/invitations", email=EVA, name="Eva", role="viewer")
    ((number,),) = alliance.sql("SELECT id FROM one_time_link")
    sent(ana, f"/people/invitations/{number}/withdrawal")
    alliance.sequence()
    page = ana.get("/ledger", headers=HTML).text
    for words in ("as its counsel now", "was shut out", "may act for brand-a again", "was taken back"):
        assert words in page
