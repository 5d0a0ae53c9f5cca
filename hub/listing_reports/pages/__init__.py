"""Pages of listing reports: how one is filed and mended, and how it is led on."""

from hub.listing_reports.pages import filing, reports

PAGES = (filing.blueprint, reports.blueprint)
