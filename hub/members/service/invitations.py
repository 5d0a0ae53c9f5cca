"""Invitations: a letter with a link, by which a person chooses a password and signs in for a member from then on."""

import secrets

from flask_security import hash_password
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from hub import clock
from hub.access.actor import Actor, NotPermittedError
from hub.access.grants import Role
from hub.access.guard import read_as
from hub.access.permissions import Permission
from hub.access.tlp import MemberKind
from hub.db import changed, db
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.mail import Letter, post
from hub.members import policy, rules
from hub.members.model import Member, OneTimeLink, Person
from hub.members.password_rules import check_password
from hub.members.rules import ACTIVE, LinkKind, MemberState
from hub.members.service.links import (
    Reader,
    UnknownLinkError,
    alliance_name,
    hub_address,
    make_link,
    reader_of,
    use_link,
)
from hub.members.service.membership import RefusedMoveError, record, sign_in_name

BY_TWO = "two people of the office invite a third: propose it on the office's own page, and another approves it"
"""Else one of them could invite an address of its own, and approve with it what it proposed."""
PEOPLE_LOCK = 7264
"""Among the hub's advisory locks: whoever changes who the people of a member are."""


def invite_person(actor: Actor, member: Member, email: str, name: str, role: Role) -> None:
    """Invite a person to sign in for a member, in place of an older invitation; in the transaction under way.

    An address that signs in already gets a letter that says so: nobody but its reader learns of it, since all else is
    as for any other. Raises NotPermittedError, ValueError for an address or a name beyond the rules, RefusedMoveError
    for the office, for a member not in standing or with MOST_INVITATIONS others open.
    """
    if not policy.may_manage_people(actor, member.id):
        raise NotPermittedError("only a member's owners invite its people")
    if member.kind == MemberKind.ADMINISTRATION.value:
        raise RefusedMoveError(BY_TWO)
    _invite(actor, member, email, name, role)


def invite_for(actor: Actor, member: Member, email: str, name: str, role: Role) -> None:
    """The same for any member, as two people of the office decided: the database takes it in that transaction alone.

    Raises as `invite_person` does.
    """
    actor.must(Permission.MEMBER_ADMINISTER)
    _invite(actor, member, email, name, role)


def _invite(actor: Actor, member: Member, email: str, name: str, role: Role) -> None:
    to, name, now = sign_in_name(email), rules.check_name(name), clock.now()
    if MemberState(member.state) not in ACTIVE:
        raise RefusedMoveError(f"{member.code} is {member.state}: nobody can sign in for it")
    hold_people(member.id)
    still_open = policy.open_invitations(member.id, now)
    changed(update(OneTimeLink).where(still_open, OneTimeLink.email == to).values(revoked_at=now))
    others = db.session.execute(select(func.count(OneTimeLink.id)).where(still_open)).scalar_one()
    if others >= rules.MOST_INVITATIONS:
        raise RefusedMoveError(f"there are {rules.MOST_INVITATIONS} open invitations: take one back first")
    values = {"member_id": member.id, "email": to, "name": name, "role": role.value, "made_by": actor.pseudonym}
    link = make_link(LinkKind.INVITATION, values)
    known = db.session.execute(select(func.person_named(to))).scalar_one()
    post(_you_have_access(to, member) if known is not None else _you_are_invited(to, member, role, link))
    record(actor, Event.INVITATION_MADE, member)


def invitation(link: str) -> Reader:
    """Whom an invitation was sent to. Raises UnknownLinkError."""
    return reader_of(link, LinkKind.INVITATION)


def accept_invitation(link: str, name: str, password: str) -> None:
    """Let the person that an invitation was sent to sign in from now on; commits.

    Of two who accept it at once, or two invitations of one address, one serves. Raises UnknownLinkError, ValueError for
    a name or a password beyond the rules.
    """
    reader = invitation(link)
    name, pseudonym = rules.check_name(name), rules.new_pseudonym()
    hashed = hash_password(check_password(password, *names_of(reader)))
    actor = reader.actor(pseudonym)
    read_as(db.session, actor)
    use_link(reader)
    values = {
        "member_id": reader.member_id,
        "name": name,
        "pseudonym": pseudonym,
        "email": reader.email,
        "password": hashed,
        "active": True,
        "role": reader.role.value,
        "fs_uniquifier": secrets.token_hex(32),
    }
    if (
        db.session.execute(insert(Person).values(**values).on_conflict_do_nothing().returning(Person.id)).first()
        is None
    ):
        db.session.rollback()
        raise UnknownLinkError("there is no such link")
    ledger.append(actor, Event.INVITATION_ACCEPTED, subject={"type": "role", "ref": reader.role.value})
    db.session.commit()


def take_back_of(person: Person) -> None:
    """Void the open invitations that a person made; in the transaction under way."""
    now = clock.now()
    made = policy.open_invitations(person.member_id, now), OneTimeLink.made_by == person.pseudonym
    changed(update(OneTimeLink).where(*made).values(revoked_at=now))


def hold_people(member_id: int) -> None:
    """Let nobody else change who the people of a member are until the transaction under way ends."""
    db.session.execute(select(func.pg_advisory_xact_lock(PEOPLE_LOCK, member_id)))


def names_of(reader: Reader) -> tuple[str, ...]:
    """What a password of the reader may not hold."""
    return reader.email.partition("@")[0], reader.title, reader.member


def _you_are_invited(to: str, member: Member, role: Role, link: str) -> Letter:
    return Letter(
        to,
        f"Your invitation to the hub of the {alliance_name()} alliance",
        f"{member.name} asks you to act for it, as its {role.value}, on the hub where the members of the\n"
        f"{alliance_name()} alliance act on counterfeit sellers together.\n\n"
        f"Choose your password within {rules.LINK_LASTS[LinkKind.INVITATION].days} days:\n\n{link}\n\n"
        "The link serves once. Then sign in, and add a second factor: an authenticator app or a passkey.\n\n"
        "If you do not expect this, do nothing: without the link nothing happens.\n",
    )


def _you_have_access(to: str, member: Member) -> Letter:
    return Letter(
        to,
        f"You already have access to the hub of the {alliance_name()} alliance",
        f"{member.name} asked to let you in, but this address signs in already:\n\n{hub_address()}/sign-in\n\n"
        f"An address acts for one member. To act for another one, have it invite another address of yours.\n\n"
        "Nobody but you was told that you have access.\n",
    )
