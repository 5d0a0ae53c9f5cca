"""Passkeys (W3C Web Authentication): a second factor, and a sign-in by themselves, since each verifies its person."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import webauthn
from sqlalchemy import LargeBinary, func, select, update
from webauthn.helpers import parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from hub import clock
from hub.access.actor import Actor
from hub.access.guard import read_as
from hub.db import compiled, db, given
from hub.limits import service as limits
from hub.limits.rules import Limit
from hub.members import policy
from hub.members.model import Factor
from hub.members.rules import CHALLENGE_LASTS, FactorKind
from hub.members.service.actors import actor_of_person, person_signing_in
from hub.members.service.factors import Proven, WrongCodeError, add_factor
from hub.members.service.providers import passwords_serve
from hub.members.service.sessions import Browser, begin_session, own_session, renew

T = TypeVar("T")
VERIFIED = UserVerificationRequirement.REQUIRED
REFUSED = "this passkey is not known here, or its answer does not belong to this page: try again"

_HOLDER = compiled(
    select(
        func.passkey_holder(given("handle", LargeBinary)).table_valued("factor_id", "person_id", "secret", "counter")
    )
)


@dataclass(frozen=True)
class Party:
    """Whom passkeys are made for: the hub at one address (the relying party)."""

    url: str

    @property
    def origin(self) -> str:
        """Where a browser must be for its answer to count."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def id(self) -> str:
        """The host's name; an address in numbers can have no passkeys (Web Authentication §5.1.2)."""
        return urlsplit(self.url).hostname or ""

    @property
    def takes_passkeys(self) -> bool:
        """Whether its address is a name, which browsers demand."""
        return not self.id.replace(".", "").isdigit() and ":" not in self.id


@dataclass(frozen=True)
class Asked:
    """What a page has the browser ask an authenticator, and the challenge that the answer must hold."""

    options: str
    challenge: bytes


@dataclass(frozen=True)
class Answer:
    """A browser's answer, as JSON, to a challenge."""

    credential: str
    challenge: bytes
    party: Party


def ask_for_new(actor: Actor, party: Party) -> Asked:
    """Ask for a new passkey, on none of the authenticators that the person has one on already."""
    session, challenge = own_session(actor), secrets.token_bytes(32)
    handles = db.session.execute(
        select(Factor.handle).where(policy.own_factors(session), Factor.handle.is_not(None))
    ).scalars()
    options = webauthn.generate_registration_options(
        rp_id=party.id,
        rp_name="Alliance Hub",
        user_id=actor.pseudonym.encode(),
        user_name=session.email,
        challenge=challenge,
        exclude_credentials=[PublicKeyCredentialDescriptor(id=handle) for handle in handles if handle],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=VERIFIED
        ),
    )
    return Asked(webauthn.options_to_json(options), challenge)


def ask(party: Party) -> Asked:
    """Ask for any passkey made for the hub; the same for everybody, so that it tells nothing about anybody."""
    challenge = secrets.token_bytes(32)
    options = webauthn.generate_authentication_options(rp_id=party.id, challenge=challenge, user_verification=VERIFIED)
    return Asked(webauthn.options_to_json(options), challenge)


def add_passkey(actor: Actor, name: str, answer: Answer) -> Proven:
    """Take a passkey that was just made. Raises WrongCodeError, RefusedMoveError."""
    made = _checked(
        lambda: webauthn.verify_registration_response(
            credential=answer.credential,
            expected_challenge=answer.challenge,
            expected_rp_id=answer.party.id,
            expected_origin=answer.party.origin,
            require_user_verification=True,
        )
    )
    _spend(answer)
    values = {"secret": made.credential_public_key, "handle": made.credential_id, "counter": made.sign_count}
    return add_factor(actor, {"kind": FactorKind.PASSKEY.value, "name": name, **values})


def give_passkey(actor: Actor, answer: Answer) -> Proven:
    """Prove the session by one of its person's passkeys. Raises WrongCodeError."""
    if _use(actor, answer, _holder(answer)) != own_session(actor).person_id:
        db.session.rollback()
        raise WrongCodeError(REFUSED)
    key = renew(actor)
    db.session.commit()
    return Proven(key)


def enter_by_passkey(answer: Answer, browser: Browser) -> str:
    """Begin a session that owes nothing, since the passkey has verified its person; returns the session's key.

    Who may not act at present is refused in the same words as a passkey that nobody has. Raises WrongCodeError.
    """
    holder = _holder(answer)
    person = person_signing_in(holder.person_id)
    actor = actor_of_person(person)
    if actor is None:
        raise WrongCodeError(REFUSED)
    read_as(db.session, actor)
    if not passwords_serve(person):
        raise WrongCodeError(REFUSED)
    _use(actor, answer, holder)
    return begin_session(actor, person, browser, proven=True)


def _holder(answer: Answer) -> Any:
    parsed = _checked(lambda: parse_authentication_credential_json(answer.credential))
    rows = _HOLDER.run(handle=parsed.raw_id)
    if not rows:
        raise WrongCodeError(REFUSED)
    return rows[0]


def _use(actor: Actor, answer: Answer, holder: Any) -> int:
    """Whose passkey it is, once its answer has been checked and its counter moved on."""
    given = _checked(
        lambda: webauthn.verify_authentication_response(
            credential=answer.credential,
            expected_challenge=answer.challenge,
            expected_rp_id=answer.party.id,
            expected_origin=answer.party.origin,
            credential_public_key=bytes(holder.secret),
            credential_current_sign_count=holder.counter,
            require_user_verification=True,
        )
    )
    _spend(answer)
    used = db.session.execute(
        update(Factor)
        .where(Factor.id == holder.factor_id, Factor.member_id == actor.member_id, Factor.counter == holder.counter)
        .values(counter=given.new_sign_count, used_at=clock.now())
        .returning(Factor.person_id)
    ).scalar_one_or_none()
    if used is None:
        raise WrongCodeError(REFUSED)
    return used


def _spend(answer: Answer) -> None:
    """Have a challenge that was answered well count no second time, at whatever worker. Raises WrongCodeError.

    The cookie that holds it may have been copied, and the counter of many an authenticator stands still. Spent in a
    transaction apart, so that it stays spent whatever becomes of the act; twice as long as it lasts, since machines'
    clocks differ a little.
    """
    once = Limit("network", f"challenge {answer.challenge.hex()}", 1, 2 * CHALLENGE_LASTS, pieces=1)
    if not limits.lease(once, 1).left:
        raise WrongCodeError(REFUSED)


def _checked(check: Callable[[], T]) -> T:
    try:
        return check()
    except (WebAuthnException, ValueError, KeyError, TypeError):
        raise WrongCodeError(REFUSED) from None
