"""Pages of a person's own sessions."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from hub.access.gate import actor, public, requires
from hub.access.permissions import Permission
from hub.members import service, sign_in

blueprint = Blueprint("sessions", __name__)


@blueprint.get("/sessions")
@requires(Permission.SESSION_OWN)
def own() -> str:
    """Where the person is signed in."""
    return render_template("members/sessions.html", rows=service.own_sessions(actor()))


@blueprint.post("/sessions/<int:number>/end")
@requires(Permission.SESSION_OWN)
def end(number: int) -> Response:
    """Sign out there."""
    try:
        service.end_session(actor(), number)
    except service.UnknownSessionError:
        abort(404)
    flash("That session has ended: its next request is refused.", "success")
    return redirect(url_for("sessions.own"), 303)


@blueprint.post("/sessions/others/end")
@requires(Permission.SESSION_OWN)
def end_others() -> Response:
    """Sign out everywhere but here."""
    ended = service.end_other_sessions(actor())
    flash(f"{ended} other {'session has' if ended == 1 else 'sessions have'} ended.", "success")
    return redirect(url_for("sessions.own"), 303)


@blueprint.post("/sign-out")
@public("ends the caller's own session only, whatever it still owes, and only by a form with its CSRF token")
def sign_out() -> Response:
    """End this session; its key is void also for whoever kept a copy of the cookie."""
    someone = sign_in.identify()
    if someone is not None and someone.session is not None:
        service.end_session(someone)
    sign_in.forget()
    return redirect(url_for("security.login"), 303)
