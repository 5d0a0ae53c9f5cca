"""Pages of a member's people, for its owners."""

from collections.abc import Callable

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as Answer

from hub.access.gate import actor, requires
from hub.access.grants import Role
from hub.access.permissions import Permission
from hub.access.tlp import MemberKind
from hub.members import service
from hub.members.forms.people import InvitationForm, RoleForm
from hub.members.rules import SESSION_KEPT
from hub.web.filters import opening

blueprint = Blueprint("people", __name__)


@blueprint.get("/people")
@requires(Permission.PERSON_MANAGE)
def everybody() -> Response:
    """Who acts for the member, and who is invited to."""
    return _page(InvitationForm(formdata=None, role=Role.VIEWER.value))


@blueprint.post("/people/invitations")
@requires(Permission.PERSON_MANAGE, fresh=True)
def invite() -> Answer:
    """Invite somebody; the answer is the same whether the address signs in already."""
    form = InvitationForm()
    if not form.validate_on_submit():
        return _page(form, 422)
    try:
        service.invite_colleague(actor(), form.email.data, form.name.data, Role(form.role.data))
    except (service.RefusedMoveError, ValueError) as error:
        form.form_errors.append(opening(error))
        return _page(form, 422)
    flash("The invitation is on its way.", "success")
    return redirect(url_for("people.everybody"), 303)


@blueprint.post("/people/invitations/<int:number>/withdrawal")
@requires(Permission.PERSON_MANAGE, fresh=True)
def take_back(number: int) -> Answer:
    """Void an invitation."""
    return _done(lambda: service.take_back(actor(), number), "The invitation is taken back: its link is void.")


@blueprint.post("/people/<pseudonym>/role")
@requires(Permission.PERSON_MANAGE, fresh=True)
def set_role(pseudonym: str) -> Answer:
    """Give a person another role."""
    form = RoleForm()
    if not form.validate_on_submit():
        flash("Choose one of the roles.", "error")
        return redirect(url_for("people.everybody"), 303)
    role = Role(form.role.data)
    return _done(
        lambda: service.set_role(actor(), pseudonym, role),
        f"The role is {role.value} from the person's next request on.",
    )


@blueprint.post("/people/<pseudonym>/shut-out")
@requires(Permission.PERSON_MANAGE, fresh=True)
def shut_out(pseudonym: str) -> Answer:
    """Let a person sign in no more."""
    return _done(
        lambda: service.shut_out(actor(), pseudonym),
        "The person is shut out: its next request is refused. API keys it made go on serving.",
    )


@blueprint.post("/people/<pseudonym>/let-in")
@requires(Permission.PERSON_MANAGE, fresh=True)
def let_in(pseudonym: str) -> Answer:
    """Let a person sign in again."""
    return _done(lambda: service.let_in(actor(), pseudonym), "The person may sign in again, as before.")


def _done(act: Callable[[], None], words: str) -> Answer:
    try:
        act()
    except (service.UnknownPersonError, service.UnknownLinkError):
        abort(404)
    except service.RefusedMoveError as error:
        flash(f"{opening(error)}.", "error")
    else:
        flash(words, "success")
    return redirect(url_for("people.everybody"), 303)


def _page(form: InvitationForm, status: int = 200) -> Response:
    me = actor()
    values = {"rows": service.people(me), "invitations": service.open_invitations(me), "kept": SESSION_KEPT.days}
    values["by_two"] = me.member if me.kind is MemberKind.ADMINISTRATION else None
    return make_response(render_template("members/people.html", form=form, roles=list(Role), **values), status)
