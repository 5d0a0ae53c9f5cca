"""A brand and a platform that tell each other of a report."""

import pytest

from tests.conftest import Hub
from tests.web.listing_reports.reporting import named_market, verified_right


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    """Two brands and a platform with an owner of their name, Ada of the office, and a marketplace."""
    for code, kind in (("brand-a", "brand"), ("brand-b", "brand"), ("shop", "platform")):
        hub.admit(code, kind)
        hub.person(code)
    hub.person("alliance", "ada")
    named_market(hub, "shop")
    return hub


@pytest.fixture
def right(alliance: Hub) -> str:
    """The name of a verified trade mark of brand-a."""
    return verified_right(alliance, "brand-a")
