"""Members and their people: admitting, moving, finding."""

import hashlib
import secrets
from datetime import datetime

from flask_security import hash_password
from psycopg.errors import LockNotAvailable
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from hub import clock, jobs
from hub.access.actor import Actor
from hub.access.grants import Role
from hub.access.permissions import Permission
from hub.access.tlp import MemberKind
from hub.db import db
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.limits import service as limits
from hub.mail import LetterError, plain_address
from hub.members import rules
from hub.members.model import Member, MemberMove, Person
from hub.members.rules import MOVES, MemberState

END_SEATS = "end_seats"
"""The name of the task that ends seats in sharing groups, and passes on the groups of members that left."""
HOLD_SECONDS = 10
"""How long a change of standing waits for the member's requests under way. Meanwhile the member's new ones wait too."""


class UnknownMemberError(Exception):
    """There is no member, group or person of that name."""


class RefusedMoveError(Exception):
    """The member's state does not allow this."""


def admit(actor: Actor, code: str, kind: MemberKind, name: str, sector: str | None = None) -> Member:
    """Admit a member. Raises ValueError for a bad code or sector, RefusedMoveError for one already admitted."""
    actor.must(Permission.MEMBER_ADMINISTER)
    member = _found(actor, code, kind, name, sector, MemberState.ADMITTED)
    db.session.commit()
    return member


def admit_applicant(actor: Actor, code: str, kind: MemberKind, name: str, sector: str | None) -> Member:
    """Admit an applicant, on probation; in the transaction under way, in which two people have approved it.

    The database itself refuses a member whose application nobody approved. Raises as `admit` does.
    """
    actor.must(Permission.MEMBER_ADMINISTER)
    return _found(actor, code, kind, name, sector, MemberState.PROBATION)


def _found(actor: Actor, code: str, kind: MemberKind, name: str, sector: str | None, state: MemberState) -> Member:
    rules.check_code(code)
    rules.check_sector(sector)
    if db.session.execute(select(Member.id).where(Member.code == code)).first():
        raise RefusedMoveError(f"{code} is already a member; choose another code")
    member = Member(
        code=code,
        name=name,
        kind=kind.value,
        state=state.value,
        sector=sector,
        admitted_at=clock.now(),
        probation_until=_probation_end(state),
    )
    db.session.add(member)
    db.session.flush()
    ledger.add_tag_key(member.id)
    db.session.flush()
    record(actor, Event.MEMBER_ADMITTED, member)
    return member


def _probation_end(state: MemberState) -> datetime | None:
    return clock.now() + rules.PROBATION if state is MemberState.PROBATION else None


def move(actor: Actor, code: str, state: MemberState, reason: str = "") -> Member:
    """Change a member's standing; takes effect at its next request, and waits for those under way.

    Once this has committed, nothing that the member began under its earlier standing commits any more. The reason
    stays in the table; the record holds its digest. Raises RefusedMoveError for a forbidden move, and when a request of
    the member takes longer than HOLD_SECONDS, ValueError for a reason beyond the rules.
    """
    actor.must(Permission.MEMBER_ADMINISTER)
    reason = rules.check_reason(reason) if reason else ""
    member = find(code)
    if member.id == actor.member_id:
        raise RefusedMoveError("the alliance's own office is not moved: nobody could move it back")
    _hold_still(member)
    if state not in MOVES[MemberState(member.state)]:
        raise RefusedMoveError(f"a member that is {member.state} cannot become {state.value}")
    member.state = state.value
    member.probation_until = _probation_end(state)
    if state is MemberState.LEFT:
        _leave(member)
    member.changed_xid = func.pg_current_xact_id()
    why = MemberMove(
        member_id=member.id, state=state.value, reason=reason, moved_by=actor.pseudonym, moved_at=clock.now()
    )
    db.session.add(why)
    subject = {"type": "member", "ref": state.value}
    subject |= {"digest": hashlib.sha256(reason.encode()).hexdigest()} if reason else {}
    ledger.append(actor, Event.MEMBER_MOVED, subject=subject, concerned={member.id: ledger.Concern("counterparty")})
    db.session.commit()
    return member


def _leave(member: Member) -> None:
    """Its people and its keys are shut out with it: a trigger of the database ends them, whoever moves the member.

    The groups that it kept pass on as soon as the queue comes to it.
    """
    jobs.put(db.session.connection().connection.driver_connection, END_SEATS, timestamp=0)
    member.left_at = clock.now()
    member.orphans_end_at = member.left_at + rules.ORPHANED_AFTER + rules.ORPHANS_KEPT


def _hold_still(member: Member) -> None:
    """Wait for every transaction that acts for the member, and let no other begin until this one ends."""
    code = member.code
    try:
        db.session.execute(select(func.set_config("lock_timeout", f"{HOLD_SECONDS}s", True)))
        db.session.execute(select(func.hold_still(member.id)))
    except OperationalError as error:
        db.session.rollback()
        if not isinstance(error.orig, LockNotAvailable):
            raise
        raise RefusedMoveError(
            f"a request of {code} has been under way for more than {HOLD_SECONDS} seconds; nothing was changed."
            " Repeat this, or revoke the member's keys first"
        ) from error
    db.session.refresh(member)  # it may have been moved while we waited


def set_sector(actor: Actor, code: str, sector: str | None) -> Member:
    """Change a member's sector, None for all; takes effect at its next request, and every token list starts over.

    Its contributions move with it, but for those it widened to all sectors. Raises ValueError, UnknownMemberError.
    """
    actor.must(Permission.MEMBER_ADMINISTER)
    rules.check_sector(sector)
    member = find(code)
    _hold_still(member)
    member.sector = sector
    member.changed_xid = func.pg_current_xact_id()
    record(actor, Event.MEMBER_SECTOR_SET, member, ref=sector or "all sectors")
    db.session.commit()
    return member


def sign_in_name(email: str) -> str:
    """The one spelling of an e-mail address by which a person signs in. Raises LetterError for what is none."""
    return plain_address(email.strip()).lower()


def counted_name(given: str) -> str:
    """What attempts at an address, and letters to it, are counted under: its one spelling; what is none, as typed."""
    try:
        return sign_in_name(given)
    except LetterError:
        return given.strip().lower()[: rules.LONGEST_ADDRESS]


def invite(actor: Actor, code: str, email: str, name: str, password: str, role: Role = Role.OWNER) -> Person:
    """Let a person sign in for a member that has nobody yet, or for the office; the operator's way to begin.

    Raises RefusedMoveError for a member that has an owner and for an address that is taken, ValueError for none.
    """
    actor.must(Permission.MEMBER_ADMINISTER)
    member, email = find(code), sign_in_name(email)
    must_be_ownerless(member)
    if db.session.execute(select(Person.id).where(func.lower(Person.email) == email)).first():
        raise RefusedMoveError("this e-mail address already signs in for a member")
    person = Person(
        member_id=member.id,
        name=name,
        pseudonym=rules.new_pseudonym(),
        email=email,
        password=hash_password(password),
        active=True,
        role=role.value,
        fs_uniquifier=secrets.token_hex(32),
    )
    db.session.add(person)
    record(actor, Event.PERSON_INVITED, member)
    db.session.commit()
    return person


def must_be_ownerless(member: Member) -> None:
    """Raises RefusedMoveError for a member that has an owner: nobody alone acts in its name then."""
    owned = (Person.member_id == member.id) & (Person.role == Role.OWNER.value) & Person.active
    if member.kind != MemberKind.ADMINISTRATION.value and db.session.execute(select(Person.id).where(owned)).first():
        raise RefusedMoveError(
            f"{member.code} has an owner, who does this for it on the pages; if it cannot, two people of the office do"
        )


def set_limit(actor: Actor, code: str, per_minute: int) -> None:
    """Set how many requests a minute a member may make, in place of what its kind may. Raises ValueError."""
    actor.must(Permission.MEMBER_ADMINISTER)
    member = find(code)
    limits.set_rate(member.id, per_minute)
    ledger.append(
        actor,
        Event.LIMIT_SET,
        subject={"type": "member", "ref": code},
        counts={"allowed": per_minute},
        concerned={member.id: ledger.Concern("counterparty", {"allowed": per_minute})},
    )
    db.session.commit()


def known(code: str) -> Member | None:
    """The member of that code; None: there is none."""
    return db.session.execute(select(Member).where(Member.code == code)).scalar_one_or_none()


def find(code: str) -> Member:
    """The member of that code; raises UnknownMemberError."""
    member = known(code)
    if member is None:
        raise UnknownMemberError(f"there is no member {code!r}; `hub member list` shows those there are")
    return member


def everybody(after: str = "", limit: int = 200) -> list[Member]:
    """The members by code, for an administrator."""
    return list(
        db.session.execute(select(Member).where(Member.code > after).order_by(Member.code).limit(limit)).scalars()
    )


def record(actor: Actor, event: Event, member: Member, ref: str | None = None) -> None:
    """Record an event about a member; in the transaction under way."""
    subject = {"type": "member", "ref": ref or member.code}
    ledger.append(actor, event, subject=subject, concerned={member.id: ledger.Concern("counterparty")})
