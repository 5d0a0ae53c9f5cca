"""Pages of the vault: what lies in it, one file with who may read it, sending one in, reading it, erasing it."""

from collections.abc import Iterable, Iterator
from functools import partial

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.db import db
from hub.evidence import rules, service
from hub.evidence.chunks import DamagedFileError
from hub.evidence.forms import ErasureForm, UploadForm
from hub.evidence.rules import TYPES, EvidenceType, FileError, RecordKind
from hub.evidence.service import (
    EvidenceLine,
    HeldEvidenceError,
    NoRoomError,
    Sought,
    UnknownEvidenceError,
    Upload,
    VaultFullError,
)
from hub.web.attachment import attachment
from hub.web.filters import opening
from hub.web.pagination import shown_page
from hub.web.shown import Filter, Filters
from hub.web.streamed import BrokenFormError, SentFile, announced, sent_file

blueprint = Blueprint("evidence", __name__)
NEAR_END = 0.9
"""The part of the room from which on the page warns."""
TOO_LONG = f"A file has at most {rules.LARGEST_FILE // 10**6} MB; nothing of this one was read"
RECORDS = {
    RecordKind.LISTING_REPORT: ("Listing report", "reports.one"),
    RecordKind.QUESTION: ("Question", "questions.one"),
    RecordKind.COUNTER_NOTICE: ("Counter-notice", "reports.counter_notice"),
}
"""What files are attached to, in words, and where each is shown."""
_WHOSE = (("own", "Your own"), ("shown", "Shown to you by others"))
_KEPT = (("kept", "Kept"), ("erased", "Erased"))


@blueprint.get("/evidence")
@requires(Permission.EVIDENCE_READ)
def vault() -> str:
    """The files that the reader's member keeps, and those that others show to it; newest first."""
    me, given = actor(), request.args
    type = Filter.of(given, "type", "Type", tuple((each.value, words) for each, (words, _) in TYPES.items()))
    whose, kept = Filter.of(given, "whose", "Whose", _WHOSE), Filter.of(given, "state", "State", _KEPT)
    sought = Sought(
        EvidenceType(type.value) if type.value else None,
        whose.value == "own" if whose.value else None,
        kept.value == "erased" if kept.value else None,
    )
    return render_template(
        "evidence/list.html",
        page=shown_page(partial(service.evidence, me, sought), "evidence"),
        filters=Filters((type, whose, kept)),
        types=TYPES,
        may_store=me.may(Permission.EVIDENCE_STORE),
        **_room(),
    )


@blueprint.get("/evidence/new")
@requires(Permission.EVIDENCE_STORE)
def new() -> Response:
    """The form for another file, with the type that the address names."""
    type = request.args.get("type")
    return _form(UploadForm(formdata=None, type=type if type in set(EvidenceType) else None))


@blueprint.post("/evidence/new")
@requires(Permission.EVIDENCE_STORE)
def store() -> Answer:
    """Take a file in, piece by piece, once its fields are good; or say on the form why it is not taken."""
    form, sent = UploadForm(), sent_file(rules.LARGEST_FILE)
    try:
        size = announced(rules.LARGEST_FILE)
    except BrokenFormError as error:
        return _refused(form, f"{opening(error)}: choose the file and send it again")
    if size is None:
        return _refused(form, TOO_LONG, 413)
    if not form.validate():
        return _form(form, 422)
    if sent is None or not sent.name:
        return _refused(form, "Choose a file")
    return _store(form, sent, size)


@blueprint.get("/evidence/<name>")
@requires(Permission.EVIDENCE_READ)
def one(name: str) -> Response:
    """A file without its content, what it is attached to, and who may read it."""
    return _one(name, ErasureForm(formdata=None))


@blueprint.get("/evidence/<name>/content")
@requires(Permission.EVIDENCE_READ)
def content(name: str) -> Response:
    """The file itself, to be kept. Its owner is told when another party reads it."""
    try:
        found = service.content(actor(), name)
    except UnknownEvidenceError:
        abort(404)
    except DamagedFileError:
        abort(500)
    return attachment(found.pieces, found.file_name, found.media.value, found.size)


@blueprint.post("/evidence/<name>/erasure")
@requires(Permission.EVIDENCE_ERASE, fresh=True)
def erase(name: str) -> Answer:
    """Erase a file of one's own for good."""
    form = ErasureForm()
    if not form.validate_on_submit():
        return _one(name, form, 422)
    try:
        service.erase(actor(), name, form.reason.data)
    except UnknownEvidenceError:
        abort(404)
    except (HeldEvidenceError, ValueError) as error:
        db.session.rollback()
        form.reason.errors = [opening(error)]
        return _one(name, form, 422)
    flash("The file is erased: its key is deleted. Those who could read it are told.", "success")
    return redirect(url_for("evidence.one", name=name), 303)


def _store(form: UploadForm, sent: SentFile, size: int) -> Answer:
    try:
        upload = Upload(sent.name, EvidenceType(form.type.data), size, _taken(sent.pieces), form.strip.data)
        kept: EvidenceLine = service.store(actor(), upload)
    except (FileError, NoRoomError) as error:
        return _refused(form, opening(error))
    except VaultFullError:
        return _refused(form, "The vault has no room at present; nothing was kept. Send it again later", 503)
    flash(f"The file is in the vault, and kept until {kept.expires_on}.", "success")
    return redirect(url_for("evidence.one", name=kept.name), 303)


def _taken(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The file's pieces; a form that breaks off is a file that is not taken."""
    try:
        yield from pieces
    except BrokenFormError as error:
        raise FileError(str(error)) from error


def _refused(form: UploadForm, words: str, status: int = 422) -> Response:
    db.session.rollback()
    form.refuse(words)
    return _form(form, status)


def _form(form: UploadForm, status: int = 200) -> Response:
    page = render_template("evidence/new.html", form=form, most=rules.LARGEST_FILE, **_room())
    return make_response(page, status)


def _one(name: str, form: ErasureForm, status: int = 200) -> Response:
    me = actor()
    try:
        shown = service.one_evidence(me, name)
    except UnknownEvidenceError:
        abort(404)
    living = shown.line.erased_at is None
    page = render_template(
        "evidence/one.html",
        shown=shown,
        types=TYPES,
        records=RECORDS,
        form=form,
        may_report=living and shown.line.own and me.may(Permission.REPORT_FILE),
        may_erase=living and shown.line.own and me.may(Permission.EVIDENCE_ERASE),
    )
    return make_response(page, status)


def _room() -> dict[str, float]:
    """How much is kept of how much, for the bar."""
    kept, most = service.kept(actor())
    return {"kept": kept, "most_kept": most, "share": kept / most, "near_end": kept / most >= NEAR_END}
