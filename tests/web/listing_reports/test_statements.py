"""A statement of reasons for each restriction: a page, and JSON as the DSA Transparency Database takes it."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from hub import clock
from tests.conftest import HTML, Hub, csrf
from tests.unit.listing_reports import dsa
from tests.web.listing_reports.reporting import API, HOST, WORDS, asked, counter, file, review
from tests.web.listing_reports.test_strikes import YES, struck

STATEMENTS = "/api/v1/statements"
REMOVED: dict[str, Any] = {"action": "listing removed"}


def exported(hub: Hub, code: str = "shop", **query: Any) -> tuple[list[dict[str, Any]], str | None]:
    """Submissions, and the cursor that leads on; a minute later, when what was acted on is settled."""
    hub.sql("UPDATE credential SET expires_at = '2040-01-01'")
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        given = hub.client(code).get(STATEMENTS, query_string=query)
    assert given.status_code == 200, given.text
    return [json.loads(line) for line in given.text.splitlines()], given.headers.get("Next-Cursor")


def test_statement_is_one_that_the_database_takes(alliance: Hub, right: str) -> None:
    name = struck(alliance, right, "Ada Lovelace", "1", **REMOVED)
    given = alliance.client("shop").get(f"{API}/{name}/statements/1")
    assert given.status_code == 200
    assert dsa.faults(given.json) == []
    assert given.json["decision_visibility"] == ["DECISION_VISIBILITY_CONTENT_REMOVED"]
    assert given.json["source_identity"] == "Brand-A"


@pytest.mark.parametrize(
    ("automated", "word", "told"),
    [
        (True, "AUTOMATED_DECISION_FULLY", "A machine of the platform decided"),
        (False, "AUTOMATED_DECISION_NOT_AUTOMATED", "A person at the platform"),
    ],
)
def test_statement_and_its_page_say_who_decided(
    alliance: Hub, right: str, automated: bool, word: str, told: str
) -> None:
    name = file(alliance.client("brand-a"), right, 1)
    for command, more in (("take", {}), ("judge", {**YES, "automated": automated}), ("act", REMOVED)):
        assert review(alliance, name, command, **more).status_code == 200
    given = alliance.client("shop").get(f"{API}/{name}/statements/1").json
    assert (given["automated_decision"], told in given["decision_facts"]) == (word, True)
    page = alliance.signed_in("shop").get(f"/reports/{name}/statements/1", headers=HTML).text
    assert ("the decision was made by a machine" in page) is automated


def test_person_who_decides_on_the_page_decides_by_hand(alliance: Hub, right: str) -> None:
    name = file(alliance.client("brand-a"), right, 1)
    assert review(alliance, name, "take").status_code == 200
    shop = alliance.signed_in("shop")
    token = csrf(shop.get(f"/reports/{name}", headers=HTML).text)
    given = {"csrf_token": token, "command": "judge", "version": 2, "decision": "established", "listing": "1"}
    assert shop.post(f"/reports/{name}/reviews", data=given, headers=HTML).status_code == 303
    assert alliance.sql("SELECT automated FROM reported_listing") == [(False,)]


def test_nothing_that_a_person_wrote_is_in_it(alliance: Hub, right: str) -> None:
    secret = "ada@example.org"
    listing = {"url": f"https://{HOST}/{secret}", "seller": f"Ada {secret}"}
    evidence = {"range_statement": f"{secret} never made it."}
    name = asked(alliance, right, listings=[listing], evidence=evidence, explanation=f"Ask {secret}.")
    assert counter(alliance, name, words=f"I am {secret}, and I bought them from the dealer.").status_code == 200
    alliance.sql("UPDATE credential SET expires_at = '2040-01-01'")
    body = {"command": "maintain", "sentence": f"{secret} bought none of them from us.", "version": 4}
    assert alliance.client("brand-a").post(f"{API}/{name}/answers", json=body).status_code == 200
    sentence = f"{secret} showed no invoice."
    assert review(alliance, name, "judge", decision="established", sentence=sentence).status_code == 200
    assert review(alliance, name, "act", **REMOVED, sentence=sentence).status_code == 200
    (made,), _ = exported(alliance)
    assert secret not in json.dumps(made)
    assert "answered with a counter-notice" in made["decision_facts"]


def test_warning_and_points_have_no_statement(alliance: Hub, right: str) -> None:
    for n, deed in enumerate(({"action": "warning"}, {"action": "points", "points": 6})):
        name = struck(alliance, right, "Ada's shop", str(n), **deed)
        assert alliance.client("shop").get(f"{API}/{name}/statements/1").status_code == 404
    assert exported(alliance) == ([], None)


def test_statement_is_read_by_its_platform_alone(alliance: Hub, right: str) -> None:
    name = struck(alliance, right, "Ada's shop", "1", **REMOVED)
    address = f"{API}/{name}/statements/1"
    assert alliance.client("brand-a").get(address).status_code == 403
    theirs, none = (alliance.client("bazaar").get(each) for each in (address, f"{API}/{'A' * 22}/statements/1"))
    assert [theirs.status_code, none.status_code] == [404, 404]
    assert {**theirs.json, "request_id": ""} == {**none.json, "request_id": ""}
    assert exported(alliance, "bazaar") == ([], None)


def test_all_are_exported_once_and_in_order_by_cursor(alliance: Hub, right: str) -> None:
    names = [struck(alliance, right, "Ada's shop", str(n), **REMOVED) for n in range(3)]
    first, cursor = exported(alliance, limit=2)
    rest, onward = exported(alliance, limit=2, cursor=cursor)
    assert [each["puid"][:22] for each in first + rest] == names
    assert exported(alliance, cursor=onward) == ([], onward)
    later = struck(alliance, right, "Ada's shop", "later", action="store closed")
    (more,), _ = exported(alliance, cursor=onward)
    assert more["puid"].startswith(later)
    assert dsa.faults(more) == []


def test_what_was_acted_on_a_moment_ago_is_not_exported_yet(alliance: Hub, right: str) -> None:
    struck(alliance, right, "Ada's shop", "1", **REMOVED)
    assert alliance.client("shop").get(STATEMENTS).text == ""


def reopen(hub: Hub, name: str) -> None:
    """Close a report, and open it again."""
    assert review(hub, name, "close").status_code == 200
    assert review(hub, name, "reopen", sentence=WORDS).status_code == 200


def test_statement_stays_as_it_was_given_when_the_report_is_reopened(alliance: Hub, right: str) -> None:
    name = struck(alliance, right, "Ada's shop", "1", **REMOVED)
    address = f"{API}/{name}/statements/1"
    given = alliance.client("shop").get(address).json
    reopen(alliance, name)
    assert alliance.client("shop").get(address).json == given
    assert exported(alliance)[0] == [given]


def test_restriction_after_a_reopening_has_a_statement_of_its_own(alliance: Hub, right: str) -> None:
    name = struck(alliance, right, "Ada's shop", "1", **REMOVED)
    before = alliance.client("shop").get(f"{API}/{name}/statements/1").json
    reopen(alliance, name)
    for command, more in (("judge", {**YES, "automated": True}), ("act", {"action": "store closed"})):
        assert review(alliance, name, command, **more).status_code == 200
    after = alliance.client("shop").get(f"{API}/{name}/statements/1").json
    assert (before["automated_decision"], after["automated_decision"]) == (
        "AUTOMATED_DECISION_NOT_AUTOMATED",
        "AUTOMATED_DECISION_FULLY",
    )
    assert exported(alliance)[0] == [before, after]


def test_page_of_a_reopened_restriction_says_so_and_leads_to_each_statement(alliance: Hub, right: str) -> None:
    name = struck(alliance, right, "Ada's shop", "1", **REMOVED)
    before = alliance.client("shop").get(f"{API}/{name}/statements/1").json["puid"]
    shop, address = alliance.signed_in("shop"), f"/reports/{name}/statements/1"
    reopen(alliance, name)
    assert address in shop.get(f"/reports/{name}", headers=HTML).text
    assert "was reopened since" in shop.get(address, headers=HTML).text
    for command, more in (("judge", YES), ("act", REMOVED)):
        assert review(alliance, name, command, **more).status_code == 200
    newest = shop.get(address, headers=HTML).text
    assert ("was reopened since" in newest, f"{address}?puid={before}" in newest) == (False, True)
    older = shop.get(f"{address}?puid={before}", headers=HTML).text
    assert ("was reopened since" in older, f"<code>{before}</code>" in older) == (True, True)
    assert shop.get(f"{address}?puid=none", headers=HTML).status_code == 404


def test_statement_once_given_can_neither_be_changed_nor_deleted_by_the_application(alliance: Hub, right: str) -> None:
    struck(alliance, right, "Ada's shop", "1", **REMOVED)
    assert alliance.sql(
        "SELECT string_agg(privilege_type, ' ' ORDER BY privilege_type) FROM information_schema.role_table_grants"
        " WHERE table_name = 'statement' AND grantee LIKE '%%app'"
    ) == [("INSERT SELECT",)]


def test_page_tells_the_seller_all_that_article_17_asks_for(alliance: Hub, right: str) -> None:
    name = struck(alliance, right, "Ada's shop", "1", **REMOVED)
    shop = alliance.signed_in("shop")
    assert f"/reports/{name}/statements/1" in shop.get(f"/reports/{name}", headers=HTML).text
    page = shop.get(f"/reports/{name}/statements/1", headers=HTML)
    asked_for = (
        *("Your listing was removed", "For how long", "Where", f"https://{HOST}/struck/1"),  # (a)
        *("Facts and circumstances", "Who gave notice"),  # (b)
        *("Automated means", "Legal ground", "Why that makes it illegal", "Terms and conditions"),  # (c) to (e)
        *("art. 20", "art. 21", "Go to court"),  # (f)
    )
    assert [words for words in asked_for if words not in page.text] == []
    assert shop.get(f"/reports/{name}/statements/2", headers=HTML).status_code == 404


def test_report_without_a_restriction_has_no_statement(alliance: Hub, right: str) -> None:
    name = file(alliance.client("brand-a"), right)
    assert alliance.signed_in("shop").get(f"/reports/{name}/statements/1", headers=HTML).status_code == 404
