"""Admitting members, giving them credentials and groups, and telling who an API key or a session stands for."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask_security import hash_password
from sqlalchemy import DateTime, LargeBinary, func, select, update

from hub import clock
from hub.access.actor import Actor
from hub.access.grants import GRANTS
from hub.access.tlp import MemberKind
from hub.db import compiled, db, given
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.members import rules
from hub.members.model import Credential, Member, Person, SharingGroup, SharingGroupMember
from hub.members.rules import ACTIVE, MOVES, MemberState

OFFICE = "alliance"
"""The code of the alliance's own office, the member that administrators belong to."""


class UnknownMemberError(Exception):
    """There is no member, group or person of that name."""


class RefusedMoveError(Exception):
    """The member's state does not allow this."""


_HOLDER = compiled(
    select(
        func.credential_holder(given("digest", LargeBinary), given("moment", DateTime(timezone=True))).table_valued(
            *("credential_id", "pseudonym", "expired", "member_id", "code", "name", "kind", "state", "group_ids")
        )
    )
)


@dataclass(frozen=True)
class KeyHolder:
    """Whom an API key stands for, and why it may not be used, if so."""

    actor: Actor
    expired: bool
    state: MemberState


def holder_of_key(key: str) -> KeyHolder | None:
    """Whom the key stands for; None for a key the hub never issued or has revoked.

    The database function sets the reader for this transaction itself, from the key's digest alone.
    """
    if rules.KEY.fullmatch(key) is None:
        return None
    rows = _HOLDER.run(digest=rules.key_digest(key), moment=clock.now())
    if not rows:
        return None
    (row,) = rows
    kind = MemberKind(row.kind)
    actor = Actor(
        member_id=row.member_id,
        member=row.code,
        kind=kind,
        permissions=GRANTS[kind],
        via="api",
        pseudonym=row.pseudonym,
        group_ids=tuple(row.group_ids),
        credential_id=row.credential_id,
        title=row.name,
    )
    return KeyHolder(actor, row.expired, MemberState(row.state))


def actor_of_person(person: Person) -> Actor | None:
    """The actor a signed-in person is; None while the member may not act or the person was shut out."""
    if not person.active or MemberState(person.member.state) not in ACTIVE:
        return None
    kind = MemberKind(person.member.kind)
    return Actor(
        member_id=person.member_id,
        member=person.member.code,
        kind=kind,
        permissions=GRANTS[kind],
        via="ui",
        pseudonym=person.pseudonym,
        group_ids=_group_ids(person.member_id),
        title=person.member.name,
    )


def job_actor(member_id: int, pseudonym: str) -> Actor:
    """A background job acting for a member, with that member's grants and no more."""
    member = db.session.get_one(Member, member_id)
    kind = MemberKind(member.kind)
    return Actor(
        member_id=member.id,
        member=member.code,
        kind=kind,
        permissions=GRANTS[kind],
        via="job",
        pseudonym=pseudonym,
        group_ids=_group_ids(member.id),
        title=member.name,
    )


def operator() -> Actor:
    """The operator at the machine's command line, acting for the alliance's office. Founds the office if need be."""
    office = db.session.execute(select(Member).where(Member.code == OFFICE)).scalar_one_or_none()
    if office is None:
        office = Member(
            code=OFFICE,
            name="Alliance office",
            kind=MemberKind.ADMINISTRATION.value,
            state=MemberState.ADMITTED.value,
            admitted_at=clock.now(),
        )
        db.session.add(office)
        db.session.flush()
        ledger.add_tag_key(office.id)
        db.session.flush()
    return Actor(
        member_id=office.id,
        member=office.code,
        kind=MemberKind.ADMINISTRATION,
        permissions=GRANTS[MemberKind.ADMINISTRATION],
        via="job",
        pseudonym="p_operator",
        title=office.name,
    )


def admit(actor: Actor, code: str, kind: MemberKind, name: str, sector: str | None = None) -> Member:
    """Admit a member. Raises ValueError for a bad code, RefusedMoveError for one already admitted."""
    rules.check_code(code)
    if db.session.execute(select(Member.id).where(Member.code == code)).first():
        raise RefusedMoveError(f"{code} is already a member; choose another code")
    member = Member(
        code=code,
        name=name,
        kind=kind.value,
        state=MemberState.ADMITTED.value,
        sector=sector,
        admitted_at=clock.now(),
    )
    db.session.add(member)
    db.session.flush()
    ledger.add_tag_key(member.id)
    db.session.flush()
    _record(actor, Event.MEMBER_ADMITTED, member)
    db.session.commit()
    return member


def move(actor: Actor, code: str, state: MemberState) -> Member:
    """Change a member's standing; takes effect at its next request. Raises RefusedMoveError for a forbidden move."""
    member = find(code)
    if state not in MOVES[MemberState(member.state)]:
        raise RefusedMoveError(f"a member that is {member.state} cannot become {state.value}")
    member.state = state.value
    member.changed_xid = func.pg_current_xact_id()
    _record(actor, Event.MEMBER_MOVED, member, ref=state.value)
    db.session.commit()
    return member


def join(actor: Actor, group_code: str, member_codes: Sequence[str]) -> SharingGroup:
    """Put members into a sharing group, founding it if there is none of that code."""
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
            _record(actor, Event.GROUP_JOINED, member, ref=group_code)
    db.session.commit()
    return group


def issue_credential(actor: Actor, code: str, days: int = rules.CREDENTIAL_DAYS) -> str:
    """Issue an API key, returned once and kept as a digest. Raises RefusedMoveError for a member not in standing."""
    member = find(code)
    if MemberState(member.state) not in ACTIVE:
        raise RefusedMoveError(f"{code} is {member.state}: reinstate it before issuing a credential")
    key = rules.new_key()
    db.session.add(
        Credential(
            member_id=member.id,
            digest=rules.key_digest(key),
            pseudonym="p_" + secrets.token_hex(8),
            created_at=clock.now(),
            expires_at=clock.now() + timedelta(days=days),
        )
    )
    _record(actor, Event.CREDENTIAL_ISSUED, member)
    db.session.commit()
    return key


def revoke_credentials(actor: Actor, code: str) -> int:
    """Revoke every live API key of a member; returns how many."""
    member = find(code)
    revoked = db.session.execute(
        update(Credential)
        .where(Credential.member_id == member.id, Credential.revoked_at.is_(None))
        .values(revoked_at=clock.now())
        .returning(Credential.id)
    ).all()
    _record(actor, Event.CREDENTIAL_REVOKED, member)
    db.session.commit()
    return len(revoked)


def invite(actor: Actor, code: str, email: str, name: str, password: str) -> Person:
    """Let a person sign in for a member. Raises RefusedMoveError when the address is taken."""
    member = find(code)
    if db.session.execute(select(Person.id).where(Person.email == email)).first():
        raise RefusedMoveError("this e-mail address already signs in for a member")
    person = Person(
        member_id=member.id,
        name=name,
        pseudonym="p_" + secrets.token_hex(8),
        email=email,
        password=hash_password(password),
        active=True,
        fs_uniquifier=secrets.token_hex(32),
    )
    db.session.add(person)
    _record(actor, Event.PERSON_INVITED, member)
    db.session.commit()
    return person


def record_sign_in(actor: Actor) -> None:
    """Record that a person signed in; part of the transaction under way."""
    ledger.append(actor, Event.PERSON_SIGNED_IN)
    db.session.commit()


def find(code: str) -> Member:
    """The member of that code; raises UnknownMemberError."""
    member = db.session.execute(select(Member).where(Member.code == code)).scalar_one_or_none()
    if member is None:
        raise UnknownMemberError(f"there is no member {code!r}; `hub member list` shows those there are")
    return member


def everybody(after: str = "", limit: int = 200) -> list[Member]:
    """The members by code, for an administrator."""
    return list(
        db.session.execute(select(Member).where(Member.code > after).order_by(Member.code).limit(limit)).scalars()
    )


@dataclass(frozen=True)
class LiveCredential:
    """An API key that has not been revoked, without any part of it."""

    pseudonym: str
    expires_at: datetime
    last_used_on: date | None


def live_credentials(actor: Actor) -> list[LiveCredential]:
    """The API keys of the actor's member that have not been revoked, expired ones among them."""
    rows = db.session.execute(
        select(Credential.pseudonym, Credential.expires_at, Credential.last_used_on).where(
            Credential.member_id == actor.member_id, Credential.revoked_at.is_(None)
        )
    )
    return [LiveCredential(row.pseudonym, row.expires_at, row.last_used_on) for row in rows]


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


def _group_ids(member_id: int) -> tuple[int, ...]:
    rows = db.session.execute(select(SharingGroupMember.group_id).where(SharingGroupMember.member_id == member_id))
    return tuple(sorted(row.group_id for row in rows))


def _record(actor: Actor, event: Event, member: Member, ref: str | None = None) -> None:
    subject = {"type": "member", "ref": ref or member.code}
    ledger.append(actor, event, subject=subject, concerned={member.id: ledger.Concern("counterparty")})
