"""Erasures that two people of the office decide: of what an entry of the log tells, or whom a pseudonym stands for."""

import re

from sqlalchemy import delete, select

from hub.access.actor import Actor
from hub.access.guard import read_as
from hub.access.permissions import Permission
from hub.db import db
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.ledger.journal import ErasedPerson, ErasedView
from hub.ledger.service import Ground, NothingToEraseError
from hub.members.model import Member, Person
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


def replay_erasures(actor: Actor) -> tuple[int, int]:
    """Erase anew what a backup that was put back has brought back; returns how many parts, and people. Commits.

    From the journal beside the anchor. Each party is told. Safe to repeat, and done while the log is halted too. Only
    whoever owns the tables can. Raises NotPermittedError.
    """
    actor.must(Permission.MEMBER_ADMINISTER)
    back = ledger.brought_back()
    entries = dict.fromkeys(each.entry for each in back if isinstance(each, ErasedView))
    parts = sum(ledger.erase_anew(actor, entry) for entry in entries)
    people = [each.pseudonym for each in back if isinstance(each, ErasedPerson)]
    for pseudonym in people:
        gone = delete(Person).where(Person.pseudonym == pseudonym).returning(Person.member_id)
        member = db.session.execute(gone).scalar_one()
        subject = {"type": "person", "ref": pseudonym, "reason": ledger.REPLAYED}
        told = {member: ledger.Concern("counterparty")}
        ledger.append(actor, Event.PERSON_FORGOTTEN, subject=subject, concerned=told)
        db.session.commit()
    return parts, len(people)


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
