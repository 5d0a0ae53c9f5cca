"""Sharing groups: who belongs, and what a member may name."""

from collections.abc import Sequence

from sqlalchemy import select

from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import db
from hub.ledger.events import Event
from hub.members import rules
from hub.members.model import SharingGroup, SharingGroupMember
from hub.members.service.membership import UnknownMemberError, find, record


def join(actor: Actor, group_code: str, member_codes: Sequence[str]) -> SharingGroup:
    """Put members into a sharing group, founding it if there is none of that code."""
    actor.must(Permission.MEMBER_ADMINISTER)
    rules.check_code(group_code)
    group = db.session.execute(select(SharingGroup).where(SharingGroup.code == group_code)).scalar_one_or_none()
    if group is None:
        group = SharingGroup(code=group_code, name=group_code)
        db.session.add(group)
        db.session.flush()
    for code in member_codes:
        member = find(code)
        if db.session.get(SharingGroupMember, (group.id, member.id)) is None:
            db.session.add(SharingGroupMember(group_id=group.id, member_id=member.id))
            record(actor, Event.GROUP_JOINED, member, ref=group_code)
    db.session.commit()
    return group


def group_codes(ids: Sequence[int]) -> dict[int, str]:
    """Id → code of sharing groups."""
    rows = db.session.execute(select(SharingGroup.id, SharingGroup.code).where(SharingGroup.id.in_(ids)))
    return {row.id: row.code for row in rows}


def group_ids(actor: Actor, codes: Sequence[str]) -> list[int]:
    """The ids of the groups, all of which the actor's member belongs to.

    Raises UnknownMemberError in the same words for a group that does not exist and one the actor is not in.
    """
    if not codes:
        return []
    known = {code: id for id, code in group_codes(actor.group_ids).items()}
    unknown = sorted(set(codes) - set(known))
    if unknown:
        raise UnknownMemberError(f"your member is in no sharing group of that code; it is in: {_listed(known)}")
    return sorted({known[code] for code in codes})


def _listed(known: dict[str, int]) -> str:
    return ", ".join(sorted(known)) or "none"


def groups_of(member_id: int) -> tuple[int, ...]:
    """The ids of the groups that a member belongs to."""
    rows = db.session.execute(select(SharingGroupMember.group_id).where(SharingGroupMember.member_id == member_id))
    return tuple(sorted(row.group_id for row in rows))
