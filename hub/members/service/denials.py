"""Denials on record: one by one as long as they are few, as a number beyond, so that no flood of them fills the log."""

from collections.abc import Sequence

from sqlalchemy import select, union

from hub.access.actor import Actor
from hub.access.guard import read_as
from hub.db import db
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.limits import service as limits
from hub.limits.rules import denials_of
from hub.members.model import Credential, Member, Person
from hub.members.service.actors import upkeep_actor


def record_denial(actor: Actor, what: str, concerned: Sequence[int] = ()) -> None:
    """Record that the actor was refused `what`, or only count it where there were many lately; committed at once.

    `concerned`: members that are told of it.
    """
    if limits.lease(denials_of(actor.pseudonym), 1).left:
        told = {member: ledger.Concern("counterparty") for member in concerned}
        subject = {"type": "denied", "ref": what}
        ledger.append(actor, Event.ACCESS_DENIED, subject=subject, outcome="denied", concerned=told)
        db.session.commit()


def tell_denials() -> int:
    """Record for each actor how many refusals were only counted so far; returns for how many actors. Safe to repeat."""
    told = 0
    db.session.info.pop("reader", None)
    for member_id in db.session.execute(select(Member.id).order_by(Member.id)).scalars().all():
        db.session.rollback()
        db.session.info.pop("reader", None)
        upkeep = upkeep_actor(member_id, "p_denials")
        read_as(db.session, upkeep)
        of_member = union(
            select(Person.pseudonym).where(Person.member_id == member_id),
            select(Credential.pseudonym).where(Credential.member_id == member_id),
        )
        actors = db.session.execute(of_member).scalars().all()
        untold = limits.refusals_untold({each: denials_of(each).subject for each in actors})
        for pseudonym, refused in sorted(untold.items()):
            subject = {"type": "actor", "ref": pseudonym}
            ledger.append(upkeep, Event.DENIALS_COUNTED, subject=subject, counts={"refused": refused}, outcome="denied")
        db.session.commit()
        told += len(untold)
    return told
