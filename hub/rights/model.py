"""Tables of IP rights and of how each entry moved."""

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from hub.db import Model, one_of
from hub.evidence.rules import Media
from hub.rights.office_rules import RightType
from hub.rights.rules import Command, RightState


class IpRight(Model):
    """A right that a brand entered. The facts are those of a public register."""

    __tablename__ = "ip_right"
    __table_args__ = (
        one_of("type", RightType),
        one_of("state", RightState),
        CheckConstraint("(office IS NULL) = (number IS NULL)", name="number_of_its_office"),
        CheckConstraint("office IS NOT NULL OR type = 'copyright'", name="registered"),
        CheckConstraint("ends_on >= begins_on", name="ends_on"),
        CheckConstraint("state <> 'refused' OR reason <> ''", name="refused_with_a_reason"),
        UniqueConstraint("id", "member_id"),
        Index("ix_ip_right_own", "member_id", "id"),
        Index("ix_ip_right_state", "state", "id"),
        Index("ix_ip_right_ends_on", "member_id", "ends_on"),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(String(24), unique=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    """Who last said what stands here in the brand's name; None: the brand itself."""
    type: Mapped[str] = mapped_column(String(24))
    office: Mapped[str | None] = mapped_column(String(12))
    number: Mapped[str | None] = mapped_column(String(40))
    plain_number: Mapped[str | None] = mapped_column(String(40))
    """rules.plain_number; None too once the entry is withdrawn, so that the right can be entered anew."""
    title: Mapped[str] = mapped_column(String(200))
    jurisdictions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    classes: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))
    begins_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    owner: Mapped[str] = mapped_column(String(200))
    certificate: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """SHA-256 of the certificate that was handed in; it stays when the file is deleted."""
    state: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(500), server_default="")
    """Why the office refused it, as its member is told."""
    entered_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    warned_days: Mapped[int | None] = mapped_column(SmallInteger)
    """The last of rules.WARNED_BEFORE that its member was told of."""


Index(
    "uq_ip_right_number",
    IpRight.member_id,
    IpRight.type,
    IpRight.office,
    IpRight.plain_number,
    unique=True,
)


class IpRightMove(Model):
    """One step of an entry: who did what, when, and why."""

    __tablename__ = "ip_right_move"
    __table_args__ = (Index("ix_ip_right_move_right_id", "right_id", "id"), one_of("command", Command))

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    right_id: Mapped[int] = mapped_column(ForeignKey("ip_right.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    """Whose the right is."""
    by_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    """Who did it: the brand, its agent, or the office."""
    by: Mapped[str] = mapped_column(String(24))
    """The pseudonym of the person or the key."""
    command: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(500), server_default="")
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class RightCertificate(Model):
    """A right's certificate, sealed: the copy of a file that its brand handed to the register."""

    __tablename__ = "ip_right_certificate"
    __table_args__ = (one_of("media", Media), CheckConstraint("size > 0", name="size"))

    right_id: Mapped[int] = mapped_column(ForeignKey("ip_right.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    """Whose the right is."""
    media: Mapped[str] = mapped_column(String(20))
    size: Mapped[int] = mapped_column(Integer)
    sealed: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    handed_in_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class RightVerdict(Model):
    """Where a right stands with a platform that it was shown to; with the office it stands as the right itself does."""

    __tablename__ = "ip_right_verdict"
    __table_args__ = (
        PrimaryKeyConstraint("right_id", "verifier_id"),
        ForeignKeyConstraint(["right_id", "member_id"], ["ip_right.id", "ip_right.member_id"]),
        one_of("state", RightState),
        CheckConstraint("state <> 'refused' OR reason <> ''", name="refused_with_a_reason"),
        Index("ix_ip_right_verdict_verifier_id", "verifier_id", "state"),
    )

    right_id: Mapped[int]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    """Whose the right is."""
    verifier_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    state: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(500), server_default="")
    """Why the platform refused it."""
    shown_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    asked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When its brand asked the platform to verify what stands there now; None: a report alone showed it."""
