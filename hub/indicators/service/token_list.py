"""The token list of a member: all of it, or what changed since its cursor."""

import hashlib
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Exists,
    Integer,
    LargeBinary,
    Select,
    Text,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    union,
    union_all,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased

from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import Xid8, db
from hub.epochs.service import Key
from hub.indicators import policy, rules
from hub.indicators.model import Contribution, Indicator, PastAudience
from hub.indicators.rules import ContributionState, Stance
from hub.indicators.service.effect import effective, enough, in_standing
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.members.model import Member


@dataclass(frozen=True)
class ListPlace:
    """How far a member has come with a list: where to go on, and since which snapshot changes count."""

    full: bool
    since: int
    """For changes: rows changed by this transaction or a later one are given."""
    until: int
    """For changes: nothing of this transaction or a later one was in what was read before, the xmax of its snapshot."""
    next_since: int
    """What `since` becomes once this reading is through: the xmin of its first page's snapshot."""
    scope: str
    """The reader's `Actor.scope` when the list began."""
    after: bytes = b""


@dataclass(frozen=True)
class ListPage:
    """One page of a token list: rows of `rules.ROW`, and where to go on."""

    rows: bytes
    full: bool
    place: ListPlace
    more: bool
    entry: str


def list_page(actor: Actor, key: Key, place: ListPlace | None, limit: int) -> ListPage:
    """The next page of the list for this actor: all of it, or what changed since `place`; recorded.

    A place made before a member's standing or sector changed, or before what may reach the actor did, starts over. A
    change committed late is not missed: `since` is the oldest transaction that the earlier snapshot could not see.
    A token may be given twice, never not at all; as gone, only one that had effect when the list was read before.
    """
    actor.must(Permission.LIST_FETCH)
    xmin = int(db.session.execute(select(cast(func.pg_snapshot_xmin(func.pg_current_snapshot()), Text))).scalar_one())
    if place is None or place.scope != actor.scope or _roster_changed(place.next_since if place.full else place.since):
        place = ListPlace(True, 0, 0, xmin, actor.scope)
    elif not place.after:
        place = replace(place, next_since=xmin)
    rows, xmax = _packed((_all_rows if place.full else _changed_rows)(actor, key, place, limit))
    more = len(rows) == limit * rules.ROW.size
    following = (
        replace(place, after=rows[-rules.ROW.size :][: rules.TOKEN_BYTES])
        if more
        else ListPlace(False, place.next_since, xmax, place.next_since, actor.scope)
    )
    entry = ledger.append(
        actor,
        Event.LIST_FETCHED,
        subject={"type": "key", "ref": key.name},
        counts={"returned": len(rows) // rules.ROW.size},
        digests={"result": hashlib.sha256(rows).hexdigest()},
    )
    return ListPage(rows, place.full and not place.after, following, more, entry)


def _roster_changed(since: int) -> bool:
    changed = select(Member.id).where(Member.changed_xid >= literal(since, Xid8())).exists()
    return bool(db.session.execute(select(changed)).scalar_one())


def _all_rows(actor: Actor, key: Key, place: ListPlace, limit: int) -> Select[Any]:
    found = effective(actor, key.id).where(Contribution.token > place.after)
    return found.order_by(Contribution.token).limit(limit)


def _changed_rows(actor: Actor, key: Key, place: ListPlace, limit: int) -> Select[Any]:
    """Every token of which a contribution changed that the actor may or might see, with its effect now (none: level 0).

    Left out is what has no effect and had none: that somebody said something of it is not the actor's to know. Who
    loses a contribution, since its audience was narrowed, finds it by the audience it had. The effect is looked up
    token by token (LATERAL): left to choose, the planner has read the whole key's contributions for a few thousand
    changes.
    """
    seen = [
        select(rows.token).where(
            rows.key_id == key.id,
            rows.changed_xid >= literal(place.since, Xid8()),
            policy.visible_to(actor, rows),
            rows.token > place.after,
        )
        for rows in (aliased(Contribution), PastAudience)
    ]
    changed = union(*seen).order_by("token").subquery("changed")
    now = effective(actor, key.id).where(Contribution.token == changed.c.token).lateral("effective")
    return (
        select(
            changed.c.token,
            func.coalesce(now.c.level, 0).label("level"),
            func.coalesce(now.c.members, 0).label("members"),
            now.c.expires_on,
        )
        .outerjoin(now, true())
        .where(or_(now.c.level.is_not(None), _had_effect(actor, key, place, changed.c.token)))
        .order_by(changed.c.token)
        .limit(limit)
    )


def _had_effect(actor: Actor, key: Key, place: ListPlace, token: ColumnElement[bytes]) -> Exists:
    """Whether the token may have had effect for the actor when the list was read before `place`.

    `effective` once more, over what was said before `until` and not unsaid before `since`: what that reading saw, and
    of transactions that were under way then perhaps more.
    """
    since, until = literal(place.since, Xid8()), literal(place.until, Xid8())
    now, before = aliased(Contribution), PastAudience
    counts = (now.state == ContributionState.ACTIVE.value) & (now.stance == Stance.INFRINGING.value)
    said = union_all(
        *(
            select(rows.member_id, rows.evidence_level)
            .where(
                *(rows.key_id == key.id, rows.token == token, rows.said_xid < until, counted),
                *(policy.visible_to(actor, rows), rows.member_id.in_(in_standing())),
            )
            .correlate_except(rows)
            for rows, counted in ((now, counts), (before, before.changed_xid >= since))
        )
    ).subquery("said")
    disputed_all_along = exists().where(
        Indicator.key_id == key.id, Indicator.token == token, Indicator.disputed, Indicator.settled_xid < since
    )
    return (
        select(literal(1))
        .select_from(said)
        .where(~disputed_all_along)
        .having(
            enough(func.max(said.c.evidence_level), func.count(said.c.member_id.distinct())),
            func.bool_or(said.c.member_id != actor.member_id),
        )
        .exists()
    )


def _packed(found: Select[Any]) -> tuple[bytes, int]:
    """The rows in the order of their tokens, packed by the database, and the xmax of the snapshot they are from.

    Python's cost does not grow with their number.
    """
    each = found.subquery("listed")
    shown = case((each.c.members >= rules.FEWEST_SHOWN, func.least(each.c.members, 255)), else_=0)
    present = case((each.c.level > 0, 1), else_=0)
    flags = present * (1 << 24) + cast(each.c.level, Integer) * (1 << 16) + shown * (1 << 8)
    days = func.coalesce(each.c.expires_on - literal(date(1970, 1, 1), Date), 0)
    packed = each.c.token.op("||")(func.int4send(cast(flags, Integer))).op("||")(func.int4send(cast(days, Integer)))
    all_rows = func.string_agg(packed, aggregate_order_by(literal(b"", LargeBinary), each.c.token), type_=LargeBinary)
    xmax = cast(func.pg_snapshot_xmax(func.pg_current_snapshot()), Text)
    rows, seen = db.session.execute(select(all_rows, xmax)).one()
    return bytes(rows or b""), int(seen)
