"""Tables of the log (`ledger.md` §5.4). Entries and parts come from exchanges; the rest is the sequencer's."""

from datetime import datetime
from uuid import UUID

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
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from hub.db import Model, Xid8, one_of
from hub.ledger.rules import Finder


class Entry(Model):
    """One recorded event: its public leaf. No foreign key: the log never depends on living rows."""

    __tablename__ = "ledger_entry"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    action: Mapped[str] = mapped_column(String(40))
    leaf: Mapped[bytes] = mapped_column(LargeBinary)


class Part(Model):
    """One party's private view of an entry, the salt that opens its commitment, and what it may be asked for by.

    The latter is given beside the view, so that nobody reads it again; all but `at` and `action` go with the view.
    """

    __tablename__ = "ledger_part"
    __table_args__ = (
        CheckConstraint(
            "(view IS NULL) = (erased_by IS NOT NULL) AND (view IS NULL) = (salt IS NULL)", name="erased"
        ),  # one, as PostgreSQL reads each anew for every statement
        Index(
            "ix_ledger_part_party",
            *("party", "at", "entry_id"),
            postgresql_include=["action", "outcome", "role", "via", "acting"],
        ),
    )

    entry_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    n: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    party: Mapped[int]
    view: Mapped[bytes | None] = mapped_column(LargeBinary)
    salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    erased_by: Mapped[UUID | None] = mapped_column(Uuid)
    """The record of its erasure."""
    at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    action: Mapped[str | None] = mapped_column(String(40))
    outcome: Mapped[str | None] = mapped_column(String(8))
    role: Mapped[str | None] = mapped_column(String(12))
    via: Mapped[str | None] = mapped_column(String(8))
    acting: Mapped[str | None] = mapped_column(String(60))
    """The acting member's code, where the view names it."""


class Retirement(Model):
    """A span of leaves whose parts were erased at the end of their retention; the next begins after the last."""

    __tablename__ = "ledger_retirement"
    __table_args__ = (CheckConstraint("first <= last", name="span"),)

    first: Mapped[int] = mapped_column(BigInteger)
    last: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Dispute(Model):
    """What a member's own check of the log found wrong: how it ended, and its evidence file."""

    __tablename__ = "ledger_dispute"
    __table_args__ = (
        CheckConstraint("octet_length(evidence) <= 262144", name="bounded"),
        Index("ix_ledger_dispute_party", "party", "at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(String(24), unique=True)
    party: Mapped[int]
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    code: Mapped[int] = mapped_column(SmallInteger)
    evidence: Mapped[bytes] = mapped_column(LargeBinary)


class Pending(Model):
    """The outbox: entries not yet in the tree. Dequeued by DELETE, so a late committer is never passed by."""

    __tablename__ = "ledger_pending"

    entry_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), index=True)


class Leaf(Model):
    """The place of an entry in the tree."""

    __tablename__ = "ledger_leaf"
    __table_args__ = (CheckConstraint("octet_length(leaf_hash) = 32", name="leaf_hash"),)

    leaf_index: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entry_id: Mapped[UUID] = mapped_column(Uuid, unique=True)
    leaf_hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class PartyLeaf(Model):
    """Which leaves concern a party, in tree order, so that its own pages cost the page and not the log."""

    __tablename__ = "ledger_party_leaf"

    party: Mapped[int] = mapped_column(primary_key=True)
    leaf_index: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    entry_id: Mapped[UUID] = mapped_column(Uuid)
    n: Mapped[int] = mapped_column(SmallInteger)


class Shard(Model):
    """One log of those that follow each other, a year each: a tree, a name, a prefix and keys of its own.

    Places count on through all of them: `ledger_leaf.leaf_index`, and so each size in these tables, is the place in its
    shard and `first`. `asked_at`: the operator wants it closed.
    """

    __tablename__ = "ledger_shard"
    __table_args__ = (CheckConstraint("(closed_at IS NULL) = (successor IS NULL)", name="closed"),)

    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    origin: Mapped[str] = mapped_column(String(200), unique=True)
    first: Mapped[int] = mapped_column(BigInteger, unique=True)
    began_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    asked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    successor: Mapped[str | None] = mapped_column(Text)
    """The first key of the next, as its last entry names it."""


class Tile(Model):
    """One growing tile (C2SP tlog-tiles) of a shard; `.p/W` is its first 32·W bytes."""

    __tablename__ = "ledger_tile"

    shard: Mapped[int] = mapped_column(primary_key=True)
    level: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    n: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    hashes: Mapped[bytes] = mapped_column(LargeBinary)


class TreeState(Model):
    """The one row that says how far the tree has grown; its lock makes one sequencer at a time."""

    __tablename__ = "ledger_state"
    __table_args__ = (CheckConstraint("one", name="one"),)

    one: Mapped[bool] = mapped_column(primary_key=True, default=True)
    shard: Mapped[int] = mapped_column(ForeignKey("ledger_shard.n"))
    """The one that grows."""
    size: Mapped[int] = mapped_column(BigInteger)
    """Of all shards together."""
    root: Mapped[bytes] = mapped_column(LargeBinary(32))
    """Of that shard."""


class Checkpoint(Model):
    """A signed note of a size and root. The key forbids two notes for one size, of all shards together."""

    __tablename__ = "ledger_checkpoint"
    __table_args__ = (Index("ix_ledger_checkpoint_at", "at"),)

    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    root: Mapped[bytes] = mapped_column(LargeBinary(32))
    note: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Halt(Model):
    """The one row that is there while the log is halted: nothing is signed, and `ledger_append` takes no exchange."""

    __tablename__ = "ledger_halt"
    __table_args__ = (CheckConstraint("one", name="one"), one_of("found_by", Finder))

    one: Mapped[bool] = mapped_column(primary_key=True, default=True)
    name: Mapped[str] = mapped_column(String(24))
    found_by: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(300))
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    told_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When the letters to the office were posted."""


class Quarantined(Model):
    """A recorded entry that cannot stand in the tree as it is: it waits for a person, and holds up no other."""

    __tablename__ = "ledger_quarantine"

    entry_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    reason: Mapped[str] = mapped_column(String(300))
    found_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    told_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    set_aside_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When it was set aside for good, as two people decided; it is no alarm any more."""


class Delay(Model):
    """The one row that is there while entries wait unsigned for too long: the office was told so."""

    __tablename__ = "ledger_delay"
    __table_args__ = (CheckConstraint("one", name="one"),)

    one: Mapped[bool] = mapped_column(primary_key=True, default=True)
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class LastCheck(Model):
    """The one row of what the newest check of the whole log found (`hub ledger fsck`)."""

    __tablename__ = "ledger_fsck"
    __table_args__ = (CheckConstraint("one", name="one"),)

    one: Mapped[bool] = mapped_column(primary_key=True, default=True)
    began_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    size: Mapped[int] = mapped_column(BigInteger)
    findings: Mapped[int]


class Debt(Model):
    """A transaction under way that changed something and is yet to record it; looked at when it commits."""

    __tablename__ = "ledger_debt"
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)

    xid: Mapped[int] = mapped_column(Xid8, primary_key=True, autoincrement=False)


class LogKey(Model):
    """A key that signs checkpoints of a shard, and when."""

    __tablename__ = "ledger_key"
    __table_args__ = (Index("uq_ledger_key_newest", "shard", unique=True, postgresql_where=text("until IS NULL")),)

    vkey: Mapped[str] = mapped_column(Text, primary_key=True)
    shard: Mapped[int]
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    statement: Mapped[str | None] = mapped_column(Text)
    """The note by which the key before it announced it; None of the first."""
    first_size: Mapped[int | None] = mapped_column(BigInteger)
    """The size of the first checkpoint that it signed; None before that."""


class Witness(Model):
    """Somebody outside who cosigns checkpoints: a member's client, or a C2SP witness at an address."""

    __tablename__ = "ledger_witness"
    __table_args__ = (
        CheckConstraint("octet_length(public_key) = 32", name="public_key"),
        Index("uq_ledger_witness_standing", "party", unique=True, postgresql_where=text("removed_at IS NULL")),
    )

    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    vkey: Mapped[str] = mapped_column(Text)
    public_key: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    party: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    """Whose it is; None of one that is no member's."""
    url: Mapped[str | None] = mapped_column(Text)
    """Where checkpoints are pushed to (C2SP tlog-witness, submission prefix); None: it comes for them itself."""
    added_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    removed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    size: Mapped[int | None] = mapped_column(BigInteger)
    """The largest checkpoint it has cosigned, as far as we know."""
    asked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When a checkpoint was last pushed to it."""
    contrary_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """Since when it says that our log does not extend what it knows (422); None once it has cosigned again."""
    told_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When the letters to the office about that were posted."""


class Cosignature(Model):
    """A witness's signature line over the checkpoint of a size."""

    __tablename__ = "ledger_cosignature"

    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    witness: Mapped[str] = mapped_column(ForeignKey("ledger_witness.name"), primary_key=True)
    line: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class TagVersion(Model):
    """The one row that is another after each change of tag keys, or of the auditors in good standing."""

    __tablename__ = "ledger_tag_version"
    __table_args__ = (CheckConstraint("one", name="one"),)

    one: Mapped[bool] = mapped_column(primary_key=True, default=True)
    version: Mapped[UUID] = mapped_column(Uuid)


class TagKey(Model):
    """The key of a member's blinded tags, sealed under the hub's application key."""

    __tablename__ = "ledger_tag_key"

    party: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
