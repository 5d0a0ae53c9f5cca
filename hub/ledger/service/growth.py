"""How the log grows, how soon what is recorded is signed, and who cosigned it: of all entries alike, nobody's own."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ARRAY, BigInteger, Double, cast, column, extract, func, literal, select, true, tuple_

from hub import clock
from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import db
from hub.ledger.model import Checkpoint, Cosignature, Entry, Leaf
from hub.ledger.service.log import published_size
from hub.ledger.service.witnesses import known_witnesses

POINTS = 80
SAMPLE = 1_000
FEWEST = 3
"""A delay is told of so many entries at least."""


@dataclass(frozen=True)
class Delay:
    """Seconds from an event to the checkpoint that covers it: those of half of the entries, and of 99 in 100.

    `entries` came in the span; so many of them, spread evenly over it, were looked at.
    """

    entries: int
    looked_at: int
    half: float
    most: float


@dataclass(frozen=True)
class WitnessLine:
    """A witness that counts: its name, whose it is as far as the reader may know, and what it cosigned last."""

    name: str
    own: bool
    member: bool
    size: int | None
    at: datetime | None


def growth(actor: Actor) -> list[tuple[datetime, int]]:
    """(moment, size) of some of the checkpoints in their order, the first and the newest among them."""
    actor.must(Permission.LEDGER_READ_OWN)
    size = published_size()
    first = select(func.min(Checkpoint.size)).scalar_subquery()
    wanted = sorted({size * n // POINTS for n in range(1, POINTS + 1)})
    asked = (
        func.unnest(literal(wanted, ARRAY(BigInteger)))
        .table_valued(column("size", BigInteger), name="asked")
        .render_derived()
    )
    at_most = (
        select(Checkpoint.at, Checkpoint.size)
        .where(Checkpoint.size <= func.greatest(asked.c.size, first))
        .order_by(Checkpoint.size.desc())
        .limit(1)
        .lateral()
    )
    rows = db.session.execute(select(at_most.c.at, at_most.c.size).select_from(asked).join(at_most, true()))
    return sorted({(row.at, row.size) for row in rows}, key=lambda point: point[1])


def delay(actor: Actor, span: timedelta) -> Delay | None:
    """How soon entries of the last `span` were signed; None where there were too few.

    Reads SAMPLE entries at most, each by its place.
    """
    actor.must(Permission.LEDGER_READ_OWN)
    before = select(Checkpoint.size).where(Checkpoint.at < clock.now() - span).order_by(Checkpoint.at.desc()).limit(1)
    first, size = db.session.execute(before).scalar_one_or_none() or 0, published_size()
    if size - first < FEWEST:
        return None
    count = min(size - first, SAMPLE)
    places = [first + (size - first) * n // count for n in range(count)]
    asked = (
        func.unnest(literal(places, ARRAY(BigInteger)))
        .table_valued(column("place", BigInteger), name="asked")
        .render_derived()
    )
    covering = select(Checkpoint.at).where(Checkpoint.size > asked.c.place).order_by(Checkpoint.size).limit(1).lateral()
    seconds = func.greatest(extract("epoch", covering.c.at - Entry.at), 0)
    shares = literal([0.5, 0.99], ARRAY(Double))
    found = (
        select(func.count(), func.percentile_cont(shares).within_group(cast(seconds, Double)))
        .select_from(asked)
        .join(Leaf, Leaf.leaf_index == asked.c.place)
        .join(Entry, Entry.id == Leaf.entry_id)
        .join(covering, true())
    )
    looked_at, told = db.session.execute(found).one()
    return None if looked_at < FEWEST else Delay(size - first, looked_at, *told)


def cosigners(actor: Actor) -> list[WitnessLine]:
    """The witnesses that count, the actor's own first, and the newest cosignature of each."""
    known = known_witnesses(actor)
    newest = [(each.name, each.size) for each in known if each.size is not None]
    lines = select(Cosignature.witness, Cosignature.at).where(tuple_(Cosignature.witness, Cosignature.size).in_(newest))
    at = {row.witness: row.at for row in db.session.execute(lines)}
    found = [
        WitnessLine(each.name, each.member == actor.member, each.member is not None, each.size, at.get(each.name))
        for each in known
    ]
    return sorted(found, key=lambda line: not line.own)
