"""Pages of sharing groups: those one sits in or is invited to, and what its owners do about them."""

from collections.abc import Callable

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as Answer

from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.members import service
from hub.members.forms.groups import GroupForm, GuestForm, RenewalForm, SeatForm
from hub.members.service import RefusedMoveError, UnknownGroupError, UnknownMemberError
from hub.web.filters import opening
from hub.web.forms import EmptyForm

blueprint = Blueprint("groups", __name__)


@blueprint.get("/groups")
@requires(Permission.GROUP_MANAGE)
def own() -> Response:
    """The groups, and the form for another."""
    return _list(GroupForm(formdata=None))


@blueprint.post("/groups")
@requires(Permission.GROUP_MANAGE)
def found() -> Answer:
    """Found a group."""
    form = GroupForm()
    if form.validate_on_submit():
        try:
            code = service.found_group(actor(), form.name.data, form.purpose.data, form.agreement.data)
        except (RefusedMoveError, ValueError) as error:
            form.form_errors.append(f"{opening(error)}.")
        else:
            flash(f"The group is founded; its code is {code}.", "success")
            return redirect(url_for("groups.one", group=code), 303)
    return _list(form, 422)


@blueprint.get("/groups/<group>")
@requires(Permission.GROUP_MANAGE)
def one(group: str) -> Response:
    """One group: who sits in it, and under which agreement."""
    return _one(group)


@blueprint.post("/groups/<group>/agreement")
@requires(Permission.GROUP_MANAGE, fresh=True)
def renew(group: str) -> Answer:
    """Publish another agreement."""
    form = RenewalForm()
    if form.validate_on_submit():
        try:
            service.renew_agreement(actor(), group, form.agreement.data)
        except UnknownGroupError:
            abort(404)
        except (RefusedMoveError, ValueError) as error:
            form.form_errors.append(f"{opening(error)}.")
        else:
            flash("The agreement is published; the owners of the other seats are told by letter.", "success")
            return redirect(url_for("groups.one", group=group), 303)
    return _one(group, form, 422)


@blueprint.post("/groups/<group>/invitations")
@requires(Permission.GROUP_MANAGE, fresh=True)
def invite(group: str) -> Answer:
    """Invite a member."""
    form = GuestForm()
    return _done(group, form, lambda: service.invite_to_group(actor(), group, form.code.data), "The member is invited.")


@blueprint.post("/groups/<group>/invitations/<code>/removal")
@requires(Permission.GROUP_MANAGE)
def take_back(group: str, code: str) -> Answer:
    """Take an invitation back."""
    return _done(
        group,
        EmptyForm(),
        lambda: service.take_back_invitation(actor(), group, code),
        "The invitation is taken back.",
    )


@blueprint.post("/groups/<group>/seat")
@requires(Permission.GROUP_MANAGE, fresh=True)
def accept(group: str) -> Answer:
    """Take the seat that is offered, or keep one's own, under the agreement as it is now."""
    form = SeatForm()
    return _done(
        group,
        form,
        lambda: service.accept_group(actor(), group, form.digest.data),
        "Your member sits in the group under this agreement.",
    )


@blueprint.post("/groups/<group>/refusal")
@requires(Permission.GROUP_MANAGE)
def decline(group: str) -> Answer:
    """Decline it."""
    return _done(group, EmptyForm(), lambda: service.decline_group(actor(), group), "The invitation is declined.")


@blueprint.post("/groups/<group>/leaving")
@requires(Permission.GROUP_MANAGE, fresh=True)
def leave(group: str) -> Answer:
    """Give up the seat."""
    return _done(group, EmptyForm(), lambda: service.leave_group(actor(), group), "Your member left the group.")


@blueprint.post("/groups/<group>/dissolution")
@requires(Permission.GROUP_MANAGE, fresh=True)
def dissolve(group: str) -> Answer:
    """Dissolve it."""
    return _done(group, EmptyForm(), lambda: service.dissolve_group(actor(), group), "The group is dissolved.")


def _done(group: str, form: FlaskForm, act: Callable[[], None], words: str) -> Answer:
    """Back to the group, or to all of them where one sits in it no more."""
    if not form.validate_on_submit():
        flash(" ".join(f"{words}." for field in form for words in field.errors), "error")
        return _back(group)
    try:
        act()
    except UnknownGroupError:
        abort(404)
    except (RefusedMoveError, UnknownMemberError, ValueError) as error:
        flash(f"{opening(error)}.", "error")
    else:
        flash(words, "success")
    return _back(group)


def _back(group: str) -> Answer:
    try:
        service.shown_group(actor(), group)
    except UnknownGroupError:
        return redirect(url_for("groups.own"), 303)
    return redirect(url_for("groups.one", group=group), 303)


def _one(group: str, renewal: RenewalForm | None = None, status: int = 200) -> Response:
    try:
        shown = service.shown_group(actor(), group)
    except UnknownGroupError:
        abort(404)
    renewal = renewal or RenewalForm(formdata=None, data={"agreement": shown.agreement})
    guest, seat = GuestForm(formdata=None), SeatForm(formdata=None)
    text = render_template("members/group.html", shown=shown, guest=guest, seat=seat, renewal=renewal)
    return make_response(text, status)


def _list(form: GroupForm, status: int = 200) -> Response:
    return make_response(render_template("members/groups.html", rows=service.own_groups(actor()), form=form), status)
