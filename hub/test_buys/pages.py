"""Pages of test buys: the list with what they cost, the plan, and one with its chain of custody and what comes next."""

from collections.abc import Callable
from functools import partial

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.db import db
from hub.evidence.service import NoRoomError, VaultFullError
from hub.listing_reports import service as reports
from hub.listing_reports.rules import DECLARATION, DECLARATIONS
from hub.listing_reports.rules import WordsError as ReportWordsError
from hub.rights import service as rights
from hub.test_buys import rules, service
from hub.test_buys.forms import PlanForm, StepForm
from hub.test_buys.money_rules import shown as amount
from hub.test_buys.rules import BuyState, Command, CostKind, RefusedStepError, Verdict, WordsError
from hub.test_buys.service import Cost, NotMendedError, StaleBuyError, UnknownBuyError
from hub.web.filters import opening
from hub.web.pagination import shown_page
from hub.web.shown import Filter, Filters

blueprint = Blueprint("test_buys", __name__)
STATES = tuple((each.value, opening(each.value)) for each in BuyState)


@blueprint.get("/test-buys")
@requires(Permission.TESTBUY_READ)
def own() -> str:
    """The brand's test buys, newest first, and what all of them cost."""
    me, state = actor(), Filter.of(request.args, "state", "State", STATES)
    wanted = BuyState(state.value) if state.value else None
    return render_template(
        "test_buys/list.html",
        page=shown_page(partial(service.test_buys, me, wanted), "buys"),
        filters=Filters((state,)),
        totals=[] if request.args.get("cursor") else service.totals(me),
        amount=amount,
        may_run=me.may(Permission.TESTBUY_RUN),
        right=request.args.get("right"),
    )


@blueprint.get("/test-buys/new")
@requires(Permission.TESTBUY_RUN)
def new() -> Response:
    """The form to plan a test buy."""
    return _new(PlanForm(formdata=None, currency="EUR"))


@blueprint.post("/test-buys/new")
@requires(Permission.TESTBUY_RUN)
def plan() -> Answer:
    """Plan a test buy."""
    form = PlanForm()
    if not form.validate_on_submit():
        return _new(form, 422)
    try:
        name = service.plan(actor(), form.plan)
    except WordsError as error:
        db.session.rollback()
        form[error.field].errors = [opening(error)]
        return _new(form, 422)
    db.session.commit()
    flash("Planned. Another person of your brand approves the budget on this page.", "success")
    return redirect(url_for("test_buys.one", name=name), 303)


@blueprint.get("/test-buys/<name>")
@requires(Permission.TESTBUY_READ)
def one(name: str) -> Response:
    """A test buy, its costs and its chain of custody, and what comes next."""
    return _one(name, _step_form(bound=False))


@blueprint.post("/test-buys/<name>/approval")
@requires(Permission.TESTBUY_APPROVE)
def approve(name: str) -> Answer:
    """Approve the budget, as another person than who planned it."""
    form = _step_form()
    return _lead(name, form, lambda: service.approve(actor(), name, form.version.data))


@blueprint.post("/test-buys/<name>/steps")
@requires(Permission.TESTBUY_RUN)
def step(name: str) -> Answer:
    """Lead the test buy on."""
    form = _step_form()
    return _lead(name, form, lambda: _command(name, form))


def _command(name: str, form: StepForm) -> object:
    me, version, command = actor(), form.version.data, Command(form.command.data)
    currency = service.test_buy(me, name).line.currency
    ways: dict[Command, Callable[[], object]] = {
        Command.ORDER: lambda: service.order(me, name, version, form.order(currency)),
        Command.SPEND: lambda: service.spend(me, name, version, Cost(CostKind(form.kind.data), form.minor(currency))),
        Command.REFUND: lambda: service.refund(me, name, version, form.minor(currency), form.carried),
        Command.JUDGE: lambda: service.judge(me, name, version, form.finding),
        Command.SIGN: lambda: service.sign(me, name, version, form.signature),
        Command.LINK: lambda: service.link(me, name, version, form.linking),
    }
    return ways.get(command, lambda: service.carry(me, name, version, command, form.carried))()


def _lead(name: str, form: StepForm, command: Callable[[], object]) -> Answer:
    """Give the command, and say so on the page; or say there why it was not given, and keep what was typed."""
    try:
        if form.validate_on_submit():
            command()
            flash("Done, and on record.", "success")
            return redirect(url_for("test_buys.one", name=name), 303)
    except UnknownBuyError:
        abort(404)
    except (WordsError, ReportWordsError) as error:
        db.session.rollback()
        form[FIELDS.get(error.field, error.field)].errors = [opening(error)]
    except (RefusedStepError, StaleBuyError, NotMendedError, NoRoomError, VaultFullError) as error:
        db.session.rollback()
        form.form_errors.append(opening(error))
    return _one(name, form, 422)


FIELDS = {"costs": "price", "refund": "amount", "declaration": "declared", "platform": "right"}
"""What a rule is about → the field of the page that says it."""


def _one(name: str, form: StepForm, status: int = 200) -> Response:
    me = actor()
    try:
        shown = service.test_buy(me, name)
    except UnknownBuyError:
        abort(404)
    state = shown.line.state
    may = [each for each in rules.commands(state) if _may(each, shown)]
    may.sort(key=lambda each: rules.MOVES[state, each] is state)  # what leads on stands first
    told = {
        "shown": shown,
        "form": form,
        "commands": may,
        "amount": amount,
        "needs": rules.NEEDS,
        "declaration": DECLARATIONS[DECLARATION],
    }
    return make_response(render_template("test_buys/one.html", **told), status)


def _may(command: Command, shown: service.ShownBuy) -> bool:
    me = actor()
    if command is Command.APPROVE:
        return service.may_approve(me, shown.line.planned_by)
    if command is Command.LINK and shown.line.verdict is not Verdict.COUNTERFEIT:
        return False
    if command is Command.REFUND and not shown.line.spent:
        return False
    return me.may(Permission.TESTBUY_RUN)


def _new(form: PlanForm, status: int = 200) -> Response:
    form.platform.choices = {"": "Choose a platform"} | reports.platforms()
    return make_response(render_template("test_buys/new.html", form=form), status)


def _step_form(*, bound: bool = True) -> StepForm:
    """With the rights that a listing report can rely on."""
    me, chosen = actor(), request.args.get("right", "")
    form = StepForm() if bound else StepForm(formdata=None, right=chosen)
    own = rights.choices(me, form.right.data or "") if me.may(Permission.TESTBUY_RUN) else {}
    form.right.choices = {"": "None", **own}
    return form
