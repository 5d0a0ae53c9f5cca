"""A platform names the hosts on which it sells; brands read them, and nobody takes one from another."""

import pytest

from hub.access.actor import NotPermittedError
from hub.access.grants import Role
from hub.listing_reports import service as reports
from hub.listing_reports.rules import WordsError
from hub.listing_reports.service import UnknownMarketplaceError, marketplaces
from tests.conftest import Hub
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
