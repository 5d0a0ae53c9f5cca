"""Commands and queries on listing reports: one file each, all of them named here."""

from hub.listing_reports.service.clocks import (
    ClockTerms,
    SetClock,
    UnknownClockError,
    drop_clock,
    own_clocks,
    set_clock,
)
from hub.listing_reports.service.file import Draft, Filed, check, file
from hub.listing_reports.service.marketplaces import (
    UnknownMarketplaceError,
    drop_marketplace,
    own_marketplaces,
    set_marketplace,
    sites_of,
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
from hub.listing_reports.service.read import ReportLine, ShownReport, Wanted, established, report, reports

__all__ = [
    "ClockTerms",
    "Deed",
    "Draft",
    "Filed",
    "NotMendedError",
    "ReportLine",
    "Said",
    "SetClock",
    "ShownReport",
    "StaleReportError",
    "UnknownClockError",
    "UnknownMarketplaceError",
    "UnknownReportError",
    "Verdict",
    "Wanted",
    "act",
    "check",
    "drop_clock",
    "drop_marketplace",
    "established",
    "file",
    "judge",
    "lead",
    "mend",
    "own_clocks",
    "own_marketplaces",
    "report",
    "reports",
    "set_clock",
    "set_marketplace",
    "sites_of",
]
