"""Passwords: changed by whoever knows the old one, or chosen anew by whoever reads the letter that was asked for.

Asking for the letter is the same work whether the address signs in or not: the queue finds out, when nobody waits.
"""

import base64
import unicodedata

from cryptography.exceptions import InvalidTag
from flask_security import hash_password, verify_password
from sqlalchemy import update

from hub import clock, jobs
from hub.access.actor import Actor
from hub.access.guard import read_as
from hub.db import changed, db
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.limits import service as limits
from hub.limits.rules import Limit
from hub.mail import Letter, post
from hub.members import policy, rules
from hub.members.model import OneTimeLink, Person
from hub.members.password_rules import check_password
from hub.members.rules import LinkKind, Notice
from hub.members.service.actors import actor_of_person, person_named, person_signing_in
from hub.members.service.attempts import forgive
from hub.members.service.invitations import names_of
from hub.members.service.links import Reader, alliance_name, make_link, reader_of, use_link
from hub.members.service.membership import counted_name
from hub.members.service.notices import tell
from hub.members.service.sessions import end_sessions_of, own_session, renew
from hub.sealing import seal, unseal

SEND_LINK = "send_password_link"
"""The name of the task that finds out whom an address belongs to, and writes to it."""
BOUND = "address asked about"


class WrongPasswordError(Exception):
    """The password is not the person's."""


def ask_for_link(email: str) -> None:
    """Have a link to a new password sent to an address, if somebody signs in by it; commits.

    Where too many were asked for it lately none is sent, and nobody is told.
    """
    named = counted_name(email)
    bound = Limit("network", f"password of {named}", rules.MOST_LINKS_ASKED, rules.LINKS_ASKED_SPAN, pieces=3)
    if limits.lease(bound, 1).left:
        sealed = base64.b64encode(seal(named.encode(), BOUND)).decode()
        jobs.put(db.session.connection().connection.driver_connection, SEND_LINK, sealed=sealed)
    db.session.commit()


def send_link(sealed: str, tries: int = 0) -> None:
    """Write to whom the address belongs; to nobody's, and to one who has no password or may not sign in, nothing goes.

    Older links go on serving: who asks for another takes nothing from who was sent one.
    """
    del tries
    try:
        person = person_named(unseal(base64.b64decode(sealed), BOUND).decode())
    except (InvalidTag, ValueError):
        person = None  # sealed under a key that is gone
    actor = actor_of_person(person) if person is not None and person.password is not None else None
    if person is not None and actor is not None:
        read_as(db.session, actor)
        whose = {"member_id": person.member_id, "email": person.email.lower(), "name": person.name}
        link = make_link(LinkKind.PASSWORD, {**whose, "role": person.role, "made_by": person.pseudonym})
        post(_choose(person.email, link))
    db.session.commit()


def password_link(link: str) -> Reader:
    """Whom a link to a new password was sent to. Raises UnknownLinkError."""
    return reader_of(link, LinkKind.PASSWORD)


def choose_password(link: str, password: str, address: str) -> None:
    """Give the person that a link was sent to a new password, from a network address; commits.

    Every session of the person ends, and so does every other link; second factors stay. Raises UnknownLinkError,
    ValueError for a password beyond the rules.
    """
    reader = password_link(link)
    hashed = hash_password(check_password(password, *names_of(reader)))
    assert reader.person_id is not None
    person = person_signing_in(reader.person_id)
    actor = reader.actor(person.pseudonym)
    read_as(db.session, actor)
    use_link(reader)
    end_sessions_of(person.id)
    forgive(person.email, address)
    _set(actor, person, hashed, "a letter")
    db.session.commit()


def change_password(actor: Actor, old: str, new: str) -> str:
    """Give the actor's own person a new password; returns the session's new key, all other sessions end; commits.

    Raises WrongPasswordError, ValueError for a new password beyond the rules.
    """
    session = own_session(actor)
    person = db.session.get_one(Person, session.person_id)
    if person.password is None or not verify_password(unicodedata.normalize("NFKD", old), person.password):
        raise WrongPasswordError("this is not your password")
    names = (person.email.partition("@")[0], actor.title, actor.member)
    hashed = hash_password(check_password(new, *names))
    end_sessions_of(person.id, but=session.id)
    key = renew(actor)
    _set(actor, person, hashed, "the old one")
    db.session.commit()
    return key


def _set(actor: Actor, person: Person, hashed: str, how: str) -> None:
    person.password = hashed
    waiting = policy.open_password_links(person)
    changed(update(OneTimeLink).where(waiting).values(revoked_at=clock.now()))
    tell(person.email, Notice.PASSWORD_CHANGED)
    ledger.append(actor, Event.PASSWORD_CHANGED, subject={"type": "password", "ref": how})


def _choose(to: str, link: str) -> Letter:
    return Letter(
        to,
        f"A new password for the hub of the {alliance_name()} alliance",
        "Somebody, we hope you, said that you have forgotten your password. Choose another within an hour:\n\n"
        f"{link}\n\n"
        "The link serves once. You will be asked for your second factor as ever.\n\n"
        "If it was not you, do nothing: your password stays as it is.\n",
    )
