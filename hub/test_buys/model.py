"""Tables of test buys: each with what is known of it, its chain of custody and its costs, both of which only grow."""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hub.db import Model, one_of
from hub.test_buys.rules import BuyState, Command, CostKind, Verdict


class Buy(Model):
    """A brand's purchase of one listing for examination."""

    __tablename__ = "test_buy"
    __table_args__ = (
        one_of("state", BuyState),
        one_of("verdict", Verdict),
        CheckConstraint("approved_by <> planned_by", name="four_eyes"),
        CheckConstraint("(signed_at IS NULL) = (report_file IS NULL)", name="signed"),
        UniqueConstraint("id", "brand_id"),
        Index("ix_test_buy_brand", "brand_id", "id"),
        Index("ix_test_buy_brand_state", "brand_id", "state", "id"),
        Index("ix_test_buy_brand_currency", "brand_id", "currency", postgresql_include=["spent"]),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(String(24), unique=True)
    brand_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    platform_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    """On whose marketplace it is bought; it sees nothing of this."""
    url: Mapped[str] = mapped_column(Text)
    store: Mapped[str] = mapped_column(Text, server_default="")
    """The seller's store, as typed: what is shared upon a counterfeit. Empty: it was not named."""
    goods: Mapped[str] = mapped_column(String(200))
    """What is bought."""
    currency: Mapped[str] = mapped_column(String(3))
    """ISO 4217, of all amounts of the test buy, which are in its minor units."""
    budget: Mapped[int] = mapped_column(BigInteger)
    spent: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """The sum of its costs."""
    planned_by: Mapped[str] = mapped_column(String(24))
    planned_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    approved_by: Mapped[str | None] = mapped_column(String(24))
    state: Mapped[str] = mapped_column(String(10))
    version: Mapped[int]
    """Counts the commands: who leads a test buy on says which version was read."""
    order_number: Mapped[str | None] = mapped_column(String(64))
    ordered_on: Mapped[date | None]
    verdict: Mapped[str | None] = mapped_column(String(12))
    method: Mapped[str | None] = mapped_column(String(2000))
    """How it was examined, and what shows the verdict."""
    verifier: Mapped[str | None] = mapped_column(String(200))
    """Who examined it, as typed."""
    signer: Mapped[str | None] = mapped_column(String(200))
    signer_role: Mapped[str | None] = mapped_column(String(200))
    signed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    record_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """SHA-256 of the record as it was signed, in canonical JSON."""
    report_file: Mapped[str | None] = mapped_column(String(24))
    """The name of the signed report in the vault."""
    report_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """SHA-256 of that file."""
    listing_report: Mapped[str | None] = mapped_column(String(24))
    """The name of the listing report that it was linked to."""


class CustodyStep(Model):
    """One step of a test buy: who, when, where the goods went, under which seal, and what shows it."""

    __tablename__ = "custody_step"
    __table_args__ = (
        one_of("command", Command),
        ForeignKeyConstraint(["buy_id", "brand_id"], ["test_buy.id", "test_buy.brand_id"]),
    )

    buy_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    n: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    """Counts from 1: the version of the test buy that the step led to, less one."""
    brand_id: Mapped[int]
    command: Mapped[str] = mapped_column(String(10))
    by: Mapped[str] = mapped_column(String(24))
    """The pseudonym of the person or key."""
    by_agent: Mapped[bool]
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    place: Mapped[str] = mapped_column(String(200))
    seal: Mapped[str] = mapped_column(String(40))
    photos: Mapped[list[dict[str, str]]] = mapped_column(JSONB)
    """Names of files in the vault, each with the SHA-256 that it had at this step."""
    words: Mapped[str] = mapped_column(String(1000))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    """SHA-256 of the step in canonical JSON; the ledger entry holds it too."""
    entry: Mapped[str] = mapped_column(String(24))
    """The ledger entry that records it."""


class BuyCost(Model):
    """What was paid, or came back."""

    __tablename__ = "test_buy_cost"
    __table_args__ = (
        one_of("kind", CostKind),
        CheckConstraint("(kind = 'refund') = (minor < 0)", name="refund"),
        ForeignKeyConstraint(["buy_id", "brand_id"], ["test_buy.id", "test_buy.brand_id"]),
        Index("ix_test_buy_cost_buy_id", "buy_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    buy_id: Mapped[int] = mapped_column(BigInteger)
    brand_id: Mapped[int]
    kind: Mapped[str] = mapped_column(String(12))
    minor: Mapped[int] = mapped_column(BigInteger)
    by: Mapped[str] = mapped_column(String(24))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
