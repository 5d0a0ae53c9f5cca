"""What the office and auditors are told of a log that is halted or not signed, or of an entry that was put aside."""

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from hub import clock
from hub.access.actor import Actor
from hub.db import db
from hub.ledger import policy, rules
from hub.ledger.model import Delay, Halt, Quarantined, Witness
from hub.ledger.service.log import lag
from hub.ledger.service.quarantine import put_aside_count
from hub.ledger.service.witnesses import witnesses


def alarm_of(actor: Actor) -> str | None:
    """What stands on every page of the actor; None while all is well, and for who is not told."""
    return alarm() if policy.may_see_alarm(actor) else None


def alarm() -> str | None:
    """What is amiss with the log, in a sentence or two; None while all is well."""
    halt = db.session.execute(select(Halt.reason, Halt.since)).one_or_none()
    aside = put_aside_count()
    words = []
    if halt is not None:
        words.append(f"The record is halted since {clock.stamp(halt.since)}, and so is every exchange: {halt.reason}.")
    else:
        seconds = lag()
        if seconds > rules.LATE.total_seconds():
            words.append(
                f"Nothing was signed for {seconds:,.0f} seconds though entries wait: the sequencer stands still."
            )
    if aside:
        words.append(f"{aside:,} entries cannot stand in the record and were put aside.")
    for each in witnesses():
        if each.contrary_at is not None:
            words.append(
                f"The witness {each.name} says since {clock.stamp(each.contrary_at)} that the record is not what it"
                " knew before: ask whoever runs it for the checkpoint that it holds."
            )
    return " ".join(words) or None


def take_untold() -> str | None:
    """The alarm, if something in it was not told by letter yet; it counts as told in the transaction under way."""
    now, fresh = clock.now(), False
    for table in (Halt, Quarantined):
        untold = update(table).where(table.told_at.is_(None)).values(told_at=now).returning(table.told_at)
        fresh = bool(db.session.execute(untold).all()) or fresh
    contrary = Witness.contrary_at.is_not(None) & Witness.told_at.is_(None) & Witness.removed_at.is_(None)
    untold = update(Witness).where(contrary).values(told_at=now).returning(Witness.told_at)
    fresh = bool(db.session.execute(untold).all()) or fresh
    if lag() > rules.LATE.total_seconds():
        late = insert(Delay).values(one=True, since=now).on_conflict_do_nothing().returning(Delay.one)
        fresh = bool(db.session.execute(late).all()) or fresh
    else:
        db.session.execute(delete(Delay))
    return alarm() if fresh else None
