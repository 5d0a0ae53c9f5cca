"""Sharing groups: who belongs, and what a member may name."""

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import func, select

from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.access.tlp import CEILING, MemberKind
from hub.db import db
from hub.ledger.events import Event
from hub.members import policy, rules
from hub.members.model import Member, SharingGroup, SharingGroupMember
from hub.members.service.membership import RefusedMoveError, UnknownMemberError, find, record

MOST_TO_CHOOSE = 1_000
"""Members that people choose from."""


class UnknownGroupError(Exception):
    """The actor's member is in no sharing group of that code."""


def join(actor: Actor, group_code: str, member_codes: Sequence[str]) -> SharingGroup:
    """Put members into a sharing group, founding it if there is none of that code.

    Raises UnknownMemberError, RefusedMoveError for an agent and for a group that a member founded: that one invites.
    """
    actor.must(Permission.MEMBER_ADMINISTER)
    rules.check_code(group_code)
    group = db.session.execute(select(SharingGroup).where(SharingGroup.code == group_code)).scalar_one_or_none()
    if group is None:
        group = SharingGroup(code=group_code, name=group_code)
        db.session.add(group)
        db.session.flush()
    if group.founder_id is not None or group.dissolved_at is not None:
        raise RefusedMoveError("a member founded this group: that one invites to it")
    for code in member_codes:
        member = find(code)
        if member.kind == MemberKind.AGENT.value:
            raise RefusedMoveError(f"{code} is an agent, which holds no seat")
        seat = select(SharingGroupMember.id).filter_by(group_id=group.id, member_id=member.id)
        if db.session.execute(seat).first() is None:
            db.session.add(SharingGroupMember(group_id=group.id, member_id=member.id))
            record(actor, Event.GROUP_JOINED, member, ref=group_code)
    db.session.commit()
    return group


def own_seats(actor: Actor) -> dict[str, int]:
    """Code → the actor's own seat, of each sharing group that its member is in."""
    rows = db.session.execute(
        select(SharingGroup.code, SharingGroupMember.id)
        .join(SharingGroup, SharingGroup.id == SharingGroupMember.group_id)
        .where(policy.own_seats(actor))
        .order_by(SharingGroup.code)
    )
    return {row.code: row.id for row in rows}


def named_groups(actor: Actor) -> list[str]:
    """The codes of its sharing groups that the actor may name in what it shares; none for who may know none."""
    return [*own_seats(actor)] if policy.may_name_groups(actor) else []


def addressed_to_groups(actor: Actor, codes: Collection[str]) -> list[int]:
    """What a contribution to these groups is addressed to; the actor's member is in all of them.

    Raises UnknownGroupError in the same words for a group that does not exist and one the actor is not in.
    """
    if not codes:
        return []
    own = own_seats(actor)
    if not own.keys() >= set(codes):
        raise UnknownGroupError(
            f"your member is in no sharing group of that code; it is in: {', '.join(own) or 'none'}"
        )
    return sorted(own[code] for code in set(codes))


def addressed_to_members(codes: Collection[str]) -> list[int]:
    """What a contribution to these members is addressed to.

    A member may know that a code is another's, since one agreement binds them; it learns nothing of that one's
    standing, sector or kind. Raises UnknownMemberError in the same words for a code of nobody and for one of the
    alliance's office or an auditor, to whom nothing passes.
    """
    if not codes:
        return []
    kinds = [kind.value for kind, ceiling in CEILING.items() if ceiling is not None]
    found = db.session.execute(select(Member.id).where(Member.code.in_(set(codes)), Member.kind.in_(kinds))).scalars()
    numbers = sorted(-number for number in found)
    if len(numbers) < len(set(codes)):
        raise UnknownMemberError("one of these codes is of no member that contributions pass to")
    return numbers


def addressee_words(actor: Actor, addressees: Collection[int]) -> dict[int, str]:
    """What the actor's own contributions are addressed to, in words: a group's code, if it may know it; a member's."""
    named = policy.may_name_groups(actor)
    words = {seat: code if named else "a sharing group" for code, seat in own_seats(actor).items()}
    return words | {-number: code for number, code in codes_of(-one for one in addressees if one < 0).items()}


def codes_of(numbers: Iterable[int]) -> dict[int, str]:
    """Number → code of members."""
    wanted = set(numbers)
    if not wanted:
        return {}
    rows = db.session.execute(select(Member.id, Member.code).where(Member.id.in_(wanted)))
    return {row.id: row.code for row in rows}


def titles_of(numbers: Iterable[int]) -> dict[int, str]:
    """Number → name of members."""
    rows = db.session.execute(select(Member.id, Member.name).where(Member.id.in_(set(numbers))))
    return {row.id: row.name for row in rows}


def named(numbers: Iterable[int]) -> dict[str, str]:
    """Code → name of members, by name: what people choose from."""
    rows = db.session.execute(select(Member.code, Member.name).where(Member.id.in_(set(numbers))))
    return dict(sorted(((row.code, row.name) for row in rows), key=lambda each: (each[1].casefold(), each[0])))


def in_standing(kind: MemberKind) -> dict[str, str]:
    """Code → name of members of a kind that may exchange, by name: what people choose from."""
    exchanging = (Member.kind == kind.value, Member.state.in_(rules.ACTIVE))
    return named(db.session.execute(select(Member.id).where(*exchanging).limit(MOST_TO_CHOOSE)).scalars())


def addresses_of(member_id: int) -> tuple[int, ...]:
    """The addresses of a member, which a session and a job have; the database works them out for a key by the same."""
    return tuple(db.session.execute(select(func.member_addresses(member_id))).scalar_one())
