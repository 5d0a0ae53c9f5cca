"""Tables of what was asked for in the present span, and of members with a figure of their own."""

from datetime import datetime

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from hub.db import Model


class RateWindow(Model):
    """The span of one subject that began with its first request, and what is leased of it.

    Unlogged: after a crash of the database every span begins anew, and a lease costs no write to the log.
    """

    __tablename__ = "rate_window"
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)

    subject: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    """A digest: the table tells nobody who asked."""
    began_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    most: Mapped[int]
    leased: Mapped[int]
    granted: Mapped[int]
    """What the last lease took of it; here because a statement returns only what a row holds."""
    refused: Mapped[int]
    """Leases refused, also of earlier spans, until somebody has told of them."""


class MemberRate(Model):
    """How many requests a minute a member may make, where that is not what its kind may."""

    __tablename__ = "member_rate"
    __table_args__ = (CheckConstraint("per_minute > 0", name="per_minute"),)

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    per_minute: Mapped[int]
