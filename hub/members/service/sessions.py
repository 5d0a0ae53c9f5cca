"""Sessions of people: begun with a password or a passkey, proven with a second factor, ended by either side."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, DateTime, LargeBinary, func, insert, select, update

from hub import clock
from hub.access.actor import Actor, Session, Step
from hub.access.grants import Role, granted, reach_of_person
from hub.access.permissions import Permission
from hub.access.tlp import MemberKind
from hub.db import changed, compiled, db, given
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.limits.rules import network_of
from hub.members import policy, rules
from hub.members.model import Person, PersonSession
from hub.members.rules import ACTIVE, MemberState, Notice
from hub.members.service.acting import act_as_chosen
from hub.members.service.notices import tell

_MOMENT = given("moment", DateTime(timezone=True))
_FOUND = func.session_holder(given("digest", LargeBinary), _MOMENT).table_valued(
    *("session_id", "person_id", "email", "pseudonym", "role", "enrolled", "proven_at", "fresh_at", "touched"),
    *("member_id", "code", "name", "kind", "state", "sector", "addresses"),
    *("acting_under", "brand", "brand_name"),
)
_HOLDER = compiled(select(_FOUND, func.owes_agreement(_FOUND.c.member_id, _MOMENT).label("owes")))


class UnknownSessionError(Exception):
    """The person has no such session under way."""


def holder_of_session(key: str, *, acting: bool = False) -> Actor | None:
    """The person whom a session's key stands for; None for an ended one, and while the person may not act.

    `acting`: as the brand that it chose to act for, if it did. The database function sets the reader for this
    transaction itself, from the key's digest alone. What it wrote about the session's use is committed at once, since
    most pages only read.
    """
    now = clock.now()
    rows = _HOLDER.run(digest=rules.key_digest(key), moment=now)
    if not rows or MemberState(rows[0].state) not in ACTIVE:
        return None
    (row,) = rows
    kind, step = MemberKind(row.kind), None
    if row.proven_at is None:
        step = Step.SECOND_FACTOR if row.enrolled else Step.ENROLMENT
    someone = Actor(
        member_id=row.member_id,
        member=row.code,
        kind=kind,
        permissions=granted(kind, Role(row.role)),
        via="ui",
        pseudonym=row.pseudonym,
        sector=row.sector,
        addresses=tuple(row.addresses),
        owes_agreement=bool(row.owes),
        reach=reach_of_person(kind, Role(row.role)),
        title=row.name,
        session=Session(
            *(row.session_id, row.person_id, row.email, step, now < row.fresh_at + rules.FRESH), row.brand_name or ""
        ),
    )
    if acting and row.acting_under is not None:
        someone = act_as_chosen(someone, row.brand, row.acting_under)
    if row.touched:
        db.session.commit()
    return someone


@dataclass(frozen=True)
class Browser:
    """Where a session is used from: the address of the request and what the browser calls itself."""

    address: str
    user_agent: str


def begin_session(
    actor: Actor, person: Person, browser: Browser, *, proven: bool = False, fresh_at: datetime | None = None
) -> str:
    """Begin a session that has given one factor; returns its key, for the browser's cookie alone.

    `proven`: the factor needs no second one beside it. `fresh_at`: when it was given; None: now.
    """
    key, now = _new_key(), clock.now()
    if proven:
        _tell_if_new(person.id, person.email, network_of(browser.address))
    db.session.execute(
        insert(PersonSession).values(
            digest=rules.key_digest(key),
            person_id=person.id,
            member_id=actor.member_id,
            begun_at=now,
            seen_at=now,
            ends_at=now + rules.SESSION_LASTS,
            idle_seconds=int(rules.idle_limit(actor.kind, Role(person.role)).total_seconds()),
            network=network_of(browser.address),
            browser=rules.browser_of(browser.user_agent),
            fresh_at=now if fresh_at is None else min(fresh_at, now),
            proven_at=now if proven else None,
        )
    )
    if proven:
        ledger.append(actor, Event.PERSON_SIGNED_IN)
    db.session.commit()
    return key


def renew(actor: Actor) -> str:
    """Note that the session's person has given a factor now; returns the session's new key, the old one is void.

    In the transaction under way.
    """
    session, key, now = own_session(actor), _new_key(), clock.now()
    if session.step is Step.SECOND_FACTOR:
        network = db.session.execute(select(PersonSession.network).where(PersonSession.id == session.id)).scalar_one()
        _tell_if_new(session.person_id, session.email, network)
    proven = func.coalesce(PersonSession.proven_at, now)
    db.session.execute(
        update(PersonSession)
        .where(PersonSession.id == session.id)
        .values(digest=rules.key_digest(key), proven_at=proven, fresh_at=now)
    )
    if session.step is not None:
        ledger.append(actor, Event.PERSON_SIGNED_IN)
    return key


def _tell_if_new(person_id: int, email: str, network: str) -> None:
    """Tell a person that signs in from a network where it was not seen."""
    if not seen_in(person_id, network):
        tell(email, Notice.NEW_NETWORK)


def seen_in(person_id: int, network: str) -> bool:
    """Whether a person signed in from a network: a session that is still kept was begun there, and proven."""
    there = (PersonSession.person_id == person_id, PersonSession.network == network)
    seen = select(PersonSession.id).where(*there, PersonSession.proven_at.is_not(None)).limit(1)
    return db.session.execute(seen).first() is not None


def own_session(actor: Actor) -> Session:
    """The session that the actor acts in. Raises NotPermittedError for what is no person at a browser."""
    actor.must(Permission.SESSION_OWN)
    if actor.session is None:
        raise UnknownSessionError("only a person at a browser has a session")
    return actor.session


@dataclass(frozen=True)
class LiveSession:
    """A session under way, without any part of its key."""

    id: int
    network: str
    browser: str
    begun_at: datetime
    seen_at: datetime
    ends_at: datetime
    proven: bool
    here: bool


def own_sessions(actor: Actor) -> Sequence[LiveSession]:
    """The sessions of the actor's person that are under way, the one last used first."""
    here, now = own_session(actor), clock.now()
    columns = (PersonSession.network, PersonSession.browser, PersonSession.begun_at, PersonSession.seen_at)
    rows = db.session.execute(
        select(PersonSession.id, *columns, PersonSession.ends_at, PersonSession.proven_at.is_not(None))
        .where(policy.own_sessions(actor, now))
        .order_by(PersonSession.seen_at.desc(), PersonSession.id.desc())
        .limit(rules.MOST_SESSIONS_SHOWN)
    )
    return [LiveSession(*row, here=row.id == here.id) for row in rows]


def end_session(actor: Actor, id: int | None = None) -> None:
    """End a session of the actor's person, this one if none is named. Raises UnknownSessionError."""
    here = own_session(actor)
    wanted = here.id if id is None else id
    if not _end(policy.own_sessions(actor, clock.now()), PersonSession.id == wanted):
        raise UnknownSessionError("there is no such session under way")
    if wanted != here.id:
        tell(here.email, Notice.SESSIONS_ENDED)
    db.session.commit()


def end_other_sessions(actor: Actor) -> int:
    """End all sessions of the actor's person but this one; returns how many."""
    here = own_session(actor)
    ended = _end(policy.own_sessions(actor, clock.now()), PersonSession.id != here.id)
    if ended:
        tell(here.email, Notice.SESSIONS_ENDED)
    db.session.commit()
    return ended


def end_sessions_of(person_id: int, *, but: int = 0) -> int:
    """End every session of a person of the reader's member, but one if it is named; in the transaction under way."""
    under_way = (PersonSession.person_id == person_id, PersonSession.ended_at.is_(None))
    return _end(*under_way, PersonSession.id != but)


def end_sessions_but_owners(actor: Actor) -> int:
    """End every session of the actor's member but those of its owners; in the transaction under way."""
    others = select(Person.id).where(policy.own_people(actor), Person.role != Role.OWNER.value)
    return _end(PersonSession.person_id.in_(others), PersonSession.ended_at.is_(None))


def set_idle_limit(person_id: int, limit: timedelta) -> None:
    """How long the sessions under way of a person may lie unused from now on; in the transaction under way."""
    under_way = (PersonSession.person_id == person_id, PersonSession.ended_at.is_(None))
    changed(update(PersonSession).where(*under_way).values(idle_seconds=int(limit.total_seconds())))


def forget_sessions() -> int:
    """Delete sessions that ended some time ago; returns how many. The database's function sees those of all members."""
    gone = db.session.execute(select(func.forget_sessions(clock.now() - rules.SESSION_KEPT))).scalar_one()
    db.session.commit()
    return int(gone)


def _end(*which: ColumnElement[bool]) -> int:
    return changed(update(PersonSession).where(*which).values(ended_at=clock.now()))


def _new_key() -> str:
    return secrets.token_urlsafe(32)
