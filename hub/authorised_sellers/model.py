"""The table of authorised sellers."""

from datetime import date, datetime

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from hub.db import Model


class AuthorisedSeller(Model):
    """One seller on a brand's list. An entry is ended, never changed."""

    __tablename__ = "authorised_seller"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(String(24), unique=True)
    brand_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    url: Mapped[str] = mapped_column(Text)
    host: Mapped[str] = mapped_column(Text)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    """Of the canonical address."""
    seller: Mapped[str] = mapped_column(String(120))
    seller_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """Of the normal form of the seller's name."""
    last_day: Mapped[date | None]
    """In UTC; None: until it is ended."""
    by_agent: Mapped[bool]
    added_by: Mapped[str] = mapped_column(String(24))
    added_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


_LISTED = AuthorisedSeller.ended_at.is_(None)
Index(
    "uq_authorised_seller_listed",
    *(AuthorisedSeller.digest, AuthorisedSeller.brand_id),
    unique=True,
    postgresql_where=_LISTED,
)
Index(
    "ix_authorised_seller_name",
    *(AuthorisedSeller.seller_digest, AuthorisedSeller.host, AuthorisedSeller.brand_id),
    postgresql_where=_LISTED,
)
Index("ix_authorised_seller_listed", AuthorisedSeller.brand_id, AuthorisedSeller.id, postgresql_where=_LISTED)
Index(
    "ix_authorised_seller_ended",
    *(AuthorisedSeller.brand_id, AuthorisedSeller.id),
    postgresql_where=AuthorisedSeller.ended_at.is_not(None),
)
