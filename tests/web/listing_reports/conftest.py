"""Two brands, two platforms, and a right that a report can rely on."""

from collections.abc import Iterator

import pytest
import time_machine

from hub.members import service as members
from tests.conftest import Hub
from tests.web.listing_reports.reporting import BEGAN, named_market, verified_right


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    """Two brands, two platforms and an agency with an owner of their name, Ada of the office, and a marketplace."""
    kinds = {"brand-a": "brand", "brand-b": "brand", "shop": "platform", "bazaar": "platform", "agency": "agent"}
    for code, kind in kinds.items():
        hub.admit(code, kind)
        hub.person(code)
    with hub.operator() as actor:
        hub.keys["alliance"] = members.issue_credential(actor, "alliance")
    hub.person("alliance", "ada")
    named_market(hub, "shop")
    return hub


@pytest.fixture
def right(alliance: Hub) -> str:
    """The name of a verified trade mark of brand-a."""
    return verified_right(alliance, "brand-a")


@pytest.fixture
def moment(alliance: Hub) -> Iterator[time_machine.Traveller]:
    """The time stands still, from BEGAN on."""
    alliance.sql("UPDATE credential SET expires_at = '2030-01-01'")
    with time_machine.travel(BEGAN, tick=False) as traveller:
        yield traveller
