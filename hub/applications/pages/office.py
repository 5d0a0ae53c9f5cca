"""The office's pages of applications: the queue, one of them with its checklist, its documents."""

from collections.abc import Callable
from functools import partial
from operator import attrgetter

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.applications import service
from hub.applications.forms import AdmissionForm, NoteForm
from hub.applications.rules import ITEMS, KINDS, RIGHTS, ApplicationState, Item
from hub.members import service as members
from hub.members.rules import SECTORS
from hub.members.service import RefusedMoveError
from hub.web.attachment import SANDBOX, disposition
from hub.web.filters import opening
from hub.web.forms import EmptyForm
from hub.web.pagination import shown_page
from hub.web.shown import Filter, Filters

blueprint = Blueprint("applications", __name__)


@blueprint.get("/applications")
@requires(Permission.APPLICATION_READ)
def queue() -> str:
    """Applications whose address was proved, newest first."""
    me = actor()
    options = tuple((state.value, state.value.capitalize()) for state in ApplicationState)
    state = Filter.of(request.args, "state", "State", options)
    wanted = ApplicationState(state.value) if state.value else None
    page = shown_page(partial(service.applications, me, state=wanted), "applications", attrgetter("number"))
    filters = Filters((state,))
    return render_template("applications/queue.html", page=page, filters=filters, items=len(ITEMS), sectors=SECTORS)


@blueprint.get("/applications/<name>")
@requires(Permission.APPLICATION_READ)
def one(name: str) -> str:
    """What the applicant said, its documents, and the checklist."""
    try:
        shown = service.application(actor(), name)
    except service.UnknownApplicationError:
        abort(404)
    may_see = actor().may(Permission.MEMBER_ADMINISTER)
    proposed = members.open_decisions(actor(), name) if may_see else []
    return render_template(
        "applications/one.html",
        shown=shown,
        proposed=proposed,
        items=ITEMS,
        kinds=KINDS,
        rights=RIGHTS,
        sectors=SECTORS,
        may_vet=actor().may(Permission.APPLICATION_VET),
    )


@blueprint.get("/applications/<name>/documents/<int:number>")
@requires(Permission.APPLICATION_READ)
def document(name: str, number: int) -> Response:
    """A document, to be kept as a file: a browser that shows it instead may do nothing with it."""
    try:
        found = service.document(actor(), name, number)
    except service.UnknownApplicationError:
        abort(404)
    response = make_response(found.content)
    response.headers["Content-Type"] = found.media
    response.headers["Content-Disposition"] = disposition(found.name)
    response.headers["Content-Security-Policy"] = SANDBOX
    return response


@blueprint.post("/applications/<name>/items/<item>")
@requires(Permission.APPLICATION_VET)
def tick(name: str, item: str) -> Answer:
    """Say that an item is met, and how one knows."""
    which, form = _item(item), NoteForm()
    if not form.validate_on_submit():
        return _back(name, *_said(form))
    return _done(name, lambda: service.tick(actor(), name, which, form.words.data), "The item is ticked.")


@blueprint.post("/applications/<name>/items/<item>/removal")
@requires(Permission.APPLICATION_VET)
def untick(name: str, item: str) -> Answer:
    """Take a tick back."""
    which, form = _item(item), EmptyForm()
    if not form.validate_on_submit():
        return _back(name, *_said(form))
    return _done(name, lambda: service.untick(actor(), name, which), "The tick is taken back.")


@blueprint.post("/applications/<name>/refusal")
@requires(Permission.APPLICATION_VET, fresh=True)
def refuse(name: str) -> Answer:
    """Refuse it; the contact is told the reason."""
    form = NoteForm()
    if not form.validate_on_submit():
        return _back(name, *_said(form))
    return _done(
        name,
        lambda: service.refuse(actor(), name, form.words.data),
        "The application is refused; its contact is told why.",
    )


@blueprint.post("/applications/<name>/admission")
@requires(Permission.APPLICATION_VET, fresh=True)
def propose(name: str) -> Answer:
    """Propose to admit it; a second person approves on the page of decisions."""
    form = AdmissionForm()
    if not form.validate_on_submit():
        return _back(name, *_said(form))
    return _done(
        name,
        lambda: service.propose_admission(actor(), name, form.code.data, form.words.data),
        "The admission is proposed: a second person of the office must approve it.",
    )


def _item(value: str) -> Item:
    try:
        return Item(value)
    except ValueError:
        abort(404)


def _done(name: str, act: Callable[[], object], words: str) -> Answer:
    """Do it, and say so on the application's page; or say there why it was not done."""
    try:
        act()
    except service.UnknownApplicationError:
        abort(404)
    except (RefusedMoveError, ValueError) as error:
        return _back(name, f"{opening(error)}.")
    return _back(name, words, "success")


def _said(form: NoteForm | EmptyForm) -> tuple[str]:
    return (" ".join(f"{words}." for field in form for words in field.errors),)


def _back(name: str, words: str, tone: str = "error") -> Answer:
    flash(words, tone)
    return redirect(url_for("applications.one", name=name), 303)
