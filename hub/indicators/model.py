"""Tables of indicators and contributions.

Both are keyed by the token itself, not by a number of ours: a member that shares a token somebody else shared before
must learn nothing of it, so there must be no number to look up.
"""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    false,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from hub.db import Model, Xid8, one_of
from hub.indicators.rules import ContributionState, Stance, Widening


class Indicator(Model):
    """One token of one identifier type in one epoch; holds nothing readable."""

    __tablename__ = "indicator"
    __table_args__ = (CheckConstraint("octet_length(token) = 32", name="token"),)

    key_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("token_key.id"), primary_key=True)
    token: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    disputed: Mapped[bool] = mapped_column(server_default=false())
    """Some member says `legitimate`: kept by a trigger, since the members who disagree may not see each other."""
    settled_xid: Mapped[int] = mapped_column(Xid8, server_default=text("'0'"))
    """The transaction that last turned `disputed`; 0: none has."""


class Audience:
    """The columns that decide to whom a contribution passes: `policy.visible_to` reads these and `member_id`."""

    member_id: Mapped[int]
    tlp: Mapped[int] = mapped_column(SmallInteger)
    sector: Mapped[str | None] = mapped_column(String(40))
    """The one it keeps to, its contributor's; None: it passes to all. A trigger carries a change of the member's."""
    platforms_only: Mapped[bool] = mapped_column(server_default=false())
    addressees: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))
    """The contributor's own seats in sharing groups, and named members as their number negated; None: anybody."""


class Contribution(Audience, Model):
    """One member's word on an indicator."""

    __tablename__ = "contribution"
    __table_args__ = (
        ForeignKeyConstraint(["key_id", "token"], ["indicator.key_id", "indicator.token"]),
        one_of("stance", Stance),
        one_of("state", ContributionState),
        CheckConstraint("evidence_level BETWEEN 1 AND 4", name="evidence_level"),
        CheckConstraint("tlp BETWEEN 1 AND 5", name="tlp"),
        CheckConstraint("tlp < 5 OR addressees IS NOT NULL", name="red_names_its_addressees"),
        one_of("widening", Widening),
        CheckConstraint("widening IS NULL OR sector IS NULL", name="widened_has_no_sector"),
        CheckConstraint("widening_note IS NULL OR widening IS NOT NULL", name="note_has_its_reason"),
        Index("ix_contribution_changes", "key_id", "changed_xid"),
        Index("ix_contribution_own", "member_id", "shared_at", "key_id", "token"),
        CheckConstraint("report IS NULL OR test_buy IS NULL", name="one_basis"),
        Index("ix_contribution_report", "member_id", "report", postgresql_where=text("report IS NOT NULL")),
        Index("ix_contribution_test_buy", "member_id", "test_buy", postgresql_where=text("test_buy IS NOT NULL")),
        Index("ix_contribution_expiry", "expires_on", postgresql_where=text("state = 'active'")),
    )

    key_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    token: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    member_id: Mapped[int] = mapped_column(Integer, ForeignKey("member.id"), primary_key=True)
    stance: Mapped[str] = mapped_column(String(12))
    evidence_level: Mapped[int] = mapped_column(SmallInteger)
    shows_contributor: Mapped[bool] = mapped_column(server_default=false())
    widening: Mapped[str | None] = mapped_column(String(20))
    widening_note: Mapped[str | None] = mapped_column(String(200))
    seller: Mapped[str | None] = mapped_column(String(64))
    """The contributor's own opaque reference of the seller."""
    report: Mapped[str | None] = mapped_column(String(24))
    """The name of the contributor's own listing report that it rests on."""
    test_buy: Mapped[str | None] = mapped_column(String(24))
    """The name of its own test buy, likewise."""
    first_seen_on: Mapped[date | None]
    last_seen_on: Mapped[date | None]
    shared_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_on: Mapped[date]
    state: Mapped[str] = mapped_column(String(10))
    changed_xid: Mapped[int] = mapped_column(Xid8, server_default=func.pg_current_xact_id())
    said_xid: Mapped[int] = mapped_column(Xid8, server_default=func.pg_current_xact_id())
    """Since when it says this, at this level, to this audience: a trigger moves it when one of these changes."""


class PastAudience(Audience, Model):
    """Whom a contribution passed to, and at which level, from `said_xid` until `changed_xid`; a trigger keeps it.

    A token list tells those to whom the token had effect before, and only those, that it is gone. A row stays as
    long as its contribution: the place from which a member asks for changes has no end, so no row is ever too old to
    be asked for. How many there are is bounded by what a member may share in a minute.
    """

    __tablename__ = "past_audience"
    __table_args__ = (
        ForeignKeyConstraint(
            ["key_id", "token", "member_id"],
            ["contribution.key_id", "contribution.token", "contribution.member_id"],
            ondelete="CASCADE",
        ),
        Index("ix_past_audience_changes", "key_id", "changed_xid"),
    )

    key_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    token: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    member_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    changed_xid: Mapped[int] = mapped_column(Xid8, primary_key=True, server_default=func.pg_current_xact_id())
    evidence_level: Mapped[int] = mapped_column(SmallInteger)
    said_xid: Mapped[int] = mapped_column(Xid8)


class Sighting(Model):
    """Feedback to one contributor: what it shared has matched somewhere. Who matched is not in it."""

    __tablename__ = "sighting"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    key_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("token_key.id"), primary_key=True)
    token: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    matched_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class ContributionTally(Model):
    """How many contributions a member has of each make. A trigger keeps it: an overview costs the same at any size.

    In shares that are summed, one to each of sixteen connections: two exchanges of a member that are under way at once
    count into rows of their own, and neither waits for the other's commit. A share may be below nothing.
    """

    __tablename__ = "contribution_tally"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    key_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    evidence_level: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    tlp: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    expires_on: Mapped[date] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(10), primary_key=True)
    share: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    contributions: Mapped[int] = mapped_column(BigInteger)
