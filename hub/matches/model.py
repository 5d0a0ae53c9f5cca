"""Tables of matches and sightings."""

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, LargeBinary, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from hub.db import Model, one_of
from hub.matches.rules import MatchState


class Match(Model):
    """A recipient's own token equals an indicator it may see. Only the recipient reads it."""

    __tablename__ = "match"
    __table_args__ = (
        one_of("state", MatchState),
        Index("uq_match_recipient", "recipient_id", "key_id", "token", unique=True),
        Index("ix_match_newest", "recipient_id", "id"),
        Index("ix_match_state", "recipient_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    recipient_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    key_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("token_key.id"))
    token: Mapped[bytes] = mapped_column(LargeBinary(32))
    state: Mapped[str] = mapped_column(String(16), default=MatchState.NEW.value)
    matched_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
