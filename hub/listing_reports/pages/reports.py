"""Pages of reports as they are led on: the list, one with its history; and what a platform sets for all of its own."""

from collections.abc import Callable
from functools import partial
from operator import attrgetter
from typing import Any

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from hub import clock
from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.db import db
from hub.dialogue import section as dialogue
from hub.dialogue.forms import MessageForm
from hub.evidence import service as evidence
from hub.evidence.rules import RecordKind
from hub.evidence.service import EvidenceLine
from hub.listing_reports import policy, rules, service
from hub.listing_reports.clock_rules import PRESETS
from hub.listing_reports.counter_rules import ANSWERS, GROUNDS, OPEN
from hub.listing_reports.forms import ClockForm, LadderForm, MarketplaceForm, SaidForm
from hub.listing_reports.reason_rules import FIELDS, REASONS, asks_order
from hub.listing_reports.rules import Command, Decision, Party, RefusedStepError, ReportState, WordsError
from hub.listing_reports.service import ShownReport, StaleReportError, UnknownReportError, Wanted
from hub.listing_reports.statement_rules import REDRESS, puid
from hub.listing_reports.strike_rules import LADDERS
from hub.web.filters import opening
from hub.web.pagination import shown_page
from hub.web.shown import Filter, Filters

blueprint = Blueprint("reports", __name__)


@blueprint.get("/reports")
@requires(Permission.REPORT_READ)
def inbox() -> str:
    """The reports that the reader's brand filed, or that were filed to its platform; newest first, or by due time."""
    me = actor()
    states = tuple((each.value, opening(each.value)) for each in ReportState)
    reasons = tuple((code, each.words) for code, each in REASONS.items())
    by_due = (("due", "Due first"),)
    whose = (("mine", "Reviewed by me"), ("unassigned", "By nobody yet"))
    platform = policy.party(me) is Party.PLATFORM
    state = Filter.of(request.args, "state", "State", states)
    reason = Filter.of(request.args, "reason", "Reason", reasons)
    party = "brand" if platform else "platform"
    other = Filter.of(request.args, party, opening(party), tuple(service.counterparts(me).items()))
    review = Filter.of(request.args, "review", "Review", whose if platform else ())
    wanted = Wanted(
        ReportState(state.value) if state.value else None,
        reason.value or None,
        other.value or None,
        mine=review.value == "mine",
        unassigned=review.value == "unassigned",
    )
    order = Filter.of(request.args, "order", "Order", by_due if platform else (), unset="Newest first")
    if order.value:
        page = shown_page(partial(service.due_reports, me, wanted), "reports due", place=attrgetter("due_place"))
    else:
        page = shown_page(partial(service.reports, me, wanted), "reports")
    return render_template(
        "listing_reports/list.html",
        page=page,
        filters=Filters((state, reason, other, *((review, order) if platform else ()))),
        due_first=bool(order.value),
        platform=platform,
        me=me.pseudonym,
        reasons=REASONS,
        may_file=me.may(Permission.REPORT_FILE),
    )


@blueprint.get("/reports/<name>")
@requires(Permission.REPORT_READ)
def one(name: str) -> Response:
    """A report, its listings and history, what was written about it, and what the reader may do with it."""
    return _one(name)


@blueprint.get("/counter-notices/<name>")
@requires(Permission.REPORT_READ)
def counter_notice(name: str) -> Answer:
    """Lead to a counter-notice, which stands on the page of its report."""
    try:
        report, n = service.countered(actor(), name)
    except UnknownReportError:
        abort(404)
    return redirect(url_for("reports.one", name=report, _anchor=f"notice-{n}"), 303)


@blueprint.post("/reports/<name>/messages")
@requires(Permission.REPORT_READ)
def say(name: str) -> Answer:
    """Write to the other party; who files or reviews reports may."""
    me, form = actor(), MessageForm()
    me.must(policy.needed(me))
    try:
        done = dialogue.said(service.say, name, form)
    except UnknownReportError:
        abort(404)
    if not done:
        return _one(name, message=form, status=422)
    return redirect(url_for("reports.one", name=name, _anchor=dialogue.ANCHOR), 303)


def _one(name: str, message: MessageForm | None = None, said: SaidForm | None = None, status: int = 200) -> Response:
    me = actor()
    try:
        shown = service.report(me, name)
    except UnknownReportError:
        abort(404)
    party = policy.party(me)
    may = me.may(policy.needed(me))
    reviews = may and party is Party.PLATFORM
    struck = {each.seller for each in shown.listings if each.decision == Decision.ESTABLISHED and not each.action}
    no_form = {*rules.IMPLIED, *(() if asks_order(shown.line.reason) else (Command.CONFIRM,))}
    no_form |= {Command.JUDGE} if shown.all_wait else set()
    page = render_template(
        "listing_reports/one.html",
        shown=shown,
        **_forms(shown, said),
        **dialogue.section(service.thread, name, message, may_write=may),
        party=party,
        stand=rules.STANDS[shown.line.state],
        commands=[each for each in rules.commands(shown.line.state, party) if each not in no_form] if may else [],
        reason=REASONS[shown.line.reason],
        evidence_fields=FIELDS,
        beside=_beside(shown),
        said_of=rules.EVERY_REFUSAL,
        grounds=GROUNDS,
        now=clock.now(),
        standings=service.standings(me, struck) if reviews else {},
        unit=LADDERS[service.own_ladder(me)].unit if reviews else "",
        stated=service.stated(me, name) if reviews else frozenset(),
        declaration=rules.DECLARATIONS[shown.declaration],
    )
    return make_response(page, status)


@blueprint.post("/reports/<name>/answers")
@requires(Permission.REPORT_FILE)
def answer(name: str) -> Answer:
    """What the brand does with a report."""
    return _lead(name)


@blueprint.post("/reports/<name>/reviews")
@requires(Permission.REPORT_REVIEW)
def review(name: str) -> Answer:
    """What the platform does with a report, also on many of its listings at once."""
    return _lead(name)


@blueprint.get("/marketplaces")
@requires(Permission.MARKETPLACE_MANAGE)
def marketplaces() -> Response:
    """Where the platform sells, and the form for another host."""
    return _marketplaces(MarketplaceForm(formdata=None))


@blueprint.post("/marketplaces")
@requires(Permission.MARKETPLACE_MANAGE)
def name_marketplace() -> Answer:
    """Name a host and its countries."""
    form = MarketplaceForm()
    if form.validate_on_submit():
        try:
            service.set_marketplace(actor(), *form.terms)
        except WordsError as error:
            form[error.field].errors = [opening(error)]
        else:
            flash("Brands can report what is offered there.", "success")
            return redirect(url_for("reports.marketplaces"), 303)
    return _marketplaces(form, 422)


@blueprint.post("/marketplaces/removal")
@requires(Permission.MARKETPLACE_MANAGE)
def drop_marketplace() -> Answer:
    """Take a host back."""
    try:
        service.drop_marketplace(actor(), request.form.get("host", ""))
    except service.UnknownMarketplaceError:
        abort(404)
    flash("Nothing new is reported there.", "success")
    return redirect(url_for("reports.marketplaces"), 303)


@blueprint.get("/reports/<name>/statements/<int:n>")
@requires(Permission.REPORT_REVIEW)
def statement(name: str, n: int) -> str:
    """The statement of reasons for what was done about a listing, the last or a named one, to be printed or sent."""
    try:
        shown = service.statement(actor(), name, n, request.args.get("puid"))
    except UnknownReportError:
        abort(404)
    return render_template("listing_reports/statement.html", shown=shown, redress=REDRESS, puid=puid)


@blueprint.get("/strikes")
@requires(Permission.REPORT_REVIEW)
def strikes() -> str:
    """Where sellers stand on the strike ladder, by name."""
    me, chosen = actor(), service.own_ladder(actor())
    page = shown_page(
        lambda before, limit: service.struck_sellers(me, after=before or "", limit=limit),
        of="strikes",
        place=attrgetter("seller"),
    )
    return render_template(
        "listing_reports/strikes.html",
        page=page,
        ladder=LADDERS[chosen],
        form=LadderForm(formdata=None, ladder=chosen) if me.may(Permission.MARKETPLACE_MANAGE) else None,
    )


@blueprint.post("/strikes")
@requires(Permission.MARKETPLACE_MANAGE)
def set_ladder() -> Answer:
    """Choose the strike ladder."""
    form = LadderForm()
    if form.validate_on_submit():
        service.set_ladder(actor(), form.ladder.data)
        flash("Sellers stand on this ladder from now on.", "success")
    else:
        flash("Choose one of the ladders.", "error")
    return redirect(url_for("reports.strikes"), 303)


@blueprint.get("/clocks")
@requires(Permission.MARKETPLACE_MANAGE)
def clocks() -> Response:
    """How long sellers and right holders have, by jurisdiction, and the form for another clock."""
    return _clocks(ClockForm(formdata=None, zone="UTC"))


@blueprint.post("/clocks")
@requires(Permission.MARKETPLACE_MANAGE)
def set_clock() -> Answer:
    """Set the clock of a jurisdiction."""
    form = ClockForm()
    if form.validate_on_submit():
        try:
            service.set_clock(actor(), form.terms)
        except WordsError as error:
            form[error.field].errors = [opening(error)]
        else:
            flash("This clock holds for what is passed on to sellers from now on.", "success")
            return redirect(url_for("reports.clocks"), 303)
    return _clocks(form, 422)


@blueprint.post("/clocks/removal")
@requires(Permission.MARKETPLACE_MANAGE)
def drop_clock() -> Answer:
    """Take a clock back."""
    try:
        service.drop_clock(actor(), request.form.get("jurisdiction", "-"))
    except service.UnknownClockError:
        abort(404)
    flash("The clock for everywhere holds there from now on.", "success")
    return redirect(url_for("reports.clocks"), 303)


def _beside(shown: ShownReport) -> list[EvidenceLine]:
    """What a test buy shows beside its signed report: photos, as far as the reader may read evidence."""
    if not asks_order(shown.line.reason) or not actor().may(Permission.EVIDENCE_READ):
        return []
    files = evidence.attached(actor(), RecordKind.LISTING_REPORT, shown.line.name)
    return [each for each in files if each.name not in shown.evidence.values() and each.erased_at is None]


def _marketplaces(form: MarketplaceForm, status: int = 200) -> Response:
    rows = service.own_marketplaces(actor())
    return make_response(render_template("listing_reports/marketplaces.html", form=form, rows=rows), status)


def _clocks(form: ClockForm, status: int = 200) -> Response:
    shown = {"form": form, "rows": service.own_clocks(actor()), "presets": PRESETS}
    return make_response(render_template("listing_reports/clocks.html", **shown), status)


def _lead(name: str) -> Answer:
    """Give the command, and say so on the report's page; or say there why it was not given, and keep what was typed."""
    form, status = SaidForm(), 422
    try:
        service.report(actor(), name)
        if form.validate_on_submit():
            _command(name, form)
            flash("Done, and on record; the other party reads it.", "success")
            return redirect(url_for("reports.one", name=name), 303)
    except UnknownReportError:
        abort(404)
    except WordsError as error:
        db.session.rollback()
        form.refuse(error)
    except RefusedStepError as error:
        db.session.rollback()
        form.form_errors.append(opening(error))
    except StaleReportError as error:
        db.session.rollback()
        form.form_errors.append(opening(error))
        form.version.data, status = None, 409  # it is told: what it sends next is said of the report as it is now shown
    return _one(name, said=form, status=status)


def _command(name: str, form: SaidForm) -> str:
    me, command, said = actor(), Command(form.command.data), form.said
    ways: dict[Command, Callable[[], str]] = {
        Command.JUDGE: lambda: service.judge(me, name, form.verdict, said),
        Command.COUNTER: lambda: service.counter(me, name, form.counter, said),
        Command.ACT: lambda: service.act(me, name, form.deed, said),
        Command.CONFIRM: lambda: service.confirm(me, name, form.confirmed, said),
        **dict.fromkeys(ANSWERS, lambda: service.answer(me, name, form.reply, said)),
    }
    return ways.get(command, lambda: service.lead(me, name, command, said))()


def _forms(shown: ShownReport, said: SaidForm | None) -> dict[str, Any]:
    """The form of the report, and one of each open counter-notice by its name: what was sent stands in its own."""
    replies = {each.name: SaidForm(formdata=None) for each in shown.counter_notices if each.state in OPEN}
    sent = said
    if said and said.command.data in ANSWERS and said.counter_notice.data in replies:
        replies[said.counter_notice.data], sent = said, None
    return {"lead": sent or SaidForm(formdata=None), "ticked": sent.listings or () if sent else (), "replies": replies}
