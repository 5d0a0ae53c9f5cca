"""Probation ends by itself, some time after the admission, unless the office has moved the member meanwhile."""

from sqlalchemy import select

from hub import clock
from hub.access.guard import read_as
from hub.db import db
from hub.members.model import Member
from hub.members.rules import MemberState
from hub.members.service.actors import OFFICE, job_actor
from hub.members.service.membership import RefusedMoveError, find, move

OVER = "the probation is over"


def end_probations() -> int:
    """Admit members whose probation is over; returns how many. As the office's job. Safe to repeat."""
    due = select(Member.code).where(Member.state == MemberState.PROBATION.value, Member.probation_until <= clock.now())
    codes = [*db.session.execute(due.order_by(Member.code).limit(200)).scalars()]
    db.session.rollback()
    ended = 0
    for code in codes:
        db.session.info.pop("reader", None)
        actor = job_actor(find(OFFICE).id, "p_probation")
        read_as(db.session, actor)
        try:
            move(actor, code, MemberState.ADMITTED, OVER)
        except RefusedMoveError:  # busy, or moved meanwhile: the next run looks again
            db.session.rollback()
            continue
        ended += 1
    return ended
