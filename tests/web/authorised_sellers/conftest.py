"""Two brands that file reports, two platforms, an agency, the office, and a verified right of the first brand."""

from tests.web.listing_reports.conftest import alliance, right

__all__ = ["alliance", "right"]
