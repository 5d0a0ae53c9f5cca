"""Two people of the office decide that a halted log is anchored anew; the operator's command then does it."""

import hashlib
from collections.abc import Callable

from sqlalchemy import select

from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import db
from hub.ledger import service as ledger
from hub.ledger.fsck import Finding
from hub.ledger.service import Agreed, Cause, NotAnchoredError
from hub.members.model import Decision, Member
from hub.members.rules import ACTIVE, DecisionKind, DecisionState
from hub.members.service.decisions import OpenDecision, carries_out, propose
from hub.members.service.membership import RefusedMoveError


def difference(actor: Actor) -> ledger.Difference | None:
    """What the log is halted for, as who decides sees it; None while it is not halted. Raises NotPermittedError."""
    actor.must(Permission.MEMBER_ADMINISTER)
    return ledger.difference()


def propose_reanchoring(actor: Actor, state: str, cause: Cause, reason: str) -> str:
    """Propose to anchor the log anew where it differs so; returns the decision's name. Commits.

    `state`: of the difference that was looked at. Raises NotPermittedError, ValueError for a reason beyond the rules,
    RefusedMoveError while the log is not halted, for another difference, and while the same is proposed.
    """
    found = difference(actor)
    if found is None or found.state != state:
        raise RefusedMoveError("what differs has changed since you looked: look again")
    return propose(actor, DecisionKind.REANCHOR, found.halt, reason, {"target": f"{cause.value} {state}"})


@carries_out(DecisionKind.REANCHOR)
def _approve(_: Actor, decision: OpenDecision) -> None:
    """The deed itself is the operator's: the anchor lies outside the database."""
    found = ledger.difference()
    if found is None or (found.halt, found.state) != (decision.subject, decision.whom["state"]):
        raise RefusedMoveError("what differs has changed since: look again, and propose it anew")


def reanchor(actor: Actor, at: Callable[[str], None] = lambda _: None) -> list[Finding]:
    """Anchor the log anew as two people approved; returns what a check of it finds all the same. Commits.

    Raises NotPermittedError, NotAnchoredError: as `ledger.reanchor`, and where nobody approved it for this halt.
    """
    found = ledger.difference()
    if found is None:
        raise NotAnchoredError("the log is not halted")
    decision = db.session.execute(
        select(Decision)
        .where(
            Decision.kind == DecisionKind.REANCHOR.value,
            Decision.subject == found.halt,
            Decision.state == DecisionState.APPROVED.value,
        )
        .order_by(Decision.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    if decision is None:
        raise NotAnchoredError("two people of the office must approve it first, on their page of decisions")
    assert decision.target is not None
    assert decision.settled_by is not None
    cause, state = decision.target.split(" ")
    people = (decision.proposed_by, decision.settled_by)
    agreed = Agreed(state, Cause(cause), people, hashlib.sha256(decision.reason.encode()).hexdigest())
    everybody = db.session.execute(select(Member.id).where(Member.state.in_(ACTIVE))).scalars().all()
    return ledger.reanchor(actor, agreed, everybody, at)
