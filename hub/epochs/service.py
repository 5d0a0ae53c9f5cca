"""Opening epochs, handing out public keys, and evaluating blinded elements within a member's quota."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from flask import current_app
from sqlalchemy import BigInteger, Date, Integer, Text, select, update
from sqlalchemy.dialects.postgresql import insert

from hub import clock
from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.access.tlp import MemberKind
from hub.canonical import TYPES
from hub.db import compiled, db, given
from hub.epochs import rules
from hub.epochs.evaluator import Evaluator
from hub.epochs.model import DeclaredNeed, Epoch, Quota, TokenKey
from hub.epochs.rules import EpochState, period
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.members.model import Member
from hub.tokens import KeyId


class UnknownKeyError(Exception):
    """There is no key of that id."""


class EpochStateError(Exception):
    """The epoch does not take this any more, or exists already."""


class QuotaSpentError(Exception):
    """The evaluation would exceed the period's quota."""

    def __init__(self, type: str, left: int) -> None:
        super().__init__(f"{left:,} evaluations of type {type} are left in this period")
        self.type, self.left = type, left


@dataclass(frozen=True)
class Key:
    """One token key as others may know it."""

    id: int
    name: str
    type: str
    public_key: bytes
    state: EpochState


def open_epoch(actor: Actor, name: str) -> Epoch:
    """Open an epoch: one key for each identifier type, made by the evaluator; the epoch open so far is closing now.

    Raises EpochStateError for a name used before, EvaluatorDownError when the evaluator does not answer.
    """
    actor.must(Permission.EPOCH_ADMINISTER)
    if db.session.execute(select(Epoch.id).where(Epoch.name == name)).first():
        raise EpochStateError(f"epoch {name} exists already; choose another name")
    alliance = current_app.extensions["settings"].alliance
    evaluator: Evaluator = current_app.extensions["evaluator"]
    keys = {type: KeyId(alliance, name, type) for type in TYPES}
    public = {type: evaluator.public_key(str(key)) for type, key in keys.items()}
    db.session.execute(update(Epoch).where(Epoch.state == EpochState.OPEN.value).values(state=EpochState.CLOSING.value))
    epoch = Epoch(name=name, state=EpochState.OPEN.value, opened_at=clock.now())
    db.session.add(epoch)
    db.session.flush()
    for type, key in keys.items():
        db.session.add(TokenKey(epoch_id=epoch.id, name=str(key), type=type, public_key=public[type]))
    listed = "".join(f"{keys[type]} {base64.b64encode(public[type]).decode()}\n" for type in sorted(keys))
    members = db.session.execute(select(Member.id)).scalars().all()
    ledger.append(
        actor,
        Event.EPOCH_OPENED,
        subject={"type": "epoch", "ref": name},
        digests={"result": hashlib.sha256(listed.encode()).hexdigest()},
        concerned={member: ledger.Concern("counterparty") for member in members},
    )
    db.session.commit()
    return epoch


def keys() -> list[Key]:
    """Every key that still serves, those of the open epoch first."""
    rows = db.session.execute(
        select(TokenKey)
        .join(Epoch)
        .where(Epoch.state != EpochState.CLOSED.value)
        .order_by(Epoch.state.desc(), TokenKey.name)
    ).scalars()
    return [_key(row) for row in rows]


_KEY = compiled(
    select(TokenKey.id, TokenKey.name, TokenKey.type, TokenKey.public_key, Epoch.state)
    .join(Epoch)
    .where(TokenKey.name == given("name", Text))
)


def key(name: str, *, for_sharing: bool = False) -> Key:
    """The key of that id. Raises UnknownKeyError, or EpochStateError when its epoch takes this no more."""
    try:
        KeyId.parse(name)  # what is no key id at all may hold what the database does not take, such as a NUL
    except ValueError as error:
        raise UnknownKeyError("there is no key of this id") from error
    rows = _KEY.run(name=name)
    if not rows:
        raise UnknownKeyError("there is no key of this id")
    (row,) = rows
    found = Key(row.id, row.name, row.type, row.public_key, EpochState(row.state))
    if found.state is EpochState.CLOSED or (for_sharing and found.state is not EpochState.OPEN):
        raise EpochStateError(f"the epoch of this key is {found.state.value}")
    return found


def _key(row: TokenKey) -> Key:
    return Key(row.id, row.name, row.type, row.public_key, EpochState(row.epoch.state))


_COUNT = given("count", BigInteger)
_SPEND = compiled(
    update(Quota)
    .where(
        Quota.member_id == given("member", Integer),
        Quota.type == given("type", Text),
        Quota.period_on == given("period", Date),
        Quota.used + _COUNT <= Quota.allowed,
    )
    .values(used=Quota.used + _COUNT)
    .returning(Quota.used)
)


def debit(actor: Actor, key: Key, count: int) -> None:
    """Take `count` from the actor's quota of this month, in the transaction under way.

    One statement, so that no number of workers can overspend. Raises QuotaSpentError, and nothing is taken.
    """
    spent = partial(_SPEND.run, member=actor.member_id, type=key.type, period=period(clock.today()), count=count)
    if spent():
        return
    _begin_period(actor, key.type)
    if not spent():
        left = db.session.execute(
            select(Quota.allowed - Quota.used).where(
                Quota.member_id == actor.member_id,
                Quota.type == key.type,
                Quota.period_on == period(clock.today()),
            )
        ).scalar_one()
        raise QuotaSpentError(key.type, left)


def _begin_period(actor: Actor, type: str) -> None:
    db.session.execute(
        insert(Quota)
        .values(
            member_id=actor.member_id,
            type=type,
            period_on=period(clock.today()),
            allowed=_allowance(actor.member_id, actor.kind, type),
            used=0,
        )
        .on_conflict_do_nothing()
    )


def _allowance(member_id: int, kind: MemberKind, type: str) -> int:
    return _declared(member_id).get(type, rules.DEFAULT_QUOTA.get(kind, 0))


def _declared(member_id: int) -> dict[str, int]:
    rows = db.session.execute(
        select(DeclaredNeed.type, DeclaredNeed.allowed).where(DeclaredNeed.member_id == member_id)
    ).all()
    return {row.type: row.allowed for row in rows}


def record_evaluation(actor: Actor, key: Key, count: int, request_digest: bytes) -> str:
    """Debit the quota and record the evaluation, before it happens; returns the ledger entry's id.

    If the evaluator then fails, the repeat under the same idempotency key is evaluated without a second debit.
    """
    actor.must(Permission.TOKEN_EVALUATE)
    debit(actor, key, count)
    return ledger.append(
        actor,
        Event.TOKEN_EVALUATED,
        subject={"type": "key", "ref": key.name},
        counts={"asked": count},
        digests={"request": request_digest.hex()},  # blinded elements are random: their digest tells nothing
    )


def evaluate(key: Key, blinded: bytes) -> bytes:
    """Pass blinded elements to the evaluator; 64-byte proof, then the elements, come back.

    Raises ElementError naming the position of an element that is none, EvaluatorDownError.
    """
    evaluator: Evaluator = current_app.extensions["evaluator"]
    return evaluator.evaluate(key.name, blinded)


@dataclass(frozen=True)
class QuotaStanding:
    """What of a quota is used."""

    type: str
    allowed: int
    used: int
    period_on: date


def quotas(actor: Actor) -> Sequence[QuotaStanding]:
    """The actor's quotas of this month, one a type, used or not."""
    actor.must(Permission.MEMBER_SELF)
    month = period(clock.today())
    rows = db.session.execute(
        select(Quota.type, Quota.allowed, Quota.used).where(
            Quota.member_id == actor.member_id, Quota.period_on == month
        )
    ).all()
    begun = {row.type: (row.allowed, row.used) for row in rows}
    declared, otherwise = _declared(actor.member_id), rules.DEFAULT_QUOTA.get(actor.kind, 0)
    return [QuotaStanding(type, *begun.get(type, (declared.get(type, otherwise), 0)), month) for type in TYPES]


def declare_need(actor: Actor, member: Member, type: str, allowed: int) -> None:
    """Set what a member may have evaluated a month, from now on; what it used stays used.

    Raises ValueError for an unknown type or a figure below what is used this month.
    """
    actor.must(Permission.MEMBER_ADMINISTER)
    if type not in TYPES or allowed < 0:
        raise ValueError(f"the type is one of {', '.join(TYPES)}, the figure 0 or more")
    db.session.execute(
        insert(DeclaredNeed)
        .values(member_id=member.id, type=type, allowed=allowed)
        .on_conflict_do_update(index_elements=["member_id", "type"], set_={"allowed": allowed})
    )
    used = db.session.execute(
        select(Quota.used).where(
            Quota.member_id == member.id, Quota.type == type, Quota.period_on == period(clock.today())
        )
    ).scalar_one_or_none()
    if used is not None:
        if used > allowed:
            raise ValueError(f"{used:,} were used this month already; allow at least that")
        db.session.execute(
            update(Quota)
            .where(Quota.member_id == member.id, Quota.type == type, Quota.period_on == period(clock.today()))
            .values(allowed=allowed)
        )
    ledger.append(
        actor,
        Event.QUOTA_SET,
        subject={"type": "member", "ref": member.code},
        counts={"allowed": allowed},
        concerned={member.id: ledger.Concern("counterparty", {"allowed": allowed})},
    )
    db.session.commit()


def open_now() -> Epoch | None:
    """The epoch that takes everything; None before the first is opened."""
    return db.session.execute(select(Epoch).where(Epoch.state == EpochState.OPEN.value)).scalar_one_or_none()


def renewal(period_on: date) -> date:
    """The first day of the month after the period."""
    return period(period_on + timedelta(days=31))
