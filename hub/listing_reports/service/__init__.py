"""Commands and queries on listing reports: one file each, all of them named here."""

from hub.listing_reports.service.clocks import (
    ClockTerms,
    SetClock,
    UnknownClockError,
    drop_clock,
    own_clocks,
    set_clock,
)
from hub.listing_reports.service.counter_notices import Answered, Counter, Reply, answer, answered, counter, lapse_due
from hub.listing_reports.service.file import Draft, Filed, check, file
from hub.listing_reports.service.marketplaces import (
    ShownMarketplace,
    UnknownMarketplaceError,
    counterparts,
    drop_marketplace,
    marketplaces_of,
    own_marketplaces,
    platforms,
    set_marketplace,
    sites_of,
)
from hub.listing_reports.service.messages import say, thread
from hub.listing_reports.service.moves import Deed, Verdict, act, judge, lead, mend
from hub.listing_reports.service.orders import confirm
from hub.listing_reports.service.read import (
    ReportLine,
    ShownReport,
    Wanted,
    countered,
    due_reports,
    established,
    report,
    reports,
)
from hub.listing_reports.service.statements import ShownStatement, stated, statement, statements
from hub.listing_reports.service.steps import NotMendedError, Said, StaleReportError, UnknownReportError
from hub.listing_reports.service.strikes import ShownSeller, own_ladder, set_ladder, standings, struck_sellers

__all__ = [
    "Answered",
    "ClockTerms",
    "Counter",
    "Deed",
    "Draft",
    "Filed",
    "NotMendedError",
    "Reply",
    "ReportLine",
    "Said",
    "SetClock",
    "ShownMarketplace",
    "ShownReport",
    "ShownSeller",
    "ShownStatement",
    "StaleReportError",
    "UnknownClockError",
    "UnknownMarketplaceError",
    "UnknownReportError",
    "Verdict",
    "Wanted",
    "act",
    "answer",
    "answered",
    "check",
    "confirm",
    "counter",
    "countered",
    "counterparts",
    "drop_clock",
    "drop_marketplace",
    "due_reports",
    "established",
    "file",
    "judge",
    "lapse_due",
    "lead",
    "marketplaces_of",
    "mend",
    "own_clocks",
    "own_ladder",
    "own_marketplaces",
    "platforms",
    "report",
    "reports",
    "say",
    "set_clock",
    "set_ladder",
    "set_marketplace",
    "sites_of",
    "standings",
    "stated",
    "statement",
    "statements",
    "struck_sellers",
    "thread",
]
