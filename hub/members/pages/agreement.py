"""The page of the agreement: everybody reads it, an owner signs it, the office publishes it."""

from flask import Blueprint, Response, flash, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as Answer

from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.members import service
from hub.members.forms.agreement import AgreementForm, SignatureForm
from hub.members.service import RefusedMoveError
from hub.web.filters import opening

blueprint = Blueprint("agreement", __name__)


@blueprint.get("/agreement")
@requires(Permission.MEMBER_SELF)
def present() -> Response:
    """The version in force, and what became of it."""
    return _page(SignatureForm(formdata=None), AgreementForm(formdata=None))


@blueprint.post("/agreement/signature")
@requires(Permission.AGREEMENT_SIGN, fresh=True)
def sign() -> Answer:
    """Sign it for the member."""
    form = SignatureForm()
    if not form.validate_on_submit():
        return _page(form, AgreementForm(formdata=None), 422)
    try:
        service.sign_agreement(actor(), form.version.data, form.digest.data)
    except RefusedMoveError as error:
        flash(f"{opening(error)}.", "error")
    else:
        flash(f"Version {form.version.data} is signed for {actor().title}.", "success")
    return redirect(url_for("agreement.present"), 303)


@blueprint.post("/agreement")
@requires(Permission.MEMBER_ADMINISTER, fresh=True)
def publish() -> Answer:
    """Publish a version."""
    form = AgreementForm()
    if form.validate_on_submit():
        try:
            version = service.publish_agreement(actor(), form.text.data)
        except (RefusedMoveError, ValueError) as error:
            form.form_errors.append(f"{opening(error)}.")
        else:
            flash(f"Version {version} is published; the members' owners are told by letter.", "success")
            return redirect(url_for("agreement.present"), 303)
    return _page(SignatureForm(formdata=None), form, 422)


def _page(signing: SignatureForm, publishing: AgreementForm, status: int = 200) -> Response:
    me = actor()
    newest = service.newest_agreement(me)
    office = me.may(Permission.MEMBER_ADMINISTER)
    text = render_template(
        "members/agreement.html",
        newest=newest,
        signature=service.own_signature(me, newest.version) if newest else None,
        standing=service.agreement_standing(me, newest.version) if newest and office else (),
        signing=signing if me.may(Permission.AGREEMENT_SIGN) else None,
        publishing=publishing if office else None,
        owes=me.owes_agreement,
    )
    return make_response(text, status)
