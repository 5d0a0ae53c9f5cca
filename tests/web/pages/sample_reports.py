"""Values of the pages of listing reports, full and empty."""

from datetime import UTC, date, datetime
from typing import Any

from hub.listing_reports import rules
from hub.listing_reports.clock_rules import PRESETS, clock
from hub.listing_reports.forms import ClockForm, MarketplaceForm, NewReportForm
from hub.listing_reports.preflight_rules import Fault, Site
from hub.listing_reports.reason_rules import FIELDS, REASONS
from hub.listing_reports.rules import Action, Party, ReportState
from hub.listing_reports.service import Filed, ReportLine, SetClock, ShownReport
from hub.listing_reports.service.read import ShownListing, ShownStep
from hub.web.shown import CursorPage, Filter, Filters

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
HOLIDAYS = [date(2027, 2, 5), date(2027, 10, 1)]
WORDS = "The pictures show <b>another</b> model than the one of the right."


def _line(n: int, state: ReportState, outcome: str | None = None) -> ReportLine:
    due = NOW if state is ReportState.FORWARDED else None
    return ReportLine(
        n,
        f"{n:022}",
        "brand-a",
        "shop",
        state,
        "no_such_model",
        300,
        NOW,
        due,
        outcome,
        2,
        NOW.date() if due else None,
        "p_1",
    )


def _shown(full: bool) -> ShownReport:
    address = "https://shop.example.com/" + "item/" * 30
    listings = [
        ShownListing(1, address, "listing", 25, "<b>Seller</b>", "rejected", "listing_gone", WORDS, None, None),
        ShownListing(2, address, "store", None, "", "established", "", "", "points", 6),
        ShownListing(3, address, "listing", 25, "", None, "", "", None, None),
    ]
    right = {
        "title": "<b>NORTHPEAK</b>",
        "office": "EUIPO",
        "number": "018123456",
        "jurisdictions": ["DE"],
        "owner": "A",
    }
    steps = [ShownStep("take", Party.PLATFORM, "p_1", "", "", 0, NOW)]
    steps += [ShownStep("judge", Party.PLATFORM, "", "listing_gone", WORDS, 1, NOW)]
    state = ReportState.IN_REVIEW if full else ReportState.DECIDED
    evidence = {"range_statement": WORDS}
    held = clock("default", zone="Europe/Berlin")
    line = _line(1, state, None if full else "partly")
    return ShownReport(line, full, "A" * 22, right, evidence, "", rules.DECLARATION, held, listings, steps)


def reports_sample(template: str, full: bool) -> dict[str, Any]:
    """What the template is given."""
    if template == "listing_reports/clocks.html":
        clocks = [SetClock("", clock("default")), SetClock("CN", clock("china", 6, 20, "Asia/Shanghai", HOLIDAYS))]
        form = ClockForm(formdata=None, zone="UTC")
        if full:
            form.zone.errors = ["Name a time zone as the IANA does"]
        return {"form": form, "rows": clocks if full else [], "presets": PRESETS}
    if template == "listing_reports/marketplaces.html":
        form = MarketplaceForm(formdata=None)
        if full:
            form.host.errors = ["Another platform has named this host"]
        rows = [Site("shop.example.com", frozenset({"DE", "FR"}))] if full else []
        return {"form": form, "rows": rows}
    if template == "listing_reports/list.html":
        lines = tuple(_line(n, state) for n, state in enumerate(ReportState))
        states = tuple((state.value, state.value) for state in ReportState)
        filters = Filters((Filter("state", "State", "", states),)) if full else Filters()
        page = CursorPage(lines, older="o") if full else CursorPage(())
        return {"page": page, "filters": filters, "platform": full, "reasons": REASONS, "may_file": not full}
    if template == "listing_reports/new.html":
        form = NewReportForm(formdata=None, reason="test_buy" if full else None)
        form.right.choices = {"A" * 22: "<b>NORTHPEAK</b>: 018123456"} if full else {}
        faults = [Fault(None, "right", "not_in_force", WORDS), Fault(812, "url", "twice", WORDS)]
        said = {"evidence": FIELDS, "reasons": REASONS, "declaration": rules.DECLARATIONS[1]}
        return {"form": form, "looked": Filed(faults, 998) if full else None, **said}
    shown, party = _shown(full), Party.PLATFORM if full else Party.BRAND
    return {
        "shown": shown,
        "party": party,
        "commands": list(rules.commands(shown.line.state, party)),
        "reason": REASONS["no_such_model"],
        "evidence_fields": FIELDS,
        "refusals": rules.REFUSALS,
        "actions": list(Action),
        "declaration": rules.DECLARATIONS[1],
    }
