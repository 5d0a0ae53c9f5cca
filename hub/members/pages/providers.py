"""Pages of a member's single sign-on: its provider, and the domains that lead to it."""

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as Answer

from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.members import service, sign_in
from hub.members.forms.providers import DomainForm, ProviderForm
from hub.web.filters import opening

blueprint = Blueprint("providers", __name__)


@blueprint.get("/single-sign-on")
@requires(Permission.PROVIDER_MANAGE)
def own() -> Response:
    """What is set, and the forms that change it."""
    return _page()


@blueprint.post("/single-sign-on")
@requires(Permission.PROVIDER_MANAGE, fresh=True)
def set_up() -> Answer:
    """Set the provider."""
    form = ProviderForm()
    if not form.validate_on_submit():
        return _page(form, status=422)
    try:
        service.set_provider(actor(), form.terms)
    except (ValueError, service.RefusedMoveError) as error:
        form.form_errors.append(opening(error))
        return _page(form, status=422)
    flash("The provider is set.", "success")
    return redirect(url_for("providers.own"), 303)


@blueprint.post("/single-sign-on/removal")
@requires(Permission.PROVIDER_MANAGE, fresh=True)
def remove() -> Answer:
    """Forget the provider."""
    service.remove_provider(actor())
    flash("The provider is forgotten: your people sign in with passwords and passkeys.", "success")
    return redirect(url_for("providers.own"), 303)


@blueprint.post("/single-sign-on/domains")
@requires(Permission.PROVIDER_MANAGE, fresh=True)
def ask() -> Answer:
    """Ask the office to bind a domain."""
    form = DomainForm()
    if not form.validate_on_submit():
        return _page(domain=form, status=422)
    try:
        service.ask_domain(actor(), form.domain.data)
    except (ValueError, service.RefusedMoveError) as error:
        form.domain.errors = [opening(error)]
        return _page(domain=form, status=422)
    flash("The domain is asked for: the alliance's office binds it once you have proved that it is yours.", "success")
    return redirect(url_for("providers.own"), 303)


@blueprint.post("/single-sign-on/domains/<int:number>/removal")
@requires(Permission.PROVIDER_MANAGE, fresh=True)
def drop(number: int) -> Answer:
    """Give a domain up."""
    try:
        service.drop_domain(actor(), number)
    except service.UnknownDomainError:
        abort(404)
    flash("The domain is given up.", "success")
    return redirect(url_for("providers.own"), 303)


def _page(form: ProviderForm | None = None, *, domain: DomainForm | None = None, status: int = 200) -> Response:
    shown = service.own_provider(actor())
    text = render_template(
        "members/single_sign_on.html",
        form=form or ProviderForm.showing(shown),
        domain=domain or DomainForm(formdata=None),
        rows=service.own_domains(actor()),
        is_set=shown is not None,
        back=sign_in.return_address(actor().member),
    )
    return make_response(text, status)
