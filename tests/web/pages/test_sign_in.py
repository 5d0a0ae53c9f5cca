"""Signing in through our own page, on the real application."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from hub.members import service as members
from tests.conftest import Hub

PASSWORD = "correct horse battery staple"


@pytest.fixture
def client(make_hub: Callable[[str], Hub]) -> FlaskClient:
    hub = make_hub("")
    hub.admit("brand-a")
    with hub.operator() as actor:
        members.invite(actor, "brand-a", "mara@example.com", "Mara", PASSWORD)
    return hub.app.test_client()


def _sign_in(client: FlaskClient, password: str, token: str | None = None) -> str:
    page = client.get("/sign-in").text
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found is not None
    form = {"email": "mara@example.com", "password": password, "csrf_token": found[1] if token is None else token}
    response = client.post("/sign-in", data=form, headers={"Accept": "text/html"})
    return response.headers.get("Location") or response.text


def test_sign_in_page_stands_in_our_frame(client: FlaskClient) -> None:
    page = client.get("/sign-in").text
    assert page.count("<h1") == 1
    assert "<style" not in page
    assert "hub.css" in page


def test_wrong_password_signs_nobody_in(client: FlaskClient) -> None:
    _sign_in(client, "wrong")
    assert client.get("/", headers={"Accept": "text/html"}).location.startswith("/sign-in")


def test_wrong_password_is_told_in_the_summary_and_names_neither_field(client: FlaskClient) -> None:
    page = _sign_in(client, "wrong")
    assert 'id="error-summary"' in page
    assert "<title>Error: Sign in" in page


def test_right_password_leads_to_the_overview(client: FlaskClient) -> None:
    assert _sign_in(client, PASSWORD) == "/"


def test_form_without_its_csrf_token_signs_nobody_in(client: FlaskClient) -> None:
    _sign_in(client, PASSWORD, token="")
    assert client.get("/", headers={"Accept": "text/html"}).status_code == 302


def test_page_asked_for_by_nobody_leads_to_sign_in_and_back(client: FlaskClient) -> None:
    response = client.get("/matches?state=new", headers={"Accept": "text/html"})
    assert response.headers["Location"] == "/sign-in?next=/matches?state%3Dnew"


@pytest.mark.parametrize("address", ["/nothing-here", "/ledger/nothing-here"])
def test_person_who_asks_for_what_is_not_there_sees_a_page(make_hub: Callable[[str], Hub], address: str) -> None:
    hub = make_hub("")
    hub.admit("brand-a")
    hub.person("brand-a")
    client = hub.signed_in("brand-a")
    response = client.get(address, headers={"Accept": "text/html"})
    assert (response.status_code, response.mimetype) == (404, "text/html")
