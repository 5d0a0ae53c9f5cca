"""Pages of second factors: asked for at sign-in and before dangerous acts, added, removed, their recovery codes."""

from collections.abc import Sequence

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from hub.access.actor import Step
from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.members import service, sign_in
from hub.members.forms.factors import CodeForm, TotpForm
from hub.members.rules import CODES_SPAN
from hub.web.filters import opening
from hub.web.forms import EmptyForm
from hub.web.own_path import own_path
from hub.web.problems import ProblemError

blueprint = Blueprint("factors", __name__)

CODES = "codes"
"""What attempts at codes are counted as: apart from those at passwords."""


@blueprint.get("/verify")
@requires(Permission.SESSION_OWN, steps=[Step.SECOND_FACTOR])
def ask() -> Response:
    """Ask for a code: after the password, and before what wants the person to be there."""
    return _ask(CodeForm())


@blueprint.post("/verify")
@requires(Permission.SESSION_OWN, steps=[Step.SECOND_FACTOR])
def give() -> Answer:
    """Take a code, and lead on to where the person was going."""
    form, me = CodeForm(), actor()
    if not form.validate_on_submit():
        return _ask(form, status=422)
    assert me.session is not None
    sign_in.bound_guessing(me.session.email, CODES)
    try:
        proven = service.give_code(me, form.code.data, sign_in.address())
    except service.WrongCodeError as error:
        form.code.errors = [opening(error)]
        return _ask(form, status=422)
    except service.SessionOverError:
        sign_in.forget()
        flash("Five codes were wrong: sign in again", "error")
        return redirect(url_for("security.login", next=_back()), 303)
    except service.TooManyCodesError:
        raise ProblemError(
            "too-many-tries",
            "Too many codes were tried for you today, by somebody who had given your password",
            "Use a passkey, sign in from a network where you signed in before, or wait a day; if it was not you who"
            " tried, choose a new password",
            retry_after=int(CODES_SPAN.total_seconds()),
        ) from None
    return lead_on(proven)


@blueprint.get("/second-factors/new")
@requires(Permission.SESSION_OWN, steps=[Step.ENROLMENT], fresh=True)
def enrol() -> Response:
    """Offer a secret for an authenticator app."""
    return _offer(TotpForm(formdata=None))


@blueprint.post("/second-factors/new")
@requires(Permission.SESSION_OWN, steps=[Step.ENROLMENT], fresh=True)
def add() -> Answer:
    """Take the app whose code shows that it knows the secret."""
    form, me = TotpForm(), actor()
    if not form.validate_on_submit():
        return _offer(form, status=422)
    assert me.session is not None
    sign_in.bound_guessing(me.session.email, CODES)
    try:
        proven = service.add_totp(me, form.name.data.strip(), form.sealed.data, form.code.data.strip())
    except (service.WrongCodeError, service.RefusedMoveError) as error:
        form.code.errors = [opening(error)]
        return _offer(form, status=422)
    return lead_on(proven)


@blueprint.get("/second-factors")
@requires(Permission.SESSION_OWN)
def own() -> str:
    """The person's second factors, and how many recovery codes are left."""
    me = actor()
    return render_template(
        "members/factors.html", rows=service.own_factors(me), left=service.recovery_codes_left(me), form=EmptyForm()
    )


@blueprint.post("/second-factors/<int:number>/removal")
@requires(Permission.SESSION_OWN, fresh=True)
def remove(number: int) -> Answer:
    """Take one away."""
    try:
        service.remove_factor(actor(), number)
    except service.UnknownFactorError:
        abort(404)
    except service.RefusedMoveError as error:
        flash(f"{opening(error)}.", "error")
    else:
        flash("The second factor is removed.", "success")
    return redirect(url_for("factors.own"), 303)


@blueprint.post("/second-factors/recovery-codes")
@requires(Permission.SESSION_OWN, fresh=True)
def renew_codes() -> Response:
    """New recovery codes; they are on this answer and nowhere else."""
    return _codes(service.renew_recovery_codes(actor()))


@blueprint.post("/second-factors/<pseudonym>/reset")
@requires(Permission.CREDENTIAL_MANAGE, fresh=True)
def reset(pseudonym: str) -> Answer:
    """Take all second factors of a colleague who lost them."""
    try:
        service.reset_factors(actor(), pseudonym)
    except service.UnknownFactorError:
        abort(404)
    except service.RefusedMoveError as error:
        flash(f"{opening(error)}.", "error")
    else:
        flash("The second factors are reset: your colleague signs in with the password and adds new ones.", "success")
    return redirect(own_path(request.form.get("next"), url_for("factors.own")), 303)


def lead_on(proven: service.Proven) -> Answer:
    """Hand the session's new key to the browser, show new recovery codes, lead to where the person was going."""
    session = actor().session
    assert session is not None
    sign_in.keep(proven.key)
    service.forgive(session.email, sign_in.address(), CODES)
    if proven.codes:
        return _codes(proven.codes)
    return redirect(own_path(request.args.get("next")), 303)


def ask_again(words: str) -> Response:
    """The page that asks, saying why what was given did not do."""
    form = CodeForm(formdata=None)
    form.form_errors.append(words)
    return _ask(form, status=422)


def _ask(form: CodeForm, status: int = 200) -> Response:
    session = actor().session
    again = session is not None and session.step is None
    shows = service.can_show_again(actor())
    page = render_template("members/ask.html", form=form, again=again, shows=shows, back=_back())
    return make_response(page, status)


def _offer(form: TotpForm, status: int = 200) -> Response:
    me = actor()
    assert me.session is not None
    sealed = form.sealed.data if form.is_submitted() else None
    try:
        secret = service.offered_secret(me, sealed or "")
    except service.WrongCodeError:
        form.sealed.data = service.offer_secret(me)
        secret = service.offered_secret(me, form.sealed.data)
    import qrcode  # here: it holds an imaging library that a web worker seldom needs

    picture = qrcode.QRCode(border=4, error_correction=qrcode.constants.ERROR_CORRECT_M)
    picture.add_data(service.totp_address(secret, me.session.email, me.member))
    dots = picture.get_matrix()
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(dots) for x, dark in enumerate(row) if dark)
    first = me.session.step is not None
    text = service.totp_text(secret)
    return make_response(
        render_template(
            "members/enrol.html", form=form, first=first, dots=path, size=len(dots), text=text, back=_back()
        ),
        status,
    )


def _codes(codes: Sequence[str]) -> Response:
    return make_response(render_template("members/recovery_codes.html", codes=codes, back=_back()))


def _back() -> str:
    return own_path(request.args.get("next"))
