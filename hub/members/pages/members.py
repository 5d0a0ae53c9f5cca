"""The office's pages of members: who there is, and one member's standing; nothing of what members share."""

from collections.abc import Callable
from operator import attrgetter

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.access.tlp import MemberKind
from hub.members import service
from hub.members.forms.providers import BindingForm
from hub.members.forms.standing import InterventionForm, ReasonForm, StandingForm
from hub.members.rules import ACTS, MOVES, OF_OFFICE, SECTORS, Act, MemberState
from hub.members.service import RefusedMoveError, UnknownDomainError, UnknownMemberError
from hub.web.filters import opening
from hub.web.pagination import shown_page
from hub.web.shown import Filter, Filters

blueprint = Blueprint("members", __name__)
PROPOSED = "It is proposed, and waits for a second person of the office."


@blueprint.get("/members")
@requires(Permission.MEMBER_ADMINISTER)
def everybody() -> str:
    """The members, by code."""
    me, given = actor(), request.args
    filters = (
        Filter.of(given, "kind", "Kind", tuple((kind.value, kind.value.capitalize()) for kind in MemberKind)),
        Filter.of(given, "state", "Standing", tuple((state.value, state.value.capitalize()) for state in MemberState)),
        Filter.of(given, "sector", "Sector", tuple(SECTORS.items())),
    )
    chosen = {each.name: each.value for each in filters}
    page = shown_page(
        lambda before, limit: service.members_listed(me, after=before or "", limit=limit, **chosen),
        of="members",
        place=attrgetter("code"),
    )
    return render_template("members/everybody.html", page=page, filters=Filters(filters), sectors=SECTORS)


@blueprint.get("/members/<code>")
@requires(Permission.MEMBER_ADMINISTER)
def one(code: str) -> str:
    """One member: its standing and how it came to it, who its owners are, what is counted of the rest."""
    try:
        shown, domains = service.member_shown(actor(), code), service.domains_of(actor(), code)
    except UnknownMemberError:
        abort(404)
    moves = (
        [] if shown.member_id == actor().member_id else [state for state in MemberState if state in MOVES[shown.state]]
    )
    of_office = shown.kind == MemberKind.ADMINISTRATION
    return render_template(
        "members/one.html",
        shown=shown,
        of_office=of_office,
        domains=domains,
        moves=moves,
        words=words_of(shown.state),
        sectors=SECTORS,
        acts={act: words for act, words in ACTS.items() if act in OF_OFFICE or not of_office},
        proposed=service.open_decisions(actor(), code),
    )


@blueprint.post("/members/<code>/standing")
@requires(Permission.MEMBER_ADMINISTER, fresh=True)
def move(code: str) -> Response:
    """Change its standing, with a reason."""
    form = StandingForm()

    def done() -> str:
        moved = service.move(actor(), code, MemberState(form.state.data), form.reason.data)
        return f"{moved.code} is {moved.state} now."

    return _answered(code, form, done)


@blueprint.post("/members/<code>/interventions")
@requires(Permission.MEMBER_ADMINISTER, fresh=True)
def act_for(code: str) -> Response:
    """Propose to act in its name."""
    form = InterventionForm()

    def done() -> str:
        asked = service.Intervention(Act(form.act.data), form.person.data, form.email.data, form.name.data)
        service.propose_act(actor(), code, asked, form.reason.data)
        return PROPOSED

    return _answered(code, form, done)


@blueprint.post("/members/<code>/review/end")
@requires(Permission.MEMBER_ADMINISTER, fresh=True)
def end_review(code: str) -> Response:
    """Propose to end the review of what a member left behind."""
    form = ReasonForm()

    def done() -> str:
        service.propose_end_of_review(actor(), code, form.reason.data)
        return PROPOSED

    return _answered(code, form, done)


def _answered(code: str, form: ReasonForm, done: Callable[[], str]) -> Response:
    """Back to the member's page, with what was done or why it was not."""
    if not form.validate_on_submit():
        flash(" ".join(f"{words}." for field in form for words in field.errors), "error")
        return redirect(url_for("members.one", code=code), 303)
    try:
        words = done()
    except UnknownMemberError:
        abort(404)
    except (RefusedMoveError, ValueError) as error:
        flash(f"{opening(error)}.", "error")
    else:
        flash(words, "success")
    return redirect(url_for("members.one", code=code), 303)


@blueprint.post("/members/<code>/domains")
@requires(Permission.MEMBER_ADMINISTER, fresh=True)
def bind(code: str) -> Response:
    """Propose to bind a domain that the member asked for."""
    form = BindingForm()
    try:
        if not form.validate_on_submit():
            raise ValueError(" ".join(words for field in form for words in field.errors))
        service.propose_binding(actor(), code, form.domain.data, form.reason.data)
    except (UnknownMemberError, UnknownDomainError):
        abort(404)
    except (RefusedMoveError, ValueError) as error:
        flash(f"{opening(error)}.", "error")
    else:
        flash("It is proposed: a second person of the office approves it under Decisions.", "success")
    return redirect(url_for("members.one", code=code), 303)


def words_of(state: MemberState) -> dict[MemberState, str]:
    """State to move to → what the button says."""
    back = state is MemberState.SUSPENDED
    return {
        MemberState.ADMITTED: "Reinstate" if back else "End probation",
        MemberState.PROBATION: "Reinstate on probation" if back else "Put on probation",
        MemberState.SUSPENDED: "Suspend",
        MemberState.LEFT: "Mark as left",
    }
