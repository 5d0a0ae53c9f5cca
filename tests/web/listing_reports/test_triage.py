"""The list as a platform triages by it: where each report stands and what came of it, who reviews it, which is due first."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient

from tests.conftest import HTML, Hub
from tests.web.listing_reports.reporting import API, BEGAN, asked, counter, file, review


def cells(client: FlaskClient, label: str, **query: str) -> list[str]:
    """What stands in a column of the list, from the top, in plain words."""
    page = client.get("/reports", query_string=query, headers=HTML).text
    found = re.findall(rf'data-label="{label}"[^>]*><span>(.*?)</span></t', page, re.DOTALL)
    return [" ".join(unescape(re.sub("<[^>]+>", " ", each)).split()) for each in found]


def one(right: str, n: int) -> dict[str, Any]:
    """A report of one listing, another than that of any other number."""
    return {"right": right, "rows": 1, "listings": [{"url": f"https://shop.example.com/more/{n}"}]}


def test_state_and_outcome_stand_apart(alliance: Hub, right: str) -> None:
    name = file(alliance.client("brand-a"), right)
    told = []
    for command, more in (("take", {}), ("judge", {"decision": "established"}), ("act", {"action": "warning"})):
        assert review(alliance, name, command, **more).status_code == 200
        told += cells(alliance.signed_in("shop"), "State and outcome")
    assert review(alliance, name, "close").status_code == 200
    brand = alliance.signed_in("brand-a")
    told += cells(brand, "State and outcome")
    assert told == ["In review", "Decided Established", "Acted on Established", "Closed Established"]
    head = brand.get(f"/reports/{name}", headers=HTML).text.partition("In the record")[0]
    assert "Closed" in head
    assert "Established" in head


def test_platform_alone_is_told_who_reviews(alliance: Hub, right: str) -> None:
    brand, shop = alliance.client("brand-a"), alliance.signed_in("shop")
    names = [file(brand, **one(right, n)) for n in range(3)]
    assert review(alliance, names[0], "take").status_code == 200
    alliance.sql(
        "UPDATE listing_report SET assigned_to = (SELECT p.pseudonym FROM person p JOIN member m ON m.id = p.member_id"
        " WHERE m.code = 'shop') WHERE name = %s",
        names[1],
    )
    ((key,),) = alliance.sql("SELECT assigned_to FROM listing_report WHERE name = %s", names[0])
    assert cells(shop, "Reviewed by") == ["nobody yet", "you", key]
    assert cells(alliance.signed_in("brand-a"), "Reviewed by") == []


# --- those that are due first


@pytest.fixture
def due(alliance: Hub, right: str, moment: time_machine.Traveller) -> list[str]:
    """Five reports for which time runs, by when it ends, of which two end together; a sixth for which none does is filed."""
    names = []
    for n, day in enumerate((2, 2, 0, 4, 1)):
        moment.move_to(BEGAN + timedelta(days=day))
        names.append(asked(alliance, **one(right, n)))
    file(alliance.client("brand-a"), **one(right, 8))
    moment.move_to(BEGAN + timedelta(days=1))
    assert counter(alliance, names[4]).status_code == 200  # its right holder has a day less than the first two sellers
    return [names[2], names[4], names[0], names[1], names[3]]


def listed(client: FlaskClient, limit: int, **query: Any) -> list[str]:
    """The reports that the API lists, page by page."""
    found, cursor = [], None
    while True:
        page = client.get(API, query_string={"limit": limit, **query} | ({"cursor": cursor} if cursor else {})).json
        found += [each["name"] for each in page["reports"]]
        cursor = page["cursor"]
        if cursor is None:
            return found


@pytest.mark.parametrize("limit", [2, 3, 200])
def test_reports_are_read_by_due_time_page_by_page(alliance: Hub, due: list[str], limit: int) -> None:
    assert listed(alliance.client("shop"), limit, order="due") == due


def test_order_by_due_time_is_for_platforms_alone(alliance: Hub, due: list[str]) -> None:
    refused = alliance.client("brand-a").get(API, query_string={"order": "due"})
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["order"])
    page = alliance.signed_in("brand-a").get("/reports?order=due", headers=HTML).text
    assert "Due first" not in page
    assert page.count('data-label="Filed"') == 6


def test_order_by_due_time_keeps_the_filters(alliance: Hub, due: list[str]) -> None:
    shop = alliance.client("shop")
    assert listed(shop, 2, order="due", state="countered") == [due[1]]
    assert listed(shop, 2, order="due", unassigned="true") == []
    assert len(listed(shop, 2, order="newest")) == len(listed(shop, 2)) == 6


def test_cursor_of_one_order_is_none_of_the_other(alliance: Hub, due: list[str]) -> None:
    shop = alliance.client("shop")
    for order, other in (("due", "newest"), ("newest", "due")):
        cursor = shop.get(API, query_string={"limit": 2, "order": order}).json["cursor"]
        refused = shop.get(API, query_string={"limit": 2, "order": other, "cursor": cursor})
        assert (refused.status_code, list(refused.json["errors"])) == (422, ["cursor"])


def test_order_that_is_none_is_refused(alliance: Hub) -> None:
    assert alliance.client("shop").get(API, query_string={"order": "price"}).status_code == 422


def test_page_offers_the_order_in_words_and_leads_on_in_it(
    alliance: Hub, due: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.web.pagination.PAGE", 2)
    shop, address, names = alliance.signed_in("shop"), "/reports?order=due", []
    assert '<option value="due">Due first</option>' in shop.get("/reports", headers=HTML).text
    while address:
        page = shop.get(address, headers=HTML).text
        names += re.findall(r'href="/reports/([\w-]{22})"', page)
        later = re.search(r'href="([^"]+)" rel="next">Later reports', page)
        address = unescape(later[1]) if later else ""
    assert names == due
