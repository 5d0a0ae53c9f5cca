"""Guessing at codes of the second step is bounded, also for who has the password and all the networks there are."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count

import pytest
import time_machine
from flask.testing import FlaskClient

from hub import clock
from hub.members.rules import FRESH, MOST_ATTEMPTS, MOST_CODES, NOTICES, Notice
from tests.conftest import HTML, Hub, code_now, csrf
from tests.web.members.letters import letters

HOME, WRONG = "192.0.2.7", "000000"
LETTER = NOTICES[Notice.CODES_TRIED][0]


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    """Ana, who has signed in from home, and Vera, a colleague."""
    hub.admit("brand-a")
    hub.person("brand-a", "ana")
    hub.person("brand-a", "vera")
    hub.signed_in("ana", HOME)
    hub.sql("UPDATE factor SET counter = 0 WHERE kind = 'totp'")
    hub.sql("DELETE FROM rate_window")  # that first code counted: home was not known yet
    return hub


def networks() -> Iterator[str]:
    """Addresses, each in a network of its own."""
    return (f"2001:db8:{n:x}::1" for n in count(1))


def given(client: FlaskClient, code: str, address: str) -> int:
    """The status of giving a code from an address: 303 taken or over, 422 wrong, 429 not looked at."""
    client.environ_base["REMOTE_ADDR"] = address
    page = client.get("/verify", headers=HTML)
    assert page.status_code == 200
    return client.post("/verify", data={"code": code, "csrf_token": csrf(page.text)}, headers=HTML).status_code


def is_in(client: FlaskClient) -> bool:
    return client.get("/", headers=HTML).status_code == 200


def guessed(hub: Hub, times: int, who: str = "ana") -> None:
    """Give so many wrong codes of a person, each from another network."""
    elsewhere = networks()
    for n in range(times):
        if n % (MOST_ATTEMPTS - 1) == 0:
            client = hub.with_password(who, next(elsewhere))
        assert given(client, WRONG, next(elsewhere)) == 422


# --- one session


def test_session_is_over_after_five_wrong_codes_from_wherever(alliance: Hub) -> None:
    elsewhere = networks()
    client = alliance.with_password("ana", next(elsewhere))
    answers = [given(client, WRONG, next(elsewhere)) for _ in range(MOST_ATTEMPTS)]
    assert answers == [422] * (MOST_ATTEMPTS - 1) + [303]
    assert client.get("/verify", headers=HTML).location.startswith("/sign-in")


def test_session_that_is_over_cannot_be_gone_on_with_from_a_copy_of_its_cookie(alliance: Hub) -> None:
    elsewhere = networks()
    client = alliance.with_password("ana", next(elsewhere))
    kept = client.get_cookie("alliance_hub")
    assert kept is not None
    for _ in range(MOST_ATTEMPTS):
        given(client, WRONG, next(elsewhere))
    client.set_cookie("alliance_hub", kept.value)
    assert client.get("/verify", headers=HTML).location.startswith("/sign-in")


def test_person_whose_session_is_over_is_told_why(alliance: Hub) -> None:
    elsewhere = networks()
    client = alliance.with_password("ana", next(elsewhere))
    for _ in range(MOST_ATTEMPTS):
        given(client, WRONG, next(elsewhere))
    assert "Five codes were wrong" in client.get("/sign-in", headers=HTML).text


def test_right_code_after_four_wrong_ones_is_taken(alliance: Hub) -> None:
    elsewhere = networks()
    client = alliance.with_password("ana", next(elsewhere))
    for _ in range(MOST_ATTEMPTS - 1):
        given(client, WRONG, next(elsewhere))
    given(client, code_now(), next(elsewhere))
    assert is_in(client)


def test_codes_of_one_session_at_the_same_moment_get_no_further(alliance: Hub) -> None:
    elsewhere = networks()
    client = alliance.with_password("ana", next(elsewhere))
    token = csrf(client.get("/verify", headers=HTML).text)
    cookie = client.get_cookie("alliance_hub")
    assert cookie is not None

    def tried(address: str) -> int:
        browser = alliance.app.test_client()
        browser.set_cookie("alliance_hub", cookie.value)
        browser.environ_base["REMOTE_ADDR"] = address
        return browser.post("/verify", data={"code": WRONG, "csrf_token": token}, headers=HTML).status_code

    with ThreadPoolExecutor(4) as together:
        answers = list(together.map(tried, [next(elsewhere) for _ in range(MOST_ATTEMPTS * 3)]))
    assert answers.count(422) == MOST_ATTEMPTS - 1


def test_session_that_is_proven_lives_on_whatever_codes_are_given_in_it(alliance: Hub) -> None:
    client, elsewhere = alliance.signed_in("ana", HOME), networks()
    with time_machine.travel(clock.now() + FRESH + timedelta(seconds=1)):
        for _ in range(MOST_ATTEMPTS + 1):
            assert given(client, WRONG, next(elsewhere)) == 422
        assert is_in(client)


# --- one person


def test_no_code_of_a_person_is_looked_at_after_fifty_from_networks_it_was_not_seen_in(alliance: Hub) -> None:
    guessed(alliance, MOST_CODES)
    assert given(alliance.with_password("ana", "198.51.100.7"), code_now(), "198.51.100.7") == 429


def test_person_guessed_at_from_everywhere_signs_in_from_home(alliance: Hub) -> None:
    guessed(alliance, MOST_CODES)
    client = alliance.with_password("ana", HOME)
    given(client, code_now(), HOME)
    assert is_in(client)


def test_person_guessed_at_signs_in_from_anywhere_a_day_later(alliance: Hub) -> None:
    guessed(alliance, MOST_CODES)
    with time_machine.travel(clock.now() + timedelta(days=1, minutes=1)):
        client = alliance.with_password("ana", "198.51.100.7")
        given(client, code_now(), "198.51.100.7")
        assert is_in(client)


def test_colleague_of_who_is_guessed_at_signs_in_from_anywhere(alliance: Hub) -> None:
    guessed(alliance, MOST_CODES)
    assert is_in(alliance.signed_in("vera", "198.51.100.7"))


def test_wrong_codes_from_home_count_and_right_ones_do_not(alliance: Hub) -> None:
    alliance.signed_in("ana", HOME)
    given(alliance.with_password("ana", HOME), WRONG, HOME)
    guessed(alliance, MOST_CODES - 1)
    assert given(alliance.with_password("ana", "198.51.100.7"), code_now(), "198.51.100.7") == 429


def test_refusal_says_what_serves_and_when_to_come_back(alliance: Hub) -> None:
    guessed(alliance, MOST_CODES)
    client = alliance.with_password("ana", "198.51.100.7")
    form = {"code": WRONG, "csrf_token": csrf(client.get("/verify", headers=HTML).text)}
    answer = client.post("/verify", data=form, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "86400")
    assert "where you signed in before" in answer.json["remedy"]


def test_person_guessed_at_is_written_to_once(alliance: Hub) -> None:
    guessed(alliance, MOST_CODES - 1)
    assert [each for each in letters(alliance, "ana@alliance-hub.org") if each.subject.startswith(LETTER)] == []
    client = alliance.with_password("ana", "198.51.100.7")
    for _ in range(3):
        given(client, WRONG, "198.51.100.7")
    assert len([each for each in letters(alliance, "ana@alliance-hub.org") if each.subject.startswith(LETTER)]) == 1
