"""What authorises an agent to act for a brand: given by an owner of the brand, ended by an owner of either.

Whom a brand authorised is known to the two of them, the auditors and the hub. A code of nobody and of one that is no
agent are answered alike.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import aliased

from hub import clock, jobs
from hub.access.actor import Actor, NotPermittedError
from hub.access.grants import AGENT_SCOPES, Role
from hub.access.guard import read_as
from hub.access.permissions import Permission
from hub.access.tlp import MemberKind
from hub.db import changed, db
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.mail import Letter, post
from hub.members import authorisation_rules as rules
from hub.members import policy
from hub.members.authorisation_rules import Turn
from hub.members.model import Authorisation, Member, Person, PersonSession
from hub.members.rules import ACTIVE
from hub.members.service.actors import upkeep_actor
from hub.members.service.links import alliance_name, hub_address
from hub.members.service.membership import RefusedMoveError, UnknownMemberError
from hub.members.service.sessions import own_session

TELL_AUTHORISATION = "tell_authorisation"
"""The name of the task that writes to the owners of one party about what the other did."""
AUTHORISATION_LOCK = 7268
"""Among the hub's advisory locks: what commits under an authorisation, and who ends it. Stated once more in SQL."""

MOST_SHOWN = 500


class UnknownAuthorisationError(Exception):
    """The actor's member has no such authorisation."""


@dataclass(frozen=True)
class AuthorisationTerms:
    """What an agent may do for a brand, and when."""

    scopes: Collection[Permission]
    begins_on: date
    ends_on: date
    """Its last day, to the end of it in UTC."""


@dataclass(frozen=True)
class KnownAuthorisation:
    """One authorisation, as either party of it sees it."""

    number: int
    code: str
    """Of the other party."""
    name: str
    scopes: Sequence[Permission]
    begins_on: date
    ends_on: date
    given_at: datetime


def give_authorisation(actor: Actor, agent_code: str, terms: AuthorisationTerms) -> None:
    """Authorise an agent to act for the actor's brand. Commits; the agent's owners get a letter.

    Raises NotPermittedError, ValueError for terms beyond the rules, UnknownMemberError for a code of no agent in
    standing, RefusedMoveError for an agent that is authorised already.
    """
    _must(actor)
    if actor.kind is not MemberKind.BRAND:
        raise NotPermittedError("agents act for brands alone")
    today, now = clock.today(), clock.now()
    rules.check_span(terms.begins_on, terms.ends_on, today)
    scopes = sorted(scope.value for scope in set(terms.scopes))
    if not scopes or not set(terms.scopes) <= AGENT_SCOPES.keys():
        raise ValueError("an authorisation names at least one thing, and nothing that a brand does itself alone")
    agent = _agent(agent_code)
    own = (Authorisation.brand_id == actor.member_id) & Authorisation.ended_at.is_(None)
    past = (Authorisation.agent_id == agent.id) & (Authorisation.ends_on < today)
    changed(update(Authorisation).where(own, past).values(ended_at=now))
    given = db.session.execute(select(Authorisation.agent_id).where(own)).scalars().all()
    if agent.id in given:
        raise _refused(f"{agent.code} is authorised already: take that back first")
    if len(given) >= rules.MOST_AUTHORISATIONS:
        raise _refused(f"there are {rules.MOST_AUTHORISATIONS} authorisations: take one back first")
    span = {"begins_on": terms.begins_on, "ends_on": terms.ends_on}
    whose = {"brand_id": actor.member_id, "agent_id": agent.id}
    db.session.execute(
        insert(Authorisation).values(**whose, **span, scopes=scopes, given_by=actor.pseudonym, given_at=now)
    )
    words = f"from {terms.begins_on:%d %b %Y} to {terms.ends_on:%d %b %Y}: {_told(scopes)}"
    _record(actor, Event.AUTHORISATION_GIVEN, agent, words)
    _tell_other(agent.id, actor.member, Turn.GIVEN)
    db.session.commit()


def end_authorisation(actor: Actor, number: int) -> None:
    """Take back what the actor's brand gave, or give up what the actor's agent was given. Commits.

    It counts at once: of what the agent has begun and not finished under it, nothing commits any more. The owners of
    the other party get a letter. Raises NotPermittedError, UnknownAuthorisationError.
    """
    _must(actor)
    db.session.execute(select(func.pg_advisory_xact_lock(AUTHORISATION_LOCK, number)))
    now = clock.now()
    living = (policy.own_authorisations(actor), policy.living(now.date()), Authorisation.id == number)
    found = select(Authorisation.brand_id, Authorisation.agent_id).where(*living)
    parties = db.session.execute(found).one_or_none()
    if parties is None:
        db.session.rollback()
        raise UnknownAuthorisationError("your member has no such authorisation")
    changed(update(Authorisation).where(Authorisation.id == number).values(ended_at=now))
    (other,) = set(parties) - {actor.member_id}
    given_up = other == parties.brand_id
    event = Event.AUTHORISATION_GIVEN_UP if given_up else Event.AUTHORISATION_TAKEN_BACK
    _record(actor, event, db.session.get_one(Member, other))
    _tell_other(other, actor.member, Turn.GIVEN_UP if given_up else Turn.TAKEN_BACK)
    db.session.commit()


def begin_acting(actor: Actor, number: int) -> None:
    """Have the actor's session act for the brand of an authorisation that its agent was given. Commits.

    Each request looks at the authorisation anew. Raises NotPermittedError, UnknownAuthorisationError also for one that
    has not begun, and while either of the two may not exchange.
    """
    actor.must(Permission.AUTHORISATION_READ)
    session = own_session(actor)
    let = (Authorisation.agent_id == actor.member_id, func.authorised(number, clock.now(), False))
    found = select(Authorisation.brand_id).where(policy.own_authorisations(actor), Authorisation.id == number, *let)
    brand = db.session.execute(found).scalar_one_or_none()
    if brand is None:
        raise UnknownAuthorisationError("your member has no such authorisation now")
    _choose(session.id, number)
    _record(actor, Event.ACTING_BEGUN, db.session.get_one(Member, brand))
    db.session.commit()


def end_acting(actor: Actor) -> None:
    """Have the actor's session act for its own member again. Commits. Nothing changes where it does already."""
    session = own_session(actor)
    found = (
        select(Member)
        .join(Authorisation, Authorisation.brand_id == Member.id)
        .join(PersonSession, PersonSession.acting_under == Authorisation.id)
        .where(PersonSession.id == session.id)
    )
    brand = db.session.execute(found).scalar_one_or_none()
    if brand is not None:
        _choose(session.id, None)
        _record(actor, Event.ACTING_ENDED, brand)
        db.session.commit()


def own_authorisations(actor: Actor) -> Sequence[KnownAuthorisation]:
    """What the actor's member gave to agents, or as an agent was given, and is not over, by the other party's code."""
    actor.must(Permission.AUTHORISATION_READ)
    other = aliased(Member)
    who = func.nullif(Authorisation.brand_id, actor.member_id)
    columns = (Authorisation.scopes, Authorisation.begins_on, Authorisation.ends_on, Authorisation.given_at)
    rows = db.session.execute(
        select(Authorisation.id, other.code, other.name, *columns)
        .join(other, other.id == func.coalesce(who, Authorisation.agent_id))
        .where(policy.own_authorisations(actor), policy.living(clock.today()))
        .order_by(other.code)
        .limit(MOST_SHOWN)
    )
    return [
        KnownAuthorisation(row[0], row[1], row[2], [scope for scope in AGENT_SCOPES if scope in row[3]], *row[4:])
        for row in rows
    ]


def tell_of_authorisation(member: int, other: str, turn: str, tries: int = 0) -> None:
    """Write to the owners of a member what became of an authorisation between it and another; commits."""
    del tries
    read_as(db.session, upkeep_actor(member, "p_authorisations"))
    _write(member, _letter(other, Turn(turn)))
    db.session.commit()


def warn_of_ends() -> int:
    """Write to both parties of authorisations whose last day comes near; returns how many. Each is told of once."""
    told, today = 0, clock.today()
    db.session.info.pop("reader", None)
    brands = select(Member.id).where(Member.kind == MemberKind.BRAND.value, Member.state.in_(ACTIVE))
    for brand in db.session.execute(brands.order_by(Member.id)).scalars().all():
        db.session.rollback()
        db.session.info.pop("reader", None)
        actor = upkeep_actor(brand, "p_authorisations")
        read_as(db.session, actor)
        near = (policy.living(today), Authorisation.ends_on <= today + rules.WARNED_BEFORE)
        found = (
            select(Authorisation.id, Authorisation.agent_id, Member.code)
            .join(Member, Member.id == Authorisation.agent_id)
            .where(Authorisation.brand_id == brand, Authorisation.warned_at.is_(None), *near)
            .with_for_update(of=Authorisation, skip_locked=True)
        )
        for number, agent, code in db.session.execute(found).all():
            changed(update(Authorisation).where(Authorisation.id == number).values(warned_at=clock.now()))
            _write(brand, _letter(code, Turn.ENDS_SOON))
            _tell_other(agent, actor.member, Turn.ENDS_SOON)
            told += 1
        db.session.commit()
    return told


def _choose(session: int, number: int | None) -> None:
    db.session.execute(update(PersonSession).where(PersonSession.id == session).values(acting_under=number))


def _must(actor: Actor) -> None:
    if not policy.may_authorise(actor):
        raise NotPermittedError("only an owner of the member, signed in, does this")


def _agent(code: str) -> Member:
    standing = (Member.kind == MemberKind.AGENT.value, Member.state.in_(ACTIVE))
    agent = db.session.execute(select(Member).where(Member.code == code, *standing)).scalar_one_or_none()
    if agent is None:
        raise UnknownMemberError("this code is of no agent that can be authorised")
    return agent


def _refused(words: str) -> RefusedMoveError:
    db.session.rollback()
    return RefusedMoveError(words)


def _record(actor: Actor, event: Event, other: Member, purpose: str | None = None) -> None:
    subject = {"type": "authorisation", "ref": other.code}
    ledger.append(actor, event, subject=subject, purpose=purpose, concerned={other.id: ledger.Concern("counterparty")})


def _told(scopes: Sequence[str]) -> str:
    """`match:read-own/run, right:read`: what an authorisation lets one, short enough for the record if it is all."""
    things = groupby((scope.split(":") for scope in scopes), key=lambda parts: parts[0])
    return ", ".join(f"{thing}:{'/'.join(verb for _, verb in parts)}" for thing, parts in things)


def _tell_other(member: int, about: str, turn: Turn) -> None:
    """By the queue, as that member: whose act it is sees nobody of the other party."""
    connection = db.session.connection().connection.driver_connection
    jobs.put(connection, TELL_AUTHORISATION, member=member, other=about, turn=turn.value)


def _write(member: int, letter: tuple[str, str]) -> None:
    owners = select(Person.email).where(Person.member_id == member, Person.role == Role.OWNER.value, Person.active)
    for address in db.session.execute(owners).scalars().all():
        post(Letter(address, *letter))


def _letter(other: str, turn: Turn) -> tuple[str, str]:
    subject, words = rules.TURNS[turn]
    return (
        f"{subject} at the hub of the {alliance_name()} alliance",
        f"{words.format(other=other)}\n\nWho acts for whom, with what and until when:\n\n{hub_address()}/agents\n",
    )
