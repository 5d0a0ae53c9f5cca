"""Pages of passkeys: made, asked for as a second step, and as a sign-in by themselves."""

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from hub.access.actor import Step
from hub.access.gate import actor, public, requires
from hub.access.permissions import Permission
from hub.members import service, sign_in
from hub.members.forms.factors import NewPasskeyForm, PasskeyForm
from hub.members.pages.factors import ask_again, lead_on
from hub.web.filters import opening
from hub.web.own_path import own_path

blueprint = Blueprint("passkeys", __name__)


@blueprint.get("/passkeys/new")
@requires(Permission.SESSION_OWN, steps=[Step.ENROLMENT], fresh=True)
def offer() -> Response:
    """The page on which the browser makes a passkey."""
    return _offer(NewPasskeyForm(formdata=None))


@blueprint.post("/passkeys/new")
@requires(Permission.SESSION_OWN, steps=[Step.ENROLMENT], fresh=True)
def add() -> Answer:
    """Take the passkey made."""
    form = NewPasskeyForm()
    if not form.validate_on_submit():
        return _offer(form, 422)
    try:
        return lead_on(service.add_passkey(actor(), form.name.data.strip(), sign_in.answer_of(form.credential.data)))
    except (service.WrongCodeError, service.RefusedMoveError) as error:
        form.form_errors.append(opening(error))
        return _offer(form, 422)


@blueprint.post("/passkeys/proof")
@requires(Permission.SESSION_OWN, steps=[Step.SECOND_FACTOR])
def give() -> Answer:
    """Prove the session by a passkey."""
    form = PasskeyForm()
    if not form.validate_on_submit():
        return ask_again("The browser sent no passkey: try again, or type a code")
    try:
        return lead_on(service.give_passkey(actor(), sign_in.answer_of(form.credential.data)))
    except service.WrongCodeError as error:
        return ask_again(opening(error))


@blueprint.post("/passkeys/sign-in")
@public("signing in by a passkey alone")
def enter() -> Answer:
    """Begin a session by what the person has and was verified by."""
    form, back = PasskeyForm(), own_path(request.args.get("next"))
    try:
        sign_in.enter(form.credential.data if form.validate_on_submit() else "")
    except service.WrongCodeError as error:
        flash(opening(error), "error")
        back = url_for("security.login", next=back)
    return redirect(back, 303)


def _offer(form: NewPasskeyForm, status: int = 200) -> Response:
    me = actor()
    assert me.session is not None
    asked = service.ask_for_new(me, sign_in.party())
    sign_in.keep_challenge(asked)
    form.credential.data = ""
    back = own_path(request.args.get("next"))
    page = render_template(
        "members/new_passkey.html", form=form, options=asked.options, first=me.session.step is not None, back=back
    )
    return make_response(page, status)
