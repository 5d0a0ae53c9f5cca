"""Erasures that two people of the office decide: of what an entry of the log tells, or whom a pseudonym stands for."""

import re

from sqlalchemy import select

from hub.access.actor import Actor
from hub.access.guard import read_as
from hub.db import db
from hub.ledger import service as ledger
from hub.ledger.service import Ground, NothingToEraseError
from hub.members.model import Member
from hub.members.rules import DecisionKind
from hub.members.service.actors import OFFICE, upkeep_actor
from hub.members.service.decisions import OpenDecision, carries_out, propose
from hub.members.service.membership import RefusedMoveError

_PSEUDONYM = re.compile(r"p_[0-9a-f]{16}")


def propose_erasure(actor: Actor, subject: str, ground: Ground, reason: str) -> str:
    """Propose to erase an entry by its id, or a person by its pseudonym; returns the decision's name. Commits.

    Raises NotPermittedError, ValueError for a reason beyond the rules, RefusedMoveError for no entry and no pseudonym,
    for the record of an erasure, and while the same is proposed. Whether the pseudonym is anybody's shows when a second
    person approves: until then the office may not know.
    """
    if _PSEUDONYM.fullmatch(subject) is None:
        try:
            ledger.check_erasable(subject)
        except NothingToEraseError as error:
            raise RefusedMoveError(str(error)) from error
    return propose(actor, DecisionKind.ERASE, subject, reason, {"target": ground.value})


@carries_out(DecisionKind.ERASE)
def _erase(actor: Actor, decision: OpenDecision) -> None:
    """The database erases only in the transaction in which two people have approved it."""
    ground = Ground(decision.whom["ground"])
    try:
        if _PSEUDONYM.fullmatch(decision.subject):
            ledger.forget(actor, decision.name, decision.subject, ground)
        else:
            ledger.erase(actor, decision.name, decision.subject, ground)
    except NothingToEraseError as error:
        raise RefusedMoveError(str(error)) from error


def retire_entries() -> int:
    """Erase what the log's entries tell once their retention is over; returns how many leaves. Safe to repeat."""
    office = db.session.execute(select(Member.id).where(Member.code == OFFICE)).scalar_one_or_none()
    retired = 0
    while office is not None:
        actor = upkeep_actor(office, "p_retention")
        read_as(db.session, actor)
        batch = ledger.retire(actor)
        if not batch:
            break
        retired += batch
    return retired
