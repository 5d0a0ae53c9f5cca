"""Decisions that need two people of the office: one proposes, another approves, and it is carried out there and then.

A kind of decision says how it is carried out, once:

    @carries_out(DecisionKind.ADMIT)
    def _admit(actor: Actor, decision: OpenDecision) -> None: ...

which runs in the transaction that approves; if it raises, nothing was approved.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from hub import clock
from hub.access.actor import Actor, NotPermittedError
from hub.access.permissions import Permission
from hub.db import db
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.members import policy, rules
from hub.members.model import Decision
from hub.members.rules import Act, DecisionKind, DecisionState
from hub.members.service.membership import RefusedMoveError, find
from hub.sealing import unseal


class UnknownDecisionError(Exception):
    """There is no decision of that name."""


@dataclass(frozen=True)
class OpenDecision:
    """A proposal that waits for a second person."""

    name: str
    kind: DecisionKind
    subject: str
    reason: str
    proposed_by: str
    """The pseudonym of who may not approve it."""
    proposed_at: datetime
    expires_at: datetime
    act: Act | None = None
    """What is to be done in a member's name."""
    whom: Mapping[str, str] = field(default_factory=dict)
    """To whom: `name` and `email` of a new owner, or `person`, an owner's pseudonym; the `ground` of an erasure;
    the `cause` of anchoring anew, and the `state` that the log is in."""


CarryOut = Callable[[Actor, OpenDecision], None]
"""Does what was decided, as the approving actor, in the transaction under way, uncommitted."""
NEW_OWNER = "a decision's new owner"
"""What the name and address of one to be invited are sealed for."""
WHOM = {DecisionKind.ERASE: ("ground",), DecisionKind.REANCHOR: ("cause", "state")}
"""What a decision's target holds, by its kind; of all others, a person."""
CARRIED_OUT: dict[DecisionKind, CarryOut] = {}


def carries_out(kind: DecisionKind) -> Callable[[CarryOut], CarryOut]:
    """Name the function that carries out decisions of a kind."""

    def register(carry_out: CarryOut) -> CarryOut:
        CARRIED_OUT[kind] = carry_out
        return carry_out

    return register


def propose(actor: Actor, kind: DecisionKind, subject: str, reason: str, given: Mapping[str, Any] | None = None) -> str:
    """Propose a decision; returns its name. `given`: what else its kind keeps of it. Commits.

    Raises NotPermittedError, ValueError for a reason beyond the rules, RefusedMoveError while the same is proposed.
    """
    _may_decide(actor)
    reason, now = rules.check_reason(reason), clock.now()
    same = (Decision.kind == kind.value) & (Decision.subject == subject) & (Decision.state == DecisionState.OPEN.value)
    db.session.execute(
        update(Decision).where(same, Decision.expires_at <= now).values(state=DecisionState.EXPIRED.value)
    )
    if db.session.execute(select(Decision.id).where(same)).first():
        raise RefusedMoveError("this is proposed already and waits for a second person")
    decision = Decision(
        name="d_" + secrets.token_urlsafe(16),
        kind=kind.value,
        subject=subject,
        reason=reason,
        state=DecisionState.OPEN.value,
        proposed_by=actor.pseudonym,
        proposed_at=now,
        expires_at=now + rules.DECISION_SPANS[kind],
        **(given or {}),
    )
    db.session.add(decision)
    _record(actor, Event.DECISION_PROPOSED, decision)
    db.session.commit()
    return decision.name


def approve(actor: Actor, name: str) -> None:
    """Approve what another person proposed, and carry it out, both or neither. Commits.

    Raises NotPermittedError, UnknownDecisionError, RefusedMoveError for one's own proposal and for one that is settled
    or has expired, and what carrying it out raises. Of two approvals at once the second finds it settled.
    """
    _may_decide(actor)
    decision = _open(name)
    if decision.proposed_by == actor.pseudonym:
        raise RefusedMoveError("you proposed this yourself: a second person of the office must approve it")
    _settle(actor, decision, DecisionState.APPROVED)
    _record(actor, Event.DECISION_APPROVED, decision)
    try:
        db.session.flush()
        CARRIED_OUT[DecisionKind(decision.kind)](actor, _shown(decision))
        db.session.commit()
    except Exception:
        db.session.rollback()
        raise


def refuse(actor: Actor, name: str) -> None:
    """Refuse what was proposed; who proposed it takes it back so. Commits. Raises as `approve` does."""
    _may_decide(actor)
    decision = _open(name)
    _settle(actor, decision, DecisionState.REFUSED)
    _record(actor, Event.DECISION_REFUSED, decision)
    db.session.commit()


def open_decisions(actor: Actor, subject: str | None = None) -> list[OpenDecision]:
    """The first 200 proposals, of all or about one subject, that wait for a second person, oldest first."""
    actor.must(Permission.MEMBER_ADMINISTER)
    found = select(Decision).where(Decision.state == DecisionState.OPEN.value, Decision.expires_at > clock.now())
    if subject is not None:
        found = found.where(Decision.subject == subject)
    return [_shown(one) for one in db.session.execute(found.order_by(Decision.id).limit(200)).scalars()]


def propose_end_of_review(actor: Actor, code: str, reason: str) -> str:
    """Propose that what a member left behind is withdrawn from now on. Raises as `propose`, UnknownMemberError."""
    if find(code).left_at is None:
        raise RefusedMoveError(f"{code} has not left")
    return propose(actor, DecisionKind.END_REVIEW, code, reason)


@carries_out(DecisionKind.END_REVIEW)
def _end_review(_: Actor, decision: OpenDecision) -> None:
    """What the member left behind is due for withdrawal from now on."""
    if not db.session.execute(select(func.end_review(decision.subject, clock.now()))).scalar_one():
        raise RefusedMoveError(f"{decision.subject} has not left")


def _shown(one: Decision) -> OpenDecision:
    kind = DecisionKind(one.kind)
    names = WHOM.get(kind, ("person",))
    whom = dict(zip(names, one.target.split(" "), strict=True)) if one.target else {}
    whom |= json.loads(unseal(one.sealed, NEW_OWNER)) if one.sealed else {}
    act = Act(one.act) if one.act else None
    proposed = (one.proposed_by, one.proposed_at, one.expires_at)
    return OpenDecision(one.name, kind, one.subject, one.reason, *proposed, act, whom)


def _may_decide(actor: Actor) -> None:
    if not policy.may_decide(actor):
        raise NotPermittedError("only a person of the office, signed in, decides")


def _open(name: str) -> Decision:
    """The decision, locked until the transaction ends."""
    decision = db.session.execute(
        select(Decision).where(Decision.name == name).with_for_update().execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if decision is None:
        raise UnknownDecisionError("there is no decision of this name")
    if decision.state != DecisionState.OPEN.value:
        raise RefusedMoveError(f"this was {decision.state} already")
    if decision.expires_at <= clock.now():
        raise RefusedMoveError("this has expired: propose it again")
    return decision


def _settle(actor: Actor, decision: Decision, state: DecisionState) -> None:
    decision.state, decision.settled_by, decision.settled_at = state.value, actor.pseudonym, clock.now()


def _record(actor: Actor, event: Event, decision: Decision) -> None:
    """The reason stays in the table; the record holds its digest."""
    digest = hashlib.sha256(decision.reason.encode()).hexdigest()
    ledger.append(actor, event, subject={"type": decision.kind, "ref": decision.subject, "digest": digest})
