"""How a right moves from state to state, each step on record and in its history."""

from sqlalchemy import select

from hub import clock
from hub.access.actor import Actor
from hub.db import db
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.rights import policy, rules
from hub.rights.model import IpRight, IpRightMove
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


def move(row: IpRight, command: Command) -> None:
    """Take the right to the state that the command leads to. Raises ForbiddenMoveError."""
    row.state = rules.after(RightState(row.state), command).value
    row.reason = ""


def record(actor: Actor, row: IpRight, command: Command, event: Event, *, reason: str = "", digest: str = "") -> None:
    """Put a step into the right's history and into the record, its member being told; in the transaction under way."""
    by = actor.agent.member_id if actor.agent else actor.member_id
    told = {"right_id": row.id, "member_id": row.member_id, "command": command.value, "reason": reason}
    db.session.add(IpRightMove(**told, by_id=by, by=actor.pseudonym, at=clock.now()))
    subject = {"type": "right", "ref": row.name} | ({"digest": digest} if digest else {})
    others = {} if row.member_id == actor.member_id else {row.member_id: ledger.Concern("counterparty")}
    ledger.append(actor, event, subject=subject, concerned=others)
