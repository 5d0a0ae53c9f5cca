"""Whom a key, a session, a job or the operator's command line stands for."""

from dataclasses import dataclass

from sqlalchemy import DateTime, LargeBinary, func, select
from sqlalchemy.dialects.postgresql import INET

from hub import clock
from hub.access.actor import Actor
from hub.access.grants import GRANTS, Role, granted, granted_to_client, reach_of_client, reach_of_person
from hub.access.guard import NotInStandingError
from hub.access.tlp import MemberKind
from hub.db import compiled, db, given
from hub.ledger import service as ledger
from hub.mail import LetterError
from hub.members import rules
from hub.members.model import Member, Person
from hub.members.rules import ACTIVE, MemberState
from hub.members.service.agreements import owes_agreement
from hub.members.service.groups import addresses_of
from hub.members.service.membership import sign_in_name

OFFICE = "alliance"
"""The code of the alliance's own office, the member that administrators belong to."""

_MOMENT = given("moment", DateTime(timezone=True))
_FOUND = func.credential_holder(given("digest", LargeBinary), _MOMENT, given("address", INET)).table_valued(
    *("credential_id", "pseudonym", "scopes", "outside", "expired"),
    *("member_id", "code", "name", "kind", "state", "sector", "addresses"),
)
_HOLDER = compiled(select(_FOUND, func.owes_agreement(_FOUND.c.member_id, _MOMENT).label("owes")))


@dataclass(frozen=True)
class KeyHolder:
    """Whom an API key stands for, and why it may not be used, if so."""

    actor: Actor
    expired: bool
    outside: bool
    """Whether it was used from an address that its networks do not hold."""
    state: MemberState


def holder_of_key(key: str, address: str | None = None) -> KeyHolder | None:
    """Whom the key, used from an address, stands for; None for a key the hub never issued or has revoked.

    The database function sets the reader for this transaction itself, from the key's digest alone.
    """
    if rules.KEY.fullmatch(key) is None:
        return None
    rows = _HOLDER.run(digest=rules.key_digest(key), moment=clock.now(), address=address)
    if not rows:
        return None
    (row,) = rows
    kind = MemberKind(row.kind)
    actor = Actor(
        member_id=row.member_id,
        member=row.code,
        kind=kind,
        permissions=granted_to_client(kind, row.scopes),
        via="api",
        pseudonym=row.pseudonym,
        sector=row.sector,
        addresses=tuple(row.addresses),
        credential_id=row.credential_id,
        owes_agreement=bool(row.owes),
        title=row.name,
        reach=reach_of_client(kind, row.scopes),
    )
    return KeyHolder(actor, row.expired, row.outside, MemberState(row.state))


def person_named(email: str) -> Person | None:
    """Who signs in by an e-mail address, asked before anybody is known; None for nobody's and for what is none."""
    try:
        address = sign_in_name(email)
    except LetterError:
        return None
    number = db.session.execute(select(func.person_named(address))).scalar_one()
    return None if number is None else person_signing_in(number)


def person_signing_in(number: int) -> Person:
    """The person of that number: the database shows it in the transaction under way, whoever reads."""
    db.session.execute(select(func.set_config("hub.person", str(number), True)))
    return db.session.get_one(Person, number)


def actor_of_person(person: Person) -> Actor | None:
    """The actor a signed-in person is; None while the member may not act or the person was shut out."""
    if not person.active or MemberState(person.member.state) not in ACTIVE:
        return None
    kind = MemberKind(person.member.kind)
    return Actor(
        member_id=person.member_id,
        member=person.member.code,
        kind=kind,
        permissions=granted(kind, Role(person.role)),
        via="ui",
        pseudonym=person.pseudonym,
        sector=person.member.sector,
        addresses=addresses_of(person.member_id),
        owes_agreement=owes_agreement(person.member_id),
        reach=reach_of_person(kind, Role(person.role)),
        title=person.member.name,
    )


def job_actor(member_id: int, pseudonym: str) -> Actor:
    """A background job acting for a member, with that member's grants and no more.

    Raises NotInStandingError; and so does each transaction that the job begins once the member has lost its standing.
    """
    member = db.session.get_one(Member, member_id)
    if MemberState(member.state) not in ACTIVE:
        raise NotInStandingError(f"the member {member.code} may not act at present")
    kind = MemberKind(member.kind)
    return Actor(
        member_id=member.id,
        member=member.code,
        kind=kind,
        permissions=GRANTS[kind],
        via="job",
        pseudonym=pseudonym,
        sector=member.sector,
        addresses=addresses_of(member.id),
        owes_agreement=owes_agreement(member.id),
        title=member.name,
    )


def upkeep_actor(member_id: int, pseudonym: str) -> Actor:
    """The hub's own work on the rows of a member, whatever its standing; it is granted nothing."""
    member = db.session.get_one(Member, member_id)
    return Actor(
        member_id=member.id,
        member=member.code,
        kind=MemberKind(member.kind),
        permissions=frozenset(),
        via="upkeep",
        pseudonym=pseudonym,
        sector=member.sector,
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
