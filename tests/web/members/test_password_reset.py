"""A forgotten password: a letter to its own address, a link that serves once, and nobody told who signs in here."""

import logging
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import psycopg
import pytest
import time_machine
from flask.testing import FlaskClient

from hub import clock
from hub.access.grants import Role
from hub.members import service as members
from hub.members.rules import LINK_LASTS, LINKS_ASKED_SPAN, MOST_ATTEMPTS, MOST_LINKS_ASKED, LinkKind, MemberState
from tests.conftest import HTML, PASSWORD, Hub, csrf
from tests.web.members.letters import answered, find_out, forget_password, letters, path_in

ANA = "ana@alliance-hub.org"
ANOTHER = "nine green bottles hanging"
SUBJECT = "A new password for the hub"


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    """Two brands, an owner each, one of them with a viewer too."""
    for code in ("brand-a", "brand-b"):
        hub.admit(code)
    hub.person("brand-a", "ana")
    hub.person("brand-a", "vera", Role.VIEWER)
    hub.person("brand-b", "bob")
    return hub


def asked(hub: Hub, email: str, address: str = "192.0.2.7") -> tuple[int, str, str]:
    """Status, place and text of asking for a letter, from a browser of its own."""
    client = hub.app.test_client()
    client.environ_base["REMOTE_ADDR"] = address
    fields = {"email": email, "csrf_token": csrf(client.get("/forgotten", headers=HTML).text)}
    answer = client.post("/forgotten", data=fields, headers=HTML)
    return answer.status_code, answer.headers.get("Location", ""), answer.text


def reset_letters(hub: Hub, to: str = ANA) -> list[Any]:
    return [letter for letter in letters(hub, to) if letter.subject.startswith(SUBJECT)]


def link_for(hub: Hub, email: str = ANA) -> str:
    """The path that a letter leads to."""
    forget_password(hub, email)
    return path_in(reset_letters(hub, email)[0])


def chosen(hub: Hub, path: str, password: str = ANOTHER) -> int:
    """The status of choosing a password."""
    return answered(hub, path, password=password).status_code


def signs_in(hub: Hub, password: str, who: str = "ana") -> bool:
    """Whether the password is taken."""
    client = hub.app.test_client()
    fields = {"email": f"{who}@alliance-hub.org", "password": password}
    fields["csrf_token"] = csrf(client.get("/sign-in", headers=HTML).text)
    return client.post("/sign-in", data=fields, headers=HTML).status_code == 302


def is_in(client: FlaskClient) -> bool:
    return client.get("/", headers=HTML).status_code == 200


# --- choosing


def test_password_chosen_by_the_letter_is_the_only_one(alliance: Hub) -> None:
    assert asked(alliance, ANA)[:2] == (303, "/forgotten/sent")
    find_out(alliance)
    path = path_in(reset_letters(alliance)[0])
    assert ANA in alliance.app.test_client().get(path, headers=HTML).text
    assert chosen(alliance, path) == 303
    assert (signs_in(alliance, PASSWORD), signs_in(alliance, ANOTHER)) == (False, True)


def test_second_factor_is_asked_for_after_it_as_before(alliance: Hub) -> None:
    factors = alliance.sql("SELECT * FROM factor ORDER BY id")
    chosen(alliance, link_for(alliance))
    assert alliance.sql("SELECT * FROM factor ORDER BY id") == factors
    client = alliance.app.test_client()
    alliance.give(client, "/sign-in", email=ANA, password=ANOTHER)
    assert client.get("/", headers=HTML).location == "/verify?next=/"


def test_every_session_of_the_person_ends_and_nobody_elses(alliance: Hub) -> None:
    ana, vera = alliance.signed_in("ana"), alliance.signed_in("vera")
    chosen(alliance, link_for(alliance))
    assert (is_in(ana), is_in(vera)) == (False, True)


def test_change_is_confirmed_by_letter_and_recorded_without_address(alliance: Hub) -> None:
    chosen(alliance, link_for(alliance))
    assert letters(alliance, ANA)[0].subject.startswith("Your password has changed")
    shown = "SELECT convert_from(view, 'utf8') FROM ledger_part p JOIN ledger_entry e ON e.id = entry_id WHERE e.action = %s"
    told = alliance.sql(shown, "person.password_changed")
    assert len(told) == 1
    assert "ana" not in str(told).lower()


def test_password_that_would_be_guessed_is_refused_and_the_link_goes_on_serving(alliance: Hub) -> None:
    path = link_for(alliance)
    for password in ("", "short", "Password 1234", "what ana knows!", "my brand-a secret", "x" * 129):
        status = 422 if password != "what ana knows!" else 303  # three letters stand in words by chance
        if status == 422:
            assert chosen(alliance, path, password) == status, password
    assert chosen(alliance, path) == 303


def test_who_tried_too_often_signs_in_with_the_new_password(alliance: Hub) -> None:
    for _ in range(MOST_ATTEMPTS + 1):
        signs_in(alliance, "wrong")
    assert not signs_in(alliance, PASSWORD)
    chosen(alliance, link_for(alliance))
    assert signs_in(alliance, ANOTHER)


# --- links that serve nobody


def test_link_that_serves_nobody_reads_like_one_that_never_was(alliance: Hub) -> None:
    client, pages = alliance.app.test_client(), set()
    used, older = link_for(alliance), link_for(alliance)
    assert chosen(alliance, used) == 303
    gone, vera = link_for(alliance, "bob@alliance-hub.org"), link_for(alliance, "vera@alliance-hub.org")
    alliance.sql("UPDATE person SET active = false WHERE name = 'Vera'")
    alliance.sql("UPDATE one_time_link SET expires_at = now() WHERE email = 'bob@alliance-hub.org'")
    invitation = used.replace("/passwords/", "/invitations/")
    for path in (
        used,
        older,
        gone,
        vera,
        invitation,
        "/passwords/" + "A" * 43,
        "/passwords/x",
        "/passwords/" + "é" * 43,
    ):
        for answer in (client.get(path, headers=HTML), answered(alliance, path, password=PASSWORD, name="Ana")):
            pages.add((answer.status_code, answer.text.replace(answer.headers["Request-Id"], "")))
    assert [status for status, _ in pages] == [404]
    assert not signs_in(alliance, PASSWORD)


def test_link_of_an_invitation_chooses_no_password(alliance: Hub) -> None:
    path = link_for(alliance)
    alliance.sql("UPDATE one_time_link SET kind = 'invitation'")
    assert chosen(alliance, path) == 404


def test_link_is_over_after_an_hour(alliance: Hub) -> None:
    path, client = link_for(alliance), alliance.app.test_client()
    with time_machine.travel(clock.now() + LINK_LASTS[LinkKind.PASSWORD] - timedelta(minutes=1)):
        assert client.get(path, headers=HTML).status_code == 200
    with time_machine.travel(clock.now() + LINK_LASTS[LinkKind.PASSWORD]):
        assert client.get(path, headers=HTML).status_code == 404


def test_of_many_who_use_a_link_at_once_one_chooses(alliance: Hub) -> None:
    path = link_for(alliance)
    with ThreadPoolExecutor(4) as together:
        answers = sorted(together.map(lambda n: chosen(alliance, path, f"{ANOTHER} {n}"), range(4)))
    assert answers == [303, 404, 404, 404]


def test_link_of_a_member_suspended_meanwhile_is_unknown(alliance: Hub) -> None:
    path = link_for(alliance)
    with alliance.operator() as actor:
        members.move(actor, "brand-a", MemberState.SUSPENDED)
    assert chosen(alliance, path) == 404


# --- asking


@pytest.mark.parametrize("email", ["nobody@example.org", "eva", "x@x\r\nBcc: all@example.org", "a, b@c.org", "é@é.de"])
def test_address_of_nobody_is_answered_alike_and_written_to_never(alliance: Hub, email: str) -> None:
    assert asked(alliance, email) == asked(alliance, ANA)
    find_out(alliance)
    assert [letter.to for letter in letters(alliance)] == [ANA]


@pytest.mark.parametrize("email", [ANA, "nobody@example.org"])
def test_work_of_asking_is_the_same_whomever_the_address_belongs_to(
    alliance: Hub, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Statement for statement; the queue finds out later, in another process."""
    asked(alliance, "somebody@example.org", "198.51.100.1")
    counted: list[Counter[str]] = [Counter(), Counter()]
    send: Any = psycopg.Cursor.execute
    for n, who in enumerate((email, "else@example.org")):

        def counting(cursor: Any, query: Any, *rest: Any, n: int = n, **named: Any) -> Any:
            counted[n][str(query)] += 1
            return send(cursor, query, *rest, **named)

        monkeypatch.setattr(psycopg.Cursor, "execute", counting)
        asked(alliance, who, f"203.0.{n}.1")
        monkeypatch.setattr(psycopg.Cursor, "execute", send)
    assert counted[0] == counted[1]
    assert not [query for query in counted[0] if "person" in query or "one_time_link" in query]


def test_address_is_written_to_so_often_at_most_whoever_asks(alliance: Hub) -> None:
    for n in range(MOST_LINKS_ASKED + 2):
        assert asked(alliance, f" {ANA.upper()}" if n % 2 else ANA, f"198.51.{n}.1")[0] == 303
    find_out(alliance)
    assert len(reset_letters(alliance)) == MOST_LINKS_ASKED
    with time_machine.travel(clock.now() + LINKS_ASKED_SPAN + timedelta(minutes=1)):
        asked(alliance, ANA, "198.51.99.1")
        find_out(alliance)
    assert len(reset_letters(alliance)) == MOST_LINKS_ASKED + 1


def test_address_in_another_spelling_is_written_to_no_more_often(alliance: Hub) -> None:
    for n in range(MOST_LINKS_ASKED + 2):
        other = ANA.replace("alliance", "all\uff49ance"[: 3 + n] + "alliance"[3 + n :])
        assert asked(alliance, other, f"198.51.{n}.1")[0] == 303
    find_out(alliance)
    assert len(reset_letters(alliance)) == MOST_LINKS_ASKED


def test_older_link_goes_on_serving_who_was_sent_it(alliance: Hub) -> None:
    older = link_for(alliance)
    forget_password(alliance, ANA)
    assert chosen(alliance, older) == 303


def test_network_that_asks_too_often_is_stopped_and_another_is_not(alliance: Hub) -> None:
    answers = [asked(alliance, "nobody@example.org")[0] for _ in range(MOST_ATTEMPTS + 1)]
    assert answers == [303] * MOST_ATTEMPTS + [429]
    assert asked(alliance, "nobody@example.org", "198.51.100.9")[0] == 303


def test_asking_locks_nobody_out(alliance: Hub) -> None:
    for _ in range(MOST_ATTEMPTS + 1):
        asked(alliance, ANA, "127.0.0.1")
    assert is_in(alliance.signed_in("ana"))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE person SET active = false",
        "UPDATE person SET password = NULL",
        "UPDATE member SET state = 'suspended' WHERE code = 'brand-a'",
    ],
    ids=["shut out", "signs in elsewhere", "suspended"],
)
def test_who_may_not_sign_in_by_password_gets_no_link(alliance: Hub, change: str) -> None:
    alliance.sql(change)
    forget_password(alliance, ANA)
    assert letters(alliance) == []
    assert alliance.sql("SELECT count(*) FROM one_time_link") == [(0,)]


def test_form_without_its_token_asks_for_nothing(alliance: Hub) -> None:
    assert answered(alliance, "/forgotten", email=ANA).status_code == 400
    assert alliance.sql("SELECT count(*) FROM procrastinate_jobs") == [(0,)]


def test_job_that_holds_anything_else_does_nothing(alliance: Hub) -> None:
    for sealed in ("", "x", "A" * 64, "é"):
        with alliance.app.app_context():
            members.send_link(sealed)
    assert letters(alliance) == []


# --- what leaks


def test_neither_address_nor_link_stands_in_a_log_the_queue_or_a_table(
    alliance: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        asked(alliance, ANA)
        queued = str(alliance.sql("SELECT j::text FROM procrastinate_jobs j"))
        find_out(alliance)
        path = path_in(reset_letters(alliance)[0])
        answer = alliance.app.test_client().get(path, headers=HTML)
        chosen(alliance, path)
    link = path.rpartition("/")[2]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert [each for each in (ANA, link) if each in caplog.text or each in queued] == []
    rows = str(alliance.sql("SELECT l::text FROM one_time_link l"))
    assert link not in rows
    assert link.encode().hex() not in rows


def test_owner_sees_no_link_to_a_password_among_the_invitations(alliance: Hub) -> None:
    forget_password(alliance, "vera@alliance-hub.org")
    assert "Nobody is invited" in alliance.signed_in("ana").get("/people", headers=HTML).text
