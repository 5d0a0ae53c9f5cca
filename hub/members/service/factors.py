"""Second factors: authenticator apps (RFC 6238) and recovery codes; what proves a person beside the password."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor import InvalidToken
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from flask import current_app
from sqlalchemy import delete, func, insert, select, update

from hub import clock
from hub.access.actor import Actor, Step
from hub.access.permissions import Permission
from hub.db import db
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.limits.rules import network_of
from hub.members import policy, rules
from hub.members.model import Factor, Person
from hub.members.rules import FactorKind, Notice
from hub.members.service.attempts import count_code, count_code_in
from hub.members.service.membership import RefusedMoveError
from hub.members.service.notices import tell
from hub.members.service.sessions import (
    UnknownSessionError,
    end_session,
    end_sessions_of,
    own_session,
    renew,
    seen_in,
)
from hub.sealing import seal, unseal


class WrongCodeError(Exception):
    """The code is not the one of this moment, or it was used before."""


class TooManyCodesError(Exception):
    """No code of the person is looked at today from a network where it has not signed in."""


class SessionOverError(Exception):
    """The session has ended: too many codes given in it were wrong."""


class UnknownFactorError(Exception):
    """The person has no such second factor."""


@dataclass(frozen=True)
class KnownFactor:
    """A second factor, without its secret."""

    id: int
    kind: str
    name: str
    added_at: datetime
    used_at: datetime | None


@dataclass(frozen=True)
class Proven:
    """What came of a factor given: the session's new key and, with the first factor, the recovery codes."""

    key: str
    codes: Sequence[str] = ()


def own_factors(actor: Actor) -> Sequence[KnownFactor]:
    """The second factors of the actor's person, oldest first, without recovery codes."""
    columns = (Factor.id, Factor.kind, Factor.name, Factor.added_at, Factor.used_at)
    rows = db.session.execute(
        select(*columns)
        .where(policy.own_factors(own_session(actor)), Factor.kind != FactorKind.RECOVERY)
        .order_by(Factor.id)
        .limit(rules.MOST_FACTORS)
    )
    return [KnownFactor(*row) for row in rows]


def recovery_codes_left(actor: Actor) -> int:
    """How many recovery codes the actor's person has not used."""
    mine = policy.own_factors(own_session(actor))
    return db.session.execute(
        select(func.count()).select_from(Factor).where(mine, Factor.kind == FactorKind.RECOVERY)
    ).scalar_one()


def offer_secret(actor: Actor) -> str:
    """A fresh secret for an authenticator app, sealed for this session: the page carries it until it is confirmed."""
    return base64.urlsafe_b64encode(seal_secret(secrets.token_bytes(20), own_session(actor).person_id)).decode()


def offered_secret(actor: Actor, sealed: str) -> bytes:
    """The secret that was offered to the actor's person. Raises WrongCodeError for one that was not."""
    try:
        return _open_secret(base64.urlsafe_b64decode(sealed.encode()), own_session(actor).person_id)
    except (ValueError, InvalidTag):
        raise WrongCodeError("this was not offered to you: begin again") from None


def add_totp(actor: Actor, name: str, sealed: str, code: str) -> Proven:
    """Take an authenticator app whose code shows that it knows the secret offered. Raises WrongCodeError."""
    secret = offered_secret(actor, sealed)
    step = _step_of(secret, code, after=0)
    if step is None:
        raise WrongCodeError("this is not the code of this moment: is the clock of your device right?")
    person_id = own_session(actor).person_id
    return add_factor(
        actor,
        {"kind": FactorKind.TOTP.value, "name": name, "secret": seal_secret(secret, person_id), "counter": step},
    )


def add_factor(actor: Actor, values: dict[str, object]) -> Proven:
    """Take a second factor that was just shown to work; commits. Raises RefusedMoveError for one too many.

    The first one comes with recovery codes, and proves the session it is added in.
    """
    session, before = own_session(actor), own_factors(actor)
    if session.step is Step.SECOND_FACTOR or (session.step is Step.ENROLMENT and before):
        raise RefusedMoveError("give a second factor that you have before you add another")
    if len(before) >= rules.MOST_FACTORS:
        raise RefusedMoveError(f"there are {rules.MOST_FACTORS} second factors: remove one that you do not use")
    owner = {"person_id": session.person_id, "member_id": actor.member_id, "added_at": clock.now()}
    db.session.execute(insert(Factor).values(**values, **owner))
    _record(actor, Event.FACTOR_ADDED, str(values["kind"]))
    tell(session.email, Notice.FACTOR_ADDED)
    codes = [] if before else _new_codes(actor)
    key = renew(actor)
    db.session.commit()
    return Proven(key, codes)


def remove_factor(actor: Actor, id: int) -> None:
    """Take a second factor away. Raises UnknownFactorError, RefusedMoveError for the last one."""
    known = {each.id: each for each in own_factors(actor)}
    if id not in known:
        raise UnknownFactorError("there is no such second factor")
    if len(known) == 1:
        raise RefusedMoveError("this is your only second factor: add another before you remove it")
    db.session.execute(delete(Factor).where(policy.own_factors(own_session(actor)), Factor.id == id))
    _record(actor, Event.FACTOR_REMOVED, known[id].kind)
    tell(own_session(actor).email, Notice.FACTOR_REMOVED)
    db.session.commit()


def renew_recovery_codes(actor: Actor) -> Sequence[str]:
    """New recovery codes, shown once; the old ones are void."""
    mine = policy.own_factors(own_session(actor))
    db.session.execute(delete(Factor).where(mine, Factor.kind == FactorKind.RECOVERY))
    codes = _new_codes(actor)
    _record(actor, Event.FACTOR_ADDED, FactorKind.RECOVERY.value)
    tell(own_session(actor).email, Notice.CODES_RENEWED)
    db.session.commit()
    return codes


def give_code(actor: Actor, typed: str, address: str) -> Proven:
    """Prove the session by a code of an authenticator app, or by a recovery code, given from a network address.

    Each code counts once, also when two requests bring it at the same moment. Raises WrongCodeError,
    TooManyCodesError, SessionOverError.
    """
    session, code = own_session(actor), "".join(typed.split())
    seen = seen_in(session.person_id, network_of(address))
    if not seen and not count_code(session):
        raise TooManyCodesError("too many codes were tried for this person today")
    looked_at, goes_on = count_code_in(session)
    if not looked_at or not _use_code(actor, code):
        db.session.rollback()
        if seen:
            count_code(session)
        if goes_on:
            raise WrongCodeError("this is not the code of this moment, or it was used before")
        with suppress(UnknownSessionError):  # another request has ended it
            end_session(actor)
        raise SessionOverError("too many codes were wrong")
    key = renew(actor)
    db.session.commit()
    return Proven(key)


def reset_factors(actor: Actor, pseudonym: str) -> None:
    """Take all second factors of a colleague who lost them; all sessions of the colleague end.

    The colleague signs in with the password and enrols anew. Raises NotPermittedError, UnknownFactorError for nobody
    of the actor's member, RefusedMoveError for the actor itself.
    """
    actor.must(Permission.CREDENTIAL_MANAGE)
    person = db.session.execute(
        select(Person.id, Person.email).where(policy.own_people(actor), Person.pseudonym == pseudonym)
    ).one_or_none()
    if person is None:
        raise UnknownFactorError("your member has no such person")
    if person.id == own_session(actor).person_id:
        raise RefusedMoveError("another owner resets your second factors; you may exchange them yourself")
    db.session.execute(delete(Factor).where(Factor.person_id == person.id))
    end_sessions_of(person.id)
    tell(person.email, Notice.FACTORS_RESET)
    ledger.append(actor, Event.FACTORS_RESET, subject={"type": "person", "ref": pseudonym})
    db.session.commit()


def _record(actor: Actor, event: Event, kind: str) -> None:
    ledger.append(actor, event, subject={"type": "factor", "ref": kind})


def _use_code(actor: Actor, code: str) -> bool:
    return _use_totp(actor, code) if code.isascii() and code.isdigit() else _use_recovery(actor, code)


def _use_totp(actor: Actor, code: str) -> bool:
    session = own_session(actor)
    rows = db.session.execute(
        select(Factor.id, Factor.secret, Factor.counter).where(
            policy.own_factors(session), Factor.kind == FactorKind.TOTP
        )
    ).all()
    for row in rows:
        step = _step_of(_open_secret(row.secret, session.person_id), code, after=row.counter)
        if step is None:
            continue
        taken = db.session.execute(
            update(Factor)
            .where(Factor.id == row.id, Factor.counter < step)
            .values(counter=step, used_at=clock.now())
            .returning(Factor.id)
        ).first()
        return taken is not None
    return False


def _use_recovery(actor: Actor, typed: str) -> bool:
    code = rules.recovery_code(typed)
    if code is None:
        return False
    session = own_session(actor)
    gone = db.session.execute(
        delete(Factor)
        .where(policy.own_factors(session), Factor.secret == _recovery_digest(code, session.person_id))
        .returning(Factor.id)
    ).first()
    return gone is not None


def _new_codes(actor: Actor) -> list[str]:
    person_id, now = own_session(actor).person_id, clock.now()
    codes = [
        base64.b32encode(secrets.token_bytes(rules.RECOVERY_BYTES)).decode().lower()
        for _ in range(rules.RECOVERY_CODES)
    ]
    rows = [
        {
            "person_id": person_id,
            "member_id": actor.member_id,
            "kind": FactorKind.RECOVERY.value,
            "secret": _recovery_digest(code, person_id),
            "added_at": now,
        }
        for code in codes
    ]
    db.session.execute(insert(Factor), rows)
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in codes]


def _step_of(secret: bytes, code: str, after: int) -> int | None:
    """The step of time that the code belongs to, if it is a near one and later than `after` (RFC 6238 §5.2)."""
    now = int(clock.now().timestamp()) // rules.TOTP_STEP
    generator = HOTP(secret, rules.TOTP_DIGITS, SHA1())  # noqa: S303 - HMAC-SHA-1, which the apps speak
    for step in range(now - rules.TOTP_DRIFT, now + rules.TOTP_DRIFT + 1):
        try:
            generator.verify(code.encode(), step)
        except InvalidToken:
            continue
        return step if step > after else None
    return None


def totp_address(secret: bytes, account: str, alliance: str) -> str:
    """The address that an authenticator app reads from the picture."""
    issuer = f"Alliance Hub {alliance}"
    query = urlencode({"secret": totp_text(secret), "issuer": issuer}, quote_via=quote)
    return f"otpauth://totp/{quote(issuer)}:{quote(account)}?{query}"


def totp_text(secret: bytes) -> str:
    """The secret as a person types it into an app."""
    return base64.b32encode(secret).decode()


def seal_secret(secret: bytes, person_id: int) -> bytes:
    """The secret sealed under the hub's key, for this person's row alone."""
    return seal(secret, _bound(person_id))


def _open_secret(sealed: bytes, person_id: int) -> bytes:
    return unseal(sealed, _bound(person_id))


def _bound(person_id: int) -> str:
    return f"totp of person {person_id}"


def _recovery_digest(code: str, person_id: int) -> bytes:
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.digest(key, f"recovery\n{person_id}\n{code}".encode(), hashlib.sha256)
