"""Over the API a brand corrects and withdraws its rights, and a platform gives its word on what it was shown."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.conftest import Hub
from tests.web.rights.entered import RIGHT, certify, enter, sentences

REASON = "Another owner stands there."


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    """Two brands and two platforms."""
    for code, kind in (("brand-a", "brand"), ("brand-b", "brand"), ("shop", "platform"), ("bazaar", "platform")):
        hub.admit(code, kind)
    return hub


@pytest.fixture
def asked(alliance: Hub) -> str:
    """A right that the platform shop is asked to verify."""
    name = enter(alliance.client("brand-a"))
    assert send(alliance, "brand-a", name, "askings", platform="shop").status_code == 204
    return name


def send(hub: Hub, code: str, name: str, what: str, **said: Any) -> TestResponse:
    return hub.client(code).post(f"/api/v1/rights/{name}/{what}", json=said or None)


def read(hub: Hub, code: str, name: str) -> Any:
    return hub.client(code).get(f"/api/v1/rights/{name}").json


def verify(hub: Hub, name: str) -> TestResponse:
    return send(hub, "shop", name, "verification", digest=read(hub, "shop", name)["facts"]["digest"])


# --- the brand


def test_corrected_right_is_verified_anew(alliance: Hub, asked: str) -> None:
    assert verify(alliance, asked).status_code == 204
    assert send(alliance, "brand-a", asked, "correction", **RIGHT | {"title": "ACME PLUS"}).status_code == 204
    one = read(alliance, "brand-a", asked)
    assert (one["facts"]["title"], one["state"], one["verdicts"][0]["state"]) == ("ACME PLUS", "entered", "entered")


def test_correction_beyond_the_rules_is_refused_by_its_field_and_changes_nothing(alliance: Hub, asked: str) -> None:
    answer = send(alliance, "brand-a", asked, "correction", **RIGHT | {"title": "OTHER", "classes": [46]})
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["classes"])
    assert read(alliance, "brand-a", asked)["facts"]["title"] == "ACME"


def test_number_of_another_entry_is_a_conflict_that_names_it(alliance: Hub, asked: str) -> None:
    other = enter(alliance.client("brand-a"), number="2")
    answer = send(alliance, "brand-a", asked, "correction", **RIGHT | {"number": "2"})
    assert (answer.status_code, other in answer.json["detail"]) == (409, True)


def test_withdrawn_right_takes_no_further_act(alliance: Hub, asked: str) -> None:
    certify(alliance.client("brand-a"), asked)
    assert send(alliance, "brand-a", asked, "withdrawal").status_code == 204
    one = read(alliance, "brand-a", asked)
    assert (one["state"], one["certificate"]) == ("withdrawn", None)
    again = [
        send(alliance, "brand-a", asked, "withdrawal"),
        send(alliance, "brand-a", asked, "correction", **RIGHT),
        verify(alliance, asked),
    ]
    assert [answer.status_code for answer in again] == [409] * 3
    assert all("it was withdrawn" in answer.json["detail"] for answer in again)


@pytest.mark.parametrize(("what", "said"), [("correction", RIGHT), ("withdrawal", {})])
def test_right_of_another_brand_is_none(alliance: Hub, asked: str, what: str, said: dict[str, Any]) -> None:
    assert send(alliance, "brand-b", asked, what, **said).json["type"] == "/problems/not-found"
    assert read(alliance, "brand-a", asked)["state"] == "entered"


# --- the platform


def test_platforms_key_verifies_for_the_platform_alone(alliance: Hub, asked: str) -> None:
    assert verify(alliance, asked).status_code == 204
    one = read(alliance, "brand-a", asked)
    assert [(each["verifier"], each["state"]) for each in one["verdicts"]] == [("shop", "verified")]
    assert (one["state"], one["by_office"]) == ("entered", False)
    assert f"shop verified the IP right {asked}: reports to it may rely on it" in sentences(alliance, "brand-a")


def test_facts_corrected_since_they_were_read_are_not_verified(alliance: Hub, asked: str) -> None:
    seen = read(alliance, "shop", asked)["facts"]["digest"]
    send(alliance, "brand-a", asked, "correction", **RIGHT | {"title": "ACME PLUS"})
    answer = send(alliance, "shop", asked, "verification", digest=seen)
    assert (answer.status_code, "since you looked" in answer.json["detail"]) == (409, True)
    assert read(alliance, "shop", asked)["state"] == "entered"


def test_platforms_key_refuses_and_its_brand_reads_why(alliance: Hub, asked: str) -> None:
    verify(alliance, asked)
    assert send(alliance, "shop", asked, "refusal", reason=REASON).status_code == 204
    (told,) = read(alliance, "brand-a", asked)["verdicts"]
    assert (told["state"], told["reason"]) == ("refused", REASON)
    assert send(alliance, "shop", asked, "refusal", reason=REASON).status_code == 409


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 501, "a\x00b", "\ud800"])
def test_reason_beyond_the_rules_is_refused_by_its_field(alliance: Hub, asked: str, reason: str) -> None:
    answer = send(alliance, "shop", asked, "refusal", reason=reason)
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["reason"])
    assert read(alliance, "shop", asked)["state"] == "entered"


@pytest.mark.parametrize(("what", "said"), [("verification", {"digest": "0" * 64}), ("refusal", {"reason": REASON})])
def test_right_that_a_platform_was_not_shown_is_none(
    alliance: Hub, asked: str, what: str, said: dict[str, Any]
) -> None:
    for name in (asked, "A" * 22):
        assert send(alliance, "bazaar", name, what, **said).json["type"] == "/problems/not-found"


def test_platforms_key_reads_the_certificate_and_its_brand_is_told(alliance: Hub, asked: str) -> None:
    certify(alliance.client("brand-a"), asked)
    assert alliance.client("shop").get(f"/api/v1/rights/{asked}/certificate").status_code == 200
    assert f"shop read the certificate of the IP right {asked}" in sentences(alliance, "brand-a")
