"""Two brands, two platforms, an agency and the office; one platform has a marketplace, one brand a verified right."""

from tests.web.listing_reports.conftest import alliance, right

__all__ = ["alliance", "right"]
