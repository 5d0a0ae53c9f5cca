"""Tables of applications, their documents and what was vetted of them."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
)
from sqlalchemy.orm import Mapped, mapped_column

from hub.applications.rules import ApplicationState, Item
from hub.db import Model, one_of


class Application(Model):
    """An organisation that asks to be a member. What it says of itself is sealed, but for what lists are made of."""

    __tablename__ = "application"
    __table_args__ = (
        one_of("state", ApplicationState),
        CheckConstraint("confirmed_at IS NOT NULL OR state = 'applied'", name="confirmed"),
        CheckConstraint("(settled_at IS NULL) = (state IN ('applied', 'vetted'))", name="settled"),
        Index("ix_application_state", "state", "number"),
    )

    number: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(String(24), unique=True)
    digest: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True, deferred=True, deferred_raiseload=True)
    """SHA-256 of the key in the letter that proves the contact's address; None once it did. Nobody reads it."""
    state: Mapped[str] = mapped_column(String(10))
    legal_name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(20))
    sector: Mapped[str | None] = mapped_column(String(40))
    country: Mapped[str] = mapped_column(String(2))
    facts: Mapped[bytes] = mapped_column(LargeBinary)
    """All of rules.Facts, sealed."""
    applied_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    confirmed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    settled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    settled_by: Mapped[str | None] = mapped_column(String(24))
    """The pseudonym of who refused, or approved the admission."""
    reason: Mapped[str] = mapped_column(String(500), server_default="")
    """Why it was refused."""
    code: Mapped[str | None] = mapped_column(String(40))
    """The member's code, from the proposal to admit on."""


class ApplicationDocument(Model):
    """A file that an applicant sent along, sealed."""

    __tablename__ = "application_document"
    __table_args__ = (PrimaryKeyConstraint("application", "number"),)

    application: Mapped[str] = mapped_column(String(24), ForeignKey("application.name", ondelete="CASCADE"))
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(80))
    media: Mapped[str] = mapped_column(String(20))
    size: Mapped[int]
    sealed: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class VettedItem(Model):
    """An item of the checklist that a person of the office ticked."""

    __tablename__ = "vetted_item"
    __table_args__ = (PrimaryKeyConstraint("application", "item"), one_of("item", Item))

    application: Mapped[str] = mapped_column(String(24), ForeignKey("application.name", ondelete="CASCADE"))
    item: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(String(500))
    ticked_by: Mapped[str] = mapped_column(String(24))
    ticked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
