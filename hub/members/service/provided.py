"""Signing in by a member's provider: whom its word stands for, who is brought in by it, and in which role."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import Text, func, select
from sqlalchemy.dialects.postgresql import insert as put

from hub import clock
from hub.access.actor import Actor
from hub.access.grants import Role, granted
from hub.access.guard import read_as
from hub.access.tlp import MemberKind
from hub.db import compiled, db, given
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.mail import LetterError
from hub.members import policy, rules
from hub.members.model import IdentityProvider, Person, ProvidedIdentity
from hub.members.rules import ACTIVE, MemberState
from hub.members.service.actors import actor_of_person
from hub.members.service.factors import Proven
from hub.members.service.invitations import hold_people
from hub.members.service.membership import sign_in_name
from hub.members.service.openid import Client, NotBelievedError, Pending, Word, lead, listen
from hub.members.service.people import change_role
from hub.members.service.providers import bound_domains, bound_secret, owners_with_a_password
from hub.members.service.sessions import Browser, begin_session, own_session, renew
from hub.sealing import unseal

_PROVIDER = compiled(
    select(
        func.provider_of(given("code", Text)).table_valued(
            *("member_id", "code", "name", "kind", "state", "sector"),
            *("issuer", "client_id", "secret", "claim", "roles", "factors"),
        )
    )
)


class NoProviderError(Exception):
    """The address leads to no provider."""


@dataclass(frozen=True)
class Provider:
    """A member's provider, and the member as far as a sign-in needs it."""

    client: Client
    member_id: int
    kind: MemberKind
    title: str
    sector: str | None
    claim: str
    roles: Mapping[str, str]
    factors: frozenset[str]

    def actor(self, pseudonym: str, role: Role) -> Actor:
        """A person of the member whom its provider vouches for."""
        return Actor(
            member_id=self.member_id,
            member=self.client.member,
            kind=self.kind,
            permissions=granted(self.kind, role),
            via="ui",
            pseudonym=pseudonym,
            sector=self.sector,
            title=self.title,
        )


def lead_to_provider(email: str, onward: str, address: str) -> tuple[str, Pending]:
    """Where a person with that address signs in; asks the domain alone, so that who exists makes no difference.

    `address`: where a provider sends a browser back to, for each member's code. Raises NoProviderError,
    ProviderDownError.
    """
    try:
        domain = sign_in_name(email).rpartition("@")[2]
    except LetterError:
        raise NoProviderError("this is no e-mail address") from None
    code = db.session.execute(select(func.domain_bound_to(domain))).scalar_one()
    if code is None:
        raise NoProviderError("no provider is bound to this address")
    return lead(_provider(code, address).client, onward)


def lead_again(actor: Actor, onward: str, address: str) -> tuple[str, Pending]:
    """Where the actor's person shows anew who it is. Raises NoProviderError, ProviderDownError."""
    own_session(actor)
    provider = _provider(actor.member, address)
    if not provider.factors:
        raise NoProviderError("the word of your provider is no second factor here")
    return lead(provider.client, onward, again=True)


def can_show_again(actor: Actor) -> bool:
    """Whether the actor's person may show anew who it is at the provider, instead of giving a factor here."""
    counting = select(IdentityProvider.member_id).where(policy.own_provider(actor), IdentityProvider.factors != [])
    known = select(ProvidedIdentity.id).where(ProvidedIdentity.person_id == own_session(actor).person_id)
    return db.session.execute(select(counting.exists(), known.exists())).one() == (True, True)


def enter_by_provider(pending: Pending, brought: Mapping[str, str], address: str, browser: Browser) -> str:
    """Begin a session of the person that the provider names; returns the session's key.

    Somebody it names first is linked by the e-mail address, or brought in with the role that the provider gives.
    A word that is refused leaves nothing behind. Raises NoProviderError, ProviderDownError, NotBelievedError, all of
    which tell nothing of other members' people.
    """
    provider = _provider(pending.member, address)
    word = listen(provider.client, pending, brought)
    try:
        person, actor = _named(provider, word)
    except NotBelievedError:
        db.session.rollback()
        raise
    shown_at = datetime.fromtimestamp(word.shown_at or 0, UTC)
    return begin_session(actor, person, browser, proven=_proves(provider, word), fresh_at=shown_at)


def give_word(actor: Actor, pending: Pending, brought: Mapping[str, str], address: str) -> Proven:
    """Prove the session by the provider's word, given anew. Raises as `enter_by_provider` does."""
    session = own_session(actor)
    provider = _provider(actor.member, address)
    word = listen(provider.client, pending, brought)
    if not pending.again or not _proves(provider, word) or _linked(provider, word) != session.person_id:
        raise NotBelievedError("it is not the word for this person, or no second factor")
    key = renew(actor)
    db.session.commit()
    return Proven(key)


def _named(provider: Provider, word: Word) -> tuple[Person, Actor]:
    """Whom the provider's word stands for, and the actor that it is. Raises NotBelievedError."""
    read_as(db.session, provider.actor("p_provider", Role.VIEWER))
    hold_people(provider.member_id)
    person = _person(provider, word, _email(provider, word))
    actor = actor_of_person(person)
    if actor is None:
        raise NotBelievedError("the person may not act at present")
    return person, actor


def _provider(code: str, address: str) -> Provider:
    """The provider of a member that may act; the office has none. Raises NoProviderError.

    Ends the transaction: nothing is held in the database while the provider is asked.
    """
    rows = _PROVIDER.run(code=code)
    db.session.rollback()
    if not rows or MemberState(rows[0].state) not in ACTIVE:
        raise NoProviderError("the member has no provider")
    (row,) = rows
    kind = MemberKind(row.kind)
    if kind is MemberKind.ADMINISTRATION:
        raise NoProviderError("the office's people sign in at the hub alone")
    try:
        secret = unseal(bytes(row.secret), bound_secret(row.member_id, row.issuer, row.client_id)).decode()
    except (InvalidTag, ValueError):
        raise NoProviderError("the secret cannot be opened: set it anew") from None
    client = Client(code, row.issuer, row.client_id, secret, address.format(code=code))
    facts: Any = (kind, row.name, row.sector, row.claim, row.roles, frozenset(row.factors))
    return Provider(client, row.member_id, *facts)


def _email(provider: Provider, word: Word) -> str:
    """The address that the provider vouches for. Raises NotBelievedError for one at a domain not bound to it."""
    try:
        email = sign_in_name(word.email)
    except LetterError:
        raise NotBelievedError("its e-mail address is none") from None
    if email.rpartition("@")[2] not in bound_domains(provider.member_id):
        raise NotBelievedError("its e-mail address is at a domain of somebody else")
    return email


def _person(provider: Provider, word: Word, email: str) -> Person:
    """Whom the subject is; else whom the address belongs to; else somebody new. Raises NotBelievedError."""
    role = rules.mapped_role(provider.roles, word.values(provider.claim)) if provider.claim else None
    if provider.claim and role is None:
        raise NotBelievedError("the provider gives the person no role here")
    number = _linked(provider, word)
    if number is None:
        own = (Person.member_id == provider.member_id, func.lower(Person.email) == email)
        number = db.session.execute(select(Person.id).where(*own)).scalar_one_or_none()
        number = _bring_in(provider, word, email, role) if number is None else _link(provider, word, number)
    person = db.session.get_one(Person, number)
    if role is not None and person.active and person.role != role.value:
        _give_role(provider, person, role)
    return person


def _linked(provider: Provider, word: Word) -> int | None:
    known = select(ProvidedIdentity.person_id).where(
        ProvidedIdentity.member_id == provider.member_id,
        ProvidedIdentity.issuer == provider.client.issuer,
        ProvidedIdentity.subject == word.subject,
    )
    return db.session.execute(known).scalar_one_or_none()


def _link(provider: Provider, word: Word, number: int) -> int:
    """From now on the subject is the person. Raises NotBelievedError for one shut out, or whom another subject is."""
    person = db.session.get_one(Person, number)
    if not person.active:
        raise NotBelievedError("the person was shut out")
    statement = put(ProvidedIdentity).values(
        person_id=number,
        member_id=provider.member_id,
        issuer=provider.client.issuer,
        subject=word.subject,
        linked_at=clock.now(),
    )
    if db.session.execute(statement.on_conflict_do_nothing().returning(ProvidedIdentity.id)).first() is None:
        raise NotBelievedError("the address is another subject's")
    ledger.append(provider.actor(person.pseudonym, Role(person.role)), Event.PERSON_LINKED)
    return number


def _bring_in(provider: Provider, word: Word, email: str, role: Role | None) -> int:
    """Somebody new, in the role that the provider gives. Raises NotBelievedError for an address of another member."""
    if role is None:
        raise NotBelievedError("nobody invited the person, and the provider gives no roles")
    try:
        name = rules.check_name(word.name)
    except ValueError:
        name = email.partition("@")[0]
    pseudonym = rules.new_pseudonym()
    values = {
        "member_id": provider.member_id,
        "name": name,
        "pseudonym": pseudonym,
        "email": email,
        "password": None,
        "active": True,
        "role": role.value,
        "fs_uniquifier": secrets.token_hex(32),
    }
    made = put(Person).values(**values).on_conflict_do_nothing().returning(Person.id)
    number = db.session.execute(made).scalar_one_or_none()
    if number is None:
        raise NotBelievedError("the address signs in for somebody else")
    ledger.append(provider.actor(pseudonym, role), Event.PERSON_BROUGHT, subject={"type": "role", "ref": role.value})
    return _link(provider, word, number)


def _give_role(provider: Provider, person: Person, role: Role) -> None:
    """The role that the provider gives now; the last owner who gets in without it stays one."""
    others = [each for each in owners_with_a_password(provider.member_id) if each != person.id]
    if person.role == Role.OWNER and not others:
        return
    change_role(person, provider.kind, role)
    actor = provider.actor(person.pseudonym, role)
    ledger.append(actor, Event.ROLE_GIVEN, subject={"type": "role", "ref": role.value})


def _proves(provider: Provider, word: Word) -> bool:
    """Whether the provider's word counts as a second factor, as the owner has it."""
    return not provider.factors.isdisjoint([*word.values("amr"), *word.values("acr")])
