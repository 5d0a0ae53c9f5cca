"""A platform sees where sellers stand, by the names in its own reports; nobody else does."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from hub import clock
from hub.access.grants import Role
from tests.conftest import HTML, Hub, csrf
from tests.web.listing_reports.reporting import HOST, file, review, verified_right

STRIKES = "/api/v1/strikes"
YES: dict[str, Any] = {"decision": "established"}


def struck(hub: Hub, right: str, seller: str, item: str, brand: str = "brand-a", **deed: Any) -> str:
    """A report of one listing of a seller that was established and acted on; returns its name."""
    listing = {"url": f"https://{HOST}/struck/{item}", "seller": seller}
    name = file(hub.client(brand), right, listings=[listing])
    for command, more in (("take", {}), ("judge", YES), ("act", deed or {"action": "points", "points": 6})):
        assert review(hub, name, command, **more).status_code == 200
    return name


def counts(hub: Hub, code: str = "shop", **query: Any) -> dict[str, int]:
    """Seller → what counts against it."""
    found = hub.client(code).get(STRIKES, query_string=query).json
    return {each["seller"]: each["standing"]["count"] for each in found["sellers"]}


def test_name_is_the_same_whatever_blanks_it_was_given_with(alliance: Hub, right: str) -> None:
    struck(alliance, right, "Ada's shop", "1")
    struck(alliance, right, "  Ada's  shop ", "2")
    assert counts(alliance) == {"Ada's shop": 12}
    assert counts(alliance, seller=" Ada's   shop") == {"Ada's shop": 12}


def test_points_of_all_brands_reports_add_up_by_seller(alliance: Hub, right: str) -> None:
    other = verified_right(alliance, "brand-b", number="018999999")
    struck(alliance, right, "Ada's shop", "1")
    struck(alliance, right, "Ben's shop", "2")
    struck(alliance, other, "Ada's shop", "3", "brand-b", action="points", points=9)
    assert counts(alliance) == {"Ada's shop": 15, "Ben's shop": 6}
    (seller,) = alliance.client("shop").get(STRIKES, query_string={"seller": "Ada's shop"}).json["sellers"]
    assert seller["standing"]["reached"] == {"at": 12, "words": "store shut for 7 days"}
    assert seller["standing"]["following"]["at"] == 24


def test_brands_and_other_platforms_are_shown_no_points(alliance: Hub, right: str) -> None:
    struck(alliance, right, "Ada's shop", "1")
    assert alliance.client("brand-a").get(STRIKES).status_code == 403
    assert counts(alliance, "bazaar") == {}
    assert counts(alliance, "bazaar", seller="Ada's shop") == {"Ada's shop": 0}


def test_points_fall_after_365_days(alliance: Hub, right: str) -> None:
    alliance.sql("UPDATE credential SET expires_at = '2040-01-01'")
    struck(alliance, right, "Ada's shop", "1")
    for days, expected in ((364, {"Ada's shop": 6}), (366, {})):
        with time_machine.travel(clock.now() + timedelta(days=days)):
            assert counts(alliance) == expected


def test_points_of_a_listing_that_was_removed_count(alliance: Hub, right: str) -> None:
    struck(alliance, right, "Ada's shop", "1", action="listing removed", points=12)
    assert counts(alliance) == {"Ada's shop": 12}


def test_what_was_reopened_counts_no_more(alliance: Hub, right: str) -> None:
    name = struck(alliance, right, "Ada's shop", "1")
    assert review(alliance, name, "close").status_code == 200
    assert review(alliance, name, "reopen", sentence="The seller appealed, and was right.").status_code == 200
    assert counts(alliance) == {}


def test_sellers_are_read_on_by_cursor(alliance: Hub, right: str) -> None:
    for n in range(3):
        struck(alliance, right, f"seller {n}", str(n))
    client = alliance.client("shop")
    first = client.get(STRIKES, query_string={"limit": 2}).json
    rest = client.get(STRIKES, query_string={"limit": 2, "cursor": first["cursor"]}).json
    names = [[each["seller"] for each in page["sellers"]] for page in (first, rest)]
    assert (names, rest["cursor"]) == ([["seller 0", "seller 1"], ["seller 2"]], None)


def test_owner_chooses_the_ladder_and_reviewers_do_not(alliance: Hub, right: str) -> None:
    struck(alliance, right, "Ada's shop", "1", action="listing removed")
    assert counts(alliance) == {"Ada's shop": 0}
    shop = alliance.signed_in("shop")
    chosen = {"csrf_token": csrf(shop.get("/strikes", headers=HTML).text), "ladder": "three-serious"}
    assert shop.post("/strikes", data=chosen, headers=HTML).status_code == 303
    assert counts(alliance) == {"Ada's shop": 1}
    page = shop.get("/strikes", headers=HTML).text
    assert all(words in page for words in ("Ada&#39;s shop", "Store shut for 7 days at 2"))
    alliance.person("shop", "reviewer", Role.ANALYST)
    reviewer = alliance.signed_in("reviewer")
    shown = reviewer.get("/strikes", headers=HTML).text
    assert "Another ladder" not in shown
    chosen["csrf_token"] = csrf(shown)
    assert reviewer.post("/strikes", data=chosen, headers=HTML).status_code == 403


@pytest.mark.parametrize("ladder", ["no-such", ""])
def test_ladder_that_is_none_changes_nothing(alliance: Hub, ladder: str) -> None:
    shop = alliance.signed_in("shop")
    chosen = {"csrf_token": csrf(shop.get("/strikes", headers=HTML).text), "ladder": ladder}
    assert shop.post("/strikes", data=chosen, headers=HTML).status_code == 303
    assert alliance.sql("SELECT count(*) FROM strike_ladder") == [(0,)]


def test_standing_is_shown_where_the_platform_acts(alliance: Hub, right: str) -> None:
    struck(alliance, right, "Ada's shop", "1")
    name = file(alliance.client("brand-a"), right, listings=[{"url": f"https://{HOST}/2", "seller": "Ada's shop"}])
    for command, more in (("take", {}), ("judge", YES)):
        assert review(alliance, name, command, **more).status_code == 200
    page = f"/reports/{name}"
    assert "6 points, warning; next at 12" in alliance.signed_in("shop").get(page, headers=HTML).text
    assert "next at 12" not in alliance.signed_in("brand-a").get(page, headers=HTML).text
