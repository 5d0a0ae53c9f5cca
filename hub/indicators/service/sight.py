"""Sightings: the news to contributors that something they shared has matched somewhere."""

from collections.abc import Mapping, Sequence

from sqlalchemy import LargeBinary, bindparam, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from hub import clock
from hub.access.actor import Actor
from hub.db import db
from hub.epochs.service import Key
from hub.indicators.model import Contribution, Sighting
from hub.indicators.service.effect import counted


def sight(actor: Actor, key: Key, tokens: Sequence[bytes]) -> Mapping[int, int]:
    """Tell the contributors whose word counted that these tokens matched, not where; in the transaction under way.

    Returns member → number of its indicators among the tokens.
    """
    theirs = (
        select(Contribution.key_id, Contribution.token, Contribution.member_id)
        .where(
            counted(actor, key.id),
            Contribution.member_id != actor.member_id,
            Contribution.token == func.any(bindparam("tokens", list(tokens), ARRAY(LargeBinary))),
        )
        .order_by(Contribution.token, Contribution.member_id)
    )
    db.session.execute(
        insert(Sighting)
        .from_select(["key_id", "token", "member_id", "matched_at"], theirs.add_columns(literal(clock.now())))
        .on_conflict_do_nothing()
    )
    owned = theirs.order_by(None).subquery()
    rows = db.session.execute(select(owned.c.member_id, func.count().label("indicators")).group_by(owned.c.member_id))
    return {row.member_id: row.indicators for row in rows}
