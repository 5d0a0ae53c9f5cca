"""Sightings: the news to contributors that something they shared has matched somewhere."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache

from sqlalchemy import DateTime, LargeBinary, func, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from hub import clock
from hub.access.actor import Actor
from hub.db import Compiled, compiled, given
from hub.epochs.service import Key
from hub.indicators.model import Contribution, Sighting
from hub.indicators.service.effect import counted


def sight(actor: Actor, key: Key, tokens: Sequence[bytes]) -> Mapping[int, int]:
    """Tell the contributors whose word counted that these tokens matched, not where; in the transaction under way.

    Returns member → number of its indicators among the tokens.
    """
    rows = _sighted(actor, key.id, clock.today()).run(tokens=list(tokens), moment=clock.now())
    return {row.member_id: row.indicators for row in rows}


@lru_cache(maxsize=512)
def _sighted(actor: Actor, key_id: int, day: date) -> Compiled:  # noqa: ARG001 - the day is part of the key
    theirs = (
        select(Contribution.key_id, Contribution.token, Contribution.member_id)
        .where(
            counted(actor, key_id),
            Contribution.member_id != actor.member_id,
            Contribution.token == func.any(given("tokens", ARRAY(LargeBinary))),
        )
        .cte("theirs")
    )
    moment = given("moment", DateTime(timezone=True))
    told = (
        insert(Sighting)
        .from_select(
            ["key_id", "token", "member_id", "matched_at"],
            select(*theirs.c, moment).order_by(theirs.c.token, theirs.c.member_id),  # no two matches wait in a circle
        )
        .on_conflict_do_nothing()
        .cte("told")
    )
    counts = select(theirs.c.member_id, func.count().label("indicators")).group_by(theirs.c.member_id)
    return compiled(counts.add_cte(told))
