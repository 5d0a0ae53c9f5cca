"""Erasing what entries tell, never that they were recorded (`ledger.md` §5.9): the leaves and the tree stay."""

import base64
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select

from hub import clock
from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import db
from hub.ledger.events import Event
from hub.ledger.model import Entry, Part
from hub.ledger.service.append import Concern, append, append_each
from hub.ledger.service.own import parse_entry_id

RETIRED_AT_ONCE = 2000
"""Leaves whose parts one record of retirement covers."""
RECORDS = frozenset({Event.ENTRY_ERASED, Event.ENTRIES_RETIRED, Event.PERSON_FORGOTTEN})
"""What is never erased: without its record an erasure is an alarm at every member."""


REPLAYED = "replayed"
"""The ground of an erasure that a backup had undone; two people decided it once."""


class Ground(StrEnum):
    """Why an entry or a person is erased."""

    REQUEST = "request"
    MISTAKE = "mistake"
    ORDER = "order"


GROUNDS: dict[Ground, str] = {
    Ground.REQUEST: "Somebody asked to be forgotten",
    Ground.MISTAKE: "It should not have been recorded so",
    Ground.ORDER: "A court or an authority ordered it",
}


class NothingToEraseError(Exception):
    """There is no such entry or person, or it may not be erased."""


def check_erasable(name: str) -> None:
    """Raises NothingToEraseError unless `name` is the id of an entry that may be erased."""
    id = parse_entry_id(name)
    action = None if id is None else db.session.execute(select(Entry.action).where(Entry.id == id)).scalar_one_or_none()
    if action is None:
        raise NothingToEraseError("there is no entry of this id")
    if action in RECORDS:
        raise NothingToEraseError("the record of an erasure is not erased")


def erase(actor: Actor, decided: str, name: str, ground: Ground) -> int:
    """Erase every party's part of an entry that two people decided to erase; returns how many parts that were.

    In the transaction that approves the decision `decided`: the database does it in no other. Each party that held a
    part gets a record. Raises NothingToEraseError where none is left.
    """
    parties = _parties(decided, 0, 0)
    if not parties:
        raise NothingToEraseError("nothing is left of this entry")
    records = append_each(
        actor,
        Event.ENTRY_ERASED,
        subject={"type": "entry", "ref": name, "reason": ground.value},
        concerned=dict.fromkeys(parties, Concern("counterparty")),
    )
    return int(db.session.execute(select(func.erase_entry(decided, _ids(records)))).scalar_one())


def forget(actor: Actor, decided: str, pseudonym: str, ground: Ground) -> None:
    """Forget whom a pseudonym of the log stands for, as two people decided. Raises NothingToEraseError for nobody.

    Somebody who may still sign in is shut out by its member first.
    """
    member = db.session.execute(select(func.forget_person(decided))).scalar_one()
    if member is None:
        raise NothingToEraseError("nobody who was shut out has this pseudonym")
    append(
        actor,
        Event.PERSON_FORGOTTEN,
        subject={"type": "person", "ref": pseudonym, "reason": ground.value},
        concerned={member: Concern("counterparty")},
    )


def erase_anew(actor: Actor, entry: UUID) -> int:
    """Erase what an entry told, which a backup that was put back tells again; returns how many parts. Commits.

    Each party that held a part gets a record. Only whoever owns the tables can, who did put the backup back.
    """
    actor.must(Permission.MEMBER_ADMINISTER)
    parties = db.session.execute(select(Part.party).where(Part.entry_id == entry, Part.view.is_not(None))).scalars()
    name = base64.urlsafe_b64encode(entry.bytes).decode().rstrip("=")
    records = append_each(
        actor,
        Event.ENTRY_ERASED,
        subject={"type": "entry", "ref": name, "reason": REPLAYED},
        concerned=dict.fromkeys(parties, Concern("counterparty")),
    )
    done = int(db.session.execute(select(func.erase_parts([entry], _ids(records)))).scalar_one())
    db.session.commit()
    return done


def retire(actor: Actor) -> int:
    """Erase the parts of the next leaves whose retention is over; returns how many leaves, 0 when none is due. Commits.

    One batch a call. Each party that held a part gets a record that names the span of leaves.
    """
    moment = clock.now()
    due = db.session.execute(select("*").select_from(func.due_for_retirement(moment, RETIRED_AT_ONCE))).one_or_none()
    if due is None:
        return 0
    first, last = due
    records = append_each(
        actor,
        Event.ENTRIES_RETIRED,
        subject={"type": "leaves"},
        counts={"first": first, "last": last},
        concerned=dict.fromkeys(_parties(None, first, last), Concern("counterparty", {"first": first, "last": last})),
    )
    db.session.execute(select(func.retire_leaves(first, last, _ids(records), moment)))
    db.session.commit()
    return int(last - first + 1)


def _parties(decided: str | None, first: int, last: int) -> list[int]:
    return list(db.session.execute(select(func.parties_of_erasure(decided, first, last))).scalar_one())


def _ids(names: list[str]) -> list[UUID]:
    return [id for id in map(parse_entry_id, names) if id is not None]
