"""The agreement of the alliance: published in versions by the office, signed by an owner of each member."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, exists, func, insert, select

from hub import clock
from hub.access.actor import Actor, NotPermittedError
from hub.access.grants import Role
from hub.access.permissions import Permission
from hub.access.tlp import MemberKind
from hub.db import db
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.mail import Letter, post
from hub.members import policy, rules
from hub.members.model import Agreement, AgreementSignature, Member, Person
from hub.members.rules import ACTIVE
from hub.members.service.links import alliance_name, hub_address
from hub.members.service.membership import RefusedMoveError

AGREEMENT_LOCK = 7266
"""Among the hub's advisory locks: whoever publishes a version of the agreement."""
MOST_SHOWN = 500


@dataclass(frozen=True)
class Version:
    """One version of the agreement."""

    version: int
    text: str
    digest: str
    """SHA-256 of the text, hexadecimal."""
    published_at: datetime
    due_at: datetime
    """By when a member that was there already signs it."""


@dataclass(frozen=True)
class Signature:
    """Who signed a version for a member, and when."""

    signed_by: str
    signed_at: datetime


@dataclass(frozen=True)
class Standing:
    """A member's code and name, and its signature of the newest version, if it gave one."""

    code: str
    name: str
    signed_at: datetime | None


def newest_agreement(actor: Actor) -> Version | None:
    """The version in force, due when the first is that the actor's member has not signed; None: none is published."""
    actor.must(Permission.MEMBER_SELF)
    newest = _newest()
    signed = select(func.coalesce(func.max(AgreementSignature.version), 0)).where(policy.own_signatures(actor))
    unsigned = select(func.min(Agreement.published_at)).where(Agreement.version > signed.scalar_subquery())
    first = db.session.execute(unsigned).scalar_one()
    return newest and replace(newest, due_at=(first or newest.published_at) + rules.TO_SIGN)


def own_signature(actor: Actor, version: int) -> Signature | None:
    """The signature of the actor's member under a version; None if there is none."""
    actor.must(Permission.MEMBER_SELF)
    found = select(AgreementSignature.signed_by, AgreementSignature.signed_at)
    row = db.session.execute(
        found.where(policy.own_signatures(actor), AgreementSignature.version == version)
    ).one_or_none()
    return None if row is None else Signature(*row)


def publish_agreement(actor: Actor, text: str) -> int:
    """Publish a version, which every member has rules.TO_SIGN to sign; returns its number. Commits.

    Who has not signed the one before has the time for that, and no more.
    Owners of all members get a letter. Raises NotPermittedError, ValueError for a text beyond the rules,
    RefusedMoveError for one that is in force already.
    """
    if not policy.may_decide(actor):
        raise NotPermittedError("only a person of the office, signed in, publishes the agreement")
    text = rules.check_agreement(text)
    digest = hashlib.sha256(text.encode()).digest()
    db.session.execute(select(func.pg_advisory_xact_lock(AGREEMENT_LOCK)))
    before = _newest()
    if before is not None and before.digest == digest.hex():
        raise RefusedMoveError("this text is in force already")
    version = before.version + 1 if before else 1
    values = {"version": version, "text": text, "digest": digest}
    db.session.execute(insert(Agreement).values(**values, published_by=actor.pseudonym, published_at=clock.now()))
    members = db.session.execute(select(Member.id)).scalars().all()
    ledger.append(
        actor,
        Event.AGREEMENT_PUBLISHED,
        subject=_subject(version, digest),
        concerned={member: ledger.Concern("counterparty") for member in members},
    )
    for address in db.session.execute(_owners()).scalars().all():
        post(_letter(address, version))
    db.session.commit()
    return version


def sign_agreement(actor: Actor, version: int, digest: str) -> None:
    """Sign the version in force in the name of the actor's member. Commits; what is signed already stays as it is.

    Raises NotPermittedError; RefusedMoveError for what is not the version in force, read as it stands now.
    """
    actor.must(Permission.AGREEMENT_SIGN)
    now = _newest()
    if now is None or (now.version, now.digest) != (version, digest):
        raise RefusedMoveError("another version was published meanwhile: read it first")
    if own_signature(actor, version) is None:
        raw = bytes.fromhex(digest)
        values = {"member_id": actor.member_id, "version": version, "digest": raw}
        db.session.execute(
            insert(AgreementSignature).values(**values, signed_by=actor.pseudonym, signed_at=clock.now())
        )
        ledger.append(actor, Event.AGREEMENT_SIGNED, subject=_subject(version, raw))
    db.session.commit()


def agreement_standing(actor: Actor, version: int) -> Sequence[Standing]:
    """The first MOST_SHOWN members in standing, those that have not signed a version first. For the office."""
    actor.must(Permission.MEMBER_ADMINISTER)
    signed = and_(AgreementSignature.member_id == Member.id, AgreementSignature.version == version)
    rows = db.session.execute(
        select(Member.code, Member.name, AgreementSignature.signed_at)
        .outerjoin(AgreementSignature, signed)
        .where(_bound())
        .order_by(AgreementSignature.signed_at.is_not(None), Member.code)
        .limit(MOST_SHOWN)
    )
    return [Standing(*row) for row in rows]


def owes_agreement(member_id: int) -> bool:
    """Whether a member may not exchange until it has signed the version in force."""
    owes = db.session.execute(select(func.owes_agreement(member_id, clock.now()))).scalar_one()
    return bool(owes)


def _newest() -> Version | None:
    columns = (Agreement.version, Agreement.text, Agreement.digest, Agreement.published_at)
    row = db.session.execute(select(*columns).order_by(Agreement.version.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    return Version(row.version, row.text, row.digest.hex(), row.published_at, row.published_at + rules.TO_SIGN)


def _bound() -> ColumnElement[bool]:
    """The members that an agreement binds."""
    return and_(Member.kind != MemberKind.ADMINISTRATION.value, Member.state.in_([state.value for state in ACTIVE]))


def _owners() -> Select[str]:
    of_bound = exists().where(Member.id == Person.member_id, _bound())
    return select(Person.email).where(Person.role == Role.OWNER.value, Person.active, of_bound)


def _subject(version: int, digest: bytes) -> dict[str, str]:
    return {"type": "agreement", "ref": str(version), "digest": digest.hex()}


def _letter(to: str, version: int) -> Letter:
    return Letter(
        to,
        f"Version {version} of the agreement of the {alliance_name()} alliance",
        f"The office has published version {version} of the agreement. Read it, and sign it for your member\n"
        f"within {rules.TO_SIGN.days} days, or sooner where it has not signed the version before:\n\n"
        f"{hub_address()}/agreement\n\n"
        "After that your member cannot share or match until one of its owners has signed.\n",
    )
