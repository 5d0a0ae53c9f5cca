"""Entries that cannot stand in the tree: what the sequencer put aside, and what the operator does about it."""

import base64
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from hub import clock
from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import changed, db
from hub.ledger.events import Event
from hub.ledger.model import Entry, Leaf, Part, Pending, Quarantined
from hub.ledger.sequencer import fault_of
from hub.ledger.service.append import Concern, append
from hub.ledger.service.own import parse_entry_id

_WAITS = Quarantined.set_aside_at.is_(None)
_NONE = "no entry of this name waits to be settled: `hub ledger settle` lists those that do"


class NotSettledError(Exception):
    """A quarantined entry cannot be settled so; the text says why."""


@dataclass(frozen=True)
class PutAside:
    """An entry that cannot stand in the tree as it was found."""

    name: str
    """As addresses write its id."""
    action: str | None
    """What was recorded; None where there is no entry."""
    reason: str
    found_at: datetime


def put_aside(actor: Actor) -> list[PutAside]:
    """The first 200 entries that were put aside and are not settled, the oldest first. Raises NotPermittedError."""
    actor.must(Permission.MEMBER_ADMINISTER)
    found = (
        select(Quarantined.entry_id, Entry.action, Quarantined.reason, Quarantined.found_at)
        .outerjoin(Entry, Entry.id == Quarantined.entry_id)
        .where(_WAITS)
        .order_by(Quarantined.found_at, Quarantined.entry_id)
        .limit(200)
    )
    return [PutAside(_name(row.entry_id), *row[1:]) for row in db.session.execute(found)]


def is_put_aside(actor: Actor, name: str) -> bool:
    """Whether an entry was put aside and is not settled. Raises NotPermittedError."""
    actor.must(Permission.MEMBER_ADMINISTER)
    found = select(Quarantined.entry_id).where(Quarantined.entry_id == parse_entry_id(name), _WAITS)
    return db.session.execute(found).first() is not None


def put_aside_count() -> int:
    """How many entries were put aside and are not settled."""
    return db.session.execute(select(func.count()).select_from(Quarantined).where(_WAITS)).scalar_one()


def take_again(actor: Actor, name: str) -> bool:
    """Have the sequencer take an entry that was put aside, now that its cause is mended, and tell whom it concerns.

    False for one that is in the tree already: it is no longer counted as put aside, and nothing else is to be done.
    Commits. Only whoever owns the tables can. Raises NotPermittedError, LedgerHaltedError, and NotSettledError for one
    that was not put aside and while the cause is there.
    """
    actor.must(Permission.MEMBER_ADMINISTER)
    id = parse_entry_id(name)
    gone = delete(Quarantined).where(Quarantined.entry_id == id, _WAITS).returning(Quarantined.entry_id)
    if id is None or db.session.execute(gone).first() is None:
        raise NotSettledError(_NONE)
    placed = db.session.execute(select(Leaf.leaf_index).where(Leaf.entry_id == id)).scalar_one_or_none()
    if placed is None:
        fault = fault_of(id, db.session.execute(select(Entry.leaf).where(Entry.id == id)).scalar_one_or_none(), None)
        if fault is not None:
            db.session.rollback()
            raise NotSettledError(f"{fault}: have it put back from a backup first, byte for byte")
        db.session.execute(insert(Pending).values(entry_id=id).on_conflict_do_nothing())
    told = {party: Concern("counterparty") for party in _parties(id)}
    append(actor, Event.ENTRY_TAKEN_AGAIN, subject={"type": "entry", "ref": name}, concerned=told)
    db.session.commit()
    return placed is None


def set_aside(actor: Actor, name: str, digest: str) -> None:
    """Let an entry that can never stand in the tree be no alarm any more, and tell whom it concerns. Commits.

    `digest`: of the reason for which two people decided it. Its row stays, as evidence. Only whoever owns the tables
    can. Raises NotPermittedError, LedgerHaltedError, NotSettledError for one that does not wait to be settled.
    """
    actor.must(Permission.MEMBER_ADMINISTER)
    id = parse_entry_id(name)
    aside = update(Quarantined).where(Quarantined.entry_id == id, _WAITS).values(set_aside_at=clock.now())
    if id is None or changed(aside) != 1:
        raise NotSettledError(_NONE)
    told = {party: Concern("counterparty") for party in _parties(id)}
    subject = {"type": "entry", "ref": name, "digest": digest}
    append(actor, Event.ENTRY_SET_ASIDE, subject=subject, concerned=told)
    db.session.commit()


def _parties(id: UUID) -> list[int]:
    found = select(Part.party).where(Part.entry_id == id).distinct().order_by(Part.party)
    return list(db.session.execute(found).scalars())


def _name(id: UUID) -> str:
    return base64.urlsafe_b64encode(id.bytes).decode().rstrip("=")
