"""Leasing requests of a span from the database, and spending them in memory.

The database hands out leases, one row a subject, and never more of a span than the limit; a process lets requests
through against what it has leased. So the limit holds across threads, workers and machines at the cost of one short
statement in many requests. What a process leased and did not spend is lost: it refuses a little early, never late.
Without the database nothing is leased, and nothing let through.
"""

import hashlib
import hmac
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, DateTime, Integer, Interval, LargeBinary, case, cast, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from hub import clock
from hub.db import Compiled, changed, compiled, db, given
from hub.limits.model import MemberRate, RateWindow
from hub.limits.rules import LONGEST_SPAN, MOST_HELD, Limit


class LimitReachedError(Exception):
    """There is no room for the request in the present span of a limit."""

    def __init__(self, standings: "Sequence[Standing]") -> None:
        super().__init__(f"the limit of a {standings[-1].name} is reached")
        self.standings = standings
        """The last of them is the one that is reached."""


@dataclass(frozen=True)
class Standing:
    """What is left of a limit, as far as this process knows: another may have taken more since."""

    name: str
    most: int
    span: timedelta
    left: int
    seconds: int
    """Until the span ends, rounded up."""


@dataclass
class _Held:
    """What this process knows and has of one subject's present span."""

    ends: datetime
    most: int
    left: int
    """Leased and not spent."""
    beyond: int
    """Not leased by anybody when the database was asked last."""


@dataclass
class Leases:
    """What one process may still let through. Its threads share it; the lock is never held while the database works."""

    _held: dict[str, _Held] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def spend(self, limits: Sequence[Limit], need: int) -> list[Standing]:
        """Let a request through that counts for `need`, against each of the limits.

        Raises LimitReachedError for the first without room; what the limits before it counted stays counted.
        """
        standings: list[Standing] = []
        for limit in limits:
            spent, standing = self._spend(limit, need)
            standings.append(standing)
            if not spent:
                raise LimitReachedError(standings)
        return standings

    def _spend(self, limit: Limit, need: int) -> tuple[bool, Standing]:
        while True:
            now = clock.now()
            with self._lock:
                held, missing = self._held.get(limit.subject), need
                if held is not None and now < held.ends:
                    if held.left >= need:
                        held.left -= need
                        return True, _standing(limit, held, now)
                    if held.left + held.beyond < need:
                        return False, _standing(limit, held, now)
                    missing -= held.left
            self._keep(limit, lease(limit, missing), now)

    def _keep(self, limit: Limit, leased: _Held, now: datetime) -> None:
        with self._lock:
            held = self._held.get(limit.subject)
            if held is not None and held.ends > leased.ends:
                return  # another thread learned meanwhile that a new span has begun: this lease is of the old one
            if held is not None and held.ends == leased.ends:
                leased.left += held.left
            if len(self._held) >= MOST_HELD:
                self._held = {subject: each for subject, each in self._held.items() if now < each.ends}
            if len(self._held) >= MOST_HELD:
                self._held.clear()  # leases are lost, so that limits are reached early; none is widened
            self._held[limit.subject] = leased


def _standing(limit: Limit, held: _Held, now: datetime) -> Standing:
    seconds = max(1, -(-(held.ends - now) // timedelta(seconds=1)))
    return Standing(limit.name, held.most, limit.span, held.left + held.beyond, seconds)


def lease(limit: Limit, need: int) -> _Held:
    """Take at least `need` of a subject's span, or nothing where less is left; in a transaction of its own."""
    values = {"most": limit.most, "member": limit.member_id, "parts": limit.parts, "pieces": limit.pieces}
    (row,) = _LEASE.run_apart(subject=digest(limit.subject), moment=clock.now(), span=limit.span, need=need, **values)
    return _Held(row.began_at + limit.span, row.most, row.granted, row.most - row.leased)


def refusals_untold(subjects: Mapping[str, str]) -> Mapping[str, int]:
    """What a subject is called → how many leases it was refused since somebody last asked; in the present transaction.

    `subjects`: what it is called → the subject of its limit. Whoever asks at the same time waits, and is told of none.
    """
    called = {digest(subject): name for name, subject in subjects.items()}
    some = select(RateWindow.subject, RateWindow.refused).where(RateWindow.subject.in_(called), RateWindow.refused > 0)
    rows = db.session.execute(some.order_by(RateWindow.subject).with_for_update()).all()
    untold = update(RateWindow).where(RateWindow.subject.in_([row.subject for row in rows])).values(refused=0)
    db.session.execute(untold.execution_options(synchronize_session=False))
    return {called[row.subject]: row.refused for row in rows}


def set_rate(member_id: int, per_minute: int) -> None:
    """Give a member a figure of its own, from each worker's next lease on; in the transaction under way.

    Raises ValueError for less than one request a minute of each of its keys and people.
    """
    if not LEAST_RATE <= per_minute <= MOST_RATE:
        raise ValueError(f"a member makes {LEAST_RATE} to {MOST_RATE:,} requests a minute")
    put = insert(MemberRate).values(member_id=member_id, per_minute=per_minute)
    db.session.execute(put.on_conflict_do_update(index_elements=["member_id"], set_={"per_minute": per_minute}))


LEAST_RATE, MOST_RATE = 4, 10_000_000


def forget() -> int:
    """Delete spans that ended long ago; returns how many. Safe to repeat."""
    gone = changed(delete(RateWindow).where(RateWindow.began_at < clock.now() - LONGEST_SPAN - timedelta(hours=2)))
    db.session.commit()
    return gone


def digest(subject: str) -> bytes:
    """What the table calls a subject: a digest under the application's key."""
    return hmac.digest(str(current_app.config["SECRET_KEY"]).encode(), subject.encode(), hashlib.sha256)


def _granted(left: ColumnElement[int], need: ColumnElement[int], pieces: ColumnElement[int]) -> ColumnElement[int]:
    """A piece of what is left, but no less than is needed; nothing where less is left."""
    piece = (left + pieces - 1) // pieces
    return case((left < need, 0), else_=func.least(left, func.greatest(need, piece)))


def _lease_statement() -> Compiled:
    """One row is inserted or changed, under its lock: leases of one subject come one after the other."""
    window, moment, span = RateWindow, given("moment", DateTime(timezone=True)), given("span", Interval)
    need, pieces = cast(given("need", Integer), Integer), cast(given("pieces", Integer), Integer)
    own = select(MemberRate.per_minute).where(MemberRate.member_id == given("member", Integer)).scalar_subquery()
    most = func.coalesce(own.op("/")(given("parts", Integer)), given("most", Integer))
    first = _granted(most, need, pieces)
    put = insert(window).values(
        subject=given("subject", LargeBinary),
        began_at=moment,
        most=most,
        leased=first,
        granted=first,
        refused=case((first == 0, 1), else_=0),
    )
    over = window.began_at <= put.excluded.began_at - cast(span, Interval)
    before = case((over, 0), else_=window.leased)
    granted = _granted(func.greatest(put.excluded.most - before, 0), need, pieces)
    again = put.on_conflict_do_update(
        index_elements=[window.subject],
        set_={
            "began_at": case((over, put.excluded.began_at), else_=window.began_at),
            "most": put.excluded.most,
            "leased": before + granted,
            "granted": granted,
            "refused": window.refused + case((granted == 0, 1), else_=0),
        },
    )
    return compiled(again.returning(window.began_at, window.most, window.leased, window.granted))


_LEASE: Any = _lease_statement()
