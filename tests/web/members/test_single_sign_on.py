"""A member's owner sets its provider and asks for domains; two people of the office bind one, to one member only."""

import re
from dataclasses import replace

import psycopg
import pytest
from flask.testing import FlaskClient

from hub.access.grants import Role
from hub.members import service as members
from tests.conftest import HTML, Hub, csrf
from tests.web.access.test_three_nets import as_application, read_by
from tests.web.members.applying import posted

SECRET = "a-secret-of-the-client"
PROVIDER = {
    "issuer": "https://login.northpeak.org",
    "client_id": "hub",
    "secret": SECRET,
    "claim": "groups",
    "roles": "Brand protection = analyst\nLegal = counsel",
    "factors": "mfa hwk",
    "passwords_serve": "y",
}


@pytest.fixture
def founded(hub: Hub) -> Hub:
    """An office of two, and two brands with an owner each."""
    for who in ("ada", "ben"):
        hub.person(members.OFFICE, who)
    for code in ("brand-a", "brand-b"):
        hub.admit(code)
        hub.person(code)
    return hub


def asked(hub: Hub, code: str, domain: str) -> str:
    """The page that answers an owner who asks for a domain."""
    return posted(hub.signed_in(code), "/single-sign-on/domains", "/single-sign-on", domain=domain).text


def bound(hub: Hub, code: str, domain: str) -> str:
    """The page that answers the second person of the office, once the first has proposed to bind a domain."""
    fields = {"domain": domain, "reason": "A letter to its postmaster was answered."}
    posted(hub.signed_in("ada"), f"/members/{code}/domains", f"/members/{code}", **fields)
    ben = hub.signed_in("ben")
    name = re.search(r"/decisions/(d_[A-Za-z0-9_-]+)/approval", ben.get("/decisions", headers=HTML).text)
    return posted(ben, f"/decisions/{name[1]}/approval", "/decisions").text if name else "nothing was proposed"


def domains(hub: Hub) -> list[tuple[object, ...]]:
    """(member, domain, whether it is bound) of all that were asked for."""
    return hub.sql(
        "SELECT code, domain, bound_at IS NOT NULL FROM sign_in_domain JOIN member m ON m.id = member_id ORDER BY 1, 2"
    )


def given(client: FlaskClient, **other: str) -> str:
    """The page that answers the provider's form, with some of its fields changed."""
    return posted(client, "/single-sign-on", "/single-sign-on", **{**PROVIDER, **other}).text


def test_provider_is_shown_again_without_its_secret(founded: Hub) -> None:
    client = founded.signed_in("brand-a")
    assert "The provider is set" in given(client)
    page = client.get("/single-sign-on", headers=HTML).text
    assert all(value in page for name, value in PROVIDER.items() if name not in {"secret", "passwords_serve"})
    assert SECRET not in page


def test_secret_is_kept_sealed(founded: Hub) -> None:
    given(founded.signed_in("brand-a"))
    ((sealed,),) = founded.sql("SELECT secret FROM identity_provider")
    assert isinstance(sealed, bytes)
    assert SECRET.encode() not in sealed


def test_secret_stays_when_none_is_given(founded: Hub) -> None:
    client = founded.signed_in("brand-a")
    given(client)
    before = founded.sql("SELECT secret FROM identity_provider")
    assert "The provider is set" in given(client, secret="", claim="roles")
    assert founded.sql("SELECT secret FROM identity_provider") == before


@pytest.mark.parametrize("changed", [{"issuer": "https://login.other.org"}, {"client_id": "other"}])
def test_secret_is_not_shared_with_another_issuer_or_client(founded: Hub, changed: dict[str, str]) -> None:
    client = founded.signed_in("brand-a")
    given(client)
    assert "Give the client&#39;s secret" in given(client, secret="", **changed)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("issuer", "ftp://login.northpeak.org", "an issuer reads like"),
        ("issuer", "https://login.northpeak.org/?tenant=1", "an issuer reads like"),
        ("issuer", "https://user:pass@login.northpeak.org", "an issuer reads like"),
        ("issuer", "https://login.northpeak.org#x", "an issuer reads like"),
        ("issuer", "https://" + "x" * 260, "Field cannot be longer"),
        ("client_id", "two words", "A client&#39;s id and its secret have"),
        ("secret", "two words", "A client&#39;s id and its secret have"),
        ("roles", "Brand protection = emperor", "line 1 must read like"),
        ("roles", "a = viewer\na = owner", "line 2 must read like"),
        ("roles", "\n".join(f"{n} = viewer" for n in range(51)), "at most 50 lines"),
        ("claim", "", "Name the claim"),
    ],
)
def test_terms_beyond_the_rules_are_refused_and_nothing_is_set(
    founded: Hub, field: str, value: str, words: str
) -> None:
    assert words in given(founded.signed_in("brand-a"), **{field: value})
    assert founded.sql("SELECT * FROM identity_provider") == []


def test_passwords_are_not_switched_off_before_a_domain_is_bound(founded: Hub) -> None:
    client = founded.signed_in("brand-a")
    assert "No domain of yours is bound yet" in given(client, passwords_serve="")


def test_passwords_are_switched_off_once_a_domain_is_bound(founded: Hub) -> None:
    asked(founded, "brand-a", "northpeak.org")
    bound(founded, "brand-a", "northpeak.org")
    assert "The provider is set" in given(founded.signed_in("brand-a"), passwords_serve="")


def test_passwords_are_not_switched_off_when_no_owner_has_one(founded: Hub) -> None:
    asked(founded, "brand-a", "northpeak.org")
    bound(founded, "brand-a", "northpeak.org")
    client = founded.signed_in("brand-a")
    founded.sql("UPDATE person SET password = NULL WHERE email = 'brand-a@alliance-hub.org'")
    assert "No owner has a password" in given(client, passwords_serve="")


@pytest.mark.parametrize("role", [Role.ANALYST, Role.COUNSEL, Role.VIEWER])
def test_only_an_owner_sets_the_provider(founded: Hub, role: Role) -> None:
    founded.person("brand-a", "somebody", role)
    client = founded.signed_in("somebody")
    token = csrf(client.get("/second-factors", headers=HTML).text)
    assert client.post("/single-sign-on", data={**PROVIDER, "csrf_token": token}).status_code == 403
    assert founded.sql("SELECT * FROM identity_provider") == []


def test_provider_is_forgotten(founded: Hub) -> None:
    client = founded.signed_in("brand-a")
    given(client)
    assert "The provider is forgotten" in posted(client, "/single-sign-on/removal", "/single-sign-on").text
    assert founded.sql("SELECT * FROM identity_provider") == []


def test_domain_is_bound_by_two_people_of_the_office(founded: Hub) -> None:
    asked(founded, "brand-a", "@NorthPeak.org")
    assert "approved and carried out" in bound(founded, "brand-a", "northpeak.org")
    assert domains(founded) == [("brand-a", "northpeak.org", True)]


def test_domain_is_not_bound_by_asking_for_it(founded: Hub) -> None:
    assert "waits for the office" in asked(founded, "brand-a", "northpeak.org")
    assert domains(founded) == [("brand-a", "northpeak.org", False)]


def test_domain_that_nobody_asked_for_is_not_bound(founded: Hub) -> None:
    asked(founded, "brand-a", "northpeak.org")
    assert bound(founded, "brand-b", "northpeak.org") == "nothing was proposed"


def test_domain_belongs_to_one_member_only(founded: Hub) -> None:
    for code in ("brand-a", "brand-b"):
        asked(founded, code, "northpeak.org")
    bound(founded, "brand-a", "northpeak.org")
    assert "a domain belongs to one member" in bound(founded, "brand-b", "northpeak.org")
    assert domains(founded) == [("brand-a", "northpeak.org", True), ("brand-b", "northpeak.org", False)]


def test_domain_given_up_meanwhile_is_not_bound(founded: Hub) -> None:
    asked(founded, "brand-a", "northpeak.org")
    ((number,),) = founded.sql("SELECT id FROM sign_in_domain")
    fields = {"domain": "northpeak.org", "reason": "A letter was answered."}
    posted(founded.signed_in("ada"), "/members/brand-a/domains", "/members/brand-a", **fields)
    posted(founded.signed_in("brand-a"), f"/single-sign-on/domains/{number}/removal", "/single-sign-on")
    ben = founded.signed_in("ben")
    name = re.search(r"/decisions/(d_[A-Za-z0-9_-]+)/approval", ben.get("/decisions", headers=HTML).text)
    assert name is not None
    assert "given northpeak.org up" in posted(ben, f"/decisions/{name[1]}/approval", "/decisions").text


def test_domain_of_another_member_is_not_there_to_give_up(founded: Hub) -> None:
    asked(founded, "brand-a", "northpeak.org")
    ((number,),) = founded.sql("SELECT id FROM sign_in_domain")
    client = founded.signed_in("brand-b")
    token = csrf(client.get("/single-sign-on", headers=HTML).text)
    answer = client.post(f"/single-sign-on/domains/{number}/removal", data={"csrf_token": token})
    assert answer.status_code == 404


@pytest.mark.parametrize("domain", ["org", "co.uk", "192.0.2.7", "north peak.org", "x" * 64 + ".org", "-", "a@b@c.org"])
def test_what_is_no_domain_is_refused(founded: Hub, domain: str) -> None:
    assert "A domain reads like example.org" in asked(founded, "brand-a", domain)


def test_database_binds_no_domain_that_two_people_did_not_approve(founded: Hub) -> None:
    asked(founded, "brand-a", "northpeak.org")
    with as_application(founded) as connection:
        read_by(connection, founded, "brand-a")
        assert connection.execute("UPDATE sign_in_domain SET bound_at = now()").rowcount == 0
        read_by(connection, founded, members.OFFICE)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("UPDATE sign_in_domain SET bound_at = now()")


def test_issuer_without_tls_is_refused_by_a_hub_that_others_reach(founded: Hub) -> None:
    client, settings = founded.signed_in("brand-a"), founded.app.extensions["settings"]
    assert "The provider is set" in given(client, issuer="http://127.0.0.1:9000")
    founded.app.extensions["settings"] = replace(settings, url="https://hub.example.org")
    assert "An issuer begins with https://" in given(client, issuer="http://127.0.0.1:9000")


# --- the office, whose people sign in at the hub alone


def bound_to_the_office(hub: Hub) -> None:
    """A provider of the office and a domain bound to it, as older hubs took them."""
    number = "(SELECT id FROM member WHERE kind = 'administration')"
    for table in ("identity_provider", "sign_in_domain"):
        hub.sql(f"ALTER TABLE {table} DISABLE TRIGGER refuse_office")
    hub.sql(
        "INSERT INTO identity_provider (member_id, issuer, client_id, secret, claim, roles, factors, passwords_serve)"
        f" VALUES ({number}, 'http://127.0.0.1:9', 'hub', '', '', '{{}}', '{{}}', true)"
    )
    hub.sql(
        "INSERT INTO sign_in_domain (member_id, domain, asked_at, bound_at)"
        f" VALUES ({number}, 'alliance-hub.org', now(), now())"
    )


@pytest.mark.parametrize("path", ["", "/domains", "/domains/1/removal", "/removal"])
def test_owner_of_the_office_sets_nothing_of_single_sign_on(founded: Hub, path: str) -> None:
    client = founded.signed_in("ada")
    token = csrf(client.get("/people", headers=HTML).text)
    answer = client.post(f"/single-sign-on{path}", data={**PROVIDER, "domain": "alliance.org", "csrf_token": token})
    assert answer.status_code == 403
    assert founded.sql("SELECT member_id FROM identity_provider UNION ALL SELECT member_id FROM sign_in_domain") == []


def test_owner_of_the_office_is_offered_no_single_sign_on(founded: Hub) -> None:
    assert "/single-sign-on" not in founded.signed_in("ada").get("/people", headers=HTML).text


def test_address_at_a_domain_that_the_office_had_leads_to_no_provider(founded: Hub) -> None:
    bound_to_the_office(founded)
    browser = founded.app.test_client()
    token = csrf(browser.get("/sign-in", headers=HTML).text)
    answer = browser.post("/sign-in/provider", data={"address": "ada@alliance-hub.org", "csrf_token": token})
    page = browser.get(answer.location, headers=HTML)
    assert "No provider is bound to this address" in page.text


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO identity_provider (member_id, issuer, client_id, secret, claim, roles, factors, passwords_serve)"
        " VALUES (reader_member(), 'https://login.example.org', 'hub', '', '', '{}', '{}', true)",
        "INSERT INTO sign_in_domain (member_id, domain, asked_at) VALUES (reader_member(), 'example.org', now())",
        "INSERT INTO provided_identity (person_id, member_id, issuer, subject, linked_at)"
        " SELECT id, member_id, 'https://login.example.org', 'ada', now() FROM person LIMIT 1",
    ],
    ids=["provider", "domain", "identity"],
)
def test_database_takes_nothing_of_single_sign_on_for_the_office(founded: Hub, statement: str) -> None:
    with as_application(founded) as connection:
        read_by(connection, founded, members.OFFICE)
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="the office"):
            connection.execute(statement)  # type: ignore[call-overload]  # psycopg types literals alone
