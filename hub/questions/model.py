"""The table of questions: what a platform asked of one listing, until when, and how it ended."""

from datetime import datetime
from typing import Any

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
    column,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hub.db import Model, one_of
from hub.questions.rules import QuestionState

OPEN = column("state") == QuestionState.ASKED.value


class Question(Model):
    """A platform's question to a brand about a listing that it cannot judge."""

    __tablename__ = "question"
    __table_args__ = (
        one_of("state", QuestionState),
        CheckConstraint("(state = 'asked') = (ended_at IS NULL)", name="ended"),
        CheckConstraint(
            "(state = 'fake') = (right_name IS NOT NULL AND declaration IS NOT NULL AND sentence <> '')",
            name="declared",
        ),
        Index("ix_question_brand", "brand_id", "id"),
        Index("ix_question_platform", "platform_id", "id"),
        Index("ix_question_brand_state", "brand_id", "state", "id"),
        Index("ix_question_platform_state", "platform_id", "state", "id"),
        Index("ix_question_parties", "brand_id", "platform_id", "id"),
        Index("ix_question_parties_state", "brand_id", "platform_id", "state", "id"),
        Index("ix_question_brand_ended", "brand_id", "ended_at", postgresql_include=["state", "asked_at"]),
        Index(
            "ix_question_platform_ended",
            "platform_id",
            "ended_at",
            postgresql_include=["brand_id", "state", "asked_at"],
        ),
        Index("ix_question_due", "due_at", postgresql_where=OPEN),
        Index("uq_question_open", "platform_id", "brand_id", "digest", unique=True, postgresql_where=OPEN),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(String(24), unique=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    brand_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    url: Mapped[str] = mapped_column(Text)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    """SHA-256 of the address."""
    words: Mapped[str] = mapped_column(String(1000))
    """What is asked."""
    pictures: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """Names of the platform's files in the vault, which the brand may read."""
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    time_zone: Mapped[str] = mapped_column(String(40))
    """The platform's, in which that is the end of a day."""
    asked_by: Mapped[str] = mapped_column(String(24))
    asked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    asked_entry: Mapped[str] = mapped_column(String(24))
    """The ledger entry that records it; `ended_entry` that of the end."""
    state: Mapped[str] = mapped_column(String(12))
    right_name: Mapped[str | None] = mapped_column(String(24))
    """The right that a fake infringes."""
    right_facts: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """What was verified of that right at the answer: the platform sees no other rights of the brand."""
    sentence: Mapped[str] = mapped_column(String(1000), server_default="")
    declaration: Mapped[int | None] = mapped_column(SmallInteger)
    """The version of rules.DECLARATIONS that was declared with `fake`."""
    declared_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """SHA-256 of that text."""
    by_agent: Mapped[bool | None]
    """Whether an agent answered in the brand's name."""
    ended_by: Mapped[str | None] = mapped_column(String(24))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_entry: Mapped[str | None] = mapped_column(String(24))
