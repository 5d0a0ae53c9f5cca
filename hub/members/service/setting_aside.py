"""Two people of the office decide that an entry which can never stand in the log is set aside; the operator does it."""

import hashlib

from sqlalchemy import select

from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import db
from hub.ledger import service as ledger
from hub.ledger.service import NotSettledError
from hub.members.model import Decision
from hub.members.rules import DecisionKind, DecisionState
from hub.members.service.decisions import OpenDecision, carries_out, propose
from hub.members.service.membership import RefusedMoveError


def propose_setting_aside(actor: Actor, entry: str, reason: str) -> str:
    """Propose to set an entry aside for good; returns the decision's name. Commits.

    Raises NotPermittedError, ValueError for a reason beyond the rules, RefusedMoveError for an entry that does not wait
    to be settled, and while the same is proposed.
    """
    if not ledger.is_put_aside(actor, entry):
        raise RefusedMoveError("no entry of this id waits to be settled")
    return propose(actor, DecisionKind.SET_ASIDE, entry, reason)


@carries_out(DecisionKind.SET_ASIDE)
def _approve(actor: Actor, decision: OpenDecision) -> None:
    """The deed itself is the operator's: the office may not know whom the entry concerns."""
    if not ledger.is_put_aside(actor, decision.subject):
        raise RefusedMoveError("the entry was settled meanwhile")


def set_aside(actor: Actor, entry: str) -> None:
    """Set an entry aside for good as two people approved, and tell whom it concerns. Commits.

    Raises NotPermittedError, LedgerHaltedError, NotSettledError: as `ledger.set_aside`, and where nobody approved it.
    """
    actor.must(Permission.MEMBER_ADMINISTER)
    approved = (
        select(Decision.reason)
        .where(
            Decision.kind == DecisionKind.SET_ASIDE.value,
            Decision.subject == entry,
            Decision.state == DecisionState.APPROVED.value,
        )
        .order_by(Decision.id.desc())
        .limit(1)
    )
    reason = db.session.execute(approved).scalar_one_or_none()
    if reason is None:
        raise NotSettledError("two people of the office must approve it first, on their page of decisions")
    ledger.set_aside(actor, entry, hashlib.sha256(reason.encode()).hexdigest())
