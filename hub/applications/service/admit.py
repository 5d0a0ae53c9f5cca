"""Admission: proposed by one person of the office, approved by another, and carried out there and then."""

from hub import clock
from hub.access.actor import Actor
from hub.access.grants import Role
from hub.access.tlp import MemberKind
from hub.applications import rules
from hub.applications.rules import ApplicationState
from hub.applications.service.read import confirmed, facts_of, ticks_of
from hub.applications.service.vet import may_vet, move
from hub.members import service as members
from hub.members.rules import DecisionKind, check_code
from hub.members.service import OpenDecision, RefusedMoveError, UnknownMemberError


def propose_admission(actor: Actor, name: str, code: str, reason: str) -> str:
    """Propose to admit a vetted applicant under a code; returns the decision's name. Commits.

    Name and code stand in the reason, so that what is approved is what was proposed. Raises NotPermittedError,
    UnknownApplicationError, ValueError for a code or a reason beyond the rules, RefusedMoveError for an application
    that is not vetted, a code that is taken and an admission that is proposed already.
    """
    may_vet(actor)
    row = confirmed(name, lock=True)
    _must_be_vetted(row.state)
    _must_be_free(code)
    if members.open_decisions(actor, name):
        raise RefusedMoveError("this is proposed already and waits for a second person")
    row.code = code
    return members.propose(actor, DecisionKind.ADMIT, name, f"{row.legal_name} as {code}: {reason.strip()}")


@members.carries_out(DecisionKind.ADMIT)
def _admit(actor: Actor, decision: OpenDecision) -> None:
    """Found the member, on probation, and invite the contact as its owner; see rules.may_approve_admission."""
    row = confirmed(decision.subject, lock=True)
    _must_be_vetted(row.state)
    if not rules.may_approve_admission(actor.pseudonym, {tick.by for tick in ticks_of(decision.subject).values()}):
        raise RefusedMoveError("you vetted this application alone: somebody else of the office must approve it")
    assert row.code is not None
    member = members.admit_applicant(actor, row.code, MemberKind(row.kind), row.legal_name, row.sector)
    move(row, ApplicationState.ADMITTED)
    row.settled_by, row.settled_at = actor.pseudonym, clock.now()
    facts = facts_of(row)
    members.invite_for(actor, member, facts.contact_email, facts.contact_name, Role.OWNER)


def _must_be_vetted(state: str) -> None:
    if state != ApplicationState.VETTED.value:
        raise RefusedMoveError(f"this application is {state}: an applicant is admitted once all items are ticked")


def _must_be_free(code: str) -> None:
    """Raises ValueError for what is no code, RefusedMoveError for one that a member has."""
    check_code(code)
    try:
        members.find(code)
    except UnknownMemberError:
        return
    raise RefusedMoveError(f"{code} is already a member; choose another code")
