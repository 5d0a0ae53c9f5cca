"""Two brands, two platforms, and a right that a report can rely on."""

import pytest

from hub.members import service as members
from tests.conftest import Hub
from tests.web.listing_reports.reporting import named_market, verified_right


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
