"""Reading a party's own part of the log, opened."""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from flask import json
from sqlalchemy import Select, Uuid, column, func, select, tuple_

from hub.access.actor import Actor
from hub.access.guard import read_as
from hub.access.permissions import Permission
from hub.access.tlp import MemberKind
from hub.db import compiled, db, given
from hub.ledger import policy
from hub.ledger.events import sentence
from hub.ledger.model import Entry, Leaf, Part, PartyLeaf
from hub.ledger.service.readings import record_reading

CHUNK = 1_000
MOST_AT_ONCE = 100_000
"""How many entries one download holds at most: a spreadsheet opens that many, and one reader holds nobody up."""


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
    def place(self) -> tuple[str, str]:
        """Where it stands among those of its party, newest first; what a cursor holds."""
        return self.at.isoformat(), self.id.hex

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


@dataclass(frozen=True)
class Chosen:
    """Which of the own entries are asked for; what is None is not asked about.

    `member` is the acting member, where the view names it; to an auditor, any member that the entry concerns, and
    `role` is that member's.
    """

    action: str | None = None
    outcome: str | None = None
    role: str | None = None
    via: str | None = None
    member: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Before which moment."""

    def __bool__(self) -> bool:
        """Whether anything is asked about."""
        return any(each is not None for each in astuple(self))


class OwnPage(NamedTuple):
    """Own entries, newest first, and the place to go on from; None when there are no more."""

    entries: list[OwnEntry]
    before: tuple[str, str] | None


Found = Select[*tuple[Any, ...]]
ALL = Chosen()
_OWN = (Entry.id, Entry.at, Entry.action, Entry.leaf, Part.n, Part.view, Part.salt, Part.erased_by)

_ONE = compiled(
    select(Leaf.leaf_index, *_OWN)
    .select_from(Part)
    .join(Entry, Entry.id == Part.entry_id)
    .outerjoin(Leaf, Leaf.entry_id == Part.entry_id)
    .where(policy.PARTS_OF, Part.entry_id == given("entry", Uuid))
    .order_by(Part.n)
    .limit(1)
)


def own_entries(actor: Actor, *, after: int = -1, limit: int = 100) -> list[OwnEntry]:
    """The actor's parts upwards in the tree from `after`, as a verifier reads them."""
    actor.must(Permission.LEDGER_READ_OWN)
    found = (
        select(PartyLeaf.leaf_index.label("index"), *_OWN)
        .join(Entry, Entry.id == PartyLeaf.entry_id)
        .join(Part, (Part.entry_id == PartyLeaf.entry_id) & (Part.n == PartyLeaf.n))
        .where(policy.own_leaves(actor), PartyLeaf.leaf_index > after)
        .order_by(PartyLeaf.leaf_index)
        .limit(limit)
    )
    return _read(actor, found)


def own_page(actor: Actor, chosen: Chosen = ALL, *, before: Sequence[str] | None = None, limit: int = 100) -> OwnPage:
    """The actor's parts that are chosen, newest first, those that wait for the tree among them; on from `before`.

    `before` is the place of an entry.
    """
    actor.must(Permission.LEDGER_READ_OWN)
    place = None if before is None else (datetime.fromisoformat(before[0]), UUID(before[1]))
    found = _chosen(actor, chosen, place, limit + 1)
    entries = _entries(found)
    shown = entries[:limit]
    record_reading(actor, [entry.id for entry in shown])
    return OwnPage(shown, shown[-1].place if len(entries) > limit else None)


def _chosen(actor: Actor, chosen: Chosen, place: tuple[datetime, UUID] | None, limit: int) -> Found:
    """Chosen by the index of what parts are asked for by, which is read alone; only then are those parts opened."""
    those = _of_a_member if actor.kind is MemberKind.AUDITOR and chosen.member is not None else _of_one_s_own
    return (
        select(Leaf.leaf_index.label("index"), *_OWN)
        .select_from(Part)
        .join(Entry, Entry.id == Part.entry_id)
        .outerjoin(Leaf, Leaf.entry_id == Part.entry_id)
        .where(policy.own_parts(actor), Part.entry_id.in_(those(actor, chosen, place, limit)))
        .order_by(Part.at.desc(), Part.entry_id.desc())
    )


def _of_a_member(_: Actor, chosen: Chosen, place: tuple[datetime, UUID] | None, limit: int) -> Select[UUID]:
    asked = (chosen.member, chosen.action, chosen.outcome, chosen.role, chosen.via, chosen.since, chosen.until)
    those = func.entries_of_member(*asked, *(place or (None, None)), limit).table_valued(column("entry_id", Uuid))
    return select(those.c.entry_id)


def _of_one_s_own(actor: Actor, chosen: Chosen, place: tuple[datetime, UUID] | None, limit: int) -> Select[UUID]:
    found = (
        select(Part.entry_id).where(policy.own_parts(actor)).order_by(Part.at.desc(), Part.entry_id.desc()).limit(limit)
    )
    if place is not None:
        found = found.where(tuple_(Part.at, Part.entry_id) < tuple_(*place))
    for known, wanted in (
        (Part.action, chosen.action),
        (Part.outcome, chosen.outcome),
        (Part.role, chosen.role),
        (Part.via, chosen.via),
        (Part.acting, chosen.member),
    ):
        if wanted is not None:
            found = found.where(known == wanted)
    if chosen.since is not None:
        found = found.where(Part.at >= chosen.since)
    if chosen.until is not None:
        found = found.where(Part.at < chosen.until)
    return found


def own_download(actor: Actor, chosen: Chosen) -> Iterator[OwnEntry]:
    """The same one after another, at most MOST_AT_ONCE, of which CHUNK are held at a time.

    It is read while the answer is sent, in a session of its own, that of the request has ended by then; and in a
    transaction a chunk, so that however slowly it is fetched, none stays open meanwhile. Entries recorded since are
    newer than those still to come, and change nothing in them.
    """
    read_as(db.session, actor)
    before: tuple[str, str] | None = None
    for _ in range(MOST_AT_ONCE // CHUNK):
        page = own_page(actor, chosen, before=before, limit=CHUNK)
        db.session.rollback()
        yield from page.entries
        before = page.before
        if before is None:
            return


def own_entry(actor: Actor, name: str, *, opened: bool = True) -> OwnEntry | None:
    """The actor's part of one entry by its id, integrated or not; None when it does not concern the actor.

    With `opened` false nothing of the view may be shown: for a receipt an auditor need not say that it read.
    """
    actor.must(Permission.LEDGER_READ_OWN)
    id = parse_entry_id(name)
    if id is None:
        return None
    read = [OwnEntry(*row) for row in _ONE.run(party=actor.member_id, entry=id)]
    if opened:
        record_reading(actor, [entry.id for entry in read])
    return read[0] if read else None


def own_opened(actor: Actor, ids: Sequence[UUID]) -> dict[UUID, OwnEntry]:
    """The actor's parts of the entries of those ids, by them; what does not concern it is not among them."""
    actor.must(Permission.LEDGER_READ_OWN)
    found = (
        select(Leaf.leaf_index.label("index"), *_OWN)
        .select_from(Part)
        .join(Entry, Entry.id == Part.entry_id)
        .outerjoin(Leaf, Leaf.entry_id == Part.entry_id)
        .where(policy.own_parts(actor), Part.entry_id.in_(ids))
        .order_by(Part.n.desc())
    )
    return {entry.id: entry for entry in _read(actor, found)}


def _read(actor: Actor, found: Found) -> list[OwnEntry]:
    """The entries, once it is on record for whom they concern that an auditor read them."""
    entries = _entries(found)
    record_reading(actor, [entry.id for entry in entries])
    return entries


def _entries(found: Found) -> list[OwnEntry]:
    return [OwnEntry(**row) for row in db.session.execute(found).mappings()]


def parse_entry_id(name: str) -> UUID | None:
    """The id in an address; None for what is none."""
    try:
        raw = base64.urlsafe_b64decode(name + "=" * (-len(name) % 4))
    except ValueError:
        return None
    one_way = base64.urlsafe_b64encode(raw).decode().rstrip("=") == name  # spare bits would give it sixteen names
    return UUID(bytes=raw) if len(raw) == 16 and one_way else None


def own_count(actor: Actor) -> int:
    """How many leaves concern the actor's member."""
    actor.must(Permission.LEDGER_READ_OWN)
    return db.session.execute(select(func.count()).select_from(PartyLeaf).where(policy.own_leaves(actor))).scalar_one()


def day_begins(day: date | None, later: int = 0) -> datetime | None:
    """The moment in UTC at which a day begins, or one so many days later; None for none, and for none that there is."""
    try:
        return None if day is None else datetime.combine(day + timedelta(days=later), time(), UTC)
    except OverflowError:
        return None
