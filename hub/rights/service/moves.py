"""How a right moves from state to state, each step on record and in its history."""

from collections.abc import Sequence

from sqlalchemy import select

from hub import clock
from hub.access.actor import Actor
from hub.db import db
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.rights import policy, rules
from hub.rights.model import IpRight, IpRightMove, RightVerdict
from hub.rights.rules import Command, RightState
from hub.rights.service.read import UnknownRightError


def held(actor: Actor, name: str) -> IpRight:
    """The right of that name, held until the transaction ends. Raises UnknownRightError for what the actor sees not."""
    found = select(IpRight).where(policy.visible_to(actor), IpRight.name == name).with_for_update()
    known = rules.NAME.fullmatch(name) is not None
    row = db.session.execute(found).scalar_one_or_none() if known else None
    if row is None:
        raise UnknownRightError("you have no right of this name")
    return row


def judged(actor: Actor, name: str) -> tuple[IpRight, IpRight | RightVerdict]:
    """The right, and what of it the actor's word leads on, held until the transaction ends. Raises UnknownRightError.

    Whoever corrects the right has its row, and takes the verdicts then: a platform that holds its verdict reads either
    what stood there before, and what it says is undone; or what stands there now.
    """
    if policy.sees_all(actor):
        row = held(actor, name)
        return row, row
    own = RightVerdict.verifier_id == actor.member_id
    found = select(RightVerdict).join(IpRight, IpRight.id == RightVerdict.right_id).where(own, IpRight.name == name)
    known = rules.NAME.fullmatch(name) is not None
    word = db.session.execute(found.with_for_update(of=RightVerdict)).scalar_one_or_none() if known else None
    if word is None:
        raise UnknownRightError("you have no right of this name")
    fresh = select(IpRight).where(IpRight.id == word.right_id).execution_options(populate_existing=True)
    return db.session.execute(fresh).scalar_one(), word


def verdicts(row: IpRight) -> Sequence[RightVerdict]:
    """The platforms' verdicts on a right that the caller holds, held too."""
    found = select(RightVerdict).where(RightVerdict.right_id == row.id).order_by(RightVerdict.verifier_id)
    return db.session.execute(found.with_for_update().execution_options(populate_existing=True)).scalars().all()


def move(row: IpRight | RightVerdict, command: Command) -> None:
    """Take the right to the state that the command leads to. Raises ForbiddenMoveError."""
    row.state = rules.after(RightState(row.state), command).value
    row.reason = ""


def move_all(row: IpRight, command: Command) -> None:
    """Take it there with everybody; no platform is asked for what stands there then. Raises ForbiddenMoveError."""
    move(row, command)
    for word in verdicts(row):
        move(word, command)
        word.asked_at = None


def record(
    actor: Actor,
    row: IpRight,
    command: Command,
    event: Event,
    *,
    reason: str = "",
    digest: str = "",
    verifier: int | None = None,
) -> None:
    """Put a step into the right's history and into the record; in the transaction under way.

    Its member is told, and the verifier that is asked.
    """
    by = actor.agent.member_id if actor.agent else actor.member_id
    told = {"right_id": row.id, "member_id": row.member_id, "command": command.value, "reason": reason}
    db.session.add(IpRightMove(**told, by_id=by, by=actor.pseudonym, at=clock.now()))
    subject = {"type": "right", "ref": row.name} | ({"digest": digest} if digest else {})
    others = {row.member_id, row.member_id if verifier is None else verifier} - {actor.member_id}
    ledger.append(actor, event, subject=subject, concerned={each: ledger.Concern("counterparty") for each in others})
