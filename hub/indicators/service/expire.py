"""Ending contributions whose last day has passed."""

from sqlalchemy import func, select, tuple_, update

from hub import clock
from hub.access.actor import Actor
from hub.access.guard import NotInStandingError, read_as
from hub.db import changed, db
from hub.indicators import policy
from hub.indicators.model import Contribution
from hub.indicators.rules import ContributionState
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.members import service as members

EXPIRE_AT_ONCE = 5000


def expire_some() -> int | None:
    """End up to 5,000 contributions of one member whose last day has passed, and record it; returns how many.

    None: nothing is due. Their change stamps move, so that lists made before learn of it. Acts as the member's own
    job: those of a member out of standing have no effect anyway, and wait.
    """
    db.session.info.pop("reader", None)
    member_id = db.session.execute(select(func.member_with_expired(clock.today()))).scalar_one()
    if member_id is None:
        return None
    try:
        return _expire(members.job_actor(member_id, "p_expiry"))
    except NotInStandingError:  # suspended since we asked who is next
        db.session.rollback()
        return 0


def _expire(actor: Actor) -> int:
    due = Contribution.expires_on < clock.today()
    active = Contribution.state == ContributionState.ACTIVE.value
    db.session.rollback()
    db.session.info.pop("reader", None)
    read_as(db.session, actor)
    some = (
        select(Contribution.key_id, Contribution.token).where(policy.own_by(actor), active, due).limit(EXPIRE_AT_ONCE)
    )
    count = changed(
        update(Contribution)
        .where(policy.own_by(actor), tuple_(Contribution.key_id, Contribution.token).in_(some))
        .values(state=ContributionState.EXPIRED.value, changed_xid=func.pg_current_xact_id())
        .execution_options(synchronize_session=False)
    )
    ledger.append(actor, Event.CONTRIBUTION_EXPIRED, counts={"expired": count})
    db.session.commit()
    return count
