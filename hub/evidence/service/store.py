"""Storing: a file is checked, sealed and written while it comes in, and is the member's once its row commits."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from hub import clock
from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import db
from hub.evidence import policy, rules
from hub.evidence.chunks import seal_chunks
from hub.evidence.media import check
from hub.evidence.model import Evidence
from hub.evidence.rules import EvidenceType
from hub.evidence.service import folder, keys
from hub.evidence.service.read import EvidenceLine, bytes_of, line_of
from hub.ledger import service as ledger
from hub.ledger.events import Event

_ONE_AT_A_TIME = 0x65766964
"""The class of advisory locks under which a member's bytes are counted and added to."""


class NoRoomError(Exception):
    """The member keeps as much as it may."""


@dataclass(frozen=True)
class Upload:
    """A file as it is sent."""

    file_name: str
    type: EvidenceType
    size: int
    """As announced; what follows beyond it is not read."""
    pieces: Iterable[bytes]
    strip: bool = False
    """Whether location and other metadata are taken out."""


@dataclass
class _Passed:
    """What of a file has gone by."""

    size: int = 0
    digest: Any = field(default_factory=hashlib.sha256)

    def count(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self.size += len(piece)
            self.digest.update(piece)
            yield piece


def must_have_room(actor: Actor, size: int) -> None:
    """Whether a file of so many bytes may come, asked before any of it is read.

    Raises NotPermittedError, FileError for one that is too long, NoRoomError, VaultFullError.
    """
    actor.must(Permission.EVIDENCE_STORE)
    if size > rules.LARGEST_FILE:
        raise rules.FileError(f"a file has at most {rules.LARGEST_FILE // 10**6} MB")
    _must_fit(actor, size)
    folder.must_hold(size)


def store(actor: Actor, upload: Upload) -> EvidenceLine:
    """Take a file into the vault, and record it; the same again, under the same type, is the one there. Commits.

    Once half of its time is over it is kept anew, for all of its time: a row of the vault is not changed but erased.
    No transaction is open while the file comes in: nobody waits for it, and who lost its standing or its authorisation
    meanwhile stores nothing. If anything fails nothing is kept. Raises what `must_have_room` does, FileError for a file
    that is not taken, NotInStandingError, NotAuthorisedError.
    """
    must_have_room(actor, upload.size)
    db.session.rollback()
    file_name = rules.clean_name(upload.file_name)
    name, key, passed = rules.new_name(), keys.new_key(), _Passed()
    checked = check(upload.pieces, file_name, strip=upload.strip)
    folder.keep(name, seal_chunks(passed.count(checked.pieces), key, name))
    try:
        moment = clock.now()
        row = Evidence(
            name=name,
            member_id=actor.member_id,
            type=upload.type.value,
            media=checked.media.value,
            size=passed.size,
            digest=passed.digest.digest(),
            stripped=upload.strip,
            sealed_name=keys.seal_file_name(file_name, key, name),
            sealed_key=keys.seal_key(key, name),
            stored_by=actor.pseudonym,
            stored_at=moment,
            expires_on=_last_day(upload.type, moment),
        )
        return _enter(actor, row)
    except BaseException as error:
        # where the connection is lost nobody knows whether the row is there: remove_orphans takes the file if it is not
        if not (isinstance(error, DBAPIError) and error.connection_invalidated):
            folder.remove(name)
        raise


def _enter(actor: Actor, row: Evidence) -> EvidenceLine:
    db.session.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME, actor.member_id)))
    same = db.session.execute(
        select(Evidence)
        .where(policy.own_by(actor), Evidence.digest == row.digest, Evidence.type == row.type)
        .where(Evidence.sealed_key.is_not(None), Evidence.expires_on >= _half_way(row))
        .limit(1)
    ).scalar_one_or_none()
    if same is not None:
        folder.remove(row.name)
        line = line_of(same, own=True)
        db.session.rollback()
        return line
    _must_fit(actor, row.size)
    db.session.add(row)
    db.session.flush()
    line = line_of(row, own=True)
    ledger.append(
        actor,
        Event.EVIDENCE_STORED,
        subject={"type": "evidence", "ref": row.name, "digest": row.digest.hex()},
        counts={"bytes": row.size},
    )
    db.session.commit()
    return line


def _must_fit(actor: Actor, size: int) -> None:
    left = rules.MOST_KEPT - bytes_of(actor)
    if size > left:
        raise NoRoomError(
            f"your member keeps at most {rules.MOST_KEPT // 10**9} GB of evidence, and {max(left, 0) // 10**6} MB "
            "are left: erase what is no longer needed"
        )


def _half_way(row: Evidence) -> date:
    """The day until which one like it must be kept to stand for it."""
    return row.expires_on - rules.TYPES[EvidenceType(row.type)][1] / 2


def _last_day(type: EvidenceType, moment: datetime) -> Any:
    return (moment + rules.TYPES[type][1]).date()
