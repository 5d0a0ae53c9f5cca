"""Commands and queries on authorised sellers: add, end, list, and look up whether listings are of any."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Date,
    Integer,
    LargeBinary,
    Text,
    column,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

from hub import clock
from hub.access.actor import Actor, NotPermittedError
from hub.access.permissions import Permission
from hub.access.tlp import MemberKind
from hub.authorised_sellers import policy, rules
from hub.authorised_sellers.model import AuthorisedSeller
from hub.authorised_sellers.rules import AskedListing, Fault, FoundListing, GivenSeller, ListedSeller
from hub.db import changed, db, newest
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.limits import service as limits
from hub.limits.rules import FOUND, look_ups_of

ADDING_LOCK = 7273
"""Among the hub's advisory locks: whoever adds to a brand's list, so that nothing is added twice at once."""


class UnknownSellerError(Exception):
    """The actor's brand has no such entry, or ended it."""


class TooManyLookUpsError(Exception):
    """The actor's brand has learned as much of others' authorised sellers as it may in a day."""


@dataclass(frozen=True)
class Added:
    """What adding came to: entries, unless there is something to mend."""

    faults: Sequence[Fault]
    names: Sequence[str] = ()
    """Of the entries, in the order of the rows."""
    entry: str = ""
    """Their ledger entry."""


@dataclass(frozen=True)
class ShownSeller:
    """An entry as its brand sees it."""

    id: int
    name: str
    url: str
    seller: str
    last_day: date | None
    by_agent: bool
    added_at: datetime
    ended_at: datetime | None
    past: bool
    """Whether its last day is over: nothing is held against it any more."""


def add(actor: Actor, rows: Sequence[GivenSeller]) -> Added:
    """Put sellers on the list of the actor's brand, all of them or none; the caller commits.

    Raises NotPermittedError.
    """
    _must(actor)
    db.session.execute(select(func.pg_advisory_xact_lock(ADDING_LOCK, actor.member_id)))
    listed, faults = rules.check_rows(rows, clock.today())
    if not rows:
        faults = [Fault(1, "url", "give at least one seller")]
    there = _there(actor, listed)
    again = "this store stands on your list already: leave it out, or end that entry first"
    faults += [Fault(each.number, "url", again) for each in listed if each.digest in there]
    if not faults and _count(actor) + len(listed) > rules.MOST_SELLERS:
        faults = [Fault(1, "url", f"a list holds {rules.MOST_SELLERS:,} sellers at most: end some entries first")]
    if faults:
        return Added(sorted(faults, key=lambda fault: fault.row))
    names = [rules.new_name() for _ in listed]
    _insert(actor, names, listed)
    entry = ledger.append(actor, Event.SELLER_ADDED, counts={"sellers": len(names)})
    return Added((), names, entry)


def end(actor: Actor, name: str) -> str:
    """End an entry: nothing is held against it from now on. Commits; returns the ledger entry.

    Raises NotPermittedError, UnknownSellerError.
    """
    _must(actor)
    known = rules.NAME.fullmatch(name) is not None
    ended = update(AuthorisedSeller).where(policy.listed_by(actor), AuthorisedSeller.name == name)
    if not known or not changed(ended.values(ended_at=clock.now())):
        db.session.rollback()
        raise UnknownSellerError("your list holds no entry of this name")
    entry = ledger.append(actor, Event.SELLER_ENDED, subject={"type": "authorised_seller", "ref": name})
    db.session.commit()
    return entry


def sellers(actor: Actor, *, ended: bool, before: int | None, limit: int) -> list[ShownSeller]:
    """The list of the actor's brand, or what was ended of it; newest first, those below the number `before`."""
    _must(actor)
    of = AuthorisedSeller.ended_at.is_not(None) if ended else AuthorisedSeller.ended_at.is_(None)
    found = select(AuthorisedSeller).where(policy.visible_to(actor), of)
    rows = db.session.execute(newest(found, AuthorisedSeller.id, before, limit)).scalars()
    return [_shown(row, clock.today()) for row in rows]


def look_up(actor: Actor, asked: Sequence[AskedListing]) -> list[FoundListing]:
    """Of these listings those of an authorised seller: the actor's own brand's, or another member's in standing.

    Others' that are found are put on record, to each of them how many of its own, in the transaction under way: who
    tells anybody commits first. One statement, whatever their number.

    Raises NotPermittedError, and TooManyLookUpsError beyond the limit of a day, also with something put on record.
    """
    actor.must(Permission.REPORT_FILE)
    if not asked:
        return []
    limit = look_ups_of(actor.member_id)
    if not limits.lease(limit, 1).left:
        raise TooManyLookUpsError
    rows = _among(asked)
    found: dict[tuple[int, bool], str] = {}
    for n, brand, by_address in rows:
        key = (n, brand == actor.member_id)
        found[key] = "url" if by_address else found.get(key, "seller")
    theirs = Counter(brand for _, brand in {(n, brand) for n, brand, _ in rows if brand != actor.member_id})
    if theirs:
        counts = {"asked": len(asked), "matched": sum(not own for _, own in found)}
        concerned = {brand: ledger.Concern("owner", {"matched": count}) for brand, count in theirs.items()}
        ledger.append(actor, Event.SELLER_FOUND, counts=counts, concerned=concerned)
        if not limits.lease(limit, FOUND * counts["matched"]).left:
            raise TooManyLookUpsError
    return [FoundListing(asked[n - 1].number, field, own) for (n, own), field in sorted(found.items())]


def _must(actor: Actor) -> None:
    actor.must(Permission.SELLER_MANAGE)
    if actor.kind is not MemberKind.BRAND:
        raise NotPermittedError("a list of authorised sellers is kept in the name of a brand alone")


def _among(asked: Sequence[AskedListing]) -> list[tuple[int, int, bool]]:
    """Place from 1, brand, and whether by address, of each listing and each brand on whose list its seller stands."""
    digests = [rules.seller_digest(each.seller) for each in asked]
    given: tuple[tuple[type[TypeEngine[Any]], Sequence[Any]], ...] = (
        (LargeBinary, [each.digest for each in asked]),
        (Text, [each.host for each in asked]),
        (LargeBinary, digests),
    )
    arrays = (literal(values, ARRAY(kind)) for kind, values in given)
    columns = column("n", Integer), column("brand_id", Integer), column("by_address", Boolean)
    found = func.authorised_among(*arrays, literal(clock.today(), Date)).table_valued(*columns)
    return [(row.n, row.brand_id, row.by_address) for row in db.session.execute(select(found))]


def _there(actor: Actor, listed: Sequence[ListedSeller]) -> set[bytes]:
    digests = literal([each.digest for each in listed], ARRAY(LargeBinary))
    found = select(AuthorisedSeller.digest).where(policy.listed_by(actor), AuthorisedSeller.digest == func.any(digests))
    return set(db.session.execute(found).scalars()) if listed else set()


def _count(actor: Actor) -> int:
    return db.session.execute(select(func.count()).where(policy.listed_by(actor))).scalar_one()


def _insert(actor: Actor, names: Sequence[str], listed: Sequence[ListedSeller]) -> None:
    """One statement, whatever their number."""
    columns: dict[str, tuple[type[TypeEngine[Any]], Sequence[Any]]] = {
        "name": (Text, names),
        "url": (Text, [each.url for each in listed]),
        "host": (Text, [each.host for each in listed]),
        "digest": (LargeBinary, [each.digest for each in listed]),
        "seller": (Text, [each.seller for each in listed]),
        "seller_digest": (LargeBinary, [each.seller_digest for each in listed]),
        "last_day": (Date, [each.last_day for each in listed]),
    }
    arrays = (literal(values, ARRAY(kind)) for kind, values in columns.values())
    rows = func.unnest(*arrays).table_valued(*columns).render_derived()
    whose: dict[str, Any] = {"brand_id": actor.member_id, "by_agent": actor.agent is not None}
    whose |= {"added_by": actor.pseudonym, "added_at": clock.now()}
    chosen = select(*(literal(value) for value in whose.values()), *(rows.c[name] for name in columns))
    db.session.execute(insert(AuthorisedSeller).from_select([*whose, *columns], chosen))


def _shown(row: AuthorisedSeller, today: date) -> ShownSeller:
    past = row.last_day is not None and row.last_day < today
    when = row.added_at, row.ended_at
    return ShownSeller(row.id, row.name, row.url, row.seller, row.last_day, row.by_agent, *when, past)
