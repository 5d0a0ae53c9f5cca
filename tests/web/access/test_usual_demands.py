"""What any web application is asked for and no other test here has for its own: see SECURITY.md."""

import re
import socket
from pathlib import Path

import pytest

from tests.conftest import HTML, Hub, csrf
from tests.web.access.test_access_matrix import routes
from tests.web.members.test_invitations import EVA, accepted, invited
from tests.web.members.test_invitations import PASSWORD as CHOSEN
from tests.web.test_nothing_sent_comes_back import served


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    hub.admit("brand-a")
    hub.person("brand-a", "ana")
    return hub


def test_every_answer_with_a_body_says_what_it_is_and_in_which_letters(alliance: Hub) -> None:
    clients = (alliance.signed_in("ana"), alliance.client("brand-a"), alliance.app.test_client())
    wrong = []
    for method, rule in routes(alliance.app):
        if rule.arguments or rule.endpoint == "sessions.sign_out":
            continue
        for client in clients:
            answer = client.open(rule.rule, method=method)
            kind = answer.headers.get("Content-Type", "")
            if answer.data and not re.fullmatch(r"text/\w+; charset=utf-8|application/[\w.+-]+", kind):
                wrong.append((method, rule.rule, kind))
    assert wrong == []


def test_every_page_of_a_person_offers_to_sign_out(alliance: Hub) -> None:
    client, pages = alliance.signed_in("ana"), 0
    for method, rule in routes(alliance.app):
        if method == "GET" and not rule.arguments and not rule.rule.startswith(("/apply", "/forgotten", "/sign-in")):
            answer = client.get(rule.rule, headers=HTML)
            if answer.status_code == 200 and b"<nav" in answer.data:
                assert b'action="/sign-out"' in answer.data, rule.rule
                pages += 1
    assert pages > 5


def test_every_field_for_a_password_hides_it_and_lets_a_password_manager_fill_it(alliance: Hub) -> None:
    addresses = ("/sign-in", invited(alliance))
    for address in addresses:
        text = alliance.app.test_client().get(address, headers=HTML).text
        fields = re.findall(r'<input[^>]*name="password"[^>]*>', text)
        assert [('type="password"' in each, "autocomplete=" in each) for each in fields] == [(True, True)]
        assert 'autocomplete="off"' not in "".join(fields)


def test_hub_begins_with_nobody_in_it(hub: Hub) -> None:
    assert hub.sql("SELECT (SELECT count(*) FROM person), (SELECT count(*) FROM credential)") == [(0, 0)]


@pytest.mark.parametrize("other", [CHOSEN.upper(), CHOSEN[:-1], f"{CHOSEN} ", f" {CHOSEN}"])
def test_password_is_taken_as_it_was_typed(alliance: Hub, other: str) -> None:
    assert accepted(alliance, invited(alliance)) == 303
    client = alliance.app.test_client()
    fields = {"email": EVA, "csrf_token": csrf(client.get("/sign-in", headers=HTML).text)}
    assert client.post("/sign-in", data={**fields, "password": other}, headers=HTML).status_code == 200
    assert client.post("/sign-in", data={**fields, "password": CHOSEN}, headers=HTML).status_code == 302


@pytest.mark.parametrize(
    "password", ["thirty-two words of nothing at all " * 3, "ein größerer Hund — 大きい犬 — \U0001f415 läuft"]
)
def test_password_of_any_letters_and_of_a_hundred_characters_is_taken(alliance: Hub, password: str) -> None:
    assert accepted(alliance, invited(alliance), password.strip()) == 303
    alliance.give(alliance.app.test_client(), "/sign-in", email=EVA, password=password.strip())


TWO_LENGTHS = (
    "POST /api/v1/contributions HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 40\r\n\r\nabcd",
    "POST /api/v1/contributions HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
    "0\r\n\r\nGET /audit/log/checkpoint HTTP/1.1\r\nHost: x\r\n\r\n",
    "POST /api/v1/contributions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
)


def test_request_that_may_end_in_two_places_is_one_request_at_most(hub: Hub, tmp_path: Path) -> None:
    """What follows in the same bytes is never taken for a request of its own."""
    with served(hub, "", tmp_path / "web.log") as port:
        for sent in TWO_LENGTHS:
            with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
                connection.sendall(sent.encode())
                connection.shutdown(socket.SHUT_WR)
                answered = b"".join(iter(lambda: connection.recv(65536), b""))  # read at once
            assert answered.count(b"HTTP/1.1 ") == 1, sent
            assert re.match(rb"HTTP/1.1 (4|501)", answered), sent
