"""Signing in by a member's provider: who gets in as whom, and what no provider and nobody between gets past the hub."""

import io
import sys
import time
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from flask.testing import FlaskClient
from joserfc import jwt

from hub.access.grants import Role
from hub.log import log, set_up_logs
from tests.conftest import HTML, Hub, csrf
from tests.web.members.led import (
    BACK,
    DOMAIN,
    answered,
    bind,
    browser_of,
    entered,
    led,
    people,
    signed_in,
    told,
    with_other,
)
from tests.web.members.provider import (
    KEYS,
    SECRET,
    Provider,
    Said,
    now,
    running,
)

# --- who gets in, and as whom


def test_person_unknown_before_is_brought_in_with_the_role_of_the_claim(hub: Hub, provider: Provider) -> None:
    browser, onward = entered(hub, onward="/contributions")
    assert onward == "/contributions"
    assert signed_in(browser)
    assert people(hub) == [(f"ada@{DOMAIN}", "analyst")]
    assert hub.sql("SELECT action FROM ledger_entry WHERE action LIKE 'person.%%' ORDER BY at")[-2:] == [
        ("person.brought",),
        ("person.linked",),
    ]
    assert "/second-factors/new" in browser.get("/contributions", headers=HTML).location


@pytest.mark.parametrize("alg", KEYS)
def test_each_algorithm_that_is_taken(hub: Hub, provider: Provider, alg: str) -> None:
    provider.alg, provider.keys = alg, {"k1": KEYS[alg]()}
    assert signed_in(entered(hub)[0])


def test_widest_of_several_roles_counts(hub: Hub, provider: Provider) -> None:
    provider.person["groups"] = ["Readers", "Brand protection", "Canteen"]
    entered(hub)
    assert people(hub) == [(f"ada@{DOMAIN}", "analyst")]


@pytest.mark.parametrize("groups", [[], ["Canteen"], None, 7, {"Heads": True}, ["heads"], ["Heads "]])
def test_person_whom_the_claim_gives_no_role_is_refused(hub: Hub, provider: Provider, groups: object) -> None:
    provider.person["groups"] = groups
    browser, _ = entered(hub)
    assert "did not let you in" in told(browser)
    assert people(hub) == []


def test_provider_without_a_claim_brings_in_nobody(hub: Hub, provider: Provider) -> None:
    bind(hub, "brand-a", provider, DOMAIN, claim="", roles={})
    assert not signed_in(entered(hub)[0])
    assert people(hub) == []


def test_person_invited_before_is_linked_by_the_address(hub: Hub, provider: Provider) -> None:
    bind(hub, "brand-a", provider, DOMAIN, claim="", roles={})
    bind(hub, "brand-a", provider, "alliance-hub.org", claim="", roles={})
    hub.person("brand-a", "ada", Role.COUNSEL)
    provider.person["email"] = "Ada@Alliance-Hub.org"
    browser, _ = entered(hub, "ada@alliance-hub.org")
    assert "/verify" in browser.get("/contributions", headers=HTML).location
    assert people(hub) == [("ada@alliance-hub.org", "counsel")]


def test_subject_decides_once_it_is_linked_and_not_the_address(hub: Hub, provider: Provider) -> None:
    entered(hub)
    provider.person["email"] = f"ada.newname@{DOMAIN}"
    assert signed_in(entered(hub)[0])
    assert people(hub) == [(f"ada@{DOMAIN}", "analyst")]


def test_address_given_anew_to_another_subject_lets_nobody_in(hub: Hub, provider: Provider) -> None:
    entered(hub)
    provider.person["sub"] = "another-ada"
    assert not signed_in(entered(hub)[0])


def test_role_is_given_anew_at_each_sign_in(hub: Hub, provider: Provider) -> None:
    entered(hub)
    provider.person["groups"] = ["Readers"]
    entered(hub)
    assert people(hub) == [(f"ada@{DOMAIN}", "viewer")]


def test_last_owner_with_a_password_stays_one(hub: Hub, provider: Provider) -> None:
    bind(hub, "brand-a", provider, "alliance-hub.org")
    provider.person |= {"email": "owner@alliance-hub.org", "groups": ["Readers"]}
    assert signed_in(entered(hub, "owner@alliance-hub.org")[0])
    assert hub.sql("SELECT role FROM person WHERE email = 'owner@alliance-hub.org'") == [("owner",)]


def test_owner_beside_another_with_a_password_is_given_another_role(hub: Hub, provider: Provider) -> None:
    bind(hub, "brand-a", provider, "alliance-hub.org")
    hub.person("brand-a", "second")
    provider.person |= {"email": "second@alliance-hub.org", "groups": ["Readers"]}
    entered(hub, "second@alliance-hub.org")
    assert people(hub) == [("second@alliance-hub.org", "viewer")]


def test_person_of_another_member_is_not_let_in_by_this_provider(hub: Hub, provider: Provider) -> None:
    hub.admit("brand-b")
    hub.person("brand-b")
    bind(hub, "brand-a", provider, "alliance-hub.org")
    provider.person["email"] = "brand-b@alliance-hub.org"
    assert not signed_in(entered(hub, "x@alliance-hub.org")[0])
    assert people(hub) == []


def test_person_shut_out_is_refused(hub: Hub, provider: Provider) -> None:
    entered(hub)
    hub.sql("UPDATE person SET active = false WHERE email = %s", f"ada@{DOMAIN}")
    assert not signed_in(entered(hub)[0])


def test_session_ends_at_the_next_request_of_somebody_shut_out(hub: Hub, provider: Provider) -> None:
    browser, _ = entered(hub)
    hub.sql("UPDATE person SET active = false WHERE email = %s", f"ada@{DOMAIN}")
    assert not signed_in(browser)


def test_member_suspended_on_the_way_is_refused(hub: Hub, provider: Provider) -> None:
    browser = browser_of(hub)
    back = answered(led(browser))
    hub.sql("UPDATE member SET state = 'suspended' WHERE code = 'brand-a'")
    browser.get(back, headers=HTML)
    assert not signed_in(browser)
    assert people(hub) == []


# --- second factors, and being there


def proven(hub: Hub, provider: Provider, **said: object) -> FlaskClient:
    """A browser signed in by a provider whose `mfa` counts as a second factor."""
    bind(hub, "brand-a", provider, DOMAIN, factors=["mfa"])
    provider.person |= said
    return entered(hub)[0]


@pytest.mark.parametrize("said", [{"amr": ["pwd", "mfa"]}, {"acr": "mfa"}])
def test_word_of_the_provider_is_a_second_factor_where_the_owner_says_so(
    hub: Hub, provider: Provider, said: dict[str, object]
) -> None:
    assert proven(hub, provider, **said).get("/contributions", headers=HTML).status_code == 200


@pytest.mark.parametrize("said", [{}, {"amr": ["pwd"]}, {"amr": ["MFA"]}, {"acr": "1"}])
def test_any_other_word_of_the_provider_is_none(hub: Hub, provider: Provider, said: dict[str, object]) -> None:
    browser = proven(hub, provider, **said)
    assert "/second-factors/new" in browser.get("/contributions", headers=HTML).location


def test_word_of_the_provider_is_none_where_the_owner_does_not_say_so(hub: Hub, provider: Provider) -> None:
    provider.person["amr"] = ["mfa"]
    browser, _ = entered(hub)
    assert "/second-factors/new" in browser.get("/contributions", headers=HTML).location


def asked_again(browser: FlaskClient) -> str:
    """Where the page that asks whether it is still the same person leads."""
    token = csrf(browser.get("/verify", headers=HTML).text)
    return browser.post("/verify/provider?next=/passkeys/new", data={"csrf_token": token}).headers["Refresh"][7:]


def test_dangerous_act_asks_the_provider_again_for_who_shows_anew(hub: Hub, provider: Provider) -> None:
    browser = proven(hub, provider, amr=["mfa"], auth_time=now() - 3600)
    assert "/verify" in browser.get("/passkeys/new", headers=HTML).location
    where = asked_again(browser)
    assert parse_qs(urlsplit(where).query)["max_age"] == ["0"]
    provider.person["auth_time"] = now()
    assert browser.get(answered(where), headers=HTML).location == "/passkeys/new"
    assert browser.get("/passkeys/new", headers=HTML).status_code == 200


@pytest.mark.parametrize(
    "said",
    [
        {"auth_time": now() - 3600},
        {"auth_time": None},
        {"auth_time": now() + 3600},
        {"auth_time": str(now())},
        {"auth_time": now() + 2, "amr": ["pwd"]},
        {"auth_time": now() + 2, "sub": "somebody else"},
    ],
)
def test_dangerous_act_stays_shut_for_who_does_not_show_anew(
    hub: Hub, provider: Provider, said: dict[str, object]
) -> None:
    browser = proven(hub, provider, amr=["mfa"], auth_time=now() - 3600)
    where = asked_again(browser)
    provider.person |= said
    provider.twist = lambda _, claims: claims.update({"auth_time": said["auth_time"]})
    browser.get(answered(where), headers=HTML)
    assert "/verify" in browser.get("/passkeys/new", headers=HTML).location


# --- passwords beside the provider


def test_password_serves_beside_the_provider_unless_the_owner_says_otherwise(hub: Hub, provider: Provider) -> None:
    hub.person("brand-a", "vera", Role.VIEWER)
    assert signed_in(hub.with_password("vera"))


def test_password_is_refused_where_only_the_provider_counts(hub: Hub, provider: Provider) -> None:
    hub.person("brand-a", "vera", Role.VIEWER)
    bind(hub, "brand-a", provider, DOMAIN, passwords_serve=False)
    browser = hub.with_password("vera")
    assert not signed_in(browser)
    assert "sign in by its provider" in told(browser)


def test_owner_keeps_the_password_where_only_the_provider_counts(hub: Hub, provider: Provider) -> None:
    bind(hub, "brand-a", provider, DOMAIN, passwords_serve=False)
    assert signed_in(hub.with_password("owner"))


def test_sessions_end_when_passwords_serve_no_more_but_for_owners(hub: Hub, provider: Provider) -> None:
    hub.person("brand-a", "vera", Role.VIEWER)
    viewer, owner = hub.signed_in("vera"), hub.signed_in("owner")
    bind(hub, "brand-a", provider, DOMAIN)
    assert (signed_in(viewer), signed_in(owner)) == (True, True)
    bind(hub, "brand-a", provider, DOMAIN, passwords_serve=False)
    assert (signed_in(viewer), signed_in(owner)) == (False, True)


def test_password_serves_while_the_provider_is_down(hub: Hub, provider: Provider) -> None:
    provider.down = True
    browser = browser_of(hub)
    assert led(browser).startswith("/sign-in")
    assert "does not answer at present" in told(browser)
    assert signed_in(hub.with_password("owner"))


# --- between the hub and the provider


def test_answer_serves_once(hub: Hub, provider: Provider) -> None:
    browser = browser_of(hub)
    back = answered(led(browser))
    browser.get(with_other(back, state="A" * 43), headers=HTML)
    browser.get(back, headers=HTML)
    assert not signed_in(browser)


def test_answer_counts_in_the_browser_alone_that_was_led_away(hub: Hub, provider: Provider) -> None:
    back = answered(led(browser_of(hub)))
    other, stranger = browser_of(hub), browser_of(hub)
    led(other)
    for browser in (other, stranger):
        browser.get(back, headers=HTML)
        assert not signed_in(browser)


def test_code_serves_once_even_in_a_browser_put_back_to_before(hub: Hub, provider: Provider) -> None:
    browser, again = browser_of(hub), browser_of(hub)
    back = answered(led(browser))
    again.set_cookie("alliance_hub", browser.get_cookie("alliance_hub").value)  # type: ignore[union-attr]
    browser.get(back, headers=HTML)
    again.get(back, headers=HTML)
    assert (signed_in(browser), signed_in(again)) == (True, False)


def test_answer_comes_too_late(hub: Hub, provider: Provider) -> None:
    browser = browser_of(hub)
    back = answered(led(browser))
    with time_machine.travel(time.time() + 301):
        browser.get(back, headers=HTML)
        assert not signed_in(browser)


def test_answer_of_one_members_provider_does_not_count_for_another(hub: Hub, provider: Provider) -> None:
    hub.admit("brand-b")
    hub.person("brand-b")
    said = {"sub": "ada-1", "email": f"ada@{DOMAIN}", "email_verified": True, "groups": ["Heads"]}
    with running(BACK.format("brand-b"), **said) as other:
        bind(hub, "brand-b", other, "evil.org")
        browser = browser_of(hub)
        genuine = answered(led(browser))
        browser.get(genuine.replace("brand-a", "brand-b"), headers=HTML)
        assert not signed_in(browser)
        led(browser)
        browser.get(with_other(genuine.replace("brand-a", "brand-b"), iss=other.issuer), headers=HTML)
        assert not signed_in(browser)
        assert "/token" not in other.asked


def test_provider_vouches_for_no_domain_of_another_member(hub: Hub, provider: Provider) -> None:
    hub.admit("brand-b")
    hub.person("brand-b")
    said = {"sub": "ada-1", "email": f"ada@{DOMAIN}", "email_verified": True, "groups": ["Heads"]}
    with running(BACK.format("brand-b"), **said) as other:
        bind(hub, "brand-b", other, "evil.org")
        assert not signed_in(entered(hub, "x@evil.org")[0])
    assert people(hub) == []


def test_same_subject_of_another_provider_is_somebody_else(hub: Hub, provider: Provider) -> None:
    entered(hub)
    with running(BACK.format("brand-a"), **provider.person) as other:
        bind(hub, "brand-a", other, DOMAIN)
        other.person |= {"email": f"eve@{DOMAIN}"}
        entered(hub)
    assert [email for email, _ in people(hub)] == [f"ada@{DOMAIN}", f"eve@{DOMAIN}"]


@pytest.mark.parametrize("onward", ["//evil.org", "https://evil.org/", "/\\evil.org", "javascript:alert(1)", "/x\r\ny"])
def test_nobody_is_led_away_from_the_hub_afterwards(hub: Hub, provider: Provider, onward: str) -> None:
    browser, where = entered(hub, onward=onward)
    assert (signed_in(browser), where) == (True, "/")


def test_key_made_anew_is_looked_for_once(hub: Hub, provider: Provider) -> None:
    entered(hub)
    provider.keys, provider.signs = {"k2": KEYS["ES256"]()}, "k2"
    assert signed_in(entered(hub)[0])
    assert provider.asked.count("/jwks") == 2
    assert signed_in(entered(hub)[0])
    assert provider.asked.count("/jwks") == 2


def test_what_a_provider_publishes_is_kept_for_ten_minutes(hub: Hub, provider: Provider) -> None:
    led(browser_of(hub))
    led(browser_of(hub))
    assert provider.asked == ["/.well-known/openid-configuration"]
    with time_machine.travel(time.time() + 601):
        led(browser_of(hub))
    assert len(provider.asked) == 2


def test_provider_that_is_down_is_not_asked_again_at_once(hub: Hub, provider: Provider) -> None:
    provider.down = True
    for _ in range(3):
        led(browser_of(hub))
    assert len(provider.asked) == 1


def test_domain_that_is_only_asked_for_leads_nowhere(hub: Hub, provider: Provider) -> None:
    hub.sql("UPDATE sign_in_domain SET bound_at = NULL")
    assert led(browser_of(hub)) == "/sign-in?next=/"


def test_person_who_exists_is_led_as_one_who_does_not(hub: Hub, provider: Provider) -> None:
    entered(hub)
    known, unknown = (led(browser_of(hub), f"{who}@{DOMAIN}") for who in ("ada", "nobody"))
    assert known.partition("?")[0] == unknown.partition("?")[0]
    assert parse_qs(urlsplit(known).query).keys() == parse_qs(urlsplit(unknown).query).keys()


@pytest.fixture
def logged(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], str]]:
    """What was logged since the test began."""
    stream = io.StringIO()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", stream)
        set_up_logs()
    vars(log).pop("bind", None)  # the logger keeps where it first wrote to
    yield stream.getvalue
    vars(log).pop("bind", None)
    set_up_logs()


def test_no_code_token_or_secret_is_in_a_log(hub: Hub, provider: Provider, logged: Callable[[], str]) -> None:
    made: list[str] = []

    def keep(header: Said, claims: Said) -> str:
        made.append(jwt.encode(header, claims, provider.keys["k1"], ["ES256"]))
        return made[-1]

    provider.forged = keep
    browser, secret = browser_of(hub), [SECRET, "ada@", "ada-1", "Ada Berg"]
    for state in ("A" * 43, None):
        where = led(browser)
        back = answered(where)
        query = parse_qs(urlsplit(where).query) | parse_qs(urlsplit(back).query)
        secret += [query[name][0] for name in ("code", "state", "nonce", "code_challenge")]
        browser.get(with_other(back, **({"state": state} if state else {})), headers=HTML)
    assert signed_in(browser)
    written = logged()
    assert '"provided.come_back"' in written
    assert [each for each in (*secret, *made) if each in written] == []
