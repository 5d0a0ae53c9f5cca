"""People are told by letter what became of their sign-in, without a secret, a name or a place in it."""

import re
from base64 import b32decode
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient

from hub import clock
from hub.access.grants import Role
from hub.members.rules import MOST_ATTEMPTS, NOTICES, SESSION_KEPT, Notice
from tests.conftest import HTML, PASSWORD, Hub, code_now, csrf
from tests.web.members.letters import letters

ANOTHER = "nine green bottles hanging"


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    hub.admit("brand-a")
    hub.person("brand-a", "ana")
    hub.person("brand-a", "vera", Role.VIEWER)
    return hub


def told(hub: Hub, who: str = "ana") -> list[Notice]:
    """What the person was told, newest first."""
    begins = {subject: notice for notice, (subject, _) in NOTICES.items()}
    return [begins[letter.subject.partition(" at the hub")[0]] for letter in letters(hub, f"{who}@alliance-hub.org")]


def posted(client: FlaskClient, address: str, **fields: str) -> int:
    token = csrf(client.get("/second-factors", headers=HTML).text)
    return client.post(address, data={**fields, "csrf_token": token}, headers=HTML).status_code


def changed(client: FlaskClient, old: str = PASSWORD, new: str = ANOTHER) -> int:
    """The status of changing the own password."""
    return posted(client, "/password", old=old, password=new)


# --- a new network


def test_sign_in_from_a_network_not_seen_is_told_once(alliance: Hub) -> None:
    for address in ("192.0.2.7", "192.0.2.250", "192.0.2.7"):
        alliance.signed_in("ana", address)
    assert told(alliance) == [Notice.NEW_NETWORK]
    alliance.signed_in("ana", "198.51.100.1")
    assert told(alliance) == [Notice.NEW_NETWORK] * 2


def test_network_in_which_only_the_password_was_given_is_not_known(alliance: Hub) -> None:
    alliance.with_password("ana", "192.0.2.7")
    assert told(alliance) == []
    alliance.signed_in("ana", "192.0.2.7")
    assert told(alliance) == [Notice.NEW_NETWORK]


def test_network_of_a_colleague_is_new_for_another(alliance: Hub) -> None:
    alliance.signed_in("ana")
    alliance.signed_in("vera")
    assert told(alliance, "vera") == [Notice.NEW_NETWORK]


def test_network_not_seen_for_long_is_new_again(alliance: Hub) -> None:
    alliance.signed_in("ana")
    alliance.sql("DELETE FROM session")  # as the upkeep does after SESSION_KEPT
    with time_machine.travel(clock.now() + SESSION_KEPT):
        alliance.signed_in("ana")
    assert told(alliance) == [Notice.NEW_NETWORK] * 2


# --- factors


def test_factor_added_and_removed_is_told(alliance: Hub) -> None:
    client = alliance.signed_in("ana")
    page = client.get("/second-factors/new").text
    secret = b32decode(page.partition('class="once">')[2].partition("<")[0])
    sealed = page.partition('name="sealed"')[2].partition('value="')[2].partition('"')[0]
    assert posted(client, "/second-factors/new", sealed=sealed, name="Tablet", code=code_now(secret)) == 303
    ((number,),) = alliance.sql("SELECT id FROM factor WHERE name = 'Tablet'")
    assert posted(client, f"/second-factors/{number}/removal") == 303
    assert told(alliance) == [Notice.FACTOR_REMOVED, Notice.FACTOR_ADDED, Notice.NEW_NETWORK]


def test_new_recovery_codes_are_told(alliance: Hub) -> None:
    posted(alliance.signed_in("ana"), "/second-factors/recovery-codes")
    assert told(alliance)[0] is Notice.CODES_RENEWED


def test_colleague_whose_factors_are_reset_is_told_and_nobody_else(alliance: Hub) -> None:
    ana = alliance.signed_in("ana")
    ((pseudonym,),) = alliance.sql("SELECT pseudonym FROM person WHERE name = 'Vera'")
    posted(ana, f"/second-factors/{pseudonym}/reset")
    assert told(alliance, "vera") == [Notice.FACTORS_RESET]
    assert told(alliance) == [Notice.NEW_NETWORK]


def test_change_that_is_refused_is_not_told(alliance: Hub) -> None:
    client = alliance.signed_in("ana")
    ((number,),) = alliance.sql("SELECT f.id FROM factor f JOIN person p ON p.id = person_id WHERE p.name = 'Ana'")
    posted(client, f"/second-factors/{number}/removal")  # the last one
    posted(client, "/second-factors/1000000/removal")
    assert told(alliance) == [Notice.NEW_NETWORK]


# --- sessions


def test_sessions_ended_from_another_one_are_told_and_the_own_is_not(alliance: Hub) -> None:
    here, there, third = (alliance.signed_in("ana") for _ in range(3))
    ((number,),) = alliance.sql("SELECT id FROM session ORDER BY id LIMIT 1 OFFSET 1")
    posted(here, f"/sessions/{number}/end")
    posted(here, "/sessions/others/end")
    posted(here, "/sessions/others/end")  # none is left
    posted(here, "/sign-out")
    assert told(alliance) == [Notice.SESSIONS_ENDED, Notice.SESSIONS_ENDED, Notice.NEW_NETWORK]
    assert [each.get("/", headers=HTML).status_code for each in (there, third)] == [302, 302]


# --- the own password


def test_password_changed_by_who_knows_the_old_one(alliance: Hub) -> None:
    here, there = alliance.signed_in("ana"), alliance.signed_in("ana")
    assert changed(here) == 303
    assert [each.get("/", headers=HTML).status_code for each in (here, there)] == [200, 302]
    assert told(alliance)[0] is Notice.PASSWORD_CHANGED
    assert changed(here, ANOTHER, PASSWORD) == 303


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("wrong", ANOTHER),
        ("", ANOTHER),
        (PASSWORD, "short"),
        (PASSWORD, "Password 1234"),
        (PASSWORD, "brand-a forever"),
    ],
)
def test_password_is_not_changed_without_the_old_one_or_to_a_bad_one(alliance: Hub, old: str, new: str) -> None:
    client, before = alliance.signed_in("ana"), alliance.sql("SELECT password FROM person ORDER BY id")
    assert changed(client, old, new) == 422
    assert alliance.sql("SELECT password FROM person ORDER BY id") == before
    assert Notice.PASSWORD_CHANGED not in told(alliance)


def test_old_password_is_guessed_at_so_often_at_most(alliance: Hub) -> None:
    client = alliance.signed_in("ana")
    answers = [changed(client, f"wrong {n}") for n in range(MOST_ATTEMPTS)]
    assert answers == [422] * MOST_ATTEMPTS
    assert changed(client) == 429


def test_change_of_the_password_wants_the_person_to_be_there(alliance: Hub) -> None:
    client, before = alliance.signed_in("ana"), alliance.sql("SELECT password FROM person ORDER BY id")
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        assert changed(client) == 303
    assert alliance.sql("SELECT password FROM person ORDER BY id") == before


# --- what they say


@pytest.mark.parametrize("notice", Notice)
def test_letter_holds_no_place_name_or_link_that_does_anything(alliance: Hub, notice: Notice) -> None:
    from hub.db import db
    from hub.members.service.notices import tell

    with alliance.app.app_context():
        tell("ana@alliance-hub.org", notice)
        db.session.commit()
    (letter,) = letters(alliance)
    text = letter.subject + letter.text
    assert set(re.findall(r"https?://\S+", text)) <= {
        "http://127.0.0.1:8000/forgotten",
        "http://127.0.0.1:8000/sessions",
    }
    bare = text.replace("http://127.0.0.1:8000", "")
    assert not re.search(r"\d+\.\d+|@|p_[a-f0-9]|brand-a|[A-Za-z0-9_-]{30}", bare)
