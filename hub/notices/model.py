"""Tables of notices: what members are told of, what each person has read, how far the record was told, and webhooks."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    Uuid,
    column,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hub.db import Model, one_of
from hub.notices.rules import Topic
from hub.notices.webhook_rules import DeliveryState, Disabled


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


class Webhook(Model):
    """An address of a member's that its notices are sent to, and the sealed secret that signs them."""

    __tablename__ = "webhook"
    __table_args__ = (
        CheckConstraint("(former_secret IS NULL) = (former_until IS NULL)", name="former_secret"),
        CheckConstraint("(disabled_at IS NULL) = (disabled_for IS NULL)", name="disabled"),
        one_of("disabled_for", Disabled),
        Index("ix_webhook_member_id", "member_id", "id"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(String(24), unique=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    url: Mapped[str] = mapped_column(String(500))
    topics: Mapped[list[str]] = mapped_column(ARRAY(Text))
    sealed_secret: Mapped[bytes] = mapped_column(LargeBinary)
    former_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The one before, sealed: it signs beside the other until `former_until`."""
    former_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    leased_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """Until when a sender has a delivery of it under way; past that the sender has died."""
    held_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """Until when nothing is sent, as the last try failed."""
    failing_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """Since when no try has succeeded; None: the last one did, or there was none."""
    disabled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    disabled_for: Mapped[str | None] = mapped_column(String(8))


class Delivery(Model):
    """One notice on its way to one webhook, or what the test button sends."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        one_of("state", DeliveryState),
        CheckConstraint("(state = 'waits') = (due_at IS NOT NULL)", name="due"),
        CheckConstraint("(entry_id IS NULL) = (topic IS NULL)", name="of_a_notice"),
        Index("ix_webhook_delivery_webhook", "webhook_id", "id"),
        Index("ix_webhook_delivery_due", "webhook_id", "due_at", "id", postgresql_where=column("due_at").is_not(None)),
        Index("ix_webhook_delivery_made_at", "made_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    """The same at each try (`webhook-id`)."""
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhook.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    entry_id: Mapped[UUID | None] = mapped_column(Uuid)
    """None of a test."""
    topic: Mapped[str | None] = mapped_column(String(12))
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    state: Mapped[str] = mapped_column(String(10))
    tries: Mapped[int] = mapped_column(SmallInteger)
    """Since it was made, or last replayed."""
    due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class DeliveryTry(Model):
    """One try of a delivery: when, how long it took, and what came of it. Nothing of the answer but its status."""

    __tablename__ = "webhook_try"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("webhook_delivery.id"), index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    milliseconds: Mapped[int]
    status: Mapped[int | None] = mapped_column(SmallInteger)
    """None: there was no answer."""
    failure: Mapped[str] = mapped_column(String(120))
    """Why there was none; empty if there was."""
