"""IP rights read back: a list, one with its history, and whether it may be relied on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from hub import clock
from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import db
from hub.members.model import Member
from hub.rights import policy, rules
from hub.rights.model import IpRight, IpRightMove, RightCertificate
from hub.rights.rules import Command, Facts, RightState, RightType

EXPIRING = "expiring"
"""The standing of a right whose last day comes within rules.SOON."""


class UnknownRightError(Exception):
    """The actor sees no right of that name."""


class RightNotUsableError(ValueError):
    """The right cannot be relied on now; the text says why."""


@dataclass(frozen=True)
class Certificate:
    """A certificate that the register keeps, without its content."""

    media: str
    size: int
    handed_in_at: datetime


@dataclass(frozen=True)
class Right:
    """A right as its member and the office see it."""

    id: int
    name: str
    member: str
    """The code of the brand whose it is."""
    agent: str | None
    """The code of the agent that last said what stands here; None: the brand did."""
    facts: Facts
    state: RightState
    reason: str
    """Why it was refused."""
    entered_at: datetime
    certificate: Certificate | None = None
    """Of the digest that the facts tell; None: none was handed in, or it is deleted."""

    @property
    def standing(self) -> str:
        """Its state; or of one that stands, EXPIRING, or `expired`."""
        if self.state not in {RightState.ENTERED, RightState.VERIFIED} or self.facts.ends_on is None:
            return self.state.value
        left = self.facts.ends_on - rules.office_day(self.facts.office, clock.now())
        if left.days < 0:
            return "expired"
        return EXPIRING if left <= rules.SOON and self.state is RightState.VERIFIED else self.state.value


@dataclass(frozen=True)
class ShownMove:
    """One step of a right's history."""

    command: Command
    by: str
    """The code of the member that did it."""
    reason: str
    at: datetime


@dataclass(frozen=True)
class Wanted:
    """Which rights of a list are asked for; None and False: whichever."""

    state: RightState | None = None
    type: RightType | None = None
    expiring: bool = False


def rights(actor: Actor, wanted: Wanted, *, before: int | None, limit: int) -> list[Right]:
    """The rights that the actor sees, newest first, those below the number `before`."""
    actor.must(Permission.RIGHT_READ)
    found = _found(actor).order_by(IpRight.id.desc()).limit(limit)
    if before is not None:
        found = found.where(IpRight.id < before)
    if wanted.state is not None:
        found = found.where(IpRight.state == wanted.state.value)
    if wanted.type is not None:
        found = found.where(IpRight.type == wanted.type.value)
    if wanted.expiring:
        today = clock.today()
        living = IpRight.state.in_([RightState.ENTERED.value, RightState.VERIFIED.value])
        found = found.where(living, IpRight.ends_on.between(today, today + rules.SOON))
    return [_right(*row) for row in db.session.execute(found)]


def right(actor: Actor, name: str) -> tuple[Right, Sequence[ShownMove]]:
    """A right and its history, oldest first. Raises UnknownRightError."""
    actor.must(Permission.RIGHT_READ)
    one = _named(actor, name)
    moves = (
        select(IpRightMove, Member.code)
        .join(Member, Member.id == IpRightMove.by_id)
        .where(IpRightMove.right_id == one.id)
        .order_by(IpRightMove.id)
    )
    told = [ShownMove(Command(move.command), code, move.reason, move.at) for move, code in db.session.execute(moves)]
    return one, told


def usable(actor: Actor, name: str, jurisdiction: str | None = None) -> Right:
    """A right of the actor's member that is verified and in force now: in the country named, or anywhere.

    Raises UnknownRightError, RightNotUsableError saying why not.
    """
    actor.must(Permission.RIGHT_READ)
    one = _named(actor, name)
    if one.state is not RightState.VERIFIED:
        raise RightNotUsableError(f"this right is {one.state.value}, and not verified")
    now = clock.now()
    if not rules.in_force(one.facts, None, now):
        raise RightNotUsableError("this right is not in force today, by the day at its office")
    if not rules.in_force(one.facts, jurisdiction, now):
        raise RightNotUsableError("this right is not in force in that country")
    return one


def facts_in(row: IpRight) -> Facts:
    """What a row says of its right."""
    return Facts(
        RightType(row.type),
        row.office,
        row.number,
        row.title,
        row.jurisdictions,
        row.classes,
        row.begins_on,
        row.ends_on,
        row.owner,
        None if row.certificate is None else row.certificate.hex(),
    )


def _named(actor: Actor, name: str) -> Right:
    known = rules.NAME.fullmatch(name) is not None
    row = db.session.execute(_found(actor).where(IpRight.name == name)).one_or_none() if known else None
    if row is None:
        raise UnknownRightError("you have no right of this name")
    return _right(*row)


def _found(actor: Actor) -> Select[IpRight, str, str, str, int, datetime]:
    agent = aliased(Member)
    kept = RightCertificate
    return (
        select(IpRight, Member.code, agent.code, kept.media, kept.size, kept.handed_in_at)
        .join(Member, Member.id == IpRight.member_id)
        .outerjoin(agent, agent.id == IpRight.agent_id)
        .outerjoin(kept, kept.right_id == IpRight.id)
        .where(policy.visible_to(actor))
    )


def _right(
    row: IpRight, member: str, agent: str | None, media: str | None, size: int | None, at: datetime | None
) -> Right:
    state = RightState(row.state)
    kept = None if media is None or size is None or at is None else Certificate(media, size, at)
    return Right(row.id, row.name, member, agent, facts_in(row), state, row.reason, row.entered_at, kept)
