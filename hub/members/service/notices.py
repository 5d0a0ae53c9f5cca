"""Letters to people: of their own sign-in, or of something of their member's. They hold no link that does anything."""

from collections.abc import Collection

from sqlalchemy import select

from hub.access.actor import Actor
from hub.access.grants import Role
from hub.db import db
from hub.mail import Letter, post
from hub.members import policy
from hub.members.model import Person
from hub.members.rules import ACTS_OF_OWNERS, NOTICES, Notice
from hub.members.service.links import alliance_name, hub_address


def tell(email: str, notice: Notice) -> None:
    """Have a person told by letter; in the transaction under way."""
    subject, words = NOTICES[notice]
    further = "If you think that this is a mistake, ask an owner of your member.\n"
    if notice not in ACTS_OF_OWNERS:
        further = (
            "If you expected this, there is nothing to do. If not, choose a new password at once:\n\n"
            f"{hub_address()}/forgotten\n\n"
            "Then look where you are signed in and which second factors you have, and tell an owner of your member:\n\n"
            f"{hub_address()}/sessions\n"
        )
    post(Letter(email, f"{subject} at the hub of the {alliance_name()} alliance", f"{words}\n\n{further}"))


def write_to_people(actor: Actor, roles: Collection[Role], subject: str, text: str, page: str) -> None:
    """Post a letter to each person in one of the roles who may sign in for the actor's own member, leading to a page.

    In the transaction under way, which the database must let read those people.
    """
    chosen = Person.role.in_([role.value for role in roles])
    people = select(Person.email).where(policy.own_people(actor), chosen, Person.active).order_by(Person.id)
    for address in db.session.execute(people).scalars().all():
        words = f"{text}\n\n{hub_address()}{page}\n"
        post(Letter(address, f"{subject} at the hub of the {alliance_name()} alliance", words))


def write_to_person(actor: Actor, person: int, subject: str, text: str, page: str) -> None:
    """The same to one person of the actor's own member, if it may sign in."""
    found = select(Person.email).where(policy.own_people(actor), Person.id == person, Person.active)
    address = db.session.execute(found).scalar_one_or_none()
    if address is not None:
        words = f"{text}\n\n{hub_address()}{page}\n"
        post(Letter(address, f"{subject} at the hub of the {alliance_name()} alliance", words))
