"""A provider that lies, publishes nonsense, or whose answer somebody changed: it lets nobody in, and leads nowhere."""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import OctKey, RSAKey

from tests.conftest import HTML, Hub, fresh_database, hub_on
from tests.web.members.led import (
    DOMAIN,
    answered,
    browser_of,
    entered,
    led,
    people,
    signed_in,
    told,
    with_other,
)
from tests.web.members.provider import (
    Provider,
    Said,
    now,
    signed_by_stranger,
    signed_with_public_key,
    signed_with_secret,
    unsigned,
)


@pytest.fixture(scope="module")
def hub(cluster: str, home: Path, evaluator_url: str) -> Iterator[Hub]:
    """One hub for all of these tests: nobody gets in, so that it stays as it was."""
    with fresh_database(cluster) as url, hub_on(url, home, evaluator_url) as hub:
        yield hub


def changed(**claims: object) -> Callable[[Said, Said], None]:
    """Says other claims; None takes one away."""

    def twist(_: Said, said: Said) -> None:
        said |= claims
        for name in [name for name, value in said.items() if value is None]:
            del said[name]

    return twist


def renamed(**header: object) -> Callable[[Said, Said], None]:
    """Says other things of the signature."""
    return lambda said, _: said.update(header)


LIES = {
    "issuer of another": changed(iss="https://login.example.org"),
    "issuer with a slash": lambda _, said: said.update(iss=said["iss"] + "/"),
    "no issuer": changed(iss=None),
    "audience of another": changed(aud="another"),
    "audience of several": changed(aud=["hub", "another"], azp="hub"),
    "no audience": changed(aud=None),
    "party of another": changed(azp="another"),
    "nonce of another": changed(nonce="another"),
    "no nonce": changed(nonce=None),
    "expired": changed(exp=now() - 300),
    "no end": changed(exp=None),
    "end in words": changed(exp="never"),
    "end that is true": changed(exp=True),
    "issued in the future": changed(iat=now() + 3600),
    "issued long before it was asked for": changed(iat=now() - 3600),
    "no moment": changed(iat=None),
    "not valid yet": changed(nbf=now() + 3600),
    "address not verified": changed(email_verified=False),
    "address verified in words": changed(email_verified="true"),
    "address not said to be verified": changed(email_verified=None),
    "no address": changed(email=None),
    "address that is none": changed(email="ada"),
    "address at a domain of nobody": changed(email="ada@example.com"),
    "address at a domain below": changed(email=f"ada@evil.{DOMAIN}"),
    "address at a domain that begins so": changed(email=f"ada@{DOMAIN}.evil.org"),
    "two addresses": changed(email=f"ada@evil.org,ada@{DOMAIN}"),
    "no subject": changed(sub=None),
    "empty subject": changed(sub=""),
    "subject that is a number": changed(sub=7),
    "hash of another access token": changed(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "key of nobody": renamed(kid="k9"),
    "no key": lambda said, _: said.pop("kid") and None,
    "extension that nobody knows": renamed(crit=["b64"], b64=False),
}


@pytest.mark.parametrize("lie", LIES)
def test_id_token_that_does_not_hold_lets_nobody_in(hub: Hub, provider: Provider, lie: str) -> None:
    provider.twist = LIES[lie]
    browser, _ = entered(hub)
    assert "did not let you in" in told(browser)
    assert not signed_in(browser)
    assert people(hub) == []


FORGERIES: dict[str, Callable[[Provider], Callable[[Said, Said], str]]] = {
    "signed by nobody": lambda _: unsigned,
    "signed with the public key": signed_with_public_key,
    "signed with the client's secret": signed_with_secret,
    "signed with another key": lambda _: signed_by_stranger,
    "no token": lambda _: lambda *_: "nothing",
    "too long": lambda _: lambda *_: "A" * 2**20,
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_id_token_that_the_provider_did_not_sign_lets_nobody_in(hub: Hub, provider: Provider, forgery: str) -> None:
    provider.forged = FORGERIES[forgery](provider)
    assert not signed_in(entered(hub)[0])
    assert people(hub) == []


@pytest.mark.parametrize(
    ("make", "size", "alg"), [(RSAKey, 1024, "RS256"), (OctKey, 256, "HS256")], ids=["short", "shared"]
)
def test_key_that_is_too_weak_signs_nothing(hub: Hub, provider: Provider, make: Any, size: int, alg: str) -> None:
    with warnings.catch_warnings(action="ignore", category=SecurityWarning):
        key = provider.keys["weak"] = make.generate_key(size)
    provider.forged = lambda header, claims: jwt.encode({**header, "alg": alg, "kid": "weak"}, claims, key, [alg])
    assert not signed_in(entered(hub)[0])


@pytest.mark.parametrize(
    "other",
    [
        {"state": None},
        {"state": "A" * 43},
        {"state": ""},
        {"state": "\u00e9"},
        {"code": None},
        {"code": "A" * 48},
        {"code": "A" * 3000},
        {"iss": None},
        {"iss": "https://login.example.org"},
        {"error": "access_denied"},
    ],
    ids=str,
)
def test_answer_that_was_changed_on_its_way_lets_nobody_in(
    hub: Hub, provider: Provider, other: dict[str, str | None]
) -> None:
    browser = browser_of(hub)
    browser.get(with_other(answered(led(browser)), **other), headers=HTML)
    assert not signed_in(browser)


@pytest.mark.parametrize(
    "said",
    [
        {"issuer": "https://login.example.org"},
        {"issuer": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "ftp://login.example.org/"},
        {"authorization_endpoint": "http://login.example.org/\r\nSet-Cookie: a=b"},
        {"token_endpoint": None},
        {"jwks_uri": 7},
    ],
    ids=str,
)
def test_nobody_is_led_to_a_provider_that_publishes_nonsense(
    hub: Hub, provider: Provider, said: dict[str, object]
) -> None:
    provider.published = said
    browser = browser_of(hub)
    assert led(browser).startswith("/sign-in")
    assert "does not answer at present" in told(browser)


@pytest.mark.parametrize("endpoint", ["token_endpoint", "jwks_uri"])
@pytest.mark.parametrize("where", ["http://192.0.2.7/", "http://169.254.169.254/latest", "file:///etc/passwd"])
def test_provider_leads_the_hub_to_no_other_place(hub: Hub, provider: Provider, endpoint: str, where: str) -> None:
    provider.published = {endpoint: where}
    browser, _ = entered(hub)
    assert "does not answer at present" in told(browser)
    assert not signed_in(browser)


@pytest.mark.parametrize(
    "email", ["x@example.com", "nobody", "", "x" * 300 + "@example.com", "a@b@northpeak.org", "a@org"]
)
def test_address_that_leads_nowhere_is_told_the_same(hub: Hub, provider: Provider, email: str) -> None:
    browser = browser_of(hub)
    assert led(browser, email) == "/sign-in?next=/"
    assert told(browser).startswith("No provider is bound to this address")


def test_forged_request_leads_nobody_away(hub: Hub, provider: Provider) -> None:
    answer = browser_of(hub).post("/sign-in/provider", data={"address": f"ada@{DOMAIN}"}, headers=HTML)
    assert answer.status_code == 400


def test_hub_that_others_reach_asks_no_provider_on_its_own_machine(hub: Hub, provider: Provider) -> None:
    settings = hub.app.extensions["settings"]
    hub.app.extensions["settings"] = replace(settings, url="https://hub.example.org")
    try:
        assert led(browser_of(hub)).startswith("/sign-in")
    finally:
        hub.app.extensions["settings"] = settings
    assert provider.asked == []
