"""What the office, or a platform for itself, says of a right: that the register holds it so, or why not."""

import hashlib

from hub.access.actor import Actor, NotPermittedError
from hub.db import db
from hub.ledger.events import Event
from hub.members.rules import check_reason
from hub.rights import policy
from hub.rights.rules import Command, ForbiddenMoveError
from hub.rights.service.moves import judged, move, record
from hub.rights.service.read import facts_in


def verify(actor: Actor, name: str, digest: str) -> None:
    """Say that the register holds the right as it stands here, by the digest of the facts that were looked at. Commits.

    Raises NotPermittedError, UnknownRightError, ForbiddenMoveError also for facts that were corrected meanwhile.
    """
    _must(actor)
    row, word = judged(actor, name)
    move(word, Command.VERIFY)
    if facts_in(row).digest != digest:
        db.session.rollback()
        raise ForbiddenMoveError("its member has corrected this right since you looked: look once more")
    event = Event.RIGHT_VERIFIED if policy.sees_all(actor) else Event.RIGHT_VERIFIED_THERE
    record(actor, row, Command.VERIFY, event, digest=digest)
    db.session.commit()


def refuse(actor: Actor, name: str, reason: str) -> None:
    """Refuse a right, or take back that it was verified; its member reads the reason. Commits.

    Raises NotPermittedError, UnknownRightError, ForbiddenMoveError, ValueError for a reason beyond the rules.
    """
    _must(actor)
    reason = check_reason(reason)
    row, word = judged(actor, name)
    move(word, Command.REFUSE)
    word.reason = reason
    digest = hashlib.sha256(reason.encode()).hexdigest()
    event = Event.RIGHT_REFUSED if policy.sees_all(actor) else Event.RIGHT_REFUSED_THERE
    record(actor, row, Command.REFUSE, event, reason=reason, digest=digest)
    db.session.commit()


def _must(actor: Actor) -> None:
    if not policy.may_verify(actor):
        raise NotPermittedError(
            "platforms verify rights for themselves, and people of the office, signed in, for everybody"
        )
