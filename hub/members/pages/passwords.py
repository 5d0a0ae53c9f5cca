"""Pages of passwords: a letter asked for by who has forgotten it, and a new one for who knows the old."""

from flask import Blueprint, Response, flash, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as Answer

from hub.access.gate import actor, public, requires
from hub.access.permissions import Permission
from hub.members import service, sign_in
from hub.members.forms.passwords import ChangedPasswordForm, ForgottenForm
from hub.web.filters import opening

blueprint = Blueprint("passwords", __name__)
ASKED, TRIED = "letters", "old password"
"""What requests for a letter, and attempts at the old password, are counted as."""


@blueprint.get("/forgotten")
@public("who has forgotten the password cannot sign in")
def forgotten() -> Response:
    """The form that asks for a letter."""
    return make_response(render_template("members/forgotten.html", form=ForgottenForm(formdata=None)))


@blueprint.post("/forgotten")
@public("who has forgotten the password cannot sign in")
def ask() -> Answer:
    """Have a letter sent; the answer and the work are the same whomever the address belongs to."""
    form = ForgottenForm()
    if not form.validate_on_submit():
        return make_response(render_template("members/forgotten.html", form=form), 422)
    sign_in.bound_guessing(form.email.data, ASKED)
    service.ask_for_link(form.email.data)
    return redirect(url_for("passwords.asked"), 303)


@blueprint.get("/forgotten/sent")
@public("tells who asked for a letter what comes next")
def asked() -> str:
    """What comes next, for everybody alike."""
    return render_template("members/forgotten_sent.html")


@blueprint.get("/password")
@requires(Permission.SESSION_OWN, fresh=True)
def own() -> Response:
    """The form for another password."""
    return _page(ChangedPasswordForm(formdata=None))


@blueprint.post("/password")
@requires(Permission.SESSION_OWN, fresh=True)
def change() -> Answer:
    """Take the new password from who knows the old one."""
    form, me = ChangedPasswordForm(), actor()
    if not form.validate_on_submit():
        return _page(form, 422)
    assert me.session is not None
    sign_in.bound_guessing(me.session.email, TRIED)
    try:
        key = service.change_password(me, form.old.data, form.password.data)
    except service.WrongPasswordError as error:
        form.old.errors = [opening(error)]
        return _page(form, 422)
    except ValueError as error:
        form.password.errors = [opening(error)]
        return _page(form, 422)
    sign_in.keep(key)
    flash("Your password is changed; your other sessions have ended.", "success")
    return redirect(url_for("factors.own"), 303)


def _page(form: ChangedPasswordForm, status: int = 200) -> Response:
    return make_response(render_template("members/password.html", form=form), status)
