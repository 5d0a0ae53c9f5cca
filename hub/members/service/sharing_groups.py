"""The life of a sharing group: founded, invited to, joined under its agreement, left, passed on, dissolved.

Who has no seat in a group and no invitation to it gets the answer as for no group. What is addressed to a seat passes
to those that sit in its group, so a seat given up takes back at the next request all that it carried, both ways.
Whoever changes who sits in a group, or under what, holds its lock first.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Delete, delete, func, insert, select, update

from hub import clock
from hub.access.actor import Actor
from hub.access.guard import read_as
from hub.access.permissions import Permission
from hub.access.tlp import CEILING
from hub.db import changed, db
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.members import group_rules, policy, rules
from hub.members.group_rules import GroupNews, digest_of
from hub.members.model import GroupInvitation, Member, SharingGroup, SharingGroupMember
from hub.members.rules import ACTIVE, MemberState
from hub.members.service.actors import upkeep_actor
from hub.members.service.group_letters import have_told, write_to_owners
from hub.members.service.groups import UnknownGroupError
from hub.members.service.membership import RefusedMoveError, UnknownMemberError
from hub.members.service.shown_groups import is_invited, one_group, sits_in

SEATS_LOCK = 7267
"""Among the hub's advisory locks: whoever changes who sits in a group."""
MOST_ENDED = 1000
"""Seats that one run of the job ends, and groups that it passes on."""
HEIRS = {MemberState.ADMITTED: 0, MemberState.PROBATION: 0, MemberState.SUSPENDED: 1, MemberState.LEFT: 2}
"""To whom a group passes first: who can act for it, then who may come back."""


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
    if db.session.execute(select(func.count(SharingGroup.id)).where(own)).scalar_one() >= group_rules.MOST_GROUPS:
        raise RefusedMoveError(f"your member has {group_rules.MOST_GROUPS} groups: dissolve one first")
    code = group_rules.new_code()
    group = db.session.execute(
        insert(SharingGroup)
        .values(code=code, founder_id=actor.member_id, founded_at=clock.now(), **words)
        .returning(SharingGroup.id)
    ).scalar_one()
    _sit(actor, group, words["agreement"])
    _record(actor, Event.GROUP_FOUNDED, code, [], digest=digest_of(words["agreement"]))
    db.session.commit()
    return code


def invite_to_group(actor: Actor, code: str, member_code: str) -> None:
    """Invite a member to a group that the actor's member keeps; all seats are told whom. Commits.

    An open invitation begins anew.

    A code of nobody and of one that may sit in no group are answered alike, and nobody learns of a member's standing by
    inviting it; of one that sits in it already, nothing comes. Raises NotPermittedError, UnknownGroupError,
    UnknownMemberError, RefusedMoveError.
    """
    actor.must(Permission.GROUP_MANAGE)
    group = _kept(actor, code)
    kinds = [kind.value for kind, ceiling in CEILING.items() if ceiling is not None]
    may_sit = select(Member.id).where(Member.code == member_code, Member.kind.in_(kinds))
    member = db.session.execute(may_sit).scalar_one_or_none()
    if member is None:
        raise UnknownMemberError("this code is of no member that may sit in a sharing group")
    now, seats = clock.now(), _numbers(group.id)
    open_ = (GroupInvitation.group_id == group.id) & (GroupInvitation.expires_at > now)
    invited = db.session.execute(select(func.count()).select_from(GroupInvitation).where(open_)).scalar_one()
    if len(seats) + invited >= group_rules.MOST_SEATS:
        raise RefusedMoveError(f"a group has {group_rules.MOST_SEATS} seats at most, open invitations among them")
    if member not in seats:
        until = {"invited_at": now, "expires_at": now + group_rules.INVITATION_LASTS}
        whose = {"group_id": group.id, "member_id": member}
        db.session.execute(delete(GroupInvitation).filter_by(**whose))
        db.session.execute(insert(GroupInvitation).values(**whose, **until))
        _record(actor, Event.GROUP_INVITED, code, [*seats, member], reason=member_code)
    db.session.commit()


def take_back_invitation(actor: Actor, code: str, member_code: str) -> None:
    """Take an open invitation back. Commits. Raises NotPermittedError, UnknownGroupError, UnknownMemberError."""
    actor.must(Permission.GROUP_MANAGE)
    group = _kept(actor, code)
    numbers = select(Member.id).where(Member.code == member_code).scalar_subquery()
    gone = delete(GroupInvitation).where(GroupInvitation.group_id == group.id, GroupInvitation.member_id == numbers)
    if not changed(gone):
        raise UnknownMemberError("no member of that code is invited to the group")
    _record(actor, Event.GROUP_INVITATION_SETTLED, code, [])
    db.session.commit()


def accept_group(actor: Actor, code: str, digest: str) -> None:
    """Accept the agreement of that digest: for the seat that the actor's member is invited to, or for its own. Commits.

    What is accepted already stays as it is. Raises NotPermittedError, UnknownGroupError, RefusedMoveError for an
    agreement other than the group's, and for a new seat while no member in standing keeps the group.
    """
    actor.must(Permission.GROUP_MANAGE)
    group = _held(code, sits_in(actor) | is_invited(actor))
    if digest != digest_of(group.agreement):
        raise RefusedMoveError("this is not the agreement of the group: read it, and accept what is shown")
    others = _numbers(group.id)
    if actor.member_id not in others:
        if group.founder_id and _states([group.founder_id])[group.founder_id] not in ACTIVE:
            raise RefusedMoveError("this group takes no new seat at present; your invitation waits")
        _sit(actor, group.id, group.agreement)
        db.session.execute(_invitation_of(actor, group.id))
        _record(actor, Event.GROUP_JOINED, code, others, digest=digest)
    elif _agree(actor, group.id, group.agreement):
        _record(actor, Event.GROUP_ACCEPTED, code, others, digest=digest)
    else:
        db.session.rollback()  # nothing changed, so there is nothing to record
    db.session.commit()


def decline_group(actor: Actor, code: str) -> None:
    """Decline an invitation. Commits. Raises NotPermittedError, UnknownGroupError."""
    actor.must(Permission.GROUP_MANAGE)
    group = _held(code, is_invited(actor))
    db.session.execute(_invitation_of(actor, group.id))
    _record(actor, Event.GROUP_INVITATION_SETTLED, code, [group.founder_id] if group.founder_id else [])
    db.session.commit()


def renew_agreement(actor: Actor, code: str, text: str) -> None:
    """Publish another agreement of a group that the actor's member keeps, whose seat accepts it by that. Commits.

    Every other seat accepts it within group_rules.TO_ACCEPT, and ends otherwise; its owners are told. Raises
    NotPermittedError, UnknownGroupError, ValueError for a text beyond the rules, RefusedMoveError for the text in force
    and for one that comes too soon after the last.
    """
    actor.must(Permission.GROUP_MANAGE)
    text, now = rules.check_agreement(text), clock.now()
    group = _kept(actor, code)
    if text == group.agreement:
        raise RefusedMoveError("this text is in force already")
    if group.renewed_at is not None and now < group.renewed_at + group_rules.VERSIONS_APART:
        raise RefusedMoveError("the agreement was published within the last day: a version stands for a day at least")
    renewed = {"agreement": text, "renewed_at": now}
    db.session.execute(update(SharingGroup).where(SharingGroup.id == group.id).values(**renewed))
    _agree(actor, group.id, text)
    others = [number for number in _numbers(group.id) if number != actor.member_id]
    _record(actor, Event.GROUP_RENEWED, code, others, digest=digest_of(text))
    for number in others:
        have_told(number, code, GroupNews.RENEWED)
    db.session.commit()


def leave_group(actor: Actor, code: str) -> None:
    """Give up the seat: from the next request on nothing passes through it. Commits.

    A group that the member keeps passes to whoever in standing has sat in it longest, and is dissolved where nobody
    else sits in it. Raises NotPermittedError, UnknownGroupError.
    """
    actor.must(Permission.GROUP_MANAGE)
    _give_up(actor, _held(code, sits_in(actor)), Event.GROUP_LEFT)
    db.session.commit()


def dissolve_group(actor: Actor, code: str) -> None:
    """Dissolve a group that the actor's member keeps: all seats and invitations end. Commits.

    Raises NotPermittedError, UnknownGroupError.
    """
    actor.must(Permission.GROUP_MANAGE)
    _dissolve(actor, _kept(actor, code))
    db.session.commit()


def end_seats() -> int:
    """End the seats that were not accepted in time, and those of members that left for good; returns how many.

    Each ends as by its own member's leaving, in a transaction of its own. Before that each group passes on whose keeper
    left the alliance. Safe to repeat.
    """
    passed_on = _each(_group_to_pass_on, _kept_by, lambda actor, group, _: _pass_on(actor, group))
    return passed_on + _each(_seat_to_end, sits_in, _end_seat)


def _each(
    next_due: Callable[[], Any],
    whose: Callable[[Actor], ColumnElement[bool]],
    carry_out: Callable[[Actor, SharingGroup, Any], None],
) -> int:
    """Carry out what is due next, in the name of the member that it is due of, until nothing is; returns how often.

    What was settled meanwhile, or is of a group that is not `whose` any more, is left.
    """
    done = 0
    for _ in range(MOST_ENDED):
        db.session.info.pop("reader", None)
        due = next_due()
        if due is None:
            break
        actor = upkeep_actor(due.member_id, "p_seats")
        db.session.rollback()
        read_as(db.session, actor)
        try:
            group = _held(due.code, whose(actor))
        except UnknownGroupError:
            group = None
        if group is None or next_due() != due:
            db.session.rollback()
            continue
        carry_out(actor, group, due)
        db.session.commit()
        done += 1
    return done


def _group_to_pass_on() -> Any:
    found = func.group_to_pass_on().table_valued("member_id", "code")
    return db.session.execute(select(found)).one_or_none()


def _kept_by(actor: Actor) -> ColumnElement[bool]:
    return SharingGroup.founder_id == actor.member_id


def _seat_to_end() -> Any:
    found = func.seat_to_end(clock.now()).table_valued("member_id", "code", "lapsed")
    return db.session.execute(select(found)).one_or_none()


def _end_seat(actor: Actor, group: SharingGroup, due: Any) -> None:
    _give_up(actor, group, Event.GROUP_LAPSED if due.lapsed else Event.GROUP_LEFT)
    if due.lapsed:
        write_to_owners(actor, due.code, GroupNews.LAPSED)


def _give_up(actor: Actor, group: SharingGroup, event: Event) -> None:
    """End the actor's own seat; the lock is held. Others are told by the event, a new keeper by letter too."""
    others = [number for number in _numbers(group.id) if number != actor.member_id]
    keeps = group.founder_id == actor.member_id
    if keeps and others:  # while the member still sits in it: after that the database lets it pass nothing on
        _pass_on(actor, group)
    gone = SharingGroupMember.group_id == group.id
    db.session.execute(delete(SharingGroupMember).where(gone, policy.own_seats(actor)))
    _record(actor, event, group.code, others)
    if keeps and not others:
        _dissolve(actor, group)


def _pass_on(actor: Actor, group: SharingGroup) -> None:
    """Let another seat keep the actor's own group, which has one: the longest in standing, if there is one."""
    others = [number for number in _numbers(group.id) if number != actor.member_id]
    states = _states(others)
    heir = min(others, key=lambda number: (HEIRS[states[number]], others.index(number)))
    db.session.execute(update(SharingGroup).where(SharingGroup.id == group.id).values(founder_id=heir))
    have_told(heir, group.code, GroupNews.PASSED)
    _record(actor, Event.GROUP_PASSED, group.code, others, reason=db.session.get_one(Member, heir).code)


def _states(numbers: Sequence[int]) -> dict[int, MemberState]:
    rows = db.session.execute(select(Member.id, Member.state).where(Member.id.in_(numbers)))
    return {row.id: MemberState(row.state) for row in rows}


def _dissolve(actor: Actor, group: SharingGroup) -> None:
    others = _numbers(group.id)
    db.session.execute(delete(GroupInvitation).where(GroupInvitation.group_id == group.id))
    db.session.execute(delete(SharingGroupMember).where(SharingGroupMember.group_id == group.id))
    db.session.execute(update(SharingGroup).where(SharingGroup.id == group.id).values(dissolved_at=clock.now()))
    _record(actor, Event.GROUP_DISSOLVED, group.code, others)


def _kept(actor: Actor, code: str) -> SharingGroup:
    """The group, its lock held. Raises UnknownGroupError without a seat, RefusedMoveError where another keeps it."""
    group = _held(code, sits_in(actor))
    if group.founder_id != actor.member_id:
        raise RefusedMoveError("only the member that keeps a group does this")
    return group


def _held(code: str, why: ColumnElement[bool]) -> SharingGroup:
    """The group as it stands once its lock is held. Raises UnknownGroupError, also if the actor lost it meanwhile.

    The lock lets nobody else change who sits in the group, or under what, until the transaction ends.
    """
    group = one_group(code, why)
    db.session.execute(select(func.pg_advisory_xact_lock(SEATS_LOCK, group.id)))
    return one_group(code, why)


def _sit(actor: Actor, group_id: int, agreement: str) -> None:
    db.session.execute(
        insert(SharingGroupMember).values(
            group_id=group_id, member_id=actor.member_id, agreed_at=clock.now(), **_word(actor, agreement)
        )
    )


def _agree(actor: Actor, group_id: int, agreement: str) -> bool:
    """Whether the actor's own seat agrees to it now and did not before."""
    word = _word(actor, agreement)
    before = SharingGroupMember.agreed_digest.is_distinct_from(word["agreed_digest"])
    own = update(SharingGroupMember).where(SharingGroupMember.group_id == group_id, policy.own_seats(actor), before)
    return bool(changed(own.values(agreed_at=clock.now(), **word)))


def _word(actor: Actor, agreement: str) -> dict[str, Any]:
    return {"agreed_digest": bytes.fromhex(digest_of(agreement)), "agreed_by": actor.pseudonym}


def _invitation_of(actor: Actor, group_id: int) -> Delete:
    return delete(GroupInvitation).where(GroupInvitation.group_id == group_id, policy.own_invitations(actor))


def _numbers(group_id: int) -> list[int]:
    """The members that sit in it, longest first."""
    seats = select(SharingGroupMember.member_id).where(SharingGroupMember.group_id == group_id)
    return [*db.session.execute(seats.order_by(SharingGroupMember.id)).scalars()]


def _record(actor: Actor, event: Event, code: str, concerned: Sequence[int], **more: str) -> None:
    others = {number: ledger.Concern("counterparty") for number in concerned if number != actor.member_id}
    ledger.append(actor, event, subject={"type": "sharing_group", "ref": code, **more}, concerned=others)
