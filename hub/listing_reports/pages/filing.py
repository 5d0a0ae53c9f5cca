"""Pages on which a brand files a report, and mends one that was returned to it."""

from collections.abc import Sequence
from functools import partial
from operator import attrgetter

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.db import db
from hub.evidence import service as evidence
from hub.evidence.rules import NAME, TYPES
from hub.evidence.service import EvidenceLine, Sought
from hub.listing_reports import policy, rules, service
from hub.listing_reports.forms import GroundsForm, MendForm, NewReportForm
from hub.listing_reports.preflight_rules import Fault
from hub.listing_reports.reason_rules import FIELDS, REASONS, Reason
from hub.listing_reports.rules import Command, RefusedStepError, ReportState, WordsError
from hub.listing_reports.service import (
    NotMendedError,
    Said,
    ShownReport,
    StaleReportError,
    UnknownReportError,
    Wanted,
)
from hub.rights import service as rights
from hub.sheets.table import SheetError
from hub.web.filters import opening
from hub.web.pagination import PAGE, shown_page
from hub.web.shown import Filter, Filters

blueprint = Blueprint("filing", __name__)
MOST_FILES = 200
"""Files of each type to choose from: the newest."""


@blueprint.get("/reports/new")
@requires(Permission.REPORT_FILE)
def new() -> Response:
    """The reasons to choose from; then the form for the reason, the right and the file that the address names."""
    reason, right, file = request.args.get("reason"), request.args.get("right"), _brought()
    form = NewReportForm(formdata=None, reason=reason if reason in REASONS else None, right=right)
    _put(file, form, form.reason.data or "")
    return _new(_new_form(form), file=file)


@blueprint.post("/reports/new")
@requires(Permission.REPORT_FILE)
def file() -> Answer:
    """Say what is to be mended, row by row; or file the report, once nothing is."""
    form = _new_form(NewReportForm())
    if not form.validate_on_submit():
        return _new(form, status=422)
    wanted = "file" in request.form
    try:
        draft = service.Draft(form.platform.data, form.right.data, form.grounds, form.read_rows())
        declared = rules.DECLARATION if form.declared.data else 0
        filed = service.file(actor(), draft, declared) if wanted else service.check(actor(), draft)
    except SheetError as error:
        form.rows.errors = [opening(error)]
        return _new(form, status=422)
    except WordsError as error:
        db.session.rollback()
        form["declared" if error.field == "declaration" else error.field].errors = [opening(error)]
        return _new(form, status=422)
    if not filed.name:
        db.session.rollback()
        return _new(form, filed, 422 if wanted else 200)
    db.session.commit()
    flash("The report is filed, and on record.", "success")
    return redirect(url_for("reports.one", name=filed.name), 303)


@blueprint.get("/reports/<name>/mending")
@requires(Permission.REPORT_FILE)
def mend(name: str) -> Response:
    """The form to mend a returned report, with what it says now, and the file that the address names."""
    shown = _returned(name)
    form = MendForm.of(shown)
    _put(_brought(), form, shown.line.reason)
    return _mend(shown, form)


@blueprint.post("/reports/<name>/mending")
@requires(Permission.REPORT_FILE)
def submit(name: str) -> Answer:
    """Give it other evidence or another explanation, and submit it again; or say what is still to be mended."""
    shown, form = _returned(name), MendForm()
    if not form.validate_on_submit():
        return _mend(shown, form, 422)
    said = Said(form.version.data, form.sentence.data)
    try:
        service.mend(actor(), name, form.grounds_for(shown.line.reason), said)
    except NotMendedError as error:
        db.session.rollback()
        return _mend(shown, form, 422, _beside(form, error.faults))
    except WordsError as error:
        db.session.rollback()
        form[error.field if error.field in form else "sentence"].errors = [opening(error)]
        return _mend(shown, form, 422)
    except (RefusedStepError, StaleReportError) as error:
        db.session.rollback()
        flash(f"{opening(error)}.", "error")
    else:
        flash("The report is mended and submitted again; the platform reads it.", "success")
    return redirect(url_for("reports.one", name=name), 303)


@blueprint.get("/reports/marketplaces")
@requires(Permission.REPORT_READ)
def marketplaces() -> str:
    """Where each platform sells, and into which countries; or where one of them does."""
    me = actor()
    platform = Filter.of(request.args, "platform", "Platform", tuple(service.platforms().items()))
    read = partial(service.marketplaces_of, me, platform.value or None)
    page = shown_page(read, f"marketplaces {platform.value}", place=attrgetter("place"))
    return render_template("listing_reports/marketplaces_of_all.html", page=page, filters=Filters((platform,)))


def _returned(name: str) -> ShownReport:
    """The report, if the reader's brand can mend it now."""
    me = actor()
    try:
        shown = service.report(me, name)
    except UnknownReportError:
        abort(404)
    if Command.MEND not in rules.commands(shown.line.state, policy.party(me)):
        abort(404)
    return shown


def _beside(form: MendForm, faults: Sequence[Fault]) -> list[Fault]:
    """Put what is still to be mended at its fields; returns what has none: of the rows, and of the whole report."""
    left = []
    for fault in faults:
        place = f"evidence_{fault.field}" if f"evidence_{fault.field}" in form else fault.field
        if fault.row is None and place in form:
            form[place].errors = [*form[place].errors, opening(fault.words)]
        else:
            left.append(fault)
    return left


def _mend(shown: ShownReport, form: MendForm, status: int = 200, faults: Sequence[Fault] = ()) -> Response:
    _offer(form, shown.line.reason)
    reason = REASONS[shown.line.reason]
    fields = ["explanation", "sentence", *(f"evidence_{name}" for name in reason.evidence)]
    said = {"reason": reason, "fields": fields, "evidence": FIELDS, "types": TYPES, "said_of": rules.EVERY_REFUSAL}
    page = render_template("listing_reports/mend.html", form=form, shown=shown, faults=faults, **said)
    return make_response(page, status)


def _new_form(form: NewReportForm) -> NewReportForm:
    """With the rights that a report can rely on, and the files that serve as evidence."""
    form.right.choices = rights.choices(actor(), form.right.data or "")
    form.platform.choices = {"": "Choose a platform"} | service.platforms()
    _offer(form, form.reason.data)
    return form


def _offer(form: GroundsForm, reason: str) -> None:
    """The files of the brand's own that serve as evidence for that reason; one that the form holds already is kept."""
    me = actor()
    for name in REASONS[reason].evidence if reason in REASONS else ():
        if FIELDS[name].kind == "file":
            sought = Sought(FIELDS[name].stored_as, own=True, erased=False)
            files = evidence.evidence(me, sought, limit=MOST_FILES) if me.may(Permission.EVIDENCE_READ) else []
            chosen = {each.name: _said(each) for each in files}
            field = form[f"evidence_{name}"]
            kept = {field.data: field.data} if field.data and field.data not in chosen else {}
            if kept and me.may(Permission.EVIDENCE_READ):
                kept |= {each.name: _said(each) for each in evidence.seen(me, kept) if each.erased_at is None}
            field.choices = {"": "Choose a file"} | chosen | kept


def _said(file: EvidenceLine) -> str:
    return f"{file.file_name}, {file.stored_at:%d %b %Y}"


def _brought() -> EvidenceLine | None:
    """The file that the address names, if it is the brand's own and not erased: an older one comes from its page."""
    me, name = actor(), request.args.get("file", "")
    found = evidence.seen(me, [name]) if NAME.fullmatch(name) and me.may(Permission.EVIDENCE_READ) else []
    return next((each for each in found if each.own and each.erased_at is None), None)


def _put(file: EvidenceLine | None, form: GroundsForm, reason: str) -> None:
    """Choose the file where the reason asks for one of its type."""
    for name in REASONS[reason].evidence if reason in REASONS else ():
        if file is not None and FIELDS[name].stored_as == file.type:
            form[f"evidence_{name}"].data = file.name


def _reasons_for(file: EvidenceLine | None) -> dict[str, Reason]:
    """Those that take the file; all of them where none does, or none was brought."""
    taking = {
        code: each
        for code, each in REASONS.items()
        if file and file.type in {FIELDS[n].stored_as for n in each.evidence}
    }
    return taking or dict(REASONS)


def _new(
    form: NewReportForm, looked: service.Filed | None = None, status: int = 200, file: EvidenceLine | None = None
) -> Response:
    me = actor()
    reads = file is not None and me.may(Permission.REPORT_READ)
    returned = service.reports(me, Wanted(ReportState.RETURNED), before=None, limit=PAGE) if reads else []
    declaration = rules.DECLARATIONS[rules.DECLARATION]
    shown = {
        "form": form,
        "right": form.right.data if form.right.data in form.right.choices else None,
        "looked": looked,
        "file": file,
        "returned": returned,
        "all_reasons": REASONS,
        "reasons": REASONS if form.reason.data in REASONS else _reasons_for(file),
        "evidence": FIELDS,
        "types": TYPES,
        "declaration": declaration,
    }
    return make_response(render_template("listing_reports/new.html", **shown), status)
