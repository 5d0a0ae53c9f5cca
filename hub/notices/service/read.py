"""Notices read back, and what each person has read of them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Integer, Select, delete, exists, false, func, select
from sqlalchemy.dialects.postgresql import insert

from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import compiled, db, given
from hub.ledger import service as ledger
from hub.ledger.service import OwnEntry
from hub.notices import policy
from hub.notices.model import Notice as NoticeRow
from hub.notices.model import NoticeRead, NoticeReader
from hub.notices.rules import MOST_COUNTED, Topic


@dataclass(frozen=True)
class Notice:
    """That something was recorded which concerns the reader's member."""

    place: int
    topic: Topic
    acts: bool
    at: datetime
    is_read: bool
    entry: str
    """The entry's name, under which the member finds it in the ledger."""
    event: str
    sentence: str
    kind: str
    """Of the record; empty where the event names none, or what it told was erased."""
    ref: str
    """The record's name."""


@dataclass(frozen=True)
class Wanted:
    """Which notices of a list are asked for."""

    topic: Topic | None = None
    unread: bool = False


def notices(actor: Actor, wanted: Wanted, *, before: int | None, limit: int) -> list[Notice]:
    """The notices to the actor's member, newest first, those before a place."""
    actor.must(Permission.LEDGER_READ_OWN)
    found = _found(actor).order_by(NoticeRow.place.desc()).limit(limit)
    if before is not None:
        found = found.where(NoticeRow.place < before)
    if wanted.topic is not None:
        found = found.where(NoticeRow.topic == wanted.topic.value)
    if wanted.unread:
        found = found.where(is_unread(policy.reading_person(actor)))
    return _opened(actor, found)


def feed(actor: Actor, *, after: int, limit: int) -> list[Notice]:
    """The same in the order of the record, those after a place: for programs that go on where they were."""
    actor.must(Permission.LEDGER_READ_OWN)
    return _opened(actor, _found(actor).where(NoticeRow.place > after).order_by(NoticeRow.place).limit(limit))


def unread_count(actor: Actor) -> int:
    """How many notices the person has not read, MOST_COUNTED at most; 0 for what is no person of that member."""
    person = policy.keeps(actor)
    if person is None:
        return 0
    ((count,),) = _UNREAD.run(reader=person, member=actor.member_id)
    return int(count)


def mark_read(actor: Actor, place: int) -> None:
    """Keep that the person has read the notice at a place; nothing happens where there is none. Commits."""
    person = begun_reader(actor).person_id
    one = (
        select(NoticeReader.person_id, NoticeRow.place, NoticeRow.member_id)
        .join(NoticeReader, NoticeReader.member_id == NoticeRow.member_id)
        .where(policy.visible_to(actor), NoticeRow.place == place, NoticeReader.person_id == person)
    )
    columns = ["person_id", "place", "member_id"]
    db.session.execute(insert(NoticeRead).from_select(columns, one).on_conflict_do_nothing())
    db.session.commit()


def mark_all_read(actor: Actor, place: int) -> None:
    """Keep that the person has read all up to a place, the newest that it was shown. Commits."""
    reader = begun_reader(actor)
    reader.read_to = max(reader.read_to, min(place, newest_place(actor)))
    past = NoticeRead.place <= reader.read_to
    db.session.execute(delete(NoticeRead).where(NoticeRead.person_id == reader.person_id, past))
    db.session.commit()


def begun_reader(actor: Actor) -> NoticeReader:
    """What the person has read, held until the transaction ends; begun where there is nothing yet.

    Raises NotPermittedError.
    """
    person, newest = policy.reading_person(actor), newest_place(actor)
    begun = {"person_id": person, "member_id": actor.member_id, "read_to": -1, "at_once_to": newest, "daily_to": newest}
    db.session.execute(insert(NoticeReader).values(begun).on_conflict_do_nothing())
    held = select(NoticeReader).where(policy.own_readers(actor), NoticeReader.person_id == person).with_for_update()
    return db.session.execute(held).scalar_one()


def newest_place(actor: Actor) -> int:
    """The place of the newest notice to the actor's member; -1: there is none."""
    found = select(func.coalesce(func.max(NoticeRow.place), -1)).where(policy.visible_to(actor))
    return db.session.execute(found).scalar_one()


def is_unread(person: int | ColumnElement[int]) -> ColumnElement[bool]:
    """Whether the person has not read a notice; one that has begun no reading has read all there was."""
    read_to = select(NoticeReader.read_to).where(NoticeReader.person_id == person).scalar_subquery()
    one = exists().where(NoticeRead.person_id == person, NoticeRead.place == NoticeRow.place)
    return (NoticeRow.place > read_to) & ~one


def _found(actor: Actor) -> Select[NoticeRow, bool]:
    person = policy.keeps(actor)
    unread = false() if person is None else is_unread(person)
    return select(NoticeRow, func.coalesce(unread, false())).where(policy.visible_to(actor))


def _opened(actor: Actor, found: Select[NoticeRow, bool]) -> list[Notice]:
    rows = db.session.execute(found).all()
    entries = ledger.own_opened(actor, [row.entry_id for row, _ in rows])
    return [_notice(row, unread, entries[row.entry_id]) for row, unread in rows if row.entry_id in entries]


def _notice(row: NoticeRow, unread: bool, entry: OwnEntry) -> Notice:
    subject = (entry.fields or {}).get("subject") or {}
    return Notice(
        row.place,
        Topic(row.topic),
        row.acts,
        row.at,
        not unread,
        entry.name,
        entry.action,
        entry.sentence,
        subject.get("type", ""),
        subject.get("ref", ""),
    )


_UNREAD = compiled(
    select(func.count().label("count")).select_from(
        select(NoticeRow.place)
        .where(NoticeRow.member_id == given("member", Integer), is_unread(given("reader", Integer)))
        .limit(MOST_COUNTED)
        .subquery()
    )
)
