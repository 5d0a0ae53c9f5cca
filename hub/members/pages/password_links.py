"""The page that a letter leads to whose reader has forgotten the password. Nothing on it rests on a session."""

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as Answer

from hub.access.gate import public
from hub.members import service, sign_in
from hub.members.forms.invitations import NewPasswordForm
from hub.members.pages.invitations import tell_nobody
from hub.web.filters import opening

blueprint = Blueprint("password_links", __name__)
blueprint.after_request(tell_nobody)


@blueprint.get("/passwords/<link>")
@public("the link, which only a letter holds, is what lets one choose a password")
def read(link: str) -> Response:
    """The form for a password."""
    return _page(NewPasswordForm(formdata=None), _reader(link), link)


@blueprint.post("/passwords/<link>")
@public("the link, which only a letter holds, is what lets one choose a password and what no forged request knows")
def choose(link: str) -> Answer:
    """Take the password; the person signs in with it, and gives the second factor as before."""
    reader, form = _reader(link), NewPasswordForm()
    if not form.validate_on_submit():
        return _page(form, reader, link, 422)
    try:
        service.choose_password(link, form.password.data, sign_in.address())
    except service.UnknownLinkError:
        abort(404)
    except ValueError as error:
        form.password.errors = [opening(error)]
        return _page(form, reader, link, 422)
    flash("Your password is changed. Sign in with it.", "success")
    return redirect(url_for("security.login"), 303)


def _reader(link: str) -> service.Reader:
    try:
        return service.password_link(link)
    except service.UnknownLinkError:
        abort(404)


def _page(form: NewPasswordForm, reader: service.Reader, link: str, status: int = 200) -> Response:
    return make_response(render_template("members/new_password.html", form=form, reader=reader, link=link), status)
