"""Letters that a right ends soon: 90, 30 and 7 days before its last day, once each."""

from sqlalchemy import select

from hub import clock
from hub.access.actor import Actor
from hub.access.grants import ROLES
from hub.access.guard import read_as
from hub.access.permissions import Permission
from hub.access.tlp import MemberKind
from hub.db import db
from hub.members import service as members
from hub.members.model import Member
from hub.members.rules import ACTIVE
from hub.rights import policy, rules
from hub.rights.model import IpRight
from hub.rights.office_rules import RightType
from hub.rights.rules import RightState

TOLD = [role for role, granted in ROLES.items() if Permission.RIGHT_ENTER in granted]
"""Those who could enter what was renewed."""
IN_A_LETTER = 50


def warn_of_ends() -> int:
    """Write to the people of every brand in standing of its rights that end soon; returns of how many. Commits."""
    told = 0
    db.session.info.pop("reader", None)
    brands = select(Member.id).where(Member.kind == MemberKind.BRAND.value, Member.state.in_(ACTIVE))
    for brand in db.session.execute(brands.order_by(Member.id)).scalars().all():
        db.session.rollback()
        db.session.info.pop("reader", None)
        actor = members.upkeep_actor(brand, "p_rights")
        read_as(db.session, actor)
        told += _warn(actor)
        db.session.commit()
    return told


def _warn(actor: Actor) -> int:
    now = clock.now()
    standing = IpRight.state.in_([RightState.ENTERED.value, RightState.VERIFIED.value])
    near = IpRight.ends_on <= clock.today() + rules.SOON + rules.DAY  # at some offices it is tomorrow
    found = (
        select(IpRight)
        .where(policy.own_by(actor), standing, near)
        .order_by(IpRight.ends_on, IpRight.id)
        .with_for_update(skip_locked=True)
    )
    lines = []
    for row in db.session.execute(found).scalars():
        assert row.ends_on is not None  # the query asks for it
        due = rules.warning_due(row.ends_on, rules.office_day(row.office, now), row.warned_days)
        if due is not None:
            row.warned_days = due
            lines.append(_line(row))
    for at in range(0, len(lines), IN_A_LETTER):
        some = lines[at : at + IN_A_LETTER]
        members.write_to_people(actor, TOLD, "IP rights end soon", "These end soon:\n\n" + "\n".join(some), "/rights")
    return len(lines)


def _line(row: IpRight) -> str:
    called = f"{row.office} {row.number}" if row.office else "of no register"
    return f"- {RightType(row.type).words} {called}: last day {row.ends_on:%d %b %Y} ({row.name})"
