"""Pages of reports as they are led on: the list, one with its history; and what a platform sets for all of its own."""

from collections.abc import Callable
from functools import partial
from operator import attrgetter

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from hub import clock
from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.db import db
from hub.dialogue import section as dialogue
from hub.dialogue.forms import MessageForm
from hub.listing_reports import policy, rules, service
from hub.listing_reports.clock_rules import PRESETS
from hub.listing_reports.counter_rules import ANSWERS, GROUNDS, OPEN
from hub.listing_reports.forms import ClockForm, LadderForm, MarketplaceForm, SaidForm
from hub.listing_reports.reason_rules import FIELDS, REASONS, asks_order
from hub.listing_reports.rules import Action, Command, Decision, Party, RefusedStepError, ReportState, WordsError
from hub.listing_reports.service import (
    Counter,
    Deed,
    Reply,
    Said,
    StaleReportError,
    UnknownReportError,
    Verdict,
    Wanted,
)
from hub.listing_reports.statement_rules import REDRESS, RESTRICTIONS
from hub.listing_reports.strike_rules import LADDERS
from hub.web.filters import opening
from hub.web.pagination import shown_page
from hub.web.shown import Filter, Filters

blueprint = Blueprint("reports", __name__)


@blueprint.get("/reports")
@requires(Permission.REPORT_READ)
def inbox() -> str:
    """The reports that the reader's brand filed, or that were filed to its platform; newest first."""
    me = actor()
    states = tuple((each.value, opening(each.value)) for each in ReportState)
    reasons = tuple((code, each.words) for code, each in REASONS.items())
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
    return render_template(
        "listing_reports/list.html",
        page=shown_page(partial(service.reports, me, wanted), "reports"),
        filters=Filters((state, reason, other, *((review,) if platform else ()))),
        platform=platform,
        reasons=REASONS,
        may_file=me.may(Permission.REPORT_FILE),
    )


@blueprint.get("/reports/<name>")
@requires(Permission.REPORT_READ)
def one(name: str) -> Response:
    """A report, its listings and history, what was written about it, and what the reader may do with it."""
    return _one(name)


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
    return redirect(url_for("reports.one", name=name, _anchor=dialogue.ANCHOR), 303) if done else _one(name, form, 422)


def _one(name: str, form: MessageForm | None = None, status: int = 200) -> Response:
    me = actor()
    try:
        shown = service.report(me, name)
    except UnknownReportError:
        abort(404)
    party = policy.party(me)
    may = me.may(policy.needed(me))
    reviews = may and party is Party.PLATFORM
    struck = {each.seller for each in shown.listings if each.decision == Decision.ESTABLISHED and not each.action}
    no_form = rules.IMPLIED if asks_order(shown.line.reason) else {Command.CONFIRM, *rules.IMPLIED}
    page = render_template(
        "listing_reports/one.html",
        shown=shown,
        **dialogue.section(service.thread, name, form, may_write=may),
        party=party,
        stand=rules.STANDS[shown.line.state],
        commands=[each for each in rules.commands(shown.line.state, party) if each not in no_form] if may else [],
        reason=REASONS[shown.line.reason],
        evidence_fields=FIELDS,
        refusals=rules.REFUSALS,
        said_of=rules.EVERY_REFUSAL,
        grounds=GROUNDS,
        open_counters=[each for each in shown.counter_notices if each.state in OPEN],
        now=clock.now(),
        actions=rules.DEEDS,
        standings=service.standings(me, struck) if reviews else {},
        unit=LADDERS[service.own_ladder(me)].unit if reviews else "",
        restricting=RESTRICTIONS if reviews else {},
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
    """The statement of reasons for what was done about a listing, to be printed or sent to its seller."""
    try:
        shown = service.statement(actor(), name, n)
    except UnknownReportError:
        abort(404)
    return render_template("listing_reports/statement.html", shown=shown, redress=REDRESS)


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


def _marketplaces(form: MarketplaceForm, status: int = 200) -> Response:
    rows = service.own_marketplaces(actor())
    return make_response(render_template("listing_reports/marketplaces.html", form=form, rows=rows), status)


def _clocks(form: ClockForm, status: int = 200) -> Response:
    shown = {"form": form, "rows": service.own_clocks(actor()), "presets": PRESETS}
    return make_response(render_template("listing_reports/clocks.html", **shown), status)


def _lead(name: str) -> Answer:
    """Give the command, and say so on the report's page; or say there why it was not given."""
    me, form = actor(), SaidForm()
    try:
        service.report(me, name)
        if not form.validate_on_submit():
            return _back(name, "This was not complete: choose again.")
        said = Said(form.version.data, form.sentence.data, form.refusal.data)
        _command(name, form, said)()
    except UnknownReportError:
        abort(404)
    except (RefusedStepError, WordsError, StaleReportError) as error:
        db.session.rollback()
        return _back(name, f"{opening(error)}.")
    return _back(name, "Done, and on record; the other party reads it.", "success")


def _command(name: str, form: SaidForm, said: Said) -> Callable[[], str]:
    me, command = actor(), Command(form.command.data)
    if command is Command.JUDGE and form.decision.data:
        verdict = Verdict(Decision(form.decision.data), form.listings, automated=False)
        return lambda: service.judge(me, name, verdict, said)
    if command is Command.COUNTER:
        files = form.files.data.replace(",", " ").split()
        counter = Counter(form.grounds.data, form.words.data, form.listings, files)
        return lambda: service.counter(me, name, counter, said)
    if command in ANSWERS:
        reply = Reply(ANSWERS[command], form.counter_notice.data, form.proof.data)
        return lambda: service.answer(me, name, reply, said)
    if command is Command.ACT and form.action.data:
        deed = Deed(Action(form.action.data), form.points.data, form.listings)
        return lambda: service.act(me, name, deed, said)
    if command is Command.CONFIRM and form.order.data:
        return lambda: service.confirm(me, name, form.order.data == "yes", said)
    return lambda: service.lead(me, name, command, said)


def _back(name: str, words: str, tone: str = "error") -> Answer:
    flash(words, tone)
    return redirect(url_for("reports.one", name=name), 303)
