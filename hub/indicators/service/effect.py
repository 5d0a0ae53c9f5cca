"""The effect that contributions have for other members."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Date, LargeBinary, Select, and_, func, select
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by

from hub import clock
from hub.access.actor import Actor
from hub.db import Compiled, compiled, given
from hub.indicators import policy, rules
from hub.indicators.model import Contribution, Indicator
from hub.indicators.rules import ContributionState, Stance
from hub.members.model import Member
from hub.members.rules import ACTIVE


def counted(actor: Actor, key_id: int) -> ColumnElement[bool]:
    """What counts for the actor under a key: contributions it may see, active, infringing, of members in standing."""
    return and_(
        Contribution.key_id == key_id,
        policy.visible_to(actor),
        Contribution.state == ContributionState.ACTIVE.value,
        Contribution.stance == Stance.INFRINGING.value,
        Contribution.expires_on >= clock.today(),
        Contribution.member_id.in_(in_standing()),
    )


def in_standing() -> Select[int]:
    """The members whose word counts."""
    return select(Member.id).where(Member.state.in_([state.value for state in ACTIVE]))


def enough(level: ColumnElement[int], members: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether so high a level, or so many members, make an effect."""
    return (level >= int(rules.EFFECT_ALONE)) | (members >= rules.EFFECT_TOGETHER)


def effective(actor: Actor, key_id: int) -> Select[Any]:
    """The tokens under a key that have effect for the actor, with `level`, `members`, `shown` and `expires_on`.

    `rules.has_effect` in SQL over what is `counted`; none of the alliance says `legitimate`; and somebody else than
    the actor's own member is among the contributors. `shown` are the numbers of the others who chose to be shown,
    `members` how many others did not. `expires_on` is the last day of the effect as things stand.
    """
    latest_alone = func.max(Contribution.expires_on).filter(Contribution.evidence_level >= int(rules.EFFECT_ALONE))
    by_expiry = aggregate_order_by(Contribution.expires_on, Contribution.expires_on.desc())
    latest_together = func.array_agg(by_expiry, type_=ARRAY(Date))[rules.EFFECT_TOGETHER]
    level, members = func.max(Contribution.evidence_level), func.count()
    by_another = Contribution.member_id != actor.member_id
    return (
        select(
            Contribution.token,
            level.label("level"),
            members.filter(by_another, ~Contribution.shows_contributor).label("members"),
            func.array_agg(Contribution.member_id).filter(by_another, Contribution.shows_contributor).label("shown"),
            func.greatest(latest_alone, latest_together).label("expires_on"),
        )
        .join(Indicator, (Indicator.key_id == Contribution.key_id) & (Indicator.token == Contribution.token))
        .where(counted(actor, key_id), ~Indicator.disputed)
        .group_by(Contribution.token)
        .having(enough(level, members), func.bool_or(by_another))
    )


def effective_among(actor: Actor, key_id: int, tokens: Sequence[bytes]) -> list[Any]:
    """The rows of `effective` for those of the tokens that have effect for the actor today."""
    statement = _effective_among(actor, key_id, clock.today(), len(tokens) == 1)
    return statement.run(tokens=list(tokens), token=tokens[0])


@lru_cache(maxsize=1024)
def _effective_among(actor: Actor, key_id: int, day: date, single: bool) -> Compiled:  # noqa: ARG001 - the day is part of the key
    """Written out once for each actor, key and day.

    A single token has a statement of its own: PostgreSQL keeps its plan, while for a run of unknown length it thinks
    that planning anew each time is cheaper, which costs four times what the look-up does.
    """
    asked = given("token", LargeBinary) if single else func.any(given("tokens", ARRAY(LargeBinary)))
    return compiled(effective(actor, key_id).where(Contribution.token == asked))
