"""The provider that a member's people sign in by, and the domains of addresses that lead to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from flask import current_app
from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as put

from hub import clock
from hub.access.actor import Actor, NotPermittedError
from hub.access.grants import Role
from hub.access.permissions import Permission
from hub.db import changed, db
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.members import policy, rules
from hub.members.model import IdentityProvider, Person, SignInDomain
from hub.members.rules import DecisionKind
from hub.members.service.decisions import OpenDecision, carries_out, propose
from hub.members.service.invitations import hold_people
from hub.members.service.membership import RefusedMoveError, find, record
from hub.members.service.sessions import end_sessions_but_owners
from hub.sealing import seal


class UnknownDomainError(Exception):
    """The member has asked for no such domain."""


@dataclass(frozen=True)
class ProviderTerms:
    """What an owner sets of the member's provider."""

    issuer: str
    client_id: str
    secret: str
    """Empty: the one set before."""
    claim: str = ""
    """The claim that roles are read off; empty: none is."""
    roles: Mapping[str, Role] | None = None
    """Value of the claim → role."""
    factors: Sequence[str] = ()
    """Values of `amr` or `acr` that count as a second factor."""
    passwords_serve: bool = True


@dataclass(frozen=True)
class AskedDomain:
    """A domain that a member asked for."""

    id: int
    domain: str
    asked_at: datetime
    bound_at: datetime | None


_DOMAIN = (SignInDomain.id, SignInDomain.domain, SignInDomain.asked_at, SignInDomain.bound_at)


def own_provider(actor: Actor) -> ProviderTerms | None:
    """What is set, without the secret; None: nothing. Raises NotPermittedError."""
    _may_manage(actor)
    row = _own(actor)
    if row is None:
        return None
    roles = {value: Role(role) for value, role in row.roles.items()}
    return ProviderTerms(row.issuer, row.client_id, "", row.claim, roles, row.factors, row.passwords_serve)


def set_provider(actor: Actor, terms: ProviderTerms) -> None:
    """Set the provider of the actor's member; commits.

    Where passwords serve no more from now on, the sessions of all people end but for the owners, whose passwords go on
    serving. Raises NotPermittedError, ValueError for terms beyond the rules and for a missing secret, RefusedMoveError
    where nobody could get in any more while the provider is down.
    """
    _may_manage(actor)
    hold_people(actor.member_id)
    before = _own(actor)
    values = _checked(terms)
    if terms.secret:
        bound_to = bound_secret(actor.member_id, terms.issuer, terms.client_id)
        values["secret"] = seal(rules.check_client(terms.secret).encode(), bound_to)
    elif before is None or (before.issuer, before.client_id) != (terms.issuer, terms.client_id):
        raise ValueError("give the client's secret, which another issuer or client does not share")
    else:
        values["secret"] = before.secret
    if not terms.passwords_serve:
        _keep_a_way_in(actor)
        if before is None or before.passwords_serve:
            end_sessions_but_owners(actor)
    statement = put(IdentityProvider).values(member_id=actor.member_id, **values)
    db.session.execute(statement.on_conflict_do_update(index_elements=["member_id"], set_=values))
    ledger.append(actor, Event.PROVIDER_SET)
    db.session.commit()


def remove_provider(actor: Actor) -> None:
    """Forget the provider; passwords serve everybody again. Commits. Raises NotPermittedError."""
    _may_manage(actor)
    if not changed(delete(IdentityProvider).where(policy.own_provider(actor))):
        db.session.rollback()  # nothing was changed, so nothing is recorded
        return
    ledger.append(actor, Event.PROVIDER_REMOVED)
    db.session.commit()


def own_domains(actor: Actor) -> Sequence[AskedDomain]:
    """The domains that the actor's member asked for, by name. Raises NotPermittedError."""
    _may_manage(actor)
    found = select(*_DOMAIN).where(policy.own_domains(actor)).order_by(SignInDomain.domain)
    return [AskedDomain(*row) for row in db.session.execute(found.limit(rules.MOST_DOMAINS))]


def ask_domain(actor: Actor, text: str) -> None:
    """Ask the office to bind a domain; commits. Whether another member has it is not told here.

    Raises NotPermittedError, ValueError for what is no domain, RefusedMoveError for one too many or asked for already.
    """
    _may_manage(actor)
    hold_people(actor.member_id)
    domain, known = rules.email_domain(text), [each.domain for each in own_domains(actor)]
    rules.bound_subject(actor.member, domain)
    if domain in known or len(known) >= rules.MOST_DOMAINS:
        raise RefusedMoveError(f"{domain} is on the list already" if domain in known else "there are 20 already")
    db.session.execute(insert(SignInDomain).values(member_id=actor.member_id, domain=domain, asked_at=clock.now()))
    ledger.append(actor, Event.DOMAIN_ASKED, subject={"type": "domain", "ref": domain})
    db.session.commit()


def drop_domain(actor: Actor, id: int) -> None:
    """Give a domain up, bound or not; commits. Raises NotPermittedError, UnknownDomainError."""
    _may_manage(actor)
    dropped = delete(SignInDomain).where(policy.own_domains(actor), SignInDomain.id == id)
    domain = db.session.execute(dropped.returning(SignInDomain.domain)).scalar_one_or_none()
    if domain is None:
        raise UnknownDomainError("there is no such domain")
    ledger.append(actor, Event.DOMAIN_DROPPED, subject={"type": "domain", "ref": domain})
    db.session.commit()


def domains_of(actor: Actor, code: str) -> Sequence[AskedDomain]:
    """The domains that a member asked for, for the office. Raises NotPermittedError, UnknownMemberError."""
    actor.must(Permission.MEMBER_ADMINISTER)
    found = select(*_DOMAIN).where(SignInDomain.member_id == find(code).id).order_by(SignInDomain.domain)
    return [AskedDomain(*row) for row in db.session.execute(found.limit(rules.MOST_DOMAINS))]


def propose_binding(actor: Actor, code: str, domain: str, reason: str) -> None:
    """Propose to bind a domain that a member asked for, saying how it proved that the domain is its own; commits.

    Raises NotPermittedError, UnknownMemberError, UnknownDomainError, RefusedMoveError, ValueError as `propose` does.
    """
    waiting = [each.domain for each in domains_of(actor, code) if each.bound_at is None]
    if domain not in waiting:
        raise UnknownDomainError("the member has not asked for this domain, or has it already")
    propose(actor, DecisionKind.BIND_DOMAIN, rules.bound_subject(code, domain), reason)


@carries_out(DecisionKind.BIND_DOMAIN)
def _bind(actor: Actor, decision: OpenDecision) -> None:
    """The domain leads to its member's provider from now on. Raises RefusedMoveError where another member has it."""
    code, _, domain = decision.subject.partition(" ")
    member = find(code)
    if db.session.execute(select(SignInDomain.id).where(SignInDomain.domain == domain, _BOUND)).first():
        raise RefusedMoveError(f"{domain} is bound already: a domain belongs to one member")
    asked = (SignInDomain.member_id == member.id, SignInDomain.domain == domain)
    if not changed(update(SignInDomain).where(*asked).values(bound_at=clock.now())):
        raise RefusedMoveError(f"{code} has given {domain} up meanwhile")
    record(actor, Event.DOMAIN_BOUND, member, ref=domain)


_BOUND = SignInDomain.bound_at.is_not(None)


def bound_domains(member_id: int) -> Sequence[str]:
    """The domains whose addresses a member's provider vouches for; asked by a reader of that member."""
    return [
        *db.session.execute(select(SignInDomain.domain).where(SignInDomain.member_id == member_id, _BOUND)).scalars()
    ]


def passwords_serve(person: Person) -> bool:
    """Whether a person may sign in without the provider: where the member allows it, and as an owner always.

    Somebody must get in when the provider is down, and to say that it has changed.
    """
    refused = select(IdentityProvider.member_id).where(
        IdentityProvider.member_id == person.member_id, IdentityProvider.passwords_serve.is_(False)
    )
    return person.role == Role.OWNER or db.session.execute(refused).first() is None


def bound_secret(member_id: int, issuer: str, client_id: str) -> str:
    """What a client's secret is sealed for: it is of no use to another issuer."""
    return f"secret of client {client_id} of member {member_id} at {issuer}"


def is_local() -> bool:
    """Whether the hub serves this machine alone, and so may use a provider on it, without TLS."""
    return bool(current_app.extensions["settings"].is_local)


def owners_with_a_password(member_id: int) -> Sequence[int]:
    """Who can let everybody else in again, by number; asked by a reader of that member."""
    owners = (Person.member_id == member_id, Person.active, Person.role == Role.OWNER, Person.password.is_not(None))
    return [*db.session.execute(select(Person.id).where(*owners)).scalars()]


def _checked(terms: ProviderTerms) -> dict[str, object]:
    issuer = rules.check_issuer(terms.issuer)
    if urlsplit(issuer).scheme != "https" and not is_local():
        raise ValueError("an issuer begins with https://")
    roles = terms.roles or {}
    if roles and not terms.claim:
        raise ValueError("name the claim that the roles are read off")
    return {
        "issuer": issuer,
        "client_id": rules.check_client(terms.client_id),
        "claim": terms.claim,
        "roles": {value: role.value for value, role in roles.items()},
        "factors": [*terms.factors],
        "passwords_serve": terms.passwords_serve,
    }


def _keep_a_way_in(actor: Actor) -> None:
    """Raises RefusedMoveError where nobody could sign in by the provider, or without it once it is down."""
    if not bound_domains(actor.member_id):
        raise RefusedMoveError("no domain of yours is bound yet: without passwords nobody could sign in")
    if not owners_with_a_password(actor.member_id):
        raise RefusedMoveError("no owner has a password, by which to get in when the provider is down")


def _own(actor: Actor) -> IdentityProvider | None:
    return db.session.execute(select(IdentityProvider).where(policy.own_provider(actor))).scalar_one_or_none()


def _may_manage(actor: Actor) -> None:
    if not policy.may_manage_provider(actor):
        raise NotPermittedError("only a member's owners set how its people sign in, and nobody does for the office")
