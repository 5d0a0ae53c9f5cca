"""Guessing at passwords is bounded, without anybody being able to lock somebody else out."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine

from hub import clock
from hub.app import create_app
from hub.members import service as members
from hub.members.rules import ATTEMPTS_SPAN, MOST_ATTEMPTS, MOST_NETWORK_ATTEMPTS
from tests.conftest import HTML, PASSWORD, Hub, csrf, hub_on, settings_for

HERE, NEARBY, ELSEWHERE = "192.0.2.7", "192.0.2.250", "198.51.100.7"


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    hub.admit("brand-a")
    with hub.operator() as actor:
        members.invite(actor, "brand-a", "ana@alliance-hub.org", "Ana", PASSWORD)
    return hub


def tried(hub: Hub, password: str, address: str = HERE, email: str = "ana@alliance-hub.org") -> int:
    """The status of one attempt by a browser of its own: 302 signed in, 200 not, 429 not even looked at."""
    client = hub.app.test_client()
    client.environ_base["REMOTE_ADDR"] = address
    fields = {"email": email, "password": password, "csrf_token": csrf(client.get("/sign-in", headers=HTML).text)}
    return client.post("/sign-in", data=fields, headers=HTML).status_code


def test_password_after_too_many_wrong_ones_is_not_looked_at(alliance: Hub) -> None:
    assert [tried(alliance, "wrong") for _ in range(MOST_ATTEMPTS)] == [200] * MOST_ATTEMPTS
    assert tried(alliance, PASSWORD) == 429


def test_guesser_on_a_neighbouring_address_is_the_same_guesser(alliance: Hub) -> None:
    for _ in range(MOST_ATTEMPTS):
        tried(alliance, "wrong")
    assert tried(alliance, PASSWORD, NEARBY) == 429


def test_person_signs_in_from_elsewhere_while_somebody_guesses(alliance: Hub) -> None:
    for _ in range(MOST_ATTEMPTS + 1):
        tried(alliance, "wrong")
    assert tried(alliance, PASSWORD, ELSEWHERE) == 302


def a_thousand(hub: Hub, networks: int) -> None:
    """Leave a thousand attempts at Ana's password, from so many networks."""
    with hub.app.app_context():
        for n in range(networks):
            members.may_try("ana@alliance-hub.org", f"203.0.{n}.1")
    hub.sql(
        "INSERT INTO sign_in_attempt (subject, at) SELECT subject, at FROM sign_in_attempt, generate_series(2, %s)",
        1000 // networks,
    )


@pytest.mark.parametrize("networks", [1, 200])
def test_thousand_failures_of_strangers_keep_nobody_from_signing_in(alliance: Hub, networks: int) -> None:
    a_thousand(alliance, networks)
    assert tried(alliance, PASSWORD, "203.0.0.1") == 429
    assert tried(alliance, PASSWORD, ELSEWHERE) == 302


def test_guesser_with_all_addresses_of_a_network_gets_no_further(alliance: Hub) -> None:
    answers = [tried(alliance, "wrong", f"2001:db8::{n:x}:0:0:1") for n in range(1, MOST_ATTEMPTS + 2)]
    assert answers == [200] * MOST_ATTEMPTS + [429]


def test_attempts_at_two_workers_count_together(alliance: Hub) -> None:
    with hub_on(alliance.owner_url, alliance.home, "http://127.0.0.1:9") as other:
        answers = [tried((alliance, other)[n % 2], "wrong") for n in range(MOST_ATTEMPTS + 1)]
    assert answers == [200] * MOST_ATTEMPTS + [429]


def test_address_is_the_same_in_any_case(alliance: Hub) -> None:
    for n in range(MOST_ATTEMPTS):
        tried(alliance, "wrong", email="ANA@alliance-hub.org" if n % 2 else " ana@alliance-hub.org")
    assert tried(alliance, PASSWORD) == 429


@pytest.mark.parametrize(
    "spelling", ["ana@\uff41lliance-hub.org", "ana@alliance-hub\u3002org"], ids=["full width", "another dot"]
)
def test_address_is_the_same_in_any_spelling_of_it(alliance: Hub, spelling: str) -> None:
    assert tried(alliance, PASSWORD, ELSEWHERE, spelling) == 302
    for _ in range(MOST_ATTEMPTS):
        tried(alliance, "wrong", email=spelling)
    assert tried(alliance, PASSWORD) == 429


def test_address_sent_as_the_first_of_a_list_is_the_same(alliance: Hub) -> None:
    client = alliance.app.test_client()
    client.environ_base["REMOTE_ADDR"] = HERE
    token = {"X-CSRFToken": csrf(client.get("/sign-in", headers=HTML).text)}
    for n in range(MOST_ATTEMPTS):
        client.post("/sign-in", json={"email": ["ana@alliance-hub.org", str(n)], "password": "wrong"}, headers=token)
    assert tried(alliance, PASSWORD) == 429


def test_address_that_is_no_text_is_answered_as_any_wrong_one(alliance: Hub) -> None:
    client = alliance.app.test_client()
    token = {"X-CSRFToken": csrf(client.get("/sign-in", headers=HTML).text)}
    sent = {"password": "wrong"}
    told = [client.post("/sign-in", json=sent | {"email": email}, headers=token) for email in ("ana@x.org", "\ud800")]
    assert [answer.status_code for answer in told] == [400, 400]


def test_person_who_mistyped_starts_anew_once_signed_in(alliance: Hub) -> None:
    for _ in range(2):
        for _ in range(MOST_ATTEMPTS - 1):
            tried(alliance, "wrong")
        assert tried(alliance, PASSWORD) == 302


def test_span_over_the_password_is_looked_at_again(alliance: Hub) -> None:
    for _ in range(MOST_ATTEMPTS + 1):
        tried(alliance, "wrong")
    with time_machine.travel(clock.now() + ATTEMPTS_SPAN + timedelta(seconds=1)):
        assert tried(alliance, PASSWORD) == 302


def test_attempts_at_the_same_moment_get_no_further(alliance: Hub) -> None:
    with ThreadPoolExecutor(4) as together:
        answers = list(together.map(lambda _: tried(alliance, "wrong"), range(MOST_ATTEMPTS * 3)))
    assert answers.count(200) <= MOST_ATTEMPTS


def test_address_nobody_has_is_answered_like_one_that_somebody_has(alliance: Hub) -> None:
    answers = [
        [tried(alliance, "wrong", email=who) for _ in range(MOST_ATTEMPTS + 1)]
        for who in ("ana@alliance-hub.org", "x@x.org")
    ]
    assert answers[0] == answers[1]


def test_network_that_tries_one_password_on_everybody_is_stopped(alliance: Hub) -> None:
    with alliance.app.test_request_context():
        answers = [members.may_try(f"person{n}@alliance-hub.org", HERE) for n in range(MOST_NETWORK_ATTEMPTS + 1)]
        assert answers == [True] * MOST_NETWORK_ATTEMPTS + [False]
        assert members.may_try("ana@alliance-hub.org", ELSEWHERE)


def test_refusal_says_when_to_come_back_and_repeats_nothing(alliance: Hub) -> None:
    client = alliance.app.test_client()
    token = csrf(client.get("/sign-in", headers=HTML).text)
    form = {"email": "ana@alliance-hub.org", "password": "swordfish", "csrf_token": token}
    for _ in range(MOST_ATTEMPTS):
        client.post("/sign-in", data=form, headers=HTML)
    answer = client.post("/sign-in", data=form, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "900")
    assert (answer.json["type"], "ana@" in answer.text) == ("/problems/too-many-tries", False)


def test_table_of_attempts_tells_nobody_who_tried_and_is_emptied(alliance: Hub) -> None:
    tried(alliance, "wrong")
    assert not [
        row for row in alliance.sql("SELECT encode(subject, 'escape') FROM sign_in_attempt") if "ana" in str(row)
    ]
    with alliance.app.app_context(), time_machine.travel(clock.now() + timedelta(days=1)):
        assert members.forget_attempts() == 2
    assert alliance.sql("SELECT count(*) FROM sign_in_attempt") == [(0,)]


def test_password_is_hashed_at_the_full_cost_outside_of_the_tests(home: Path) -> None:
    app = create_app(settings_for("postgresql+psycopg:///none", home, "http://127.0.0.1:9"))
    assert app.extensions["security"].pwd_context.hash(PASSWORD).startswith("$argon2id$v=19$m=65536,t=3,p=4$")
