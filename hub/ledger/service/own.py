"""Reading a party's own part of the log, opened."""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import json
from sqlalchemy import func, select

from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import db
from hub.ledger import policy
from hub.ledger.events import sentence
from hub.ledger.model import Entry, Leaf, Part, PartyLeaf


@dataclass(frozen=True)
class OwnEntry:
    """A party's own part of one entry, opened."""

    index: int | None
    """Place in the tree; None while the sequencer has not come to it."""
    id: UUID
    at: datetime
    action: str
    leaf: bytes
    n: int
    view: bytes | None
    salt: bytes | None
    erased_by: UUID | None

    @property
    def name(self) -> str:
        """The entry's id as addresses write it."""
        return base64.urlsafe_b64encode(self.id.bytes).decode().rstrip("=")

    @property
    def fields(self) -> dict[str, Any] | None:
        """The view's fields; None when it was erased."""
        fields: dict[str, Any] | None = None if self.view is None else json.loads(self.view)
        return fields

    @property
    def sentence(self) -> str:
        """What happened, as a person reads it."""
        fields = self.fields
        return "This part was erased" if fields is None else sentence(fields)


_OWN = (Entry.id, Entry.at, Entry.action, Entry.leaf, Part.n, Part.view, Part.salt, Part.erased_by)


def own_entries(
    actor: Actor, *, after: int = -1, before: int | None = None, limit: int = 100, action: str | None = None
) -> list[OwnEntry]:
    """The actor's parts by place in the tree: upwards from `after`, or, with `before`, downwards from it."""
    actor.must(Permission.LEDGER_READ_OWN)
    found = (
        select(PartyLeaf.leaf_index.label("index"), *_OWN)
        .join(Entry, Entry.id == PartyLeaf.entry_id)
        .join(Part, (Part.entry_id == PartyLeaf.entry_id) & (Part.n == PartyLeaf.n))
        .where(policy.own_leaves(actor), PartyLeaf.leaf_index > after)
        .limit(limit)
    )
    if action:
        found = found.where(PartyLeaf.action == action)
    if before is None:
        found = found.order_by(PartyLeaf.leaf_index)
    else:
        found = found.where(PartyLeaf.leaf_index < before).order_by(PartyLeaf.leaf_index.desc())
    return [OwnEntry(**row) for row in db.session.execute(found).mappings()]


def own_entry(actor: Actor, name: str) -> OwnEntry | None:
    """The actor's part of one entry by its id, integrated or not; None when it does not concern the actor."""
    actor.must(Permission.LEDGER_READ_OWN)
    id = parse_entry_id(name)
    if id is None:
        return None
    row = (
        db.session.execute(
            select(Leaf.leaf_index.label("index"), *_OWN)
            .select_from(Part)
            .join(Entry, Entry.id == Part.entry_id)
            .outerjoin(Leaf, Leaf.entry_id == Part.entry_id)
            .where(policy.own_parts(actor), Part.entry_id == id)
            .order_by(Part.n)
            .limit(1)
        )
        .mappings()
        .one_or_none()
    )
    return None if row is None else OwnEntry(**row)


def parse_entry_id(name: str) -> UUID | None:
    """The id in an address; None for what is none."""
    try:
        raw = base64.urlsafe_b64decode(name + "=" * (-len(name) % 4))
    except ValueError:
        return None
    return UUID(bytes=raw) if len(raw) == 16 and len(name) == 22 else None


def ndjson(entries: Sequence[OwnEntry]) -> Iterator[str]:
    """One JSON object a line, as `alliance ledger verify` reads them."""
    for entry in entries:
        yield (
            json.dumps(
                {
                    "index": entry.index,
                    "id": base64.b64encode(entry.id.bytes).decode(),
                    "leaf": base64.b64encode(entry.leaf).decode(),
                    "n": entry.n,
                    "view": entry.fields,
                    "salt": None if entry.salt is None else base64.b64encode(entry.salt).decode(),
                    "erased_by": None if entry.erased_by is None else base64.b64encode(entry.erased_by.bytes).decode(),
                }
            )
            + "\n"
        )


def own_count(actor: Actor) -> int:
    """How many leaves concern the actor's member."""
    actor.must(Permission.LEDGER_READ_OWN)
    return db.session.execute(select(func.count()).select_from(PartyLeaf).where(policy.own_leaves(actor))).scalar_one()
