"""Withdrawing: a member takes its word back."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import LargeBinary, bindparam, func, update
from sqlalchemy.dialects.postgresql import ARRAY

from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import changed
from hub.epochs.service import Key
from hub.indicators import policy
from hub.indicators.model import Contribution
from hub.indicators.rules import ContributionState, WithdrawalReason
from hub.ledger import service as ledger
from hub.ledger.events import Event


@dataclass(frozen=True)
class Withdrawn:
    """What one act of withdrawing came to."""

    entry: str
    withdrawn: int
    unknown: int


def withdraw(actor: Actor, key: Key, tokens: Sequence[bytes], reason: WithdrawalReason) -> Withdrawn:
    """Take the actor's own active contributions back; without effect from the next request on.

    Tokens that the actor never shared, or withdrew before, are counted as unknown and nothing is told of them.
    """
    actor.must(Permission.CONTRIBUTION_WITHDRAW)
    withdrawn = changed(
        update(Contribution)
        .where(
            policy.own_by(actor),
            Contribution.key_id == key.id,
            Contribution.token == func.any(bindparam("tokens", list(tokens), ARRAY(LargeBinary), unique=True)),
            Contribution.state == ContributionState.ACTIVE.value,
        )
        .values(state=ContributionState.WITHDRAWN.value, changed_xid=func.pg_current_xact_id())
        .execution_options(synchronize_session=False)
    )
    entry = ledger.append(
        actor,
        Event.CONTRIBUTION_WITHDRAWN,
        subject={"type": "key", "ref": key.name, "reason": reason.value},
        counts={"asked": len(set(tokens)), "withdrawn": withdrawn},
    )
    return Withdrawn(entry, withdrawn, len(set(tokens)) - withdrawn)
