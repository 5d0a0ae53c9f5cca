"""Sharing groups as those see them that sit in them or are invited."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from hub import clock
from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import db
from hub.members import policy
from hub.members.group_rules import MOST_SHOWN, TO_ACCEPT, digest_of
from hub.members.model import GroupInvitation, Member, SharingGroup, SharingGroupMember
from hub.members.service.groups import UnknownGroupError


@dataclass(frozen=True)
class GroupLine:
    """A group that the actor's member sits in or is invited to."""

    code: str
    name: str
    purpose: str
    digest: str
    """SHA-256 of the agreement, hexadecimal."""
    founded_here: bool
    seats: int
    seated: bool
    invited_until: datetime | None
    """Of an invitation that waits for an answer."""
    accept_by: datetime | None
    """Of a seat that has yet to accept the agreement as it is now."""


@dataclass(frozen=True)
class Seat:
    """Who sits in a group, and since when it agrees to what."""

    code: str
    name: str
    agreed_at: datetime | None
    owes: bool
    """Whether it has yet to accept the agreement as it is now."""


@dataclass(frozen=True)
class ShownGroup:
    """One group, as those see it that sit in it or are invited."""

    code: str
    name: str
    purpose: str
    agreement: str
    digest: str
    """SHA-256 of the agreement, hexadecimal."""
    founder: str | None
    """Code of the member that keeps it; None where the operator does."""
    founded_here: bool
    seated: bool
    accept_by: datetime | None
    """Of the actor's seat, if it has yet to accept the agreement as it is now."""
    seats: Sequence[Seat]
    invited: Sequence[tuple[str, datetime]]
    """Codes of members whose answer is awaited, with the last moment; all to the founder, to an invited one itself."""


def own_groups(actor: Actor) -> Sequence[GroupLine]:
    """The groups that the actor's member sits in or is invited to, invitations first. Raises NotPermittedError."""
    order = (GroupInvitation.expires_at.is_(None), SharingGroup.name, SharingGroup.code)
    return _read(actor, _lines(actor).order_by(*order).limit(MOST_SHOWN))


def groups_after(actor: Actor, code: str, limit: int) -> Sequence[GroupLine]:
    """The same in the order of their codes, from behind one on. Raises NotPermittedError."""
    return _read(actor, _lines(actor).where(SharingGroup.code > code).order_by(SharingGroup.code).limit(limit))


def shown_group(actor: Actor, code: str) -> ShownGroup:
    """One group that the actor's member sits in or is invited to. Raises NotPermittedError, UnknownGroupError."""
    actor.must(Permission.GROUP_READ_OWN)
    group = one_group(code, or_(sits_in(actor), is_invited(actor)))
    founder = db.session.get(Member, group.founder_id) if group.founder_id else None
    seats = _seats(group)
    own = next((seat for seat in seats if seat.code == actor.member), None)
    return ShownGroup(
        code=group.code,
        name=group.name,
        purpose=group.purpose,
        agreement=group.agreement,
        digest=digest_of(group.agreement),
        founder=founder.code if founder else None,
        founded_here=group.founder_id == actor.member_id,
        seated=own is not None,
        accept_by=group.renewed_at + TO_ACCEPT if own and own.owes and group.renewed_at else None,
        seats=seats,
        invited=_invited(group.id),
    )


def one_group(code: str, why: ColumnElement[bool]) -> SharingGroup:
    """The group of that code as it stands now, if the actor may know of it. Raises UnknownGroupError."""
    found = select(SharingGroup).where(SharingGroup.code == code, why).execution_options(populate_existing=True)
    group = db.session.execute(found).scalar_one_or_none()
    if group is None:
        raise UnknownGroupError("your member is in no sharing group of that code, and was not invited to one")
    return group


def sits_in(actor: Actor) -> ColumnElement[bool]:
    """Whether the actor's member sits in a group."""
    return exists().where(SharingGroupMember.group_id == SharingGroup.id, policy.own_seats(actor))


def is_invited(actor: Actor) -> ColumnElement[bool]:
    """Whether the actor's member is invited to a group."""
    open_ = and_(policy.own_invitations(actor), GroupInvitation.expires_at > clock.now())
    return exists().where(GroupInvitation.group_id == SharingGroup.id, open_)


def _read(actor: Actor, lines: Select[Any]) -> Sequence[GroupLine]:
    actor.must(Permission.GROUP_READ_OWN)
    return [GroupLine(*row) for row in db.session.execute(lines)]


def _lines(actor: Actor) -> Select[Any]:
    many = select(func.count()).where(SharingGroupMember.group_id == SharingGroup.id).correlate(SharingGroup)
    own = aliased(SharingGroupMember)
    seated, invited_until = own.id.is_not(None), GroupInvitation.expires_at
    open_ = and_(policy.own_invitations(actor), invited_until > clock.now())
    return (
        select(
            *(SharingGroup.code, SharingGroup.name, SharingGroup.purpose, func.encode(_DIGEST, "hex")),
            *(func.coalesce(SharingGroup.founder_id == actor.member_id, False), many.scalar_subquery(), seated),
            *(invited_until, case((and_(seated, _owes(own)), SharingGroup.renewed_at + TO_ACCEPT))),
        )
        .outerjoin(own, and_(own.group_id == SharingGroup.id, own.member_id == actor.member_id))
        .outerjoin(GroupInvitation, and_(GroupInvitation.group_id == SharingGroup.id, open_))
        .where(SharingGroup.dissolved_at.is_(None), or_(seated, invited_until.is_not(None)))
    )


def _seats(group: SharingGroup) -> list[Seat]:
    rows = db.session.execute(
        select(Member.code, Member.name, SharingGroupMember.agreed_at, _owes(SharingGroupMember))
        .join(Member, Member.id == SharingGroupMember.member_id)
        .join(SharingGroup, SharingGroup.id == SharingGroupMember.group_id)
        .where(SharingGroup.id == group.id)
        .order_by(Member.code)
    )
    return [Seat(*row) for row in rows]


_DIGEST = func.sha256(func.convert_to(SharingGroup.agreement, "UTF8"))


def _owes(seat: type[SharingGroupMember]) -> ColumnElement[bool]:
    """Whether a seat has yet to accept its group's agreement as it is now; `seat_to_end` asks the same."""
    return and_(SharingGroup.renewed_at.is_not(None), seat.agreed_digest.is_distinct_from(_DIGEST))


def _invited(group_id: int) -> list[tuple[str, datetime]]:
    rows = db.session.execute(
        select(Member.code, GroupInvitation.expires_at)
        .join(Member, Member.id == GroupInvitation.member_id)
        .where(GroupInvitation.group_id == group_id, GroupInvitation.expires_at > clock.now())
        .order_by(Member.code)
    )
    return [(row.code, row.expires_at) for row in rows]
