"""Letters of notices: at once, which is within a minute, or once a day at an hour of the person's own."""

from sqlalchemy import ColumnElement, and_, func, select

from hub import clock
from hub.access.actor import Actor
from hub.access.guard import read_as
from hub.db import db
from hub.members import service as members
from hub.notices import policy
from hub.notices.model import Notice, NoticeReader
from hub.notices.rules import Letters, Topic, letter_text
from hub.notices.service.read import is_unread, newest_place
from hub.notices.service.settings import settings_in

BATCH = 100
"""People of one member who are looked at in one transaction."""
ROUND = 1_000
"""Transactions of one run; what is left is the next run's."""


def write_letters() -> int:
    """Write to each person for whom a letter is due; returns how many letters. Commits by member.

    How far a person was told commits with the letter: if we crash, neither is there, and the next run writes it.
    """
    told = 0
    for _ in range(ROUND):
        db.session.rollback()
        db.session.info.pop("reader", None)
        member = db.session.execute(select(func.member_with_letters_due(clock.now()))).scalar_one_or_none()
        if member is None:
            break
        actor = members.upkeep_actor(member, "p_notices")
        read_as(db.session, actor)
        told += _write_to(actor)
        db.session.commit()
    db.session.info.pop("reader", None)
    return told


def _write_to(actor: Actor) -> int:
    due = select(NoticeReader).where(policy.own_readers(actor), NoticeReader.look_at <= clock.now())
    due = due.order_by(NoticeReader.person_id).limit(BATCH).with_for_update()
    newest = newest_place(actor)
    return sum(_write(actor, row, newest) for row in db.session.execute(due).scalars())


def _write(actor: Actor, row: NoticeReader, newest: int) -> bool:
    """Write to a person what it is due, and say when it is looked at next."""
    now, chosen = clock.now(), settings_in(row)
    daily, is_due = chosen.topics(Letters.DAILY), row.daily_at is not None and row.daily_at <= now
    told: ColumnElement[bool] = and_(Notice.topic.in_(chosen.topics(Letters.AT_ONCE)), Notice.place > row.at_once_to)
    if is_due:
        told = told | and_(Notice.topic.in_(daily), Notice.place > row.daily_to)
        row.daily_to, row.daily_at = newest, None
    elif row.daily_at is None and daily and row.daily_to < newest:
        row.daily_at = chosen.next_due(now)
    row.at_once_to, row.look_at = newest, row.daily_at
    counted = (
        select(Notice.topic, func.count(), func.count().filter(Notice.acts))
        .where(policy.visible_to(actor), told, Notice.place <= newest, is_unread(row.person_id))
        .group_by(Notice.topic)
        .order_by(Notice.topic)
    )
    counts = {Topic(topic): (many, acts) for topic, many, acts in db.session.execute(counted)}
    if not counts:
        return False
    members.write_to_person(actor, row.person_id, "Notices", letter_text(counts), "/notices")
    return True
