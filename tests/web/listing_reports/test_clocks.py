"""A platform sets its clocks by country; the one that holds when the seller is asked is kept with the report."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub.access.grants import Role
from hub.ledger import service as ledger
from tests.conftest import HTML, Hub, csrf
from tests.web.evidence.storing import stored
from tests.web.listing_reports.reporting import answer, asked, counter, file, named_market, read, review

CLOCKS = "/api/v1/clocks"


def set_clock(client: FlaskClient, **said: str) -> TestResponse:
    """Send the form of the page Clocks."""
    token = csrf(client.get("/clocks", headers=HTML).text)
    usual = {"preset": "default", "zone": "UTC", "jurisdiction": ""}
    return client.post("/clocks", data={"csrf_token": token, **usual, **said}, headers=HTML)


def forwarded(hub: Hub, name: str) -> dict[str, Any]:
    """The report once the platform has passed it on, as the brand reads it."""
    assert review(hub, name, "take").status_code == 200
    assert review(hub, name, "forward").status_code == 200
    return read(hub, name)


def test_owner_sets_replaces_and_takes_back_a_clock(alliance: Hub) -> None:
    shop = alliance.signed_in("shop")
    days = "2027-05-01 2027-12-25"
    said = {"preset": "business-days", "zone": "Europe/Berlin", "holidays": days, "jurisdiction": "de"}
    assert set_clock(shop, **said).status_code == 303
    assert set_clock(shop, **said | {"seller": "7"}).status_code == 303
    ((found,),) = [alliance.client("shop").get(CLOCKS).json["clocks"]]
    assert (found["jurisdiction"], found["clock"]["seller"], found["clock"]["holder"]) == ("DE", 7, 5)
    assert found["clock"]["holidays"] == ["2027-05-01", "2027-12-25"]
    token = csrf(shop.get("/clocks", headers=HTML).text)
    gone = {"csrf_token": token, "jurisdiction": "DE"}
    assert shop.post("/clocks/removal", data=gone, headers=HTML).status_code == 303
    assert shop.post("/clocks/removal", data=gone, headers=HTML).status_code == 404
    assert alliance.client("shop").get(CLOCKS).json == {"clocks": []}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"zone": "Europe/Nowhere"}, "such as Europe/Berlin"),
        ({"preset": "china", "holder": "14"}, "15 to 60 days"),
        ({"jurisdiction": "Germany"}, "by its two letters"),
        ({"holidays": "1 May"}, "such as 2027-05-01"),
    ],
)
def test_clock_that_breaks_a_rule_says_what_to_mend(alliance: Hub, said: dict[str, str], words: str) -> None:
    refused = set_clock(alliance.signed_in("shop"), **said)
    assert (refused.status_code, words in refused.text) == (422, True)
    assert alliance.sql("SELECT count(*) FROM platform_clock") == [(0,)]


def test_clock_is_set_by_owners_and_read_by_its_platform_alone(alliance: Hub) -> None:
    alliance.person("shop", "reviewer", Role.ANALYST)
    assert set_clock(alliance.signed_in("shop")).status_code == 303
    assert alliance.signed_in("reviewer").get("/clocks", headers=HTML).status_code == 403
    assert alliance.client("bazaar").get(CLOCKS).json == {"clocks": []}
    assert alliance.client("brand-a").get(CLOCKS).status_code == 403


def test_country_of_the_marketplace_decides_which_clock_holds(alliance: Hub, right: str) -> None:
    shop = alliance.signed_in("shop")
    set_clock(shop, zone="Asia/Shanghai", jurisdiction="CN", preset="china")
    set_clock(shop, zone="Europe/Berlin", jurisdiction="DE", seller="5")
    set_clock(shop, zone="America/New_York", seller="9")
    alliance.sql("UPDATE credential SET expires_at = '2030-01-01'")
    with time_machine.travel(datetime(2027, 3, 26, 12, tzinfo=UTC)):
        shown = forwarded(alliance, file(alliance.client("brand-a"), right))
    assert (shown["clock"]["zone"], shown["clock"]["seller"]) == ("Europe/Berlin", 5)
    # five days on, over the night in which the clocks went forward: midnight is at 22:00 in UTC
    assert (shown["report"]["due_on"], shown["report"]["due_at"]) == ("2027-03-31", "2027-03-31T22:00:00+00:00")


def test_clock_for_everywhere_holds_where_no_other_is_set(alliance: Hub, right: str) -> None:
    set_clock(alliance.signed_in("shop"), zone="Pacific/Auckland", preset="business-days")
    assert forwarded(alliance, file(alliance.client("brand-a"), right))["clock"]["zone"] == "Pacific/Auckland"


def test_default_holds_for_a_platform_that_has_set_none(alliance: Hub, right: str) -> None:
    named_market(alliance, "bazaar", host="bazaar.example.com")
    set_clock(alliance.signed_in("bazaar"), zone="Pacific/Auckland")
    shown = forwarded(alliance, file(alliance.client("brand-a"), right))
    assert (shown["clock"]["preset"], shown["clock"]["version"], shown["clock"]["zone"]) == ("default", 1, "UTC")


def test_report_keeps_the_clock_that_held_when_the_seller_was_asked(alliance: Hub, right: str) -> None:
    shop = alliance.signed_in("shop")
    set_clock(shop, zone="Europe/Berlin")
    name = file(alliance.client("brand-a"), right)
    before = forwarded(alliance, name)
    set_clock(shop, zone="Asia/Shanghai", preset="china", seller="30")
    assert read(alliance, name) == before


def test_deadline_stands_on_the_page_in_the_platforms_time(alliance: Hub, right: str) -> None:
    set_clock(alliance.signed_in("shop"), zone="Asia/Shanghai")
    name = file(alliance.client("brand-a"), right)
    forwarded(alliance, name)
    page = alliance.signed_in("brand-a").get(f"/reports/{name}", headers=HTML).text
    assert "in Asia/Shanghai" in page


def test_right_holder_has_the_longest_time_of_the_countries_and_the_seller_that_of_another(
    alliance: Hub, right: str
) -> None:
    shop = alliance.signed_in("shop")
    set_clock(shop, zone="Asia/Shanghai", jurisdiction="CN", preset="china")
    set_clock(shop, zone="Europe/Berlin", jurisdiction="DE", seller="9")
    alliance.sql("UPDATE marketplace SET jurisdictions = '{CN,DE}'")
    alliance.sql("UPDATE credential SET expires_at = '2040-01-01'")
    with time_machine.travel(datetime(2027, 6, 2, 12, tzinfo=UTC), tick=False):
        name = asked(alliance, right)
        assert read(alliance, name)["report"]["due_on"] == "2027-06-11"
        assert counter(alliance, name).status_code == 200
        shown = read(alliance, name)
        (notice,) = shown["counter_notices"]
        assert (notice["due_on"], notice["zone"], notice["silent"]) == ("2027-06-17", "Asia/Shanghai", "reinstated")
        assert (shown["clock"]["preset"], shown["holder_clock"]["preset"]) == ("default", "china")
        page = alliance.signed_in("brand-a").get(f"/reports/{name}", headers=HTML).text
        assert "in Asia/Shanghai" in page


def test_report_is_maintained_with_a_suit_alone_where_the_law_asks_for_one(alliance: Hub, right: str) -> None:
    set_clock(alliance.signed_in("shop"), zone="Asia/Shanghai", preset="china")
    name = asked(alliance, right)
    assert counter(alliance, name).status_code == 200
    words = "They are none of ours: we never sold to this shop."
    refused = answer(alliance, name, "maintain", sentence=words)
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["proof"])
    proof = stored(alliance.client("brand-a"))["name"]
    assert answer(alliance, name, "maintain", sentence=words, proof=proof).status_code == 200


def test_deadline_from_before_a_reopening_keeps_the_days_that_it_was_counted_in(alliance: Hub, right: str) -> None:
    set_clock(alliance.signed_in("shop"), zone="America/New_York")
    alliance.sql("UPDATE credential SET expires_at = '2040-01-01'")
    with time_machine.travel(datetime(2027, 6, 2, 12, tzinfo=UTC), tick=False):
        name = asked(alliance, right)
        assert counter(alliance, name).status_code == 200
        assert answer(alliance, name, "accept").status_code == 200
        assert review(alliance, name, "close").status_code == 200
        assert review(alliance, name, "reopen", sentence="New evidence came in from a test buy.").status_code == 200
        (after,) = read(alliance, name)["counter_notices"]
        page = alliance.signed_in("brand-a").get(f"/reports/{name}", headers=HTML).text
    assert (after["zone"], after["due_on"]) == ("America/New_York", "2027-06-05")  # in UTC it is the sixth already
    assert "in America/New_York" in page


def test_clock_is_on_record_of_its_platform(alliance: Hub) -> None:
    set_clock(alliance.signed_in("shop"), jurisdiction="DE", preset="business-days")
    alliance.sequence()
    told = {}
    for code in ("shop", "brand-a"):
        with alliance.app.app_context():
            told[code] = [each.sentence for each in ledger.own_entries(alliance.actor(code))]
    assert "shop set the clock of its listing reports in DE (business-days)" in told["shop"]
    assert not [each for each in told["brand-a"] if "clock" in each]
