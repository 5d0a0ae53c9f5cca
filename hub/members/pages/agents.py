"""The page of agents: of a brand who acts for it, of an agent for whom it acts."""

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as Answer

from hub import clock
from hub.access.gate import actor, requires
from hub.access.permissions import WORDS, Permission
from hub.members import service, sign_in
from hub.members.forms.agents import AuthorisationForm
from hub.members.service import RefusedMoveError, UnknownAuthorisationError, UnknownMemberError
from hub.web.filters import opening
from hub.web.forms import EmptyForm

blueprint = Blueprint("agents", __name__)


@blueprint.get("/agents")
@requires(Permission.AUTHORISATION_READ)
def own() -> Response:
    """What is authorised, and the form for another."""
    return _page(AuthorisationForm(formdata=None))


@blueprint.post("/agents")
@requires(Permission.AUTHORISATION_MANAGE, fresh=True)
def give() -> Answer:
    """Authorise an agent."""
    form = AuthorisationForm()
    if form.validate_on_submit():
        try:
            service.give_authorisation(actor(), form.code.data, form.terms)
        except (RefusedMoveError, UnknownMemberError, ValueError) as error:
            form.form_errors.append(f"{opening(error)}.")
        else:
            flash("The agent is authorised; its owners are told by letter.", "success")
            return redirect(url_for("agents.own"), 303)
    return _page(form, 422)


@blueprint.post("/agents/<int:number>/end")
@requires(Permission.AUTHORISATION_MANAGE)
def end(number: int) -> Answer:
    """Take an authorisation back, or give it up."""
    if EmptyForm().validate_on_submit():
        try:
            service.end_authorisation(actor(), number)
        except UnknownAuthorisationError:
            abort(404)
        flash("The authorisation has ended: nothing is done under it any more.", "success")
    return redirect(url_for("agents.own"), 303)


@blueprint.post("/agents/<int:number>/acting")
@requires(Permission.AUTHORISATION_READ)
def act(number: int) -> Answer:
    """Act for the brand that gave an authorisation, from now on in this session."""
    if EmptyForm().validate_on_submit():
        try:
            service.begin_acting(actor(), number)
        except UnknownAuthorisationError:
            abort(404)
        sign_in.void_forms()
    return redirect(url_for("insights.overview"), 303)


@blueprint.post("/agents/own")
@requires(Permission.SESSION_OWN)
def act_for_itself() -> Answer:
    """Act for one's own member again."""
    if EmptyForm().validate_on_submit():
        service.end_acting(actor())
        sign_in.void_forms()
    return redirect(url_for("insights.overview"), 303)


def _page(form: AuthorisationForm, status: int = 200) -> Response:
    rows, today = service.own_authorisations(actor()), clock.today()
    shown = render_template("members/agents.html", rows=rows, form=form, words=WORDS, today=today)
    return make_response(shown, status)
