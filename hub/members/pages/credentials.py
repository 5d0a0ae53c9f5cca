"""Pages of a member's API keys."""

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as Answer

from hub import clock
from hub.access.gate import actor, requires
from hub.access.grants import scopes_of_client
from hub.access.permissions import WORDS, Permission
from hub.members import service
from hub.members.forms.credentials import CredentialForm

blueprint = Blueprint("credentials", __name__)


@blueprint.get("/credentials")
@requires(Permission.CREDENTIAL_MANAGE)
def keys() -> Response:
    """The member's live API keys, and the form for another."""
    return _page(_form())


@blueprint.post("/credentials")
@requires(Permission.CREDENTIAL_MANAGE, fresh=True)
def issue() -> Response:
    """Issue a key; it is on this answer and nowhere else."""
    form = _form()
    if not form.validate_on_submit():
        return _page(form, status=422)
    try:
        key = service.issue_own_key(actor(), form.terms)
    except service.RefusedMoveError as error:
        form.form_errors.append(str(error))
        return _page(form, status=422)
    return _page(_form(fresh=True), key=key)


@blueprint.post("/credentials/<pseudonym>/rotation")
@requires(Permission.CREDENTIAL_MANAGE, fresh=True)
def rotate(pseudonym: str) -> Response:
    """Issue a successor of a key; the key itself serves a few days more."""
    try:
        return _page(_form(fresh=True), key=service.rotate_key(actor(), pseudonym))
    except service.UnknownCredentialError:
        abort(404)
    except service.RefusedMoveError as error:
        form = _form(fresh=True)
        form.form_errors.append(str(error))
        return _page(form, status=422)


@blueprint.post("/credentials/<pseudonym>/revocation")
@requires(Permission.CREDENTIAL_MANAGE)
def revoke(pseudonym: str) -> Answer:
    """Revoke a key at its next request."""
    try:
        service.revoke_key(actor(), pseudonym)
    except service.UnknownCredentialError:
        abort(404)
    flash("The key is revoked: its next request is refused.", "success")
    return redirect(url_for("credentials.keys"), 303)


def _form(*, fresh: bool = False) -> CredentialForm:
    may = scopes_of_client(actor().kind)
    return CredentialForm(may, formdata=None) if fresh else CredentialForm(may)


def _page(form: CredentialForm, *, key: str | None = None, status: int = 200) -> Response:
    shown = service.live_credentials(actor())
    text = render_template("members/credentials.html", form=form, key=key, rows=shown, now=clock.now(), words=WORDS)
    return make_response(text, status)
