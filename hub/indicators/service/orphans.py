"""What a member that left has left behind: put to review, and withdrawn when that ends."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, tuple_, update

from hub import clock
from hub.access.actor import Actor
from hub.access.guard import read_as
from hub.db import changed, db
from hub.indicators import policy
from hub.indicators.model import Contribution
from hub.indicators.rules import ContributionState
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.members import service as members

AT_ONCE = 5000


@dataclass(frozen=True)
class _Stage:
    """From one state to the next, once the database's function says that a member's contributions are due."""

    due: str
    before: ContributionState
    after: ContributionState
    event: Event


STAGES = (
    _Stage("member_to_orphan", ContributionState.ACTIVE, ContributionState.ORPHANED, Event.CONTRIBUTION_ORPHANED),
    _Stage("member_with_orphans", ContributionState.ORPHANED, ContributionState.WITHDRAWN, Event.ORPHANS_WITHDRAWN),
)


def settle_orphans() -> int | None:
    """Take up to 5,000 contributions of one member that left to their next stage, and record it; returns how many.

    None: nothing is due. Acts as the hub's own upkeep of that member's rows; each batch commits by itself, and a batch
    that was cut short is taken up again.
    """
    now = clock.now()
    for stage in STAGES:
        member_id = _due(stage, now)
        if member_id is not None:
            return _settle(members.upkeep_actor(member_id, "p_orphans"), stage)
    return None


def _due(stage: _Stage, now: datetime) -> int | None:
    db.session.info.pop("reader", None)
    found: int | None = db.session.execute(select(getattr(func, stage.due)(now))).scalar_one()
    return found


def _settle(actor: Actor, stage: _Stage) -> int:
    db.session.rollback()
    read_as(db.session, actor)
    standing = Contribution.state == stage.before.value
    some = select(Contribution.key_id, Contribution.token).where(policy.own_by(actor), standing).limit(AT_ONCE)
    count = changed(
        update(Contribution)
        .where(policy.own_by(actor), standing, tuple_(Contribution.key_id, Contribution.token).in_(some))
        .values(state=stage.after.value, changed_xid=func.pg_current_xact_id())
        .execution_options(synchronize_session=False)
    )
    ledger.append(actor, stage.event, counts={"moved": count})
    db.session.commit()
    return count
