"""API keys of members: issued once, rotated with an overlap, revoked at the next request."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from ipaddress import IPv4Network, IPv6Network

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import load_only

from hub import clock
from hub.access.actor import Actor, NotPermittedError
from hub.db import db
from hub.ledger.events import Event
from hub.members import policy, rules
from hub.members.model import Credential, Member
from hub.members.rules import ACTIVE, MemberState
from hub.members.service.membership import RefusedMoveError, find, must_be_ownerless, record

Network = IPv4Network | IPv6Network


class UnknownCredentialError(Exception):
    """The member has no live credential of that name."""


@dataclass(frozen=True)
class CredentialTerms:
    """What a key is for: its name, how many days it serves, what it may, and from where it may be used."""

    name: str = ""
    days: int = rules.CREDENTIAL_DAYS
    scopes: Sequence[str] | None = None
    """Permissions by name; None: all that the member's clients may."""
    networks: Sequence[Network] = ()
    """Empty: from anywhere."""


def issue_credential(actor: Actor, code: str, days: int = rules.CREDENTIAL_DAYS) -> str:
    """Issue an API key for a member that has no owner yet, or for the office; the operator's way to begin.

    Raises NotPermittedError, RefusedMoveError for a member not in standing or with an owner.
    """
    member = find(code)
    must_be_ownerless(member)
    return issue_key(actor, member, CredentialTerms(days=days))


def issue_own_key(actor: Actor, terms: CredentialTerms) -> str:
    """Issue an API key for the actor's own member. Raises NotPermittedError, ValueError for terms beyond the rules."""
    return issue_key(actor, db.session.get_one(Member, actor.member_id), terms)


def issue_key(actor: Actor, member: Member, terms: CredentialTerms) -> str:
    """Issue an API key, returned once and kept as a digest.

    Raises NotPermittedError, RefusedMoveError for a member not in standing or with MOST_CREDENTIALS keys, ValueError.
    """
    _may_manage(actor, member.id)
    rules.check_days(terms.days)
    if MemberState(member.state) not in ACTIVE:
        raise RefusedMoveError(f"{member.code} is {member.state}: reinstate it before issuing a credential")
    if _live_count(member.id) >= rules.MOST_CREDENTIALS:
        raise RefusedMoveError(f"there are {rules.MOST_CREDENTIALS} live credentials: revoke one that is not used")
    key, now = rules.new_key(), clock.now()
    db.session.execute(  # names its columns, since the application may write no others
        insert(Credential).values(
            member_id=member.id,
            digest=rules.key_digest(key),
            pseudonym=rules.new_pseudonym(),
            name=terms.name,
            scopes=None if terms.scopes is None else sorted(terms.scopes),
            networks=sorted(map(str, terms.networks)),
            created_at=now,
            expires_at=now + timedelta(days=terms.days),
        )
    )
    record(actor, Event.CREDENTIAL_ISSUED, member)
    db.session.commit()
    return key


def rotate_key(actor: Actor, pseudonym: str) -> str:
    """Issue a key under the terms of one of the actor's own, which then serves OVERLAP_DAYS more at most.

    Raises NotPermittedError, UnknownCredentialError, RefusedMoveError.
    """
    old = _own(actor, pseudonym)
    days = max(1, (old.expires_at - old.created_at).days)
    networks = [*map(rules.network, old.networks)]
    old.expires_at = min(old.expires_at, clock.now() + timedelta(days=rules.OVERLAP_DAYS))
    return issue_own_key(actor, CredentialTerms(old.name, days, old.scopes, networks))


def revoke_key(actor: Actor, pseudonym: str) -> None:
    """Revoke one of the actor's own keys, at its next request. Raises NotPermittedError, UnknownCredentialError."""
    old = _own(actor, pseudonym)
    old.revoked_at = clock.now()
    record(actor, Event.CREDENTIAL_REVOKED, db.session.get_one(Member, actor.member_id))
    db.session.commit()


def revoke_credentials(actor: Actor, code: str) -> int:
    """Revoke every live API key of a member; returns how many. Raises NotPermittedError."""
    member = find(code)
    _may_manage(actor, member.id)
    revoked = db.session.execute(
        update(Credential)
        .where(Credential.member_id == member.id, Credential.revoked_at.is_(None))
        .values(revoked_at=clock.now())
        .returning(Credential.id)
    ).all()
    record(actor, Event.CREDENTIAL_REVOKED, member)
    db.session.commit()
    return len(revoked)


@dataclass(frozen=True)
class LiveCredential:
    """An API key that has not been revoked, without any part of it."""

    pseudonym: str
    name: str
    scopes: Sequence[str] | None
    networks: Sequence[str]
    created_at: datetime
    expires_at: datetime
    last_used_on: date | None


_COLUMNS = (
    *(Credential.pseudonym, Credential.name, Credential.scopes, Credential.networks),
    *(Credential.created_at, Credential.expires_at, Credential.last_used_on),
)


def live_credentials(actor: Actor) -> list[LiveCredential]:
    """The API keys of the actor's member that have not been revoked, newest first, expired ones among them."""
    rows = db.session.execute(
        select(*_COLUMNS)
        .where(policy.own_credentials(actor), Credential.revoked_at.is_(None))
        .order_by(Credential.created_at.desc())
        .limit(rules.MOST_CREDENTIALS)
    )
    return [LiveCredential(*row[:3], [str(network) for network in row[3]], *row[4:]) for row in rows]


def is_own_key(actor: Actor, pseudonym: str) -> bool:
    """Whether what the record calls so is an API key of the actor's member, also one revoked meanwhile."""
    found = select(Credential.id).where(policy.own_credentials(actor), Credential.pseudonym == pseudonym)
    return db.session.execute(found).first() is not None


def _may_manage(actor: Actor, member_id: int) -> None:
    if not policy.may_manage_credentials(actor, member_id):
        raise NotPermittedError("only a member's owners manage its credentials")


def _own(actor: Actor, pseudonym: str) -> Credential:
    _may_manage(actor, actor.member_id)
    found = db.session.execute(
        select(Credential)
        .options(load_only(Credential.id, *_COLUMNS[1:6], raiseload=True))
        .where(policy.own_credentials(actor), Credential.pseudonym == pseudonym, Credential.revoked_at.is_(None))
    ).scalar_one_or_none()
    if found is None:
        raise UnknownCredentialError("there is no live credential of this name")
    return found


def _live_count(member_id: int) -> int:
    return db.session.execute(
        select(func.count(Credential.id)).where(Credential.member_id == member_id, Credential.revoked_at.is_(None))
    ).scalar_one()
