"""An auditor reads what concerns others, and each such reading is on record for them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Uuid, column, func, literal, select

from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.access.tlp import MemberKind
from hub.db import db
from hub.ledger.events import Event
from hub.ledger.service.append import Concern, append
from hub.members.model import Member


def record_reading(actor: Actor, entries: Sequence[UUID]) -> None:
    """Record to each member that an auditor read entries which concern it, and how many of its own; and commit.

    Nothing for any other reader, nor for what concerns auditors alone, the record of a reading among it.
    """
    if actor.kind is not MemberKind.AUDITOR or not entries:
        return
    told = func.read_by_auditor(literal(list(entries), ARRAY(Uuid))).table_valued(
        column("party", Integer), column("read", Integer)
    )
    read = {row.party: row.read for row in db.session.execute(select(told.c.party, told.c.read))}
    if not read:
        return
    append(
        actor,
        Event.ENTRIES_READ,
        counts={"read": len(entries)},
        concerned={party: Concern("counterparty", {"read": count}) for party, count in read.items()},
    )
    db.session.commit()


def members_to_read(actor: Actor) -> tuple[tuple[str, str], ...]:
    """Code and name of the members whose entries an auditor may ask for: all but auditors; by code."""
    actor.must(Permission.LEDGER_READ_OWN)
    wanted = select(Member.code, Member.name).where(Member.kind != MemberKind.AUDITOR.value).order_by(Member.code)
    return tuple((code, f"{name} ({code})") for code, name in db.session.execute(wanted))
