"""Table of messages."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Identity, Index, String, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from hub.db import Model, one_of
from hub.dialogue.rules import LONGEST_TEXT, MOST_FILES
from hub.evidence.rules import RecordKind


class Message(Model):
    """What one party of a record wrote to the other. It stays as it was written."""

    __tablename__ = "message"
    __table_args__ = (
        one_of("record_kind", RecordKind),
        CheckConstraint("from_id <> to_id", name="other"),
        CheckConstraint(f"char_length(text) BETWEEN 1 AND {LONGEST_TEXT}", name="text"),
        CheckConstraint(f"cardinality(files) <= {MOST_FILES}", name="files"),
        Index("ix_message_record", "record_kind", "record_ref", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(String(24), unique=True)
    record_kind: Mapped[str] = mapped_column(String(20))
    record_ref: Mapped[str] = mapped_column(String(40))
    from_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    to_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    by: Mapped[str] = mapped_column(String(24))
    """The pseudonym of the person or key, which its own member alone is shown."""
    text: Mapped[str] = mapped_column(Text)
    files: Mapped[list[str]] = mapped_column(ARRAY(String(24)))
    """What the vault calls the files that it shows."""
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
