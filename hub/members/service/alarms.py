"""Letters to the office when the log is halted."""

from sqlalchemy import select

from hub.access.guard import read_as
from hub.db import db
from hub.ledger import service as ledger
from hub.mail import Letter, post
from hub.members.model import Member, Person
from hub.members.service.actors import OFFICE, upkeep_actor
from hub.members.service.links import alliance_name, hub_address


def tell_of_halt() -> int:
    """Write to everybody of the office what is amiss with the log (`ledger.take_untold`); returns how many letters.

    Once for each alarm. Safe to repeat.
    """
    office = db.session.execute(select(Member.id).where(Member.code == OFFICE)).scalar_one_or_none()
    told = None if office is None else ledger.take_untold()
    if office is None or told is None:
        db.session.commit()
        return 0
    read_as(db.session, upkeep_actor(office, "p_alarm"))
    people = db.session.execute(select(Person.email).where(Person.member_id == office, Person.active)).scalars().all()
    for email in people:
        post(
            Letter(
                email,
                f"ALARM: the record of the {alliance_name()} alliance",
                f"{told}\n\nAsk the operator to look at once: `hub ledger fsck` names each finding and what mends it.\n"
                f"Members can go on to read and to verify the record:\n\n{hub_address()}/ledger\n",
            )
        )
    db.session.commit()
    return len(people)
