"""When the samples are looked at, by whom, and what was filtered."""

from datetime import UTC, date, datetime

from hub.access.actor import Session
from hub.web.shown import Filter, Filters

NOW = datetime(2026, 11, 24, 9, 41, 12, tzinfo=UTC)
DAY = date(2026, 12, 1)
SESSION = Session(1, 1, "mara@example.com", None, True)
FILTERS = Filters(
    (
        Filter("type", "Identifier", "phone", (("domain", "Domain"), ("phone", "Phone"))),
        Filter("since", "From", "2026-12-01", error="This day lies after the other"),
    )
)
