"""What a member reads of the vault: its own files, and those that it is a party to."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import exists, func, select

from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import db, newest
from hub.evidence import policy
from hub.evidence.chunks import CHUNK, DamagedFileError, open_chunks
from hub.evidence.model import Evidence, EvidenceParty
from hub.evidence.rules import MOST_KEPT, EvidenceType, Media, RecordKind
from hub.evidence.service import folder, keys
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.members import service as members

MOST_ATTACHED = 200


class UnknownEvidenceError(Exception):
    """There is no such file for this reader, or it was erased."""


@dataclass(frozen=True)
class EvidenceLine:
    """A file without its content."""

    id: int
    name: str
    file_name: str
    """Empty once it is erased."""
    type: EvidenceType
    media: Media
    size: int
    digest: bytes
    stripped: bool
    own: bool
    """Whether it is the reader's own."""
    stored_at: datetime
    expires_on: date
    erased_at: datetime | None
    reason: str

    @property
    def sha256(self) -> str:
        """The digest of what was stored, as people compare it."""
        return self.digest.hex()


@dataclass(frozen=True)
class Party:
    """A member that may read a file, and the record that lets it."""

    member: str
    kind: RecordKind
    ref: str
    since: datetime


@dataclass(frozen=True)
class OneEvidence:
    """A file in full, but for its content."""

    line: EvidenceLine
    owner: str
    """The code of the member whose it is."""
    parties: Sequence[Party]
    """Who may read it beside the owner, as far as the reader may know: the owner all, a party itself."""


@dataclass(frozen=True)
class Content:
    """What a file holds, opened piece by piece as it is sent."""

    file_name: str
    media: Media
    size: int
    pieces: Iterator[bytes]


@dataclass(frozen=True)
class Sought:
    """What a list is to show; None: whatever it is."""

    type: EvidenceType | None = None
    own: bool | None = None
    erased: bool | None = None


def evidence(
    actor: Actor, sought: Sought | None = None, *, before: int | None = None, limit: int = 50
) -> list[EvidenceLine]:
    """Files that the actor may see, newest first. Raises NotPermittedError."""
    actor.must(Permission.EVIDENCE_READ)
    sought = sought or Sought()
    found = newest(select(Evidence).where(policy.visible_to(actor)), Evidence.id, before, limit)
    if sought.type is not None:
        found = found.where(Evidence.type == sought.type.value)
    if sought.own is not None:
        found = found.where(policy.own_by(actor) if sought.own else ~policy.own_by(actor))
    if sought.erased is not None:
        found = found.where(Evidence.erased_at.is_not(None) if sought.erased else Evidence.erased_at.is_(None))
    return [line_of(row, own=row.member_id == actor.member_id) for row in db.session.execute(found).scalars()]


def one_evidence(actor: Actor, name: str) -> OneEvidence:
    """A file with those who may read it. Raises NotPermittedError, UnknownEvidenceError."""
    actor.must(Permission.EVIDENCE_READ)
    row = visible(actor, name)
    rows = db.session.execute(
        select(EvidenceParty.member_id, EvidenceParty.record_kind, EvidenceParty.record_ref, EvidenceParty.attached_at)
        .where(EvidenceParty.evidence_id == row.id)
        .order_by(EvidenceParty.attached_at, EvidenceParty.member_id)
    ).all()
    codes = members.codes_of({row.member_id, *(each[0] for each in rows)})
    parties = [Party(codes[each[0]], RecordKind(each[1]), each[2], each[3]) for each in rows]
    return OneEvidence(line_of(row, own=row.member_id == actor.member_id), codes[row.member_id], parties)


def content(actor: Actor, name: str) -> Content:
    """Open a file; that a party other than its owner reads it is on the record of both. Commits.

    Raises NotPermittedError, UnknownEvidenceError, also for a file that was erased, and DamagedFileError, which
    `pieces` raises too where only a later chunk is not as it was: what was given out by then is.
    """
    actor.must(Permission.EVIDENCE_READ)
    row = visible(actor, name)
    key = key_of(row)
    if key is None:
        raise UnknownEvidenceError("this file was erased")
    opened = open_chunks(folder.sealed_chunks(name, row.size), -(-row.size // CHUNK), key, name)
    first = next(opened)
    found = Content(keys.open_file_name(row.sealed_name, key, name), Media(row.media), row.size, chain([first], opened))
    if row.member_id != actor.member_id:
        subject = {"type": "evidence", "ref": name}
        told = {row.member_id: ledger.Concern("counterparty")}
        ledger.append(actor, Event.EVIDENCE_READ, subject=subject, concerned=told)
        db.session.commit()
    return found


def named(actor: Actor, names: Collection[str]) -> list[EvidenceLine]:
    """Of these files those that the actor's member keeps itself; nobody erases them before the transaction ends.

    Raises NotPermittedError.
    """
    actor.must(Permission.EVIDENCE_READ)
    return [line_of(row, own=True) for row in owned(actor, names)]


def seen(actor: Actor, names: Collection[str]) -> list[EvidenceLine]:
    """Of these files those that the actor may see. Raises NotPermittedError."""
    actor.must(Permission.EVIDENCE_READ)
    rows = db.session.execute(select(Evidence).where(Evidence.name.in_(names), policy.visible_to(actor))).scalars()
    return [line_of(row, own=row.member_id == actor.member_id) for row in rows]


def attached(actor: Actor, kind: RecordKind, ref: str) -> list[EvidenceLine]:
    """The files attached to a record that the actor may see, oldest first, 200 at most. Raises NotPermittedError."""
    actor.must(Permission.EVIDENCE_READ)
    of_the_record = exists().where(
        EvidenceParty.evidence_id == Evidence.id,
        EvidenceParty.record_kind == kind.value,
        EvidenceParty.record_ref == ref,
    )
    found = select(Evidence).where(policy.visible_to(actor), of_the_record).order_by(Evidence.id).limit(MOST_ATTACHED)
    return [line_of(row, own=row.member_id == actor.member_id) for row in db.session.execute(found).scalars()]


def owned(actor: Actor, names: Collection[str], *, alone: bool = False) -> Sequence[Evidence]:
    """The rows of these files, as far as they are the actor's member's own and not erased, locked until the end.

    Nobody erases one meanwhile; `alone`: nor attaches it.
    """
    living = select(Evidence).where(policy.own_by(actor), Evidence.name.in_(names), Evidence.sealed_key.is_not(None))
    locked = living.order_by(Evidence.id).with_for_update(read=not alone)
    return db.session.execute(locked.execution_options(populate_existing=True)).scalars().all()


def kept(actor: Actor) -> tuple[int, int]:
    """Bytes that the actor's member keeps, and how many it may. Raises NotPermittedError."""
    actor.must(Permission.EVIDENCE_READ)
    return bytes_of(actor), MOST_KEPT


def bytes_of(actor: Actor) -> int:
    """Bytes of the files of the actor's member that are not erased."""
    living = select(func.coalesce(func.sum(Evidence.size), 0)).where(
        policy.own_by(actor), Evidence.sealed_key.is_not(None)
    )
    return int(db.session.execute(living).scalar_one())


def visible(actor: Actor, name: str) -> Evidence:
    """The row of a file that the actor may see. Raises UnknownEvidenceError."""
    found = select(Evidence).where(Evidence.name == name, policy.visible_to(actor))
    row = db.session.execute(found).scalar_one_or_none()
    if row is None:
        raise UnknownEvidenceError("there is no such file")
    return row


def key_of(row: Evidence) -> bytes | None:
    """The key of a file; None: it was erased. Raises DamagedFileError for one that the master key does not open."""
    if row.sealed_key is None:
        return None
    try:
        return keys.open_key(row.sealed_key, row.name)
    except (InvalidTag, ValueError) as error:
        raise DamagedFileError("the file's key does not open: it is another's, or the master key is another") from error


def line_of(row: Evidence, *, own: bool) -> EvidenceLine:
    """A row as its owner, or another party, is shown it."""
    shown: dict[str, Any] = {
        each: getattr(row, each)
        for each in ("id", "name", "size", "digest", "stripped", "stored_at", "expires_on", "erased_at")
    }
    key = key_of(row)
    return EvidenceLine(
        file_name="" if key is None else keys.open_file_name(row.sealed_name, key, row.name),
        type=EvidenceType(row.type),
        media=Media(row.media),
        own=own,
        reason=row.reason if own else "",
        **shown,
    )
