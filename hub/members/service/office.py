"""What the office reads of members: who they are and how they stand; nothing, not even a count, of what they share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from hub import clock
from hub.access.actor import Actor
from hub.access.grants import Role
from hub.access.permissions import Permission
from hub.db import db
from hub.members.model import Credential, Member, MemberMove, Person, SharingGroup, SharingGroupMember
from hub.members.rules import MemberState
from hub.members.service.membership import find

MOST_MOVES, MOST_OWNERS = 50, 20


@dataclass(frozen=True)
class ListedMember:
    """One member in a list."""

    code: str
    name: str
    kind: str
    sector: str | None
    state: MemberState
    admitted_at: datetime
    probation_until: datetime | None


@dataclass(frozen=True)
class Move:
    """One change of a member's standing, and why."""

    state: MemberState
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Owner:
    """Whom the office may write to."""

    name: str
    email: str
    pseudonym: str


@dataclass(frozen=True)
class ShownMember:
    """One member as the office sees it."""

    member_id: int
    code: str
    name: str
    kind: str
    sector: str | None
    state: MemberState
    admitted_at: datetime
    probation_until: datetime | None
    owners: Sequence[Owner]
    people: Mapping[str, int]
    """Role → how many may sign in."""
    keys: int
    """Live API keys."""
    groups: Sequence[str]
    moves: Sequence[Move]


def members_listed(
    actor: Actor, *, after: str = "", limit: int = 50, kind: str = "", state: str = "", sector: str = ""
) -> list[ListedMember]:
    """Members by code, after one, of a kind, a state and a sector where these are given. Raises NotPermittedError."""
    actor.must(Permission.MEMBER_ADMINISTER)
    columns = (Member.code, Member.name, Member.kind, Member.sector, Member.state, Member.admitted_at)
    found = select(*columns, Member.probation_until).where(Member.code > after).order_by(Member.code).limit(limit)
    for column, value in ((Member.kind, kind), (Member.state, state), (Member.sector, sector)):
        if value:
            found = found.where(column == value)
    rows = db.session.execute(found)
    return [ListedMember(**{**row._asdict(), "state": MemberState(row.state)}) for row in rows]


def member_shown(actor: Actor, code: str) -> ShownMember:
    """One member. Raises NotPermittedError, UnknownMemberError."""
    actor.must(Permission.MEMBER_ADMINISTER)
    member = find(code)
    people = (Person.member_id == member.id) & Person.active
    keys = (Credential.member_id == member.id) & Credential.revoked_at.is_(None) & (Credential.expires_at > clock.now())
    moves = select(MemberMove.state, MemberMove.reason, MemberMove.moved_by, MemberMove.moved_at)
    owners = (
        select(Person.name, Person.email, Person.pseudonym)
        .where(people, Person.role == Role.OWNER.value)
        .order_by(Person.id)
    )
    roles = select(func.people_counted(member.id).table_valued("role", "many"))
    groups = select(SharingGroup.code).join(SharingGroupMember, SharingGroupMember.group_id == SharingGroup.id)
    return ShownMember(
        member_id=member.id,
        code=member.code,
        name=member.name,
        kind=member.kind,
        sector=member.sector,
        state=MemberState(member.state),
        admitted_at=member.admitted_at,
        probation_until=member.probation_until,
        owners=[Owner(*row) for row in db.session.execute(owners.limit(MOST_OWNERS))],
        people={row.role: row.many for row in db.session.execute(roles)},
        keys=db.session.execute(select(func.count(Credential.id)).where(keys)).scalar_one(),
        groups=[*db.session.execute(groups.where(SharingGroupMember.member_id == member.id)).scalars()],
        moves=[
            Move(MemberState(row.state), row.reason, row.moved_by, row.moved_at)
            for row in db.session.execute(
                moves.where(MemberMove.member_id == member.id).order_by(MemberMove.id.desc()).limit(MOST_MOVES)
            )
        ],
    )
