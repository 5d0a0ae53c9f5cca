"""A platform names the hosts on which it sells; brands read them, and nobody takes one from another."""

from typing import Any

import pytest

from hub.access.actor import NotPermittedError
from hub.access.grants import Role
from hub.listing_reports import service as reports
from hub.listing_reports.rules import WordsError
from hub.listing_reports.service import UnknownMarketplaceError, marketplaces
from tests.conftest import HTML, Hub, csrf
from tests.web.access.test_three_nets import as_application, read_by
from tests.web.listing_reports.reporting import HOST, named_market
from tests.web.members.test_decisions import person


def test_host_is_named_in_one_spelling(alliance: Hub) -> None:
    named_market(alliance, "shop", "WWW.Märkte.example.com", ("uk", "FR"))
    with person(alliance, "shop") as actor:
        sites = {site.host: set(site.jurisdictions) for site in reports.own_marketplaces(actor)}
    assert sites == {HOST: {"DE", "US"}, "xn--mrkte-gra.example.com": {"GB", "FR"}}


@pytest.mark.parametrize("host", ["", "com", "co.uk", "10.0.0.1", "a b.example.com", "https://shop.example.com/x"])
def test_what_is_no_host_of_one_party_is_refused(alliance: Hub, host: str) -> None:
    with pytest.raises(WordsError):
        named_market(alliance, "shop", host)


@pytest.mark.parametrize("countries", [(), ("XX",), ("Germany",)])
def test_countries_are_those_of_the_list(alliance: Hub, countries: tuple[str, ...]) -> None:
    with pytest.raises(WordsError):
        named_market(alliance, "shop", countries=countries)


def test_host_of_another_platform_is_refused(alliance: Hub) -> None:
    with pytest.raises(WordsError, match="another platform"):
        named_market(alliance, "bazaar")
    with person(alliance, "bazaar") as actor, pytest.raises(UnknownMarketplaceError):
        reports.drop_marketplace(actor, HOST)


def test_dropped_host_is_gone(alliance: Hub) -> None:
    with person(alliance, "shop") as actor:
        reports.drop_marketplace(actor, HOST)
        assert reports.own_marketplaces(actor) == []


def test_platform_with_all_the_hosts_that_it_may_name_changes_the_countries_of_one(
    alliance: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marketplaces, "MOST_MARKETPLACES", 1)
    named_market(alliance, "shop", countries=("FR",))
    with person(alliance, "shop") as actor:
        assert [set(site.jurisdictions) for site in reports.own_marketplaces(actor)] == [{"FR"}]
    with pytest.raises(WordsError, match="take one back first"):
        named_market(alliance, "shop", "other.example.com")


# --- read by brands

LIST = "/api/v1/marketplaces"


@pytest.fixture
def selling(alliance: Hub) -> Hub:
    """Two platforms that sell on three hosts."""
    named_market(alliance, "shop", "shop.example.fr", ("FR",))
    named_market(alliance, "bazaar", "bazaar.example.com", ("TR", "DE"))
    return alliance


def listed(hub: Hub, code: str = "brand-a", **query: object) -> dict[str, Any]:
    answer = hub.client(code).get(LIST, query_string=query)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json
    return told


def test_brand_and_platform_read_page_by_page_where_each_platform_sells(selling: Hub) -> None:
    for code in ("brand-a", "shop"):
        first = listed(selling, code, limit=2)
        rest = listed(selling, code, limit=2, cursor=first["cursor"])
        assert first["marketplaces"] + rest["marketplaces"] == [
            {"platform": "bazaar", "host": "bazaar.example.com", "jurisdictions": ["DE", "TR"]},
            {"platform": "shop", "host": HOST, "jurisdictions": ["DE", "US"]},
            {"platform": "shop", "host": "shop.example.fr", "jurisdictions": ["FR"]},
        ]
        assert rest["cursor"] is None


def test_list_of_one_platform_holds_its_hosts_alone(selling: Hub) -> None:
    assert [each["host"] for each in listed(selling, platform="bazaar")["marketplaces"]] == ["bazaar.example.com"]
    assert listed(selling, platform="nobody")["marketplaces"] == []


def test_platform_that_does_not_stand_in_the_alliance_is_left_out(selling: Hub) -> None:
    selling.sql("UPDATE member SET state = 'suspended' WHERE code = 'shop'")
    assert [each["platform"] for each in listed(selling)["marketplaces"]] == ["bazaar"]


def test_brand_reads_on_the_page_what_the_form_of_a_report_links_to(selling: Hub, right: str) -> None:
    brand = selling.signed_in("brand-a")
    form = brand.get("/reports/new?reason=no_such_model", headers=HTML).text
    assert 'href="/reports/marketplaces"' in form
    page = brand.get("/reports/marketplaces", headers=HTML).text
    assert [words for words in (HOST, "FR", "bazaar.example.com", "DE, TR") if words not in page] == []
    assert HOST not in brand.get("/reports/marketplaces?platform=bazaar", headers=HTML).text
    sent = {
        "csrf_token": csrf(form),
        "platform": "shop",
        "right": right,
        "reason": "no_such_model",
        "rows": "https://other.example.org/1",
        "check": "y",
    }
    refused = brand.post("/reports/new", data=sent, headers=HTML).text
    assert 'href="/reports/marketplaces?platform=shop"' in refused


def test_brands_and_other_roles_name_none(alliance: Hub) -> None:
    alliance.person("shop", "analyst", Role.ANALYST)
    for who in ("brand-a", "analyst"):
        with pytest.raises(NotPermittedError):
            named_market(alliance, who)


def test_database_lets_a_platform_write_its_own_alone(alliance: Hub) -> None:
    with as_application(alliance) as connection:
        read_by(connection, alliance, "bazaar")
        assert connection.execute("DELETE FROM marketplace").rowcount == 0
        read_by(connection, alliance, "brand-a")
        assert connection.execute("SELECT host FROM marketplace").fetchall() == [(HOST,)]
