"""Tables of evidence: what the vault holds, and who else may read it."""

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
    PrimaryKeyConstraint,
    String,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column

from hub.db import Model, one_of
from hub.evidence.rules import EvidenceType, Media, RecordKind


class Evidence(Model):
    """A file in the vault. Without its key it is erased, whatever still lies on a disk or in a backup."""

    __tablename__ = "evidence"
    __table_args__ = (
        one_of("type", EvidenceType),
        one_of("media", Media),
        CheckConstraint("size > 0", name="size"),
        CheckConstraint("(sealed_key IS NULL) = (erased_at IS NOT NULL)", name="erased"),
        UniqueConstraint("id", "member_id"),
        Index("ix_evidence_member_id", "member_id", "id"),
        Index("ix_evidence_expires_on", "expires_on"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(String(24), unique=True)
    """What it is called in addresses and in the record, and in the vault's folder."""
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    type: Mapped[str] = mapped_column(String(20))
    media: Mapped[str] = mapped_column(String(20))
    size: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    """SHA-256 of what was stored, in the clear."""
    stripped: Mapped[bool]
    sealed_name: Mapped[bytes] = mapped_column(LargeBinary)
    """The file's own name, under the file's key: it goes with it."""
    sealed_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The file's key, sealed; None: erased."""
    stored_by: Mapped[str] = mapped_column(String(24))
    stored_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_on: Mapped[date]
    """The last day that it is kept."""
    erased_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    erased_by: Mapped[str | None] = mapped_column(String(24))
    reason: Mapped[str] = mapped_column(String(300), server_default="")
    """Why it was erased."""


class EvidenceParty(Model):
    """A member that may read a file, since it is a party to a record that the file is attached to."""

    __tablename__ = "evidence_party"
    __table_args__ = (
        PrimaryKeyConstraint("evidence_id", "member_id", "record_kind", "record_ref"),
        ForeignKeyConstraint(["evidence_id", "owner_id"], ["evidence.id", "evidence.member_id"]),
        one_of("record_kind", RecordKind),
        CheckConstraint("member_id <> owner_id", name="other"),
        Index("ix_evidence_party_member_id", "member_id"),
        Index("ix_evidence_party_record", "record_kind", "record_ref"),
    )

    evidence_id: Mapped[int] = mapped_column(BigInteger)
    owner_id: Mapped[int]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    record_kind: Mapped[str] = mapped_column(String(20))
    record_ref: Mapped[str] = mapped_column(String(40))
    attached_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    held: Mapped[bool] = mapped_column(server_default=false())
    """Whether the record relies on the file and is still open: then the file is neither erased nor does it expire."""
