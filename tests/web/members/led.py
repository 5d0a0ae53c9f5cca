"""What tests of signing in by a provider do: bind a domain, lead a browser away, bring it back."""

import re
import secrets
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from flask.testing import FlaskClient

from hub.access.grants import Role
from hub.access.guard import read_as
from hub.db import db
from hub.members import service as members
from tests.conftest import HTML, Hub, csrf
from tests.web.members.provider import SECRET, Provider

BACK = "http://127.0.0.1:8000/sign-in/{}/return"
DOMAIN = "northpeak.org"
ADA = {
    "sub": "ada-1",
    "email": f"ada@{DOMAIN}",
    "email_verified": True,
    "name": "Ada Berg",
    "groups": ["Brand protection"],
}
"""An analyst of brand-a, who is signed in at its provider."""


def browser_of(hub: Hub) -> FlaskClient:
    """A browser in a network of its own, whose attempts are counted apart."""
    client = hub.app.test_client()
    client.environ_base["REMOTE_ADDR"] = f"10.{secrets.randbelow(256)}.{secrets.randbelow(256)}.1"
    return client


def bind(hub: Hub, code: str, provider: Provider, domain: str, **other: object) -> None:
    """Have a member's people sign in by the provider, and addresses at the domain lead to it."""
    hub.app.extensions.pop("providers_said", None)  # of another provider, whose port this one may have been given
    with hub.app.app_context():
        found = members.person_named("owner@alliance-hub.org" if code == "brand-a" else f"{code}@alliance-hub.org")
        assert found is not None
        actor = members.actor_of_person(found)
        assert actor is not None
        read_as(db.session, actor)
        roles = {"Brand protection": Role.ANALYST, "Heads": Role.OWNER, "Readers": Role.VIEWER}
        terms = {"claim": "groups", "roles": roles, **other}
        members.set_provider(actor, members.ProviderTerms(provider.issuer, "hub", SECRET, **terms))  # type: ignore[arg-type]
    hub.sql(
        "INSERT INTO sign_in_domain (member_id, domain, asked_at, bound_at)"
        " SELECT id, %s, now(), now() FROM member WHERE code = %s ON CONFLICT DO NOTHING",
        *(domain, code),
    )


def led(browser: FlaskClient, email: str = f"ada@{DOMAIN}", onward: str = "/") -> str:
    """Where the sign-in page leads a person with that address: the provider's address, or a path of the hub."""
    token = csrf(browser.get("/sign-in", headers=HTML).text)
    data = {"address": email, "csrf_token": token}
    answer = browser.post("/sign-in/provider", query_string={"next": onward}, data=data, headers=HTML)
    return answer.headers["Refresh"].partition("url=")[2] if answer.status_code == 200 else answer.location


def answered(where: str) -> str:
    """The path of the hub with which the provider sends the browser back."""
    answer = requests.get(where, allow_redirects=False, timeout=5)
    assert answer.status_code == 302, answer.text
    parts = urlsplit(answer.headers["Location"])
    return f"{parts.path}?{parts.query}"


def entered(hub: Hub, email: str = f"ada@{DOMAIN}", onward: str = "/") -> tuple[FlaskClient, str]:
    """A browser that went to the provider and back, and where the hub leads it then."""
    browser = browser_of(hub)
    return browser, browser.get(answered(led(browser, email, onward)), headers=HTML).location


def signed_in(browser: FlaskClient) -> bool:
    """Whether a session is under way, whatever it still owes."""
    return "/sign-in" not in str(browser.get("/sessions", headers=HTML).location)


def told(browser: FlaskClient) -> str:
    """What the sign-in page says went wrong."""
    found = re.search(r'role="alert">([^<]+)<', browser.get("/sign-in", headers=HTML).text)
    return unescape(found[1]) if found else ""


def people(hub: Hub) -> list[tuple[object, ...]]:
    """(address, role) of the people of brand-a beside the first owner."""
    return hub.sql(
        "SELECT email, role FROM person JOIN member m ON m.id = member_id WHERE code = 'brand-a'"
        " AND email <> 'owner@alliance-hub.org' ORDER BY email"
    )


def with_other(path: str, **other: str | None) -> str:
    """The address with some of its parameters changed or taken away."""
    parts = urlsplit(path)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | other
    return f"{parts.path}?{urlencode({name: value for name, value in query.items() if value is not None})}"
