"""Tables of marketplaces, listing reports, the listings of each, and how each report moved."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hub.db import Model, one_of
from hub.listing_reports.counter_rules import CounterState
from hub.listing_reports.rules import Action, Command, Decision, Party, ReportState


class Marketplace(Model):
    """A host on which a platform sells, and the countries into which it does."""

    __tablename__ = "marketplace"

    host: Mapped[str] = mapped_column(String(253), primary_key=True)
    """In A-labels, without www."""
    platform_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    jurisdictions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """ISO 3166-1 alpha-2."""
    set_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class PlatformClock(Model):
    """How long sellers and right holders have at a platform, in one jurisdiction or in all others."""

    __tablename__ = "platform_clock"

    platform_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True, autoincrement=False)
    jurisdiction: Mapped[str] = mapped_column(String(2), primary_key=True)
    """ISO 3166-1 alpha-2; empty: everywhere else."""
    preset: Mapped[str] = mapped_column(String(24))
    """A name of clock_rules.PRESETS."""
    seller: Mapped[int] = mapped_column(SmallInteger)
    holder: Mapped[int] = mapped_column(SmallInteger)
    zone: Mapped[str] = mapped_column(String(40))
    holidays: Mapped[list[date]] = mapped_column(ARRAY(Date))
    set_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class StrikeLadder(Model):
    """The ladder that a platform has chosen."""

    __tablename__ = "strike_ladder"

    platform_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True, autoincrement=False)
    ladder: Mapped[str] = mapped_column(String(24))
    """A name of strike_rules.LADDERS."""
    set_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class ListingReport(Model):
    """A brand's report of listings or stores to a platform."""

    __tablename__ = "listing_report"
    __table_args__ = (
        one_of("state", ReportState),
        Index("ix_listing_report_brand", "brand_id", "id"),
        Index("ix_listing_report_platform", "platform_id", "id"),
        Index("ix_listing_report_platform_state", "platform_id", "state", "id"),
        Index("ix_listing_report_platform_reason", "platform_id", "reason", "id"),
        Index("ix_listing_report_platform_brand", "platform_id", "brand_id", "id"),
        Index("ix_listing_report_platform_assigned", "platform_id", "assigned_to", "id"),
        Index(
            *("ix_listing_report_platform_due", "platform_id", "due_at", "id"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        Index("ix_listing_report_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(String(24), unique=True)
    brand_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    platform_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    by_agent: Mapped[bool]
    """Whether an agent filed it in the brand's name."""
    right_name: Mapped[str] = mapped_column(String(24))
    right_facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """What was verified of the right when the report was filed or last mended; the platform sees no others."""
    reason: Mapped[str] = mapped_column(String(24))
    evidence: Mapped[dict[str, str]] = mapped_column(JSONB)
    """What the reason asks for, by name; of a file what the vault calls it."""
    digests: Mapped[dict[str, str]] = mapped_column(JSONB, server_default="{}")
    """SHA-256 of each file of the evidence, by the name of the evidence: what it was stays known once it is erased."""
    order_confirmed: Mapped[bool | None]
    """Whether the platform knows the order number of a test buy from the listing; None: it has not said."""
    explanation: Mapped[str] = mapped_column(Text)
    declaration: Mapped[int] = mapped_column(SmallInteger)
    """The version of rules.DECLARATIONS that was declared."""
    declared_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    """SHA-256 of that text."""
    filed_by: Mapped[str] = mapped_column(String(24))
    filed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    listings: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[str] = mapped_column(String(12))
    due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When the time of the seller or of the right holder runs out, while one of them is waited for."""
    due_zone: Mapped[str | None] = mapped_column(String(40))
    """In whose days that is counted."""
    clocks: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
    """The clocks that held when the seller was asked, as clock_rules.read takes each."""
    asked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When it was; None: it was not since the report was filed or reopened."""
    version: Mapped[int]
    """Counts the commands: who leads a report on says which version was read."""
    assigned_to: Mapped[str | None] = mapped_column(String(24))
    """The person of the platform who reviews it."""
    outcome: Mapped[str | None] = mapped_column(String(12))
    stores: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """How many stores were established."""


class ReportedListing(Model):
    """One listing or store of a report, what was decided on it and what was done."""

    __tablename__ = "reported_listing"
    __table_args__ = (
        one_of("decision", Decision),
        one_of("action", Action),
        CheckConstraint("decision <> 'rejected' OR (refusal <> '' AND sentence <> '')", name="refused_with_a_reason"),
        CheckConstraint(
            "action IS NULL OR decision IS NOT DISTINCT FROM"
            " CASE action WHEN 'reinstated' THEN 'rejected' ELSE 'established' END",
            name="acted_on",
        ),
        Index("ix_reported_listing_digest", "brand_id", "platform_id", "digest"),
        Index(
            *("ix_reported_listing_seller", "platform_id", "seller", "acted_at"),
            postgresql_where=text("decision = 'established' AND action <> 'none'"),
        ),
    )

    report_id: Mapped[int] = mapped_column(ForeignKey("listing_report.id"), primary_key=True)
    n: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    brand_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    platform_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    url: Mapped[str] = mapped_column(Text)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    """SHA-256 of the address."""
    target: Mapped[str] = mapped_column(String(8))
    product_class: Mapped[int | None] = mapped_column(SmallInteger)
    seller: Mapped[str] = mapped_column(String(120))
    decision: Mapped[str | None] = mapped_column(String(12))
    refusal: Mapped[str] = mapped_column(String(24), server_default="")
    """A reason code of rules.REFUSALS, where it was rejected."""
    sentence: Mapped[str] = mapped_column(String(1000), server_default="")
    """What the platform says of it to the brand."""
    action: Mapped[str | None] = mapped_column(String(16))
    points: Mapped[int | None] = mapped_column(SmallInteger)
    acted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    automated: Mapped[bool | None]
    """Whether a machine decided, by the word of the platform; None: it is not decided, or was before that was asked."""


class Statement(Model):
    """The statement of reasons for one restriction: what it rested on at that moment, which never changes.

    What the report and its listing keep for good is read there.
    """

    __tablename__ = "statement"
    __table_args__ = (
        CheckConstraint("action IN ('listing removed', 'store closed')", name="action"),
        ForeignKeyConstraint(["report_id", "n"], ["reported_listing.report_id", "reported_listing.n"]),
        Index("ix_statement_platform", "platform_id", "acted_at", "report_id", "n"),
    )

    report_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    acted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    action: Mapped[str] = mapped_column(String(16))
    automated: Mapped[bool | None]
    asked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    countered: Mapped[bool]
    """Whether the seller answered."""
    evidence: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """Names of reason_rules.FIELDS."""
    right_facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    notifier: Mapped[str] = mapped_column(String(120))
    """The brand's name."""


class ReportStep(Model):
    """One step of a report: who did what, when, and what was said to the other party."""

    __tablename__ = "report_step"
    __table_args__ = (
        one_of("command", Command),
        one_of("party", Party),
        Index("ix_report_step_report_id", "report_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("listing_report.id"))
    brand_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    platform_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    command: Mapped[str] = mapped_column(String(10))
    party: Mapped[str] = mapped_column(String(10))
    by: Mapped[str] = mapped_column(String(24))
    """The pseudonym of the person or key, which its own member alone is shown."""
    refusal: Mapped[str] = mapped_column(String(24), server_default="")
    sentence: Mapped[str] = mapped_column(String(1000), server_default="")
    listings: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """How many listings it was about, where not all."""
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class CounterNotice(Model):
    """A seller's answer to a report of some of its listings, passed on by the platform; and what came of it."""

    __tablename__ = "counter_notice"
    __table_args__ = (
        one_of("state", CounterState),
        Index("ix_counter_notice_report_id", "report_id", "id"),
        Index("ix_counter_notice_brand", "brand_id", "passed_on_at"),
        Index("ix_counter_notice_platform", "platform_id", "passed_on_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(String(24), unique=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("listing_report.id"))
    brand_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    platform_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    listings: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))
    """Their numbers in the report."""
    grounds: Mapped[str] = mapped_column(String(20))
    """A name of counter_rules.GROUNDS."""
    words: Mapped[str] = mapped_column(String(2000))
    evidence: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """Names of the platform's evidence, which the brand may read."""
    state: Mapped[str] = mapped_column(String(24))
    passed_on_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    """When the right holder's time runs out."""
    zone: Mapped[str] = mapped_column(String(40))
    """Whose days it counts."""
    answered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When the right holder answered it, or withdrew the report."""
    sentence: Mapped[str] = mapped_column(String(1000), server_default="")
    proof: Mapped[str] = mapped_column(String(24), server_default="")
    """Name of the brand's evidence of a suit or complaint, which the platform may read."""
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    """Who answered for the brand; the platform is not told."""
