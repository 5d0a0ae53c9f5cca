"""Tables of epochs, token keys and quotas."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, LargeBinary, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.db import Model, one_of
from hub.epochs.rules import EpochState


class Epoch(Model):
    """The span that one set of token keys serves."""

    __tablename__ = "epoch"
    __table_args__ = (one_of("state", EpochState),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    name: Mapped[str] = mapped_column(String(20), unique=True)
    state: Mapped[str] = mapped_column(String(10))
    opened_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class TokenKey(Model):
    """The public half of one key: one epoch, one identifier type. The private half never leaves the evaluator."""

    __tablename__ = "token_key"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    epoch_id: Mapped[int] = mapped_column(ForeignKey("epoch.id"))
    name: Mapped[str] = mapped_column(String(100), unique=True)
    """The key id in full: `alliance.epoch.type`."""
    type: Mapped[str] = mapped_column(String(30))
    public_key: Mapped[bytes] = mapped_column(LargeBinary(32))
    epoch: Mapped[Epoch] = relationship(lazy="joined", innerjoin=True)


class Quota(Model):
    """What a member may have evaluated of one type in a month, and what it has used."""

    __tablename__ = "quota"
    __table_args__ = (CheckConstraint("used BETWEEN 0 AND allowed", name="used"),)

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    type: Mapped[str] = mapped_column(String(30), primary_key=True)
    period_on: Mapped[date] = mapped_column(primary_key=True)
    allowed: Mapped[int] = mapped_column(BigInteger)
    used: Mapped[int] = mapped_column(BigInteger, default=0)


class DeclaredNeed(Model):
    """The monthly allowance an administrator granted a member for a type; new periods start from it."""

    __tablename__ = "declared_need"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    type: Mapped[str] = mapped_column(String(30), primary_key=True)
    allowed: Mapped[int] = mapped_column(BigInteger)
