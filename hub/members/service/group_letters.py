"""Letters to those whose member's seat in a sharing group something happened to.

Nobody reads who owns another member's seat: the queue writes, as that member's own upkeep.
"""

from sqlalchemy import select

from hub import jobs
from hub.access.actor import Actor
from hub.access.grants import Role
from hub.access.guard import read_as
from hub.db import db
from hub.mail import Letter, post
from hub.members import policy
from hub.members.group_rules import NEWS, GroupNews
from hub.members.model import Person
from hub.members.service.actors import upkeep_actor
from hub.members.service.links import alliance_name, hub_address

TELL_SEAT = "tell_seat"
"""The name of the task that writes to the owners of a member about one of its sharing groups."""


def have_told(member_id: int, code: str, news: GroupNews) -> None:
    """Have the owners of a member told of a group; in the transaction under way."""
    connection = db.session.connection().connection.driver_connection
    jobs.put(connection, TELL_SEAT, member=member_id, code=code, news=news.value)


def tell_seat(member: int, code: str, news: str, tries: int = 0) -> None:
    """Write to the owners of a member; done once more, it writes once more. Commits."""
    del tries
    actor = upkeep_actor(member, "p_seats")
    read_as(db.session, actor)
    write_to_owners(actor, code, GroupNews(news))
    db.session.commit()


def write_to_owners(actor: Actor, code: str, news: GroupNews) -> None:
    """Post a letter to each owner of the actor's own member who may sign in; in the transaction under way."""
    owners = select(Person.email).where(policy.own_people(actor), Person.role == Role.OWNER.value, Person.active)
    subject, words = NEWS[news]
    for address in db.session.execute(owners.order_by(Person.id)).scalars().all():
        post(
            Letter(
                address,
                f"{subject} at the hub of the {alliance_name()} alliance",
                f"{words.format(code=code)}\n\n{hub_address()}/groups\n",
            )
        )
