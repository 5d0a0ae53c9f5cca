"""The life of a sharing group: founded, invited to, joined under its agreement, left, dissolved.

Who has no seat in a group and no invitation to it gets the answer as for no group. What is addressed to a seat passes
to those that sit in its group, so a seat given up takes back at the next request all that it carried, both ways.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Delete, Select, and_, delete, func, insert, or_, select, update

from hub import clock
from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.access.tlp import CEILING
from hub.db import changed, db
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.members import policy, rules
from hub.members.model import GroupInvitation, Member, SharingGroup, SharingGroupMember
from hub.members.service.groups import UnknownGroupError
from hub.members.service.membership import RefusedMoveError, UnknownMemberError

UNKNOWN = "your member is in no sharing group of that code, and was not invited to one"
SEATS_LOCK = 7267
"""Among the hub's advisory locks: whoever changes who sits in a group."""


@dataclass(frozen=True)
class GroupLine:
    """A group that the actor's member sits in or is invited to."""

    code: str
    name: str
    seats: int
    seated: bool
    invited_until: datetime | None
    """Of an invitation that waits for an answer."""


@dataclass(frozen=True)
class Seat:
    """Who sits in a group, and since when it agrees to what."""

    code: str
    name: str
    agreed_at: datetime | None


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
    """Code of the member that founded it; None where the operator did."""
    founded_here: bool
    seated: bool
    seats: Sequence[Seat]
    invited: Sequence[tuple[str, datetime]]
    """Codes of members whose answer is awaited, with the last moment; all to the founder, to an invited one itself."""


def found_group(actor: Actor, name: str, purpose: str, agreement: str) -> str:
    """Found a group, of which the actor's member is the first seat; returns the code that the hub gave it. Commits.

    Raises NotPermittedError, ValueError for words beyond the rules, RefusedMoveError for one too many.
    """
    actor.must(Permission.GROUP_MANAGE)
    words = {
        "name": rules.check_name(name),
        "purpose": rules.check_reason(purpose),
        "agreement": rules.check_agreement(agreement),
    }
    own = (SharingGroup.founder_id == actor.member_id) & SharingGroup.dissolved_at.is_(None)
    if db.session.execute(select(func.count(SharingGroup.id)).where(own)).scalar_one() >= rules.MOST_GROUPS:
        raise RefusedMoveError(f"your member has {rules.MOST_GROUPS} groups: dissolve one first")
    code, now = rules.new_group_code(), clock.now()
    group = db.session.execute(
        insert(SharingGroup)
        .values(code=code, founder_id=actor.member_id, founded_at=now, **words)
        .returning(SharingGroup.id)
    ).scalar_one()
    _sit(actor, group, words["agreement"])
    _record(actor, Event.GROUP_FOUNDED, code, [])
    db.session.commit()
    return code


def invite_to_group(actor: Actor, code: str, member_code: str) -> None:
    """Invite a member to a group that the actor's member founded. Commits; an open invitation begins anew.

    A code of nobody and of one that may sit in no group are answered alike, and nobody learns of a member's standing by
    inviting it; of one that sits in it already, nothing comes. Raises NotPermittedError, UnknownGroupError,
    UnknownMemberError, RefusedMoveError.
    """
    actor.must(Permission.GROUP_MANAGE)
    group = _hold(_founded(actor, code))
    kinds = [kind.value for kind, ceiling in CEILING.items() if ceiling is not None]
    may_sit = select(Member).where(Member.code == member_code, Member.kind.in_(kinds))
    member = db.session.execute(may_sit).scalar_one_or_none()
    if member is None:
        raise UnknownMemberError("this code is of no member that may sit in a sharing group")
    seats = {seat.code for seat in _seats(group.id)}
    if len(seats) + len(_invited(group.id)) >= rules.MOST_SEATS:
        raise RefusedMoveError(f"a group has {rules.MOST_SEATS} seats at most, open invitations among them")
    if member_code not in seats:
        now = clock.now()
        until = {"invited_at": now, "expires_at": now + rules.GROUP_INVITATION_LASTS}
        whose = {"group_id": group.id, "member_id": member.id}
        db.session.execute(delete(GroupInvitation).filter_by(**whose))
        db.session.execute(insert(GroupInvitation).values(**whose, **until))
        _record(actor, Event.GROUP_INVITED, code, [member.id])
    db.session.commit()


def take_back_invitation(actor: Actor, code: str, member_code: str) -> None:
    """Take an open invitation back. Commits. Raises NotPermittedError, UnknownGroupError, UnknownMemberError."""
    actor.must(Permission.GROUP_MANAGE)
    group = _founded(actor, code)
    numbers = select(Member.id).where(Member.code == member_code).scalar_subquery()
    gone = delete(GroupInvitation).where(GroupInvitation.group_id == group.id, GroupInvitation.member_id == numbers)
    if not changed(gone):
        raise UnknownMemberError("no member of that code is invited to the group")
    _record(actor, Event.GROUP_INVITATION_SETTLED, code, [])
    db.session.commit()


def accept_group(actor: Actor, code: str, digest: str) -> None:
    """Take the seat that the actor's member is invited to, under the agreement of that digest. Commits.

    Raises NotPermittedError, UnknownGroupError, RefusedMoveError for an agreement other than the group's.
    """
    actor.must(Permission.GROUP_MANAGE)
    _hold(_inviting(actor, code))
    group = _inviting(actor, code)  # as it stands now that nobody else changes it
    if digest != digest_of(group.agreement):
        raise RefusedMoveError("this is not the agreement of the group: read it, and accept what is shown")
    _sit(actor, group.id, group.agreement)
    db.session.execute(_invitation_of(actor, group.id))
    _record(actor, Event.GROUP_JOINED, code, _numbers(group.id))
    db.session.commit()


def decline_group(actor: Actor, code: str) -> None:
    """Decline an invitation. Commits. Raises NotPermittedError, UnknownGroupError."""
    actor.must(Permission.GROUP_MANAGE)
    group = _inviting(actor, code)
    db.session.execute(_invitation_of(actor, group.id))
    _record(actor, Event.GROUP_INVITATION_SETTLED, code, [group.founder_id] if group.founder_id else [])
    db.session.commit()


def leave_group(actor: Actor, code: str) -> None:
    """Give up the seat: from the next request on nothing passes through it. Commits.

    Raises NotPermittedError, UnknownGroupError, RefusedMoveError for the founder, which dissolves the group instead.
    """
    actor.must(Permission.GROUP_MANAGE)
    group = _hold(_seated(actor, code))
    if group.founder_id == actor.member_id:
        raise RefusedMoveError("your member founded this group: dissolve it instead")
    others = [number for number in _numbers(group.id) if number != actor.member_id]
    gone = SharingGroupMember.group_id == group.id
    db.session.execute(delete(SharingGroupMember).where(gone, policy.own_seats(actor)))
    _record(actor, Event.GROUP_LEFT, code, others)
    db.session.commit()


def dissolve_group(actor: Actor, code: str) -> None:
    """Dissolve a group that the actor's member founded: all seats and invitations end. Commits.

    Raises NotPermittedError, UnknownGroupError.
    """
    actor.must(Permission.GROUP_MANAGE)
    group = _hold(_founded(actor, code))
    others = _numbers(group.id)
    db.session.execute(delete(GroupInvitation).where(GroupInvitation.group_id == group.id))
    db.session.execute(delete(SharingGroupMember).where(SharingGroupMember.group_id == group.id))
    db.session.execute(update(SharingGroup).where(SharingGroup.id == group.id).values(dissolved_at=clock.now()))
    _record(actor, Event.GROUP_DISSOLVED, code, others)
    db.session.commit()


def own_groups(actor: Actor) -> Sequence[GroupLine]:
    """The groups that the actor's member sits in or is invited to, invitations first."""
    actor.must(Permission.MEMBER_SELF)
    here, now = policy.own_seats(actor), clock.now()
    many = select(func.count()).where(SharingGroupMember.group_id == SharingGroup.id).scalar_subquery()
    seated = select(SharingGroupMember.id).where(SharingGroupMember.group_id == SharingGroup.id, here).exists()
    invited = and_(
        GroupInvitation.group_id == SharingGroup.id, policy.own_invitations(actor), GroupInvitation.expires_at > now
    )
    rows = db.session.execute(
        select(SharingGroup.code, SharingGroup.name, many, seated, GroupInvitation.expires_at)
        .outerjoin(GroupInvitation, invited)
        .where(SharingGroup.dissolved_at.is_(None), or_(seated, GroupInvitation.expires_at.is_not(None)))
        .order_by(GroupInvitation.expires_at.is_(None), SharingGroup.name, SharingGroup.code)
        .limit(rules.MOST_GROUPS_SHOWN)
    )
    return [GroupLine(*row) for row in rows]


def shown_group(actor: Actor, code: str) -> ShownGroup:
    """One group that the actor's member sits in or is invited to. Raises UnknownGroupError."""
    actor.must(Permission.MEMBER_SELF)
    group = _visible(actor, code)
    founder = db.session.get(Member, group.founder_id) if group.founder_id else None
    seats, founded_here = _seats(group.id), group.founder_id == actor.member_id
    return ShownGroup(
        code=group.code,
        name=group.name,
        purpose=group.purpose,
        agreement=group.agreement,
        digest=digest_of(group.agreement),
        founder=founder.code if founder else None,
        founded_here=founded_here,
        seated=actor.member in {seat.code for seat in seats},
        seats=seats,
        invited=_invited(group.id),
    )


def digest_of(agreement: str) -> str:
    """SHA-256 of a group's agreement in UTF-8, hexadecimal."""
    return hashlib.sha256(agreement.encode()).hexdigest()


def _visible(actor: Actor, code: str) -> SharingGroup:
    for found in (_of_seat(actor, code), _of_invitation(actor, code)):
        group = db.session.execute(found).scalar_one_or_none()
        if group is not None:
            return group
    raise UnknownGroupError(UNKNOWN)


def _of_seat(actor: Actor, code: str) -> Select[SharingGroup]:
    seat = and_(SharingGroupMember.group_id == SharingGroup.id, policy.own_seats(actor))
    return select(SharingGroup).join(SharingGroupMember, seat).where(SharingGroup.code == code)


def _of_invitation(actor: Actor, code: str) -> Select[SharingGroup]:
    open_ = and_(
        GroupInvitation.group_id == SharingGroup.id,
        policy.own_invitations(actor),
        GroupInvitation.expires_at > clock.now(),
    )
    return select(SharingGroup).join(GroupInvitation, open_).where(SharingGroup.code == code)


def _one(found: Select[SharingGroup]) -> SharingGroup:
    group = db.session.execute(found).scalar_one_or_none()
    if group is None:
        raise UnknownGroupError(UNKNOWN)
    return group


def _seated(actor: Actor, code: str) -> SharingGroup:
    return _one(_of_seat(actor, code))


def _inviting(actor: Actor, code: str) -> SharingGroup:
    return _one(_of_invitation(actor, code))


def _founded(actor: Actor, code: str) -> SharingGroup:
    """Raises UnknownGroupError where the member has no seat, RefusedMoveError where it did not found the group."""
    group = _seated(actor, code)
    if group.founder_id != actor.member_id:
        raise RefusedMoveError("only the member that founded a group does this")
    return group


def _hold(group: SharingGroup) -> SharingGroup:
    """Let nobody else change who sits in the group until the transaction ends. Raises UnknownGroupError if gone."""
    db.session.execute(select(func.pg_advisory_xact_lock(SEATS_LOCK, group.id)))
    db.session.refresh(group)
    if group.dissolved_at is not None:
        raise UnknownGroupError(UNKNOWN)
    return group


def _sit(actor: Actor, group_id: int, agreement: str) -> None:
    agreed = {"agreed_digest": bytes.fromhex(digest_of(agreement)), "agreed_by": actor.pseudonym}
    db.session.execute(
        insert(SharingGroupMember).values(group_id=group_id, member_id=actor.member_id, agreed_at=clock.now(), **agreed)
    )


def _invitation_of(actor: Actor, group_id: int) -> Delete:
    return delete(GroupInvitation).where(GroupInvitation.group_id == group_id, policy.own_invitations(actor))


def _seats(group_id: int) -> list[Seat]:
    rows = db.session.execute(
        select(Member.code, Member.name, SharingGroupMember.agreed_at)
        .join(Member, Member.id == SharingGroupMember.member_id)
        .where(SharingGroupMember.group_id == group_id)
        .order_by(Member.code)
    )
    return [Seat(*row) for row in rows]


def _numbers(group_id: int) -> list[int]:
    seats = select(SharingGroupMember.member_id).where(SharingGroupMember.group_id == group_id)
    return [*db.session.execute(seats).scalars()]


def _invited(group_id: int) -> list[tuple[str, datetime]]:
    rows = db.session.execute(
        select(Member.code, GroupInvitation.expires_at)
        .join(Member, Member.id == GroupInvitation.member_id)
        .where(GroupInvitation.group_id == group_id, GroupInvitation.expires_at > clock.now())
        .order_by(Member.code)
    )
    return [(row.code, row.expires_at) for row in rows]


def _record(actor: Actor, event: Event, code: str, concerned: Sequence[int]) -> None:
    others = {number: ledger.Concern("counterparty") for number in concerned if number != actor.member_id}
    ledger.append(actor, event, subject={"type": "sharing_group", "ref": code}, concerned=others)
