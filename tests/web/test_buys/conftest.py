"""Two brands, two platforms, an agency and the office; a second person of one brand, its verified right, a photo."""

import pytest

from tests.conftest import Hub
from tests.unit.evidence.files import PNG
from tests.web.evidence.storing import stored
from tests.web.listing_reports.conftest import alliance, right

__all__ = ["alliance", "right"]


@pytest.fixture
def brand(alliance: Hub) -> Hub:
    """With Ben, another owner of brand-a, who may approve what others planned."""
    alliance.person("brand-a", "ben")
    return alliance


@pytest.fixture
def photo(brand: Hub) -> str:
    """A picture in the vault of brand-a."""
    return str(stored(brand.client("brand-a"), PNG, "photo.png", type="test_buy")["name"])
