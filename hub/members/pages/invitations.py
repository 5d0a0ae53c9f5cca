"""The page that an invitation leads to. Nothing on it rests on a session."""

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as Answer

from hub.access.gate import public
from hub.members import service
from hub.members.forms.invitations import AcceptanceForm
from hub.web.filters import opening

blueprint = Blueprint("invitations", __name__)


@blueprint.after_request
def tell_nobody(response: Answer) -> Answer:
    """The address is a secret: no request that the page makes names it."""
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@blueprint.get("/invitations/<link>")
@public("the link, which only a letter holds, is what lets one in")
def read(link: str) -> Response:
    """Who invites whom, and the form for a password."""
    reader = _reader(link)
    return _page(AcceptanceForm(formdata=None, name=reader.name), reader, link)


@blueprint.post("/invitations/<link>")
@public("the link, which only a letter holds, is what lets one in and what no forged request knows")
def accept(link: str) -> Answer:
    """Take the password; the person signs in with it."""
    reader, form = _reader(link), AcceptanceForm()
    if not form.validate_on_submit():
        return _page(form, reader, link, 422)
    try:
        service.accept_invitation(link, form.name.data, form.password.data)
    except service.UnknownLinkError:
        abort(404)
    except ValueError as error:
        form.form_errors.append(opening(error))
        return _page(form, reader, link, 422)
    flash("Welcome. Sign in with your new password, then add a second factor.", "success")
    return redirect(url_for("security.login"), 303)


def _reader(link: str) -> service.Reader:
    try:
        return service.invitation(link)
    except service.UnknownLinkError:
        abort(404)


def _page(form: AcceptanceForm, reader: service.Reader, link: str, status: int = 200) -> Response:
    return make_response(render_template("members/invitation.html", form=form, reader=reader, link=link), status)
