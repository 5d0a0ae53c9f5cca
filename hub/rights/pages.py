"""Pages of IP rights: the register as its reader sees it, one right with its history, the forms, the office's word."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as Answer

from hub.access.actor import Actor
from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.access.tlp import MemberKind
from hub.db import db
from hub.evidence import service as evidence
from hub.evidence.rules import EvidenceType
from hub.evidence.service import EvidenceLine, Sought
from hub.members import service as members
from hub.rights import policy, service
from hub.rights.certificate_rules import KEPT_AFTER_THE_END
from hub.rights.forms import AskForm, CertifyForm, ReasonForm, RightForm, SheetForm, VerifyForm
from hub.rights.office_rules import OFFICES, RightType
from hub.rights.rules import MOVES, SCHEMES, WARNED_BEFORE, Command, FactError, RightState
from hub.rights.service import EXPIRING, Entered, Right, ShownVerdict, Wanted
from hub.rights.sheet_rules import FIELDS, MOST_AT_ONCE
from hub.sheets.table import SheetError
from hub.web.attachment import attachment
from hub.web.filters import STATES, opening
from hub.web.forms import EmptyForm
from hub.web.pagination import shown_page
from hub.web.shown import Filter, Filters

blueprint = Blueprint("rights", __name__)
Form = TypeVar("Form", bound=FlaskForm)
USES = {
    "report": Permission.REPORT_FILE,
    "answer": Permission.QUESTION_ANSWER,
    "test buy": Permission.TESTBUY_RUN,
}
"""What is done under a right, and what it needs."""
WAITING = "waiting"
"""Of a platform's list: what it was asked to verify."""


@blueprint.get("/rights")
@requires(Permission.RIGHT_READ)
def register() -> str:
    """The rights of the reader's member, newest first; for the office everybody's, for a platform those shown to it."""
    me = actor()
    verifies = me.kind is MemberKind.PLATFORM
    offered = (WAITING, *(each for each in RightState if each is not RightState.ENTERED)) if verifies else RightState
    standings = tuple((each, STATES[each].words) for each in (*offered, EXPIRING))
    types = tuple((each.value, each.words) for each in RightType)
    filters = Filter.of(request.args, "state", "State", standings), Filter.of(request.args, "type", "Type", types)
    state, type = (each.value for each in filters)
    wanted = Wanted(
        RightState(state) if state and state not in {EXPIRING, WAITING} else None,
        RightType(type) if type else None,
        state == EXPIRING,
        state == WAITING,
    )
    return render_template(
        "rights/list.html",
        page=shown_page(partial(service.rights, me, wanted), "rights"),
        filters=Filters(filters),
        may_enter=me.may(Permission.RIGHT_ENTER),
        of_all=policy.sees_all(me),
        verifies=verifies,
        warned=WARNED_BEFORE,
    )


@blueprint.get("/rights/new")
@requires(Permission.RIGHT_ENTER)
def new() -> Response:
    """The form for another right."""
    return _form(RightForm(formdata=None))


@blueprint.post("/rights/new")
@requires(Permission.RIGHT_ENTER)
def enter() -> Response | Answer:
    """Enter a right; the office verifies it next."""
    form = RightForm()
    if not form.validate_on_submit():
        return _form(form, status=422)
    try:
        name = service.enter(actor(), form.given)
        db.session.commit()
    except FactError as error:
        form.refuse(error)
        return _form(form, status=422)
    flash("The right is entered. The office verifies it before a report can rely on it.", "success")
    return redirect(url_for("rights.one", name=name), 303)


@blueprint.get("/rights/sheet")
@requires(Permission.RIGHT_ENTER)
def many() -> Response:
    """The form for a sheet of rights."""
    return _sheet(SheetForm(formdata=None))


@blueprint.post("/rights/sheet")
@requires(Permission.RIGHT_ENTER)
def enter_many() -> Response | Answer:
    """Say what is to be mended, row by row; or enter all of them, once nothing is."""
    form, wanted = SheetForm(), "enter" in request.form
    if not form.validate_on_submit():
        return _sheet(form, status=422)
    try:
        rows = form.given()
    except SheetError as error:
        form.rows.errors = [opening(error)]
        return _sheet(form, status=422)
    entered = service.enter_sheet(actor(), rows) if wanted else service.check_sheet(actor(), rows)
    if not entered.names:
        db.session.rollback()
        return _sheet(form, entered, 422 if wanted else 200)
    db.session.commit()
    flash(
        f"{len(entered.names):,} rights are entered. The office verifies each before a report can rely on it.",
        "success",
    )
    return redirect(url_for("rights.register"), 303)


@blueprint.get("/rights/<name>")
@requires(Permission.RIGHT_READ)
def one(name: str) -> str:
    """A right, its history, and what the reader may do with it."""
    me = actor()
    shown, moves = _seen(name)
    verdicts = service.verdicts(me, name)
    return render_template(
        "rights/one.html",
        shown=shown,
        moves=moves,
        office=OFFICES.get(shown.facts.office or ""),
        scheme=SCHEMES.get(shown.facts.type),
        allowed=MOVES[shown.state],
        may_enter=me.may(Permission.RIGHT_ENTER),
        may_verify=policy.may_verify(me),
        uses=_uses(me, shown, verdicts),
        may_read_certificate=policy.may_verify(me) or me.kind is MemberKind.BRAND,
        verdicts=verdicts,
        platforms=_platforms(me, shown, verdicts),
        files=_files(me, shown),
        kept_days=KEPT_AFTER_THE_END.days,
    )


def _uses(me: Actor, shown: Right, verdicts: Sequence[ShownVerdict]) -> tuple[str, ...]:
    """What the reader's brand can do under a right that the office or some platform verified."""
    verified = shown.by_office or any(each.state is RightState.VERIFIED for each in verdicts)
    return tuple(words for words, needed in USES.items() if me.may(needed)) if verified else ()


@blueprint.get("/rights/<name>/correction")
@requires(Permission.RIGHT_ENTER)
def amend(name: str) -> Response:
    """The form with what stands there now."""
    return _form(_corrected(name), name)


@blueprint.post("/rights/<name>/correction")
@requires(Permission.RIGHT_ENTER)
def correct(name: str) -> Response | Answer:
    """Say anew what the register says; the office verifies it anew."""
    form = _corrected(name)
    if not form.validate_on_submit():
        return _form(form, name, status=422)
    try:
        service.correct(actor(), name, form.given)
    except FactError as error:
        db.session.rollback()
        form.refuse(error)
        return _form(form, name, status=422)
    except ValueError as error:
        return _back(name, f"{opening(error)}.")
    return _back(name, "The right is corrected. The office verifies it anew.", "success")


@blueprint.post("/rights/<name>/certificate")
@requires(Permission.RIGHT_ENTER)
def certify(name: str) -> Answer:
    """Hand a copy of a file of the vault to the register as the right's certificate."""
    words = "The certificate is handed in. The right is verified anew."
    return _done(name, CertifyForm(), lambda form: service.certify(actor(), name, form.file.data), words)


@blueprint.post("/rights/<name>/askings")
@requires(Permission.RIGHT_ENTER)
def ask(name: str) -> Answer:
    """Show a right to a platform, and ask it to verify it."""
    words = "The platform is asked. Reports to it may rely on the right once it has verified it."
    return _done(name, AskForm(), lambda form: service.ask(actor(), name, form.platform.data), words)


@blueprint.get("/rights/<name>/certificate")
@requires(Permission.RIGHT_READ)
def certificate(name: str) -> Response:
    """The certificate, to be kept as a file. Its brand is told when whoever verifies the right reads it."""
    try:
        found = service.certificate(actor(), name)
    except service.UnknownRightError:
        abort(404)
    return attachment(iter([found.content]), found.file_name, found.media.value, len(found.content))


@blueprint.post("/rights/<name>/withdrawal")
@requires(Permission.RIGHT_ENTER)
def withdraw(name: str) -> Answer:
    """Take a right back."""
    return _done(name, EmptyForm(), lambda _: service.withdraw(actor(), name), "The right is withdrawn.")


@blueprint.post("/rights/<name>/verification")
@requires(Permission.RIGHT_VERIFY)
def verify(name: str) -> Answer:
    """Say that the register holds it as it was shown."""
    words = "The right is verified."
    return _done(name, VerifyForm(), lambda form: service.verify(actor(), name, form.digest.data), words)


@blueprint.post("/rights/<name>/refusal")
@requires(Permission.RIGHT_VERIFY)
def refuse(name: str) -> Answer:
    """Refuse it; its member reads the reason."""
    words = "The right is refused; its member reads why."
    return _done(name, ReasonForm(), lambda form: service.refuse(actor(), name, form.reason.data), words)


def _platforms(me: Actor, shown: service.Right, verdicts: Sequence[ShownVerdict]) -> dict[str, str] | None:
    """The platforms that may be asked to verify it, code → name; None: the reader asks nobody."""
    if not me.may(Permission.RIGHT_ENTER) or shown.state is RightState.WITHDRAWN:
        return None
    done = {each.verifier for each in verdicts if not each.may_be_asked}
    return {code: name for code, name in members.in_standing(MemberKind.PLATFORM).items() if code not in done}


def _files(me: Actor, shown: service.Right) -> list[EvidenceLine] | None:
    """The newest files of the vault that could be handed in as the certificate; None: the reader hands in none."""
    may = me.may(Permission.RIGHT_ENTER) and me.may(Permission.EVIDENCE_READ)
    if not may or Command.CERTIFY not in MOVES[shown.state]:
        return None
    return evidence.evidence(me, Sought(type=EvidenceType.CERTIFICATE, own=True, erased=False))


def _seen(name: str) -> tuple[service.Right, Sequence[service.ShownMove]]:
    try:
        return service.right(actor(), name)
    except service.UnknownRightError:
        abort(404)


def _corrected(name: str) -> RightForm:
    shown, _ = _seen(name)
    if Command.CORRECT not in MOVES[shown.state]:
        abort(404)
    return RightForm.of(shown.facts)


def _form(form: RightForm, name: str = "", status: int = 200) -> Response:
    return make_response(render_template("rights/enter.html", form=form, fields=FIELDS, name=name), status)


def _sheet(form: SheetForm, looked: Entered | None = None, status: int = 200) -> Response:
    page = render_template("rights/sheet.html", form=form, looked=looked, columns=FIELDS, most=MOST_AT_ONCE)
    return make_response(page, status)


def _done(name: str, form: Form, act: Callable[[Form], None], words: str) -> Answer:
    """Do what the form says, and say so on the right's page; or say there why it was not done."""
    _seen(name)
    if not form.validate_on_submit():
        return _back(name, " ".join(f"{said}." for field in form for said in field.errors))
    try:
        act(form)
    except service.UnknownRightError:
        abort(404)
    except ValueError as error:
        db.session.rollback()
        return _back(name, f"{opening(error)}.")
    return _back(name, words, "success")


def _back(name: str, words: str, tone: str = "error") -> Answer:
    flash(words, tone)
    return redirect(url_for("rights.one", name=name), 303)
