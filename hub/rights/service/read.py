"""IP rights read back: a list, one with its history, and whether it may be relied on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, true
from sqlalchemy.orm import aliased

from hub import clock
from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.access.tlp import MemberKind
from hub.db import db, newest
from hub.members.model import Member
from hub.rights import policy, rules
from hub.rights.model import IpRight, IpRightMove, RightCertificate, RightVerdict
from hub.rights.office_rules import RightType
from hub.rights.rules import Command, Facts, RightState

EXPIRING = "expiring"
"""The standing of a right whose last day comes within rules.SOON."""


MOST_CHOICES = 500
"""Rights that a form offers: the newest."""


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
    """A right as its member, the office, or a platform that it was shown to, sees it."""

    id: int
    name: str
    member: str
    """The code of the brand whose it is."""
    agent: str | None
    """The code of the agent that last said what stands here; None: the brand did, or the reader is not told.

    No platform is told of agents, and no agent of others."""
    facts: Facts
    state: RightState
    """Where it stands with the office; to a platform, where it stands with that."""
    reason: str
    """Why it was refused."""
    entered_at: datetime
    certificate: Certificate | None = None
    """Of the digest that the facts tell; None: none was handed in, or it is deleted."""
    shown: bool = False
    """Whether the reader is a platform that it was shown to."""
    asked_at: datetime | None = None
    """When its brand asked that platform to verify it."""
    by_office: bool = False
    """Whether the office verified it: then it is relied on everywhere."""

    @property
    def standing(self) -> str:
        """Its state; to a platform, of one that it gave no word on, `waiting` or `shown`; EXPIRING, or `expired`."""
        state = self.state.value
        if self.shown and self.state is RightState.ENTERED:
            state = "shown" if self.asked_at is None else "waiting"
        if self.state not in {RightState.ENTERED, RightState.VERIFIED} or self.facts.ends_on is None:
            return state
        left = self.facts.ends_on - rules.office_day(self.facts.office, clock.now())
        if left.days < 0:
            return "expired"
        return EXPIRING if left <= rules.SOON and self.state is RightState.VERIFIED else state


@dataclass(frozen=True)
class ShownMove:
    """One step of a right's history."""

    command: Command
    by: str
    """The code of the member that did it; of the brand where another agent did than the reader."""
    reason: str
    at: datetime


@dataclass(frozen=True)
class ShownVerdict:
    """Where a right stands with a platform that it was shown to."""

    verifier: str
    """The platform's code."""
    state: RightState
    reason: str
    shown_at: datetime
    asked_at: datetime | None

    @property
    def may_be_asked(self) -> bool:
        """Whether its brand may ask the platform for its word: it gave none, and is not asked already."""
        return self.asked_at is None and Command.ASK in rules.MOVES[self.state]


@dataclass(frozen=True)
class Wanted:
    """Which rights of a list are asked for; None and False: whichever."""

    state: RightState | None = None
    type: RightType | None = None
    expiring: bool = False
    waiting: bool = False
    """Those on which the reader's word is asked for."""
    relied_on: bool = False
    """Those that the office or some platform verified."""


def rights(actor: Actor, wanted: Wanted, *, before: int | None, limit: int) -> list[Right]:
    """The rights that the actor sees, newest first, those below the number `before`."""
    actor.must(Permission.RIGHT_READ)
    found = newest(_found(actor), IpRight.id, before, limit)
    standing = policy.standing_with(actor)
    if wanted.state is not None:
        found = found.where(standing == wanted.state.value)
    if wanted.waiting:
        asked = RightVerdict.asked_at.is_not(None) if actor.kind is MemberKind.PLATFORM else true()
        found = found.where(standing == RightState.ENTERED.value, asked)
    if wanted.relied_on:
        found = found.where(_relied_on())
    if wanted.type is not None:
        found = found.where(IpRight.type == wanted.type.value)
    if wanted.expiring:
        today = clock.today()
        living = standing.in_([RightState.ENTERED.value, RightState.VERIFIED.value])
        found = found.where(living, IpRight.ends_on.between(today, today + rules.SOON))
    return [_right(*row) for row in db.session.execute(found)]


def choices(actor: Actor, chosen: str) -> dict[str, str]:
    """What a form offers to rely on, by name: the newest that the office or some platform verified, and the chosen one.

    That stands there however old it is, if it is one of those; empty: none is chosen.
    """
    if not actor.may(Permission.RIGHT_READ):
        return {}
    found = rights(actor, Wanted(relied_on=True), before=None, limit=MOST_CHOICES)
    if rules.NAME.fullmatch(chosen) and chosen not in {each.name for each in found}:
        older = _found(actor).where(IpRight.name == chosen, _relied_on())
        found += [_right(*row) for row in db.session.execute(older)]
    return {
        each.name: f"{each.facts.title}: {each.facts.number or 'not registered'}"
        + ("" if each.by_office else " (verified by some platforms alone)")
        for each in found
    }


def right(actor: Actor, name: str) -> tuple[Right, Sequence[ShownMove]]:
    """A right and its history, oldest first. Raises UnknownRightError."""
    actor.must(Permission.RIGHT_READ)
    one = _named(actor, name)
    moves = (
        select(IpRightMove, Member.code, Member.kind)
        .join(Member, Member.id == IpRightMove.by_id)
        .where(IpRightMove.right_id == one.id, policy.moves_of(actor))
        .order_by(IpRightMove.id)
    )
    told = []
    for move, code, kind in db.session.execute(moves):
        by = code if policy.may_name(actor, move.by_id, MemberKind(kind)) else one.member
        told.append(ShownMove(Command(move.command), by, move.reason, move.at))
    return one, told


def verdicts(actor: Actor, name: str) -> list[ShownVerdict]:
    """What platforms say of a right that they were shown, as far as the actor reads it. Raises UnknownRightError."""
    actor.must(Permission.RIGHT_READ)
    one = _named(actor, name)
    found = (
        select(RightVerdict, Member.code)
        .join(Member, Member.id == RightVerdict.verifier_id)
        .where(RightVerdict.right_id == one.id, policy.verdicts_of(actor))
        .order_by(Member.code)
    )
    return [
        ShownVerdict(code, RightState(word.state), word.reason, word.shown_at, word.asked_at)
        for word, code in db.session.execute(found)
    ]


def usable(actor: Actor, name: str, jurisdiction: str | None = None, *, platform: int | None = None) -> Right:
    """A right of the actor's member that is verified and in force now: in the country named, or anywhere.

    Verified by the office; or by the `platform` (its member's number) to which it is to be named. Raises
    UnknownRightError, RightNotUsableError saying why not.
    """
    actor.must(Permission.RIGHT_READ)
    one = _named(actor, name)
    if one.state is not RightState.VERIFIED and not _is_verified_by(platform, one.id):
        raise RightNotUsableError(f"this right is {one.state.value}, and not verified")
    now = clock.now()
    if not rules.in_force(one.facts, None, now):
        raise RightNotUsableError("this right is not in force today, by the day at its office")
    if not rules.in_force(one.facts, jurisdiction, now):
        raise RightNotUsableError("this right is not in force in that country")
    return one


def _is_verified_by(platform: int | None, right_id: int) -> bool:
    there = (RightVerdict.right_id == right_id, RightVerdict.verifier_id == platform)
    verified = RightVerdict.state == RightState.VERIFIED.value
    return platform is not None and bool(db.session.execute(select(exists().where(*there, verified))).scalar_one())


def _relied_on() -> ColumnElement[bool]:
    """Rights that the office or some platform verified."""
    word = aliased(RightVerdict)
    somewhere = exists().where(word.right_id == IpRight.id, word.state == RightState.VERIFIED.value)
    return or_(IpRight.state == RightState.VERIFIED.value, somewhere)


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


def _found(actor: Actor) -> Select[IpRight, str, str, RightCertificate, RightVerdict]:
    agent, kept, word = aliased(Member), RightCertificate, RightVerdict
    mine = and_(word.right_id == IpRight.id, word.verifier_id == actor.member_id)
    return (
        select(IpRight, Member.code, agent.code, kept, word)
        .join(Member, Member.id == IpRight.member_id)
        .outerjoin(agent, and_(agent.id == IpRight.agent_id, policy.names_agent(actor)))
        .outerjoin(kept, kept.right_id == IpRight.id)
        .outerjoin(word, mine)
        .where(policy.visible_to(actor))
    )


def _right(
    row: IpRight,
    member: str,
    agent: str | None,
    handed_in: RightCertificate | None,
    word: RightVerdict | None,
) -> Right:
    kept = None
    if handed_in is not None:
        kept = Certificate(handed_in.media, handed_in.size, handed_in.handed_in_at)
    by_office = row.state == RightState.VERIFIED.value
    shared = (row.id, row.name, member)
    if word is None:
        state = RightState(row.state)
        return Right(*shared, agent, facts_in(row), state, row.reason, row.entered_at, kept, by_office=by_office)
    asked = word.asked_at
    state = RightState(word.state)
    return Right(*shared, None, facts_in(row), state, word.reason, row.entered_at, kept, True, asked, by_office)
