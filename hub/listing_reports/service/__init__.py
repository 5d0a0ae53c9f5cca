"""Commands and queries on listing reports: one file each, all of them named here."""

from hub.listing_reports.service.file import Draft, Filed, check, file
from hub.listing_reports.service.marketplaces import (
    UnknownMarketplaceError,
    drop_marketplace,
    own_marketplaces,
    set_marketplace,
)
from hub.listing_reports.service.moves import (
    Deed,
    NotMendedError,
    Said,
    StaleReportError,
    UnknownReportError,
    Verdict,
    act,
    judge,
    lead,
    mend,
)
from hub.listing_reports.service.read import ReportLine, ShownReport, Wanted, report, reports

__all__ = [
    "Deed",
    "Draft",
    "Filed",
    "NotMendedError",
    "ReportLine",
    "Said",
    "ShownReport",
    "StaleReportError",
    "UnknownMarketplaceError",
    "UnknownReportError",
    "Verdict",
    "Wanted",
    "act",
    "check",
    "drop_marketplace",
    "file",
    "judge",
    "lead",
    "mend",
    "own_marketplaces",
    "report",
    "reports",
    "set_marketplace",
]
