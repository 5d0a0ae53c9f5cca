"""Expiry: a question that was not answered in time has no effect, and counts in the brand's answer rate."""

from datetime import datetime

from sqlalchemy import func, select, update

from hub import clock
from hub.access.guard import read_as
from hub.db import db
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.members import service as members
from hub.questions import policy, rules
from hub.questions.model import OPEN, Question
from hub.questions.rules import Command, QuestionState
from hub.questions.service.ask import subject_of

AT_ONCE = 200


def expire_due() -> int | None:
    """End up to 200 overdue questions of one platform to one brand, and record it once for both; returns how many.

    None: nothing is due. Whatever the standing of the two: the deadline was said beforehand.
    """
    db.session.info.pop("reader", None)
    now = clock.now()
    pair = db.session.execute(select(func.parties_with_due_questions(now))).scalar_one()
    if not pair:
        return None
    platform_id, brand_id = pair
    actor = members.upkeep_actor(platform_id, "p_deadlines")
    db.session.rollback()
    read_as(db.session, actor)
    due = (
        select(Question.name)
        .where(policy.visible_to(actor), Question.brand_id == brand_id, OPEN, Question.due_at <= now)
        .order_by(Question.id)
        .limit(AT_ONCE)
        .with_for_update()
    )
    names = list(db.session.execute(due).scalars())
    if names:  # or somebody else has ended them since
        counts = {"questions": len(names)}
        told = {brand_id: ledger.Concern("counterparty", counts)}
        entry = ledger.append(actor, Event.QUESTION_EXPIRED, subject=subject_of(names), counts=counts, concerned=told)
        _end(names, actor.pseudonym, now, entry)
    db.session.commit()
    return len(names)


def _end(names: list[str], by: str, now: datetime, entry: str) -> None:
    state = rules.moved(QuestionState.ASKED, Command.EXPIRE, rules.BY[Command.EXPIRE], overdue=True)
    ended = {"state": state.value, "ended_by": by, "ended_at": now, "ended_entry": entry}
    db.session.execute(update(Question).where(Question.name.in_(names)).values(ended))
