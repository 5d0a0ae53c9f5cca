"""The office's page of decisions that wait for a second person."""

from collections.abc import Callable

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from hub.access.actor import Actor
from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.ledger.service import GROUNDS, Ground
from hub.members import service
from hub.members.forms.standing import ErasureForm
from hub.members.rules import ACTS
from hub.members.service import RefusedMoveError, UnknownDecisionError
from hub.web.filters import opening

blueprint = Blueprint("decisions", __name__)


@blueprint.get("/decisions")
@requires(Permission.MEMBER_ADMINISTER)
def waiting() -> str:
    """What waits for a second person, oldest first."""
    me = actor()
    shown = {"rows": service.open_decisions(me), "acts": ACTS, "grounds": GROUNDS, "reader": me.pseudonym}
    return render_template("members/decisions.html", **shown)


@blueprint.post("/decisions/erasures")
@requires(Permission.MEMBER_ADMINISTER, fresh=True)
def erase() -> Response:
    """Propose to erase what an entry of the log tells, or whom a pseudonym stands for."""
    form = ErasureForm()
    if not form.validate_on_submit():
        flash(" ".join(f"{words}." for field in form for words in field.errors), "error")
        return redirect(url_for("decisions.waiting"), 303)
    try:
        service.propose_erasure(actor(), form.subject.data, Ground(form.ground.data), form.reason.data)
    except (RefusedMoveError, ValueError) as error:
        flash(f"{opening(error)}.", "error")
    else:
        flash("The erasure is proposed: another person of the office must approve it.", "success")
    return redirect(url_for("decisions.waiting"), 303)


@blueprint.post("/decisions/<name>/approval")
@requires(Permission.MEMBER_ADMINISTER, fresh=True)
def approve(name: str) -> Response:
    """Approve it, and carry it out."""
    return _settled(service.approve, name, "The decision is approved and carried out.")


@blueprint.post("/decisions/<name>/refusal")
@requires(Permission.MEMBER_ADMINISTER, fresh=True)
def refuse(name: str) -> Response:
    """Refuse it, or take it back."""
    return _settled(service.refuse, name, "The proposal is refused: nothing was changed.")


def _settled(act: Callable[[Actor, str], None], name: str, words: str) -> Response:
    try:
        act(actor(), name)
    except UnknownDecisionError:
        abort(404)
    except (RefusedMoveError, ValueError) as error:
        flash(f"{opening(error)}.", "error")
    else:
        flash(words, "success")
    return redirect(url_for("decisions.waiting"), 303)
