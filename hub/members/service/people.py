"""The people of a member, as its owners manage them: who signs in, as what, and who no more.

Whoever changes them holds them, and asks once more whether it is an owner still: of two owners who remove each other
at the same moment one stays, and a member in standing always has an active one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update

from hub import clock
from hub.access.actor import Actor, NotPermittedError
from hub.access.grants import Role
from hub.access.permissions import Permission
from hub.access.tlp import MemberKind
from hub.db import changed, db
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.members import policy, rules
from hub.members.model import Factor, Member, OneTimeLink, Person, PersonSession
from hub.members.rules import FactorKind, Notice
from hub.members.service.invitations import hold_people, invite_person, take_back_of
from hub.members.service.links import UnknownLinkError
from hub.members.service.membership import RefusedMoveError
from hub.members.service.notices import tell
from hub.members.service.sessions import end_sessions_of, own_session, set_idle_limit

ACTIVE_OWNER = (Person.role == Role.OWNER.value) & Person.active


class UnknownPersonError(Exception):
    """The actor's member has no such person."""


@dataclass(frozen=True)
class KnownPerson:
    """One person of the member, without any secret."""

    pseudonym: str
    name: str
    email: str
    role: Role
    active: bool
    factors: Sequence[str]
    """Kinds of second factors, each once, without recovery codes."""
    signed_in_at: datetime | None
    """When a session was last proven; None: not within the time that the hub keeps sessions."""
    here: bool
    """Whether it is the actor's own person."""


@dataclass(frozen=True)
class OpenInvitation:
    """An invitation that waits for its reader, without its link."""

    number: int
    email: str
    name: str
    role: Role
    made_at: datetime
    expires_at: datetime


def people(actor: Actor) -> Sequence[KnownPerson]:
    """The people of the actor's member, who is shut out last. Raises NotPermittedError."""
    actor.must(Permission.PERSON_MANAGE)
    kinds = (
        select(func.array_agg(Factor.kind.distinct()))
        .where(Factor.person_id == Person.id, Factor.kind != FactorKind.RECOVERY.value)
        .scalar_subquery()
    )
    signed_in = select(func.max(PersonSession.proven_at)).where(PersonSession.person_id == Person.id).scalar_subquery()
    columns = (Person.id, Person.pseudonym, Person.name, Person.email, Person.role, Person.active)
    rows = db.session.execute(
        select(*columns, kinds.label("kinds"), signed_in.label("signed_in_at"))
        .where(policy.own_people(actor))
        .order_by(Person.active.desc(), Person.name, Person.id)
        .limit(rules.MOST_PEOPLE_SHOWN)
    )
    own = own_session(actor).person_id
    return [
        KnownPerson(
            pseudonym=row.pseudonym,
            name=row.name,
            email=row.email,
            role=Role(row.role),
            active=row.active,
            factors=row.kinds or (),
            signed_in_at=row.signed_in_at,
            here=row.id == own,
        )
        for row in rows
    ]


def open_invitations(actor: Actor) -> Sequence[OpenInvitation]:
    """The invitations of the actor's member that nobody has accepted, newest first. Raises NotPermittedError."""
    actor.must(Permission.PERSON_MANAGE)
    columns = (OneTimeLink.id, OneTimeLink.email, OneTimeLink.name, OneTimeLink.role)
    rows = db.session.execute(
        select(*columns, OneTimeLink.made_at, OneTimeLink.expires_at)
        .where(policy.open_invitations(actor.member_id, clock.now()))
        .order_by(OneTimeLink.id.desc())
    )
    return [OpenInvitation(row.id, row.email, row.name, Role(row.role), row.made_at, row.expires_at) for row in rows]


def invite_colleague(actor: Actor, email: str, name: str, role: Role) -> None:
    """Invite a person to act for the actor's own member; commits. Raises as `invite_person` does."""
    _hold(actor)
    invite_person(actor, db.session.get_one(Member, actor.member_id), email, name, role)
    db.session.commit()


def take_back(actor: Actor, number: int) -> None:
    """Void an open invitation of the actor's member; commits. Raises NotPermittedError, UnknownLinkError."""
    _hold(actor)
    now = clock.now()
    mine = policy.open_invitations(actor.member_id, now)
    if not changed(update(OneTimeLink).where(mine, OneTimeLink.id == number).values(revoked_at=now)):
        db.session.rollback()
        raise UnknownLinkError("there is no such invitation")
    ledger.append(actor, Event.INVITATION_TAKEN_BACK)
    db.session.commit()


def set_role(actor: Actor, pseudonym: str, role: Role) -> None:
    """Give a person of the actor's member another role, as `change_role` does; commits.

    Raises NotPermittedError, UnknownPersonError,
    RefusedMoveError for the last owner and for the role it has.
    """
    person = _held(actor, pseudonym)
    if person.role == role.value:
        raise _refused(f"{person.name} is {role.value} already")
    _keep_an_owner(actor, person)
    change_role(person, actor.kind, role)
    _record(actor, Event.ROLE_SET, person, reason=role.value)
    db.session.commit()


def change_role(person: Person, kind: MemberKind, role: Role) -> None:
    """Give a person of a member of that kind another role, from its next request on, and tell it.

    Nobody comes in by an invitation that it made as an owner. In the transaction under way, which records who gave it.
    """
    if person.role == Role.OWNER.value:
        take_back_of(person)
    person.role = role.value
    set_idle_limit(person.id, rules.idle_limit(kind, role))
    tell(person.email, Notice.ROLE_SET)


def shut_out(actor: Actor, pseudonym: str) -> None:
    """Let a person of the actor's member sign in no more. Commits.

    Its sessions end, its open letters lead nowhere, and nobody comes in by an invitation that it made.

    Raises NotPermittedError, UnknownPersonError, RefusedMoveError for the actor itself, the last owner, and a person
    that is out already.
    """
    person = _held(actor, pseudonym)
    if person.id == own_session(actor).person_id:
        raise _refused("another owner shuts you out")
    if not person.active:
        raise _refused(f"{person.name} is shut out already")
    _keep_an_owner(actor, person)
    person.active = False
    end_sessions_of(person.id)
    take_back_of(person)
    tell(person.email, Notice.SHUT_OUT)
    _record(actor, Event.PERSON_SHUT_OUT, person)
    db.session.commit()


def let_in(actor: Actor, pseudonym: str) -> None:
    """Let a person that was shut out sign in again, as what it was; commits.

    Raises NotPermittedError, UnknownPersonError, RefusedMoveError for one that was not.
    """
    person = _held(actor, pseudonym)
    if person.active:
        raise _refused(f"{person.name} is not shut out")
    person.active = True
    end_sessions_of(person.id)  # one that began while it was shut out
    tell(person.email, Notice.LET_IN)
    _record(actor, Event.PERSON_LET_IN, person)
    db.session.commit()


def _hold(actor: Actor) -> None:
    """Hold the people of the actor's member, and ask again, now that nobody else changes them."""
    actor.must(Permission.PERSON_MANAGE)
    own = own_session(actor).person_id
    hold_people(actor.member_id)
    if not _one(Person.id == own, ACTIVE_OWNER):
        db.session.rollback()
        raise NotPermittedError("the actor is no owner any more")


def _held(actor: Actor, pseudonym: str) -> Person:
    _hold(actor)
    found = select(Person).where(policy.own_people(actor), Person.pseudonym == pseudonym)
    person = db.session.execute(found.execution_options(populate_existing=True)).scalar_one_or_none()
    if person is None:
        db.session.rollback()
        raise UnknownPersonError("your member has no such person")
    return person


def _keep_an_owner(actor: Actor, person: Person) -> None:
    """Raises RefusedMoveError where no active owner would be left without this one."""
    if not _one(policy.own_people(actor), ACTIVE_OWNER, Person.id != person.id):
        raise _refused("a member keeps an owner who can sign in: make somebody else an owner first")


def _refused(words: str) -> RefusedMoveError:
    db.session.rollback()
    return RefusedMoveError(words)


def _one(*which: ColumnElement[bool]) -> bool:
    return db.session.execute(select(Person.id).where(*which).limit(1)).first() is not None


def _record(actor: Actor, event: Event, person: Person, **more: str) -> None:
    ledger.append(actor, event, subject={"type": "person", "ref": person.pseudonym, **more})
