"""Pages of signing in by a member's provider: leading a browser there, and what it comes back with."""

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from hub.access.actor import Step
from hub.access.gate import actor, public, requires
from hub.access.permissions import Permission
from hub.log import log
from hub.members import service, sign_in
from hub.members.forms.providers import AddressForm
from hub.web.forms import EmptyForm
from hub.web.own_path import own_path

blueprint = Blueprint("provided", __name__)

UNKNOWN = "No provider is bound to this address. Sign in with your password, or ask an owner of your member"
DOWN = "Your organisation's provider does not answer at present. Sign in with your password where you have one"
REFUSED = "Your organisation's provider did not let you in here. Try again, or ask an owner of your member"


@blueprint.post("/sign-in/provider")
@public("signing in by a member's provider; the address's domain decides, whoever exists")
def lead() -> Answer:
    """Lead the browser to the provider of the address's domain."""
    form, onward = AddressForm(), own_path(request.args.get("next"))
    try:
        if not form.validate_on_submit():
            raise service.NoProviderError
        return _led(sign_in.lead_away(form.address.data, onward))
    except service.NoProviderError:
        flash(UNKNOWN, "error")
    except service.ProviderDownError:
        flash(DOWN, "error")
    return redirect(url_for("security.login", next=onward), 303)


@blueprint.post("/verify/provider")
@requires(Permission.SESSION_OWN, steps=[Step.SECOND_FACTOR])
def lead_again() -> Answer:
    """Lead the browser to its person's provider, to show anew who it is."""
    onward = own_path(request.args.get("next"))
    try:
        if not EmptyForm().validate_on_submit():
            raise service.NoProviderError
        return _led(sign_in.lead_away_again(actor(), onward))
    except (service.NoProviderError, service.ProviderDownError):
        flash(DOWN, "error")
    return redirect(url_for("factors.ask", next=onward), 303)


@blueprint.get("/sign-in/<code>/return")
@public("what a provider sends a browser back with; it counts in the browser alone that was led there")
def come_back(code: str) -> Answer:
    """Take what the provider says, once, and lead on to where the person was going."""
    back = url_for("security.login")
    try:
        pending, brought = sign_in.pending_of(code), request.args.to_dict()
        if pending.again:
            back = url_for("factors.ask", next=own_path(pending.onward))
            sign_in.show_again(pending, brought)
        else:
            back = url_for("security.login", next=own_path(pending.onward))
            sign_in.enter_by_word(pending, brought)
        return _private(redirect(own_path(pending.onward), 303))
    except service.ProviderDownError:
        flash(DOWN, "error")
    except (service.NotBelievedError, service.NoProviderError) as error:
        log.warning("a provider's word was not taken", where=str(error))
        flash(REFUSED, "error")
    return _private(redirect(back, 303))


def _led(where: str) -> Answer:
    """A page that leads on by itself: the policy of forms, which a redirect is held to as well, lets none lead away."""
    answer = make_response(render_template("members/led.html", where=where))
    answer.headers["Refresh"] = f"0; url={where}"
    return _private(answer)


def _private(answer: Answer) -> Answer:
    """The address holds a code: nobody is told where the browser comes from."""
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
