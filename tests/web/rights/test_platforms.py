"""A platform verifies a right for itself: one that its brand asks it to verify, or that a report to it names."""

from collections.abc import Sequence
from typing import Any

import psycopg
import pytest

from hub.access.actor import NotPermittedError
from hub.access.grants import Role
from hub.members import service as members
from hub.rights import service as rights
from hub.rights.rules import FactError, ForbiddenMoveError
from hub.rights.service import RightNotUsableError, UnknownRightError
from tests.conftest import HTML, Hub, csrf
from tests.unit.evidence.files import PDF
from tests.web.access.test_three_nets import as_application, read_by
from tests.web.listing_reports.reporting import API, HOST, file, named_market, said, verified_right
from tests.web.members.test_decisions import person
from tests.web.questions import asking as questions
from tests.web.rights.entered import certify, enter, sentences
from tests.web.rights.test_rights import said as facts

NUMBER = "SELECT id FROM member WHERE code = %s"


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    """Two brands and two platforms with an owner of their name; Sue looks on at one; Ada of the office."""
    for code, kind in (("brand-a", "brand"), ("brand-b", "brand"), ("shop", "platform"), ("bazaar", "platform")):
        hub.admit(code, kind)
        hub.person(code)
    with hub.operator() as actor:
        hub.keys["alliance"] = members.issue_credential(actor, "alliance")
    hub.person("alliance", "ada")
    hub.person("shop", "sue", Role.VIEWER)
    named_market(hub, "shop")
    named_market(hub, "bazaar", "bazaar.example.com")
    return hub


@pytest.fixture
def asked(alliance: Hub) -> str:
    """A right that the platform shop is asked to verify."""
    name = enter(alliance.client("brand-a"))
    ask(alliance, name)
    return name


def ask(hub: Hub, name: str, platform: str = "shop") -> None:
    with person(hub, "brand-a") as actor:
        rights.ask(actor, name, platform)


def verify(hub: Hub, name: str, who: str = "shop") -> None:
    with person(hub, who) as actor:
        rights.verify(actor, name, rights.right(actor, name)[0].facts.digest)


def refuse(hub: Hub, name: str, who: str = "shop") -> None:
    with person(hub, who) as actor:
        rights.refuse(actor, name, "Another owner stands there.")


def verdicts(hub: Hub, name: str, code: str = "brand-a") -> list[tuple[str, str, str]]:
    found = hub.client(code).get(f"/api/v1/rights/{name}").json["verdicts"]
    return [(each["verifier"], each["state"], each["reason"]) for each in found]


def waiting(hub: Hub, code: str = "shop", **query: Any) -> Sequence[str]:
    answer = hub.client(code).get("/api/v1/rights", query_string={"waiting": "true"} | query)
    return [each["name"] for each in answer.json["rights"]]


def usable(hub: Hub, name: str, platform: str) -> bool:
    ((number,),) = hub.sql(NUMBER, platform)
    assert isinstance(number, int)
    with person(hub, "brand-a") as actor:
        try:
            rights.usable(actor, name, platform=number)
        except RightNotUsableError:
            return False
    return True


# --- shown


def test_right_that_was_not_shown_is_none_to_a_platform(alliance: Hub) -> None:
    name = enter(alliance.client("brand-a"))
    ask(alliance, name, "bazaar")
    shop = alliance.client("shop")
    for address in (f"/api/v1/rights/{name}", f"/api/v1/rights/{name}/certificate"):
        assert shop.get(address).json["type"] == "/problems/not-found"
    assert shop.get("/api/v1/rights").json["rights"] == []
    assert alliance.signed_in("shop").get(f"/rights/{name}", headers=HTML).status_code == 404
    with person(alliance, "shop") as actor, pytest.raises(UnknownRightError):
        rights.refuse(actor, name, "because")


def test_platform_that_is_asked_sees_the_right_and_that_it_waits(alliance: Hub, asked: str) -> None:
    assert waiting(alliance) == [asked]
    assert waiting(alliance, "bazaar") == []
    one = alliance.client("shop").get(f"/api/v1/rights/{asked}").json
    assert (one["member"], one["facts"]["number"], one["state"], one["by_office"]) == (
        *("brand-a", "018123456"),
        *("entered", False),
    )
    told = f"brand-a asks you to verify the IP right {asked}"
    assert sentences(alliance, "shop") == [told]
    assert f"brand-a asked a platform to verify the IP right {asked}" in sentences(alliance, "brand-a")


def test_platform_reads_the_certificate_and_its_brand_is_told(alliance: Hub, asked: str) -> None:
    certify(alliance.client("brand-a"), asked)
    with person(alliance, "shop") as actor:
        assert rights.certificate(actor, asked).content == PDF
    assert f"shop read the certificate of the IP right {asked}" in sentences(alliance, "brand-a")
    with person(alliance, "sue") as actor, pytest.raises(NotPermittedError):
        rights.certificate(actor, asked)


def test_report_shows_its_right_to_its_platform_and_asks_for_no_word(alliance: Hub) -> None:
    name = verified_right(alliance, "brand-a")
    file(alliance.client("brand-a"), name)
    one = alliance.client("shop").get(f"/api/v1/rights/{name}").json
    assert (one["state"], one["asked_at"], one["by_office"]) == ("entered", None, True)
    assert waiting(alliance) == []
    assert alliance.client("bazaar").get(f"/api/v1/rights/{name}").status_code == 404


def test_report_that_is_not_filed_shows_nothing(alliance: Hub) -> None:
    name = verified_right(alliance, "brand-a")
    assert alliance.client("brand-a").post(API, json=said(name, dry_run=True)).status_code == 200
    assert alliance.client("shop").get(f"/api/v1/rights/{name}").status_code == 404


def test_who_is_no_platform_is_not_asked(alliance: Hub) -> None:
    name = enter(alliance.client("brand-a"))
    for code in ("brand-b", "nobody"):
        with person(alliance, "brand-a") as actor, pytest.raises(FactError, match="of no platform"):
            rights.ask(actor, name, code)
        answer = alliance.client("brand-a").post(f"/api/v1/rights/{name}/askings", json={"platform": code})
        assert (answer.status_code, list(answer.json["errors"])) == (422, ["platform"])


def test_platform_is_asked_once_for_what_stands_there(alliance: Hub, asked: str) -> None:
    answer = alliance.client("brand-a").post(f"/api/v1/rights/{asked}/askings", json={"platform": "shop"})
    assert (answer.status_code, "waits for this platform already" in answer.json["detail"]) == (409, True)


def test_withdrawn_right_is_shown_to_nobody_else(alliance: Hub, asked: str) -> None:
    with person(alliance, "brand-a") as actor:
        rights.withdraw(actor, asked)
    with pytest.raises(ForbiddenMoveError, match="withdrawn"):
        ask(alliance, asked, "bazaar")
    assert verdicts(alliance, asked) == [("shop", "withdrawn", "")]


# --- its word


def test_platforms_word_is_its_own_and_its_brand_is_told(alliance: Hub, asked: str) -> None:
    ask(alliance, asked, "bazaar")
    verify(alliance, asked)
    refuse(alliance, asked, "bazaar")
    assert verdicts(alliance, asked) == [
        ("bazaar", "refused", "Another owner stands there."),
        ("shop", "verified", ""),
    ]
    assert alliance.client("brand-a").get(f"/api/v1/rights/{asked}").json["state"] == "entered"
    told = sentences(alliance, "brand-a")
    assert f"shop verified the IP right {asked}: reports to it may rely on it" in told
    assert f"bazaar refused the IP right {asked}, and told its member why" in told
    assert waiting(alliance) == []


def test_platform_reads_no_word_but_its_own(alliance: Hub, asked: str) -> None:
    ask(alliance, asked, "bazaar")
    refuse(alliance, asked, "bazaar")
    verify(alliance, asked, "ada")
    verify(alliance, asked)
    assert verdicts(alliance, asked, "shop") == [("shop", "verified", "")]
    with person(alliance, "shop") as actor:
        _, moves = rights.right(actor, asked)
    assert [(move.command, move.by) for move in moves] == [("verify", "shop")]
    assert not [each for each in sentences(alliance, "shop") if "bazaar" in each]


def test_facts_corrected_while_the_platform_looked_are_not_verified(alliance: Hub, asked: str) -> None:
    with person(alliance, "shop") as actor:
        seen = rights.right(actor, asked)[0].facts.digest
    with person(alliance, "brand-a") as actor:
        rights.correct(actor, asked, facts(title="ACME PLUS"))
    with person(alliance, "shop") as actor, pytest.raises(ForbiddenMoveError, match="since you looked"):
        rights.verify(actor, asked, seen)


def test_correction_and_certificate_undo_the_platforms_word_until_it_is_asked_anew(alliance: Hub, asked: str) -> None:
    for change in ("correct", "certify"):
        verify(alliance, asked)
        if change == "certify":
            certify(alliance.client("brand-a"), asked)
        else:
            with person(alliance, "brand-a") as actor:
                rights.correct(actor, asked, facts(title="ACME PLUS"))
        assert verdicts(alliance, asked) == [("shop", "entered", "")]
        assert not usable(alliance, asked, "shop")
        assert waiting(alliance) == []
        ask(alliance, asked)
        assert waiting(alliance) == [asked]


def test_refused_right_waits_for_its_brand_to_correct_it(alliance: Hub, asked: str) -> None:
    refuse(alliance, asked)
    with pytest.raises(ForbiddenMoveError, match="must correct it first"):
        verify(alliance, asked)
    with pytest.raises(ForbiddenMoveError, match="must correct it first"):
        ask(alliance, asked)


def test_platforms_word_is_given_by_who_may_give_it(alliance: Hub, asked: str) -> None:
    with person(alliance, "sue") as actor, pytest.raises(NotPermittedError):
        rights.refuse(actor, asked, "because")
    alliance.sql(
        "UPDATE credential SET scopes = '{right:read}' WHERE member_id = (SELECT id FROM member WHERE code = %s)",
        "shop",
    )
    refused = alliance.client("shop").post(f"/api/v1/rights/{asked}/refusal", json={"reason": "because"})
    assert refused.status_code == 403
    assert verdicts(alliance, asked) == [("shop", "entered", "")]


# --- relied on


def test_right_verified_by_a_platform_alone_is_relied_on_in_reports_to_that_platform_alone(
    alliance: Hub, asked: str
) -> None:
    client = alliance.client("brand-a")
    assert client.post(API, json=said(asked)).status_code == 422
    verify(alliance, asked)
    assert (usable(alliance, asked, "shop"), usable(alliance, asked, "bazaar")) == (True, False)
    assert client.post(API, json=said(asked)).status_code == 200
    elsewhere = [{"url": "https://bazaar.example.com/1"}]
    refused = client.post(API, json=said(asked, platform="bazaar", listings=elsewhere))
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["right"])
    with person(alliance, "brand-a") as actor, pytest.raises(RightNotUsableError, match="not verified"):
        rights.usable(actor, asked)


def test_right_verified_by_a_platform_alone_is_named_in_answers_to_that_platform_alone(
    alliance: Hub, asked: str
) -> None:
    of_shop, elsewhere = (
        questions.ask(alliance.client(code), listings=[{"url": f"https://{host}/1"}])
        for code, host in (("shop", HOST), ("bazaar", "bazaar.example.com"))
    )
    verify(alliance, asked)
    brand = alliance.client("brand-a")
    for names in (elsewhere, [*of_shop, *elsewhere]):
        refused = questions.answer(brand, names, **questions.fake(asked))
        assert (refused.status_code, list(refused.json["errors"])) == (422, ["right"])
    assert questions.answer(brand, of_shop, **questions.fake(asked)).status_code == 200


def test_page_of_a_question_offers_what_its_platform_verified(alliance: Hub, asked: str) -> None:
    (name,) = questions.ask(alliance.client("shop"))
    verify(alliance, asked)
    assert f'value="{asked}"' in alliance.signed_in("brand-a").get(f"/questions/{name}", headers=HTML).text


def test_right_verified_by_the_office_is_relied_on_everywhere_whatever_a_platform_says(
    alliance: Hub, asked: str
) -> None:
    verify(alliance, asked, "ada")
    refuse(alliance, asked)
    assert (usable(alliance, asked, "shop"), usable(alliance, asked, "bazaar")) == (True, True)


def test_page_of_a_new_report_offers_what_some_platform_verified(alliance: Hub, asked: str) -> None:
    owner = alliance.signed_in("brand-a")
    assert f'value="{asked}"' not in owner.get("/reports/new?reason=no_such_model", headers=HTML).text
    verify(alliance, asked)
    shown = owner.get("/reports/new?reason=no_such_model", headers=HTML).text
    assert f'value="{asked}"' in shown
    assert "verified by some platforms alone" in shown


# --- the pages


def test_platform_gives_its_word_on_the_page(alliance: Hub) -> None:
    name = enter(alliance.client("brand-a"))
    owner, page = alliance.signed_in("brand-a"), f"/rights/{name}"
    sent = {"csrf_token": csrf(owner.get(page, headers=HTML).text), "platform": "shop"}
    assert "The platform is asked." in owner.post(f"{page}/askings", data=sent, follow_redirects=True).text
    shop = alliance.signed_in("shop")
    assert f'href="{page}"' in shop.get("/rights?state=waiting", headers=HTML).text
    shown = shop.get(page, headers=HTML).text
    digest = shown.split('name="digest" value="')[1].split('"')[0]
    sent = {"csrf_token": csrf(shown), "digest": digest}
    assert "The right is verified." in shop.post(f"{page}/verification", data=sent, follow_redirects=True).text
    assert f'href="{page}"' not in shop.get("/rights?state=waiting", headers=HTML).text
    assert "Platforms" in owner.get(page, headers=HTML).text


def test_platforms_in_standing_that_are_yet_to_be_asked_are_chosen_by_their_names(alliance: Hub, asked: str) -> None:
    for code in ("market", "closed"):
        alliance.admit(code, "platform")
    alliance.sql("UPDATE member SET name = 'Market & Sons' WHERE code = 'market'")
    alliance.sql("UPDATE member SET state = 'suspended' WHERE code = 'closed'")
    text = alliance.signed_in("brand-a").get(f"/rights/{asked}", headers=HTML).text
    assert '<option value="market">Market &amp; Sons</option>' in text
    offered = text.split('id="platform"')[1].split("</select>")[0]
    assert [code in offered for code in ("bazaar", "closed", "shop", "brand-b")] == [True, False, False, False]


# --- the last net


def test_database_lets_a_platform_see_and_judge_what_it_was_shown_and_nothing_else(alliance: Hub, asked: str) -> None:
    enter(alliance.client("brand-a"), number="2")
    tables = ("ip_right", "ip_right_verdict")
    with as_application(alliance) as connection:
        for code, counts in {"shop": [1, 1], "bazaar": [0, 0], "brand-b": [0, 0], "brand-a": [2, 1]}.items():
            read_by(connection, alliance, code)
            found = [connection.execute(f"SELECT count(*) FROM {each}").fetchall()[0][0] for each in tables]
            assert found == counts, code
        read_by(connection, alliance, "shop")
        assert connection.execute("UPDATE ip_right SET state = 'verified'").rowcount == 0
        read_by(connection, alliance, "bazaar")
        assert connection.execute("UPDATE ip_right_verdict SET state = 'verified'").rowcount == 0
        with pytest.raises(psycopg.Error, match="row-level security"):
            connection.execute(
                "INSERT INTO ip_right_verdict (right_id, member_id, verifier_id, state, shown_at)"
                " SELECT 1, id, (SELECT id FROM member WHERE code = 'bazaar'), 'entered', now()"
                " FROM member WHERE code = 'brand-a'"
            )
