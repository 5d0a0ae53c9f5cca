"""Tables of notices: what members are told of, what each person has read, and how far the record has been told."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, SmallInteger, String, Uuid, column
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hub.db import Model, one_of
from hub.notices.rules import Topic


class Notice(Model):
    """That a member is told of an entry of the record. What it says is read there: an erasure reaches it at once."""

    __tablename__ = "notice"
    __table_args__ = (
        one_of("topic", Topic),
        Index("ix_notice_topic", "member_id", "topic", "place"),
        Index("ix_notice_at", "at"),
    )

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    place: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    """Of the entry in the log: notices stand in the order of the record."""
    entry_id: Mapped[UUID] = mapped_column(Uuid)
    topic: Mapped[str] = mapped_column(String(12))
    acts: Mapped[bool]
    """Whether somebody has to act upon it."""
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    """When it was recorded."""


class NoticeReader(Model):
    """A person: up to where it has read, how it is told by letter, and up to where it was told so.

    `look_at`: when the next letter to it may be due; None: there was nothing since the last.
    """

    __tablename__ = "notice_reader"
    __table_args__ = (
        CheckConstraint("hour BETWEEN 0 AND 23", name="hour"),
        Index("ix_notice_reader_look_at", "look_at", postgresql_where=column("look_at").is_not(None)),
        Index("ix_notice_reader_member_id", "member_id"),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, autoincrement=False)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    read_to: Mapped[int] = mapped_column(BigInteger)
    """All up to this place is read; what is read beyond it stands in `notice_read`."""
    letters: Mapped[dict[str, str]] = mapped_column(JSONB, server_default="{}")
    """Topic → how; a topic that is not there is told as rules.TOPICS says."""
    hour: Mapped[int] = mapped_column(SmallInteger, server_default="8")
    zone: Mapped[str] = mapped_column(String(40), server_default="UTC")
    look_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    at_once_to: Mapped[int] = mapped_column(BigInteger)
    daily_to: Mapped[int] = mapped_column(BigInteger)
    daily_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When the next daily letter is due; None: there was nothing for one since the last."""


class NoticeRead(Model):
    """That a person has read one notice beyond all that it has read."""

    __tablename__ = "notice_read"
    __table_args__ = (Index("ix_notice_read_member_id", "member_id", "place"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("notice_reader.person_id"), primary_key=True)
    place: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))


class NoticePlace(Model):
    """The one row that says from which place of the log on notices are still to be made; its lock makes one maker."""

    __tablename__ = "notice_place"
    __table_args__ = (CheckConstraint("one", name="one"),)

    one: Mapped[bool] = mapped_column(primary_key=True, default=True)
    next: Mapped[int] = mapped_column(BigInteger)
