"""The office's page of decisions that wait for a second person."""

from collections.abc import Callable
from typing import TypeVar

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from hub.access.actor import Actor
from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.ledger.service import CAUSES, GROUNDS, Cause, Ground, put_aside
from hub.members import service
from hub.members.forms.standing import ErasureForm, ReanchoringForm, ReasonForm, SettingAsideForm
from hub.members.rules import ACTS
from hub.members.service import RefusedMoveError, UnknownDecisionError
from hub.web.filters import opening

blueprint = Blueprint("decisions", __name__)
Form = TypeVar("Form", bound=ReasonForm)


@blueprint.get("/decisions")
@requires(Permission.MEMBER_ADMINISTER)
def waiting() -> str:
    """What waits for a second person, oldest first."""
    me = actor()
    shown = {"rows": service.open_decisions(me), "reader": me.pseudonym, "difference": service.difference(me)}
    words = {"acts": ACTS, "grounds": GROUNDS, "causes": CAUSES}
    return render_template("members/decisions.html", **shown, **words, put_aside=put_aside(me))


@blueprint.post("/decisions/erasures")
@requires(Permission.MEMBER_ADMINISTER, fresh=True)
def erase() -> Response:
    """Propose to erase what an entry of the log tells, or whom a pseudonym stands for."""
    return _proposed(
        ErasureForm(),
        lambda me, form: service.propose_erasure(me, form.subject.data, Ground(form.ground.data), form.reason.data),
        "The erasure",
    )


@blueprint.post("/decisions/reanchorings")
@requires(Permission.MEMBER_ADMINISTER, fresh=True)
def reanchor() -> Response:
    """Propose that the halted log is anchored anew."""
    return _proposed(
        ReanchoringForm(),
        lambda me, form: service.propose_reanchoring(me, form.state.data, Cause(form.cause.data), form.reason.data),
    )


@blueprint.post("/decisions/settings-aside")
@requires(Permission.MEMBER_ADMINISTER, fresh=True)
def set_aside() -> Response:
    """Propose that an entry which can never stand in the log is set aside for good."""
    return _proposed(
        SettingAsideForm(), lambda me, form: service.propose_setting_aside(me, form.entry.data, form.reason.data)
    )


def _proposed(form: Form, propose: Callable[[Actor, Form], str], what: str = "This") -> Response:
    if form.validate_on_submit():
        return _done(
            lambda: propose(actor(), form), f"{what} is proposed: another person of the office must approve it."
        )
    flash(" ".join(f"{told}." for field in form for told in field.errors), "error")
    return redirect(url_for("decisions.waiting"), 303)


@blueprint.post("/decisions/<name>/approval")
@requires(Permission.MEMBER_ADMINISTER, fresh=True)
def approve(name: str) -> Response:
    """Approve it, and carry it out."""
    words = "The decision is approved and carried out; what is done to the log itself, the operator does."
    return _done(lambda: service.approve(actor(), name), words)


@blueprint.post("/decisions/<name>/refusal")
@requires(Permission.MEMBER_ADMINISTER, fresh=True)
def refuse(name: str) -> Response:
    """Refuse it, or take it back."""
    return _done(lambda: service.refuse(actor(), name), "The proposal is refused: nothing was changed.")


def _done(act: Callable[[], object], words: str) -> Response:
    try:
        act()
    except UnknownDecisionError:
        abort(404)
    except (RefusedMoveError, ValueError) as error:
        flash(f"{opening(error)}.", "error")
    else:
        flash(words, "success")
    return redirect(url_for("decisions.waiting"), 303)
