"""Values of the pages of listing reports, full and empty."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from hub.evidence.rules import TYPES, EvidenceType
from hub.listing_reports import rules
from hub.listing_reports.clock_rules import PRESETS, Silence, clock
from hub.listing_reports.counter_rules import GROUNDS, CounterState
from hub.listing_reports.forms import ClockForm, LadderForm, MarketplaceForm, MendForm, NewReportForm, SaidForm
from hub.listing_reports.preflight_rules import Fault, Site
from hub.listing_reports.reason_rules import FIELDS, REASONS
from hub.listing_reports.rules import Action, Command, Party, ReportState
from hub.listing_reports.service import (
    Filed,
    ReportLine,
    SetClock,
    ShownMarketplace,
    ShownReport,
    ShownSeller,
    ShownStatement,
)
from hub.listing_reports.service.read import Moment, ShownCounter, ShownListing, ShownStep
from hub.listing_reports.service.waiting import Waiting
from hub.listing_reports.statement_rules import REDRESS, Acted, puid
from hub.listing_reports.strike_rules import LADDERS, Standing, Strike, standing
from hub.web.shown import CursorPage, Filter, Filters
from tests.web.pages.sample_dialogue import thread_sample
from tests.web.pages.sample_evidence import file_line

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
        0,
        2,
        NOW.date() if due else None,
        "Europe/Berlin" if due else None,
        (None, "p_1", "p_0123456789abcdef")[n % 3],
        Waiting(frozenset({3}), NOW, NOW.date(), "Europe/Berlin") if state is ReportState.MAINTAINED else None,
    )


def _counters(on: date) -> list[ShownCounter]:
    """One that the right holder is to answer, and one that it answered."""
    waits = {"due_at": NOW, "due_on": on, "zone": "Asia/Shanghai", "silent": Silence.REINSTATED, "asks_proof": True}
    first: dict[str, Any] = {"name": "N" * 22, "listings": (1, 3), "grounds": "genuine", "evidence": ("f_1",), **waits}
    second: dict[str, Any] = {"name": "M" * 22, "listings": (2,), "grounds": "exhausted", "evidence": (), **waits}
    open_, answered = CounterState.FORWARDED, CounterState.MAINTAINED
    return [
        ShownCounter(**first, words=WORDS, state=open_, passed_on_at=NOW, answered_at=None, sentence="", proof=""),
        ShownCounter(
            **second, words=WORDS, state=answered, passed_on_at=NOW, answered_at=NOW, sentence=WORDS, proof="f_2"
        ),
    ]


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
    state = ReportState.MAINTAINED if full else ReportState.DECIDED
    evidence = {"range_statement": WORDS, "order_number": "2026-<b>4711</b>", "comparison_sheet": "f_" + "A" * 20}
    on = date(2026, 11, 27)
    timeline = [Moment(NOW, "file", "brand", listings=300), Moment(NOW, "counter", "platform", listings=2)]
    timeline += [Moment(NOW, "judge", "platform", "listing_gone", WORDS, 1)]
    timeline += [Moment(NOW, "reinstate", "platform", "holder_silent", "", 2)]
    timeline += [Moment(NOW.replace(month=12), "holder due", "brand", listings=2, on=on)]
    held = clock("default", zone="Europe/Berlin")
    line = _line(1, state, None if full else "partly")
    digests = {"comparison_sheet": "0a" * 32}
    said = (None if full else True, "", rules.DECLARATION, held, clock("china", zone="Asia/Shanghai"))
    return ShownReport(line, full, "A" * 22, right, evidence, digests, *said, listings, steps, _counters(on), timeline)


def _returned(full: bool) -> ShownReport:
    """A report that its brand is to mend."""
    back = ShownStep("return", Party.PLATFORM, "", "evidence_insufficient" if full else "", WORDS, 0, NOW)
    shown = _shown(full)
    listings = [
        replace(each, decision=None, refusal="", sentence="", action=None, points=None) for each in shown.listings
    ]
    line = replace(shown.line, state=ReportState.RETURNED, outcome=None)
    return replace(shown, line=line, listings=listings, steps=[back], counter_notices=[])


def _standing(points: int) -> Standing:
    return standing(LADDERS["points"], [Strike(NOW, points, "test_buy")] if points else [], NOW)


def _strikes(full: bool) -> dict[str, Any]:
    sellers = tuple(ShownSeller(f"<b>Seller</b> {n}", _standing(n)) for n in (4, 14, 60)) if full else ()
    form = LadderForm(formdata=None) if full else None
    return {"page": CursorPage(sellers, older="o" if full else None), "ladder": LADDERS["points"], "form": form}


def _acted(full: bool) -> Acted:
    right = {"type": "trade-mark", "office": "EUIPO", "number": "018123456", "jurisdictions": ["DE", "FR", "US"]}
    action, target = (Action.STORE_CLOSED, "store") if full else (Action.LISTING_REMOVED, "listing")
    told = (NOW if full else None, full, "no_such_model", ["range_statement"])
    return Acted("A" * 22, 1, target, action, NOW, NOW, *told, right, "Northpeak AG", full)


def _statement(full: bool) -> dict[str, Any]:
    acted = _acted(full)
    earlier = (replace(acted, acted_at=NOW.replace(year=2025)),) if full else ()
    shown = ShownStatement(acted, "https://shop.example.com/1", "<b>Seller</b>", stands=not full, others=earlier)
    return {"shown": shown, "redress": REDRESS, "puid": puid}


def _mending(full: bool) -> dict[str, Any]:
    shown = _shown(full)
    form = MendForm.of(shown)
    back = ShownStep("return", Party.PLATFORM, "", "evidence_insufficient", WORDS, 0, NOW)
    if full:
        form.evidence_comparison_sheet.choices = {"": "Choose a file", "f_" + "A" * 20: "<b>sheet</b>.pdf, 24 Nov 2026"}
        form.evidence_comparison_sheet.errors = ["Name a file of your vault"]
        shown.steps.append(back)
    reason = REASONS["counterfeit_features" if full else "no_such_model"]
    said = {"evidence": FIELDS, "types": TYPES, "said_of": rules.EVERY_REFUSAL}
    fields = [f"evidence_{name}" for name in reason.evidence]
    faults = [Fault(None, "right", "not_in_force", WORDS), Fault(812, "url", "twice", WORDS)] if full else []
    return {"form": form, "shown": shown, "reason": reason, "fields": fields, "faults": faults, **said}


def _forms(shown: ShownReport) -> dict[str, Any]:
    """A form of the report, and one of its first counter-notice."""
    lead, reply = SaidForm(formdata=None), SaidForm(formdata=None)
    return {"lead": lead, "ticked": (), "replies": {each.name: reply for each in shown.counter_notices[:1]}}


def _refused(full: bool) -> dict[str, Any]:
    """What was sent and refused stands in the form of the report, or in that of its counter-notice."""
    shown = _report(_shown(full), Party.PLATFORM if full else Party.BRAND, full) | thread_sample(False)
    (form,) = (shown["lead"],) if full else shown["replies"].values()
    form.sentence.data, form.sentence.errors = "<b>Short</b>", ["Say it in a sentence of 20 characters"]
    if full:
        form.command.data, shown["ticked"] = "counter", (3,)
        form.form_errors.append("Somebody led this report on")
        form.decision.errors = form.grounds.errors = ["Choose one"]
    return shown


def _report(shown: ShownReport, party: Party, full: bool) -> dict[str, Any]:
    commands = list(rules.commands(shown.line.state, party))
    if not full and shown.line.state is not ReportState.RETURNED:
        commands = [Command.MAINTAIN, Command.ACCEPT]
    return {
        "shown": shown,
        **thread_sample(full),
        "party": party,
        "stand": rules.STANDS[shown.line.state],
        "commands": commands,
        "said_of": rules.EVERY_REFUSAL,
        "grounds": GROUNDS,
        **_forms(shown),
        "now": NOW,
        "reason": REASONS["no_such_model"],
        "evidence_fields": FIELDS,
        "beside": [file_line(1, EvidenceType.TEST_BUY)] if full else [],
        "standings": {"<b>Seller</b>": _standing(14)},
        "unit": "points",
        "stated": {1, 2},
        "declaration": rules.DECLARATIONS[1],
    }


def _marketplaces(full: bool) -> dict[str, Any]:
    countries = ["DE", "FR", "GB", "IT", "US"] * 12
    hosts = [f"{'shop-' * 8}{n}.example.com" for n in range(3)]
    rows = tuple(
        ShownMarketplace("shop", "<b>The</b> Shop", host, countries[: 1 + 30 * n]) for n, host in enumerate(hosts)
    )
    filters = Filters((Filter("platform", "Platform", "shop" if full else "", (("shop", "The Shop"),)),))
    return {"page": CursorPage(rows, older="o") if full else CursorPage(()), "filters": filters}


OTHERS = {
    "listing_reports/marketplaces_of_all.html": _marketplaces,
    "listing_reports/strikes.html": _strikes,
    "listing_reports/statement.html": _statement,
    "listing_reports/one.html@refused": _refused,
}


def reports_sample(template: str, full: bool) -> dict[str, Any]:
    """What the template is given."""
    if template in OTHERS:
        return OTHERS[template](full)
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
        came = {ReportState.DECIDED: "partly", ReportState.ACTED: "established", ReportState.CLOSED: "rejected"}
        lines = tuple(_line(n, state, came.get(state)) for n, state in enumerate(ReportState))
        states = tuple((state.value, state.value) for state in ReportState)
        filters = Filters((Filter("state", "State", "", states),)) if full else Filters()
        page = CursorPage(lines, older="o") if full else CursorPage(())
        said = {"platform": full, "reasons": REASONS, "may_file": not full, "due_first": full, "me": "p_1"}
        return {"page": page, "filters": filters, **said}
    if template == "listing_reports/mend.html":
        return _mending(full)
    if template == "listing_reports/new.html":
        form = NewReportForm(formdata=None, reason="test_buy" if full else None)
        form.right.choices = {"A" * 22: "<b>NORTHPEAK</b>: 018123456"} if full else {}
        faults = [Fault(None, "right", "not_in_force", WORDS), Fault(812, "url", "twice", WORDS)]
        form["evidence_photos"].choices = {"": "Choose a file", "f_" + "A" * 20: "<b>parcel</b>.jpg, 24 Nov 2026"}
        said = {"evidence": FIELDS, "reasons": REASONS, "types": TYPES, "declaration": rules.DECLARATIONS[1]}
        said |= {"file": None if full else file_line(2, EvidenceType.COMPARISON), "all_reasons": REASONS}
        returned = [] if full else [_line(n, ReportState.RETURNED) for n in (1, 2)]
        looked = Filed(faults, 998) if full else None
        return {"form": form, "right": None, "looked": looked, "returned": returned, **said}
    if template.endswith("@returned"):
        return _report(_returned(full), Party.BRAND, full)
    return _report(_shown(full), Party.PLATFORM if full else Party.BRAND, full)
