"""What the office and auditors are told of a log that is halted, or of an entry that was put aside."""

from sqlalchemy import func, select, update

from hub import clock
from hub.access.actor import Actor
from hub.db import db
from hub.ledger import policy
from hub.ledger.model import Halt, Quarantined


def alarm_of(actor: Actor) -> str | None:
    """What stands on every page of the actor; None while all is well, and for who is not told."""
    return alarm() if policy.may_see_alarm(actor) else None


def alarm() -> str | None:
    """What is amiss with the log, in a sentence or two; None while all is well."""
    halt = db.session.execute(select(Halt.reason, Halt.since)).one_or_none()
    aside = db.session.execute(select(func.count()).select_from(Quarantined)).scalar_one()
    words = []
    if halt is not None:
        words.append(f"The record is halted since {clock.stamp(halt.since)}, and so is every exchange: {halt.reason}.")
    if aside:
        words.append(f"{aside:,} entries cannot stand in the record and were put aside.")
    return " ".join(words) or None


def take_untold() -> str | None:
    """The alarm, if something in it was not told by letter yet; it counts as told in the transaction under way."""
    now, fresh = clock.now(), False
    for table in (Halt, Quarantined):
        untold = update(table).where(table.told_at.is_(None)).values(told_at=now).returning(table.told_at)
        fresh = bool(db.session.execute(untold).all()) or fresh
    return alarm() if fresh else None
