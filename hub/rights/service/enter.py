"""What a brand, or its agent, does with the rights entered in its name: enter, correct, withdraw."""

from sqlalchemy import delete, func, select

from hub import clock
from hub.access.actor import Actor, NotPermittedError
from hub.access.permissions import Permission
from hub.access.tlp import MemberKind
from hub.db import db
from hub.ledger.events import Event
from hub.rights import policy, rules
from hub.rights.model import IpRight, RightCertificate
from hub.rights.rules import Command, FactError, Facts, Given, RightState
from hub.rights.service.moves import held, move_all, record
from hub.rights.service.read import facts_in


class DuplicateRightError(FactError):
    """The member has entered this number already; `there` is the name of that entry."""

    def __init__(self, there: str) -> None:
        super().__init__("number", f"you have entered this number already: see the right {there}")
        self.there = there


def enter(actor: Actor, given: Given) -> str:
    """Enter a right in the name of the actor's brand; returns its name. The office verifies it next.

    In the transaction under way, so that a request's key is kept with it: the caller commits. Raises
    NotPermittedError, FactError, DuplicateRightError.
    """
    must_enter(actor)
    facts = rules.facts_of(given, clock.now())
    _refuse_second(actor, facts, None)
    if standing(actor) >= rules.MOST_RIGHTS:
        raise FactError("number", f"a member keeps at most {rules.MOST_RIGHTS:,} rights: withdraw some first")
    return write(actor, facts)


def standing(actor: Actor) -> int:
    """How many rights the actor's member keeps and has not withdrawn."""
    kept = (policy.own_by(actor), IpRight.state != RightState.WITHDRAWN.value)
    return db.session.execute(select(func.count()).where(*kept)).scalar_one()


def write(actor: Actor, facts: Facts) -> str:
    """Put a right that was checked into the register, and on record; returns its name. The caller commits."""
    must_enter(actor)
    row = IpRight(
        name=rules.new_name(),
        member_id=actor.member_id,
        state=RightState.ENTERED.value,
        entered_at=clock.now(),
    )
    _say(actor, row, facts)
    db.session.add(row)
    db.session.flush()
    record(actor, row, Command.ENTER, Event.RIGHT_ENTERED, digest=facts.digest)
    return row.name


def correct(actor: Actor, name: str, given: Given) -> None:
    """Say anew what the register says of a right; the office verifies it anew. Commits.

    Raises NotPermittedError, UnknownRightError, ForbiddenMoveError, FactError, DuplicateRightError.
    """
    must_enter(actor)
    row = held(actor, name)
    move_all(row, Command.CORRECT)
    facts = rules.facts_of(given, clock.now())
    _refuse_second(actor, facts, row.id)
    if row.ends_on != facts.ends_on:
        row.warned_days = None
    _say(actor, row, facts)
    record(actor, row, Command.CORRECT, Event.RIGHT_CORRECTED, digest=facts_in(row).digest)
    db.session.commit()


def withdraw(actor: Actor, name: str) -> None:
    """Take a right back: nothing can rely on it any more, and its certificate is deleted. Commits.

    Raises NotPermittedError, UnknownRightError, ForbiddenMoveError.
    """
    must_enter(actor)
    row = held(actor, name)
    move_all(row, Command.WITHDRAW)
    row.plain_number = None
    db.session.execute(delete(RightCertificate).where(RightCertificate.right_id == row.id))
    record(actor, row, Command.WITHDRAW, Event.RIGHT_WITHDRAWN)
    db.session.commit()


def must_enter(actor: Actor) -> None:
    """Raises NotPermittedError unless the actor may enter and change rights of its brand."""
    actor.must(Permission.RIGHT_ENTER)
    if actor.kind is not MemberKind.BRAND:
        raise NotPermittedError("rights are entered in the name of a brand alone")


def name_agent(row: IpRight, actor: Actor) -> None:
    """Keep who says what stands here, where an agent says it."""
    row.agent_id = actor.agent.member_id if actor.agent else None


def _say(actor: Actor, row: IpRight, facts: Facts) -> None:
    name_agent(row, actor)
    row.type, row.office, row.number, row.title = facts.type.value, facts.office, facts.number, facts.title
    row.plain_number = None if facts.number is None else rules.plain_number(facts.number)
    row.jurisdictions, row.classes = list(facts.jurisdictions), list(facts.classes)
    row.begins_on, row.ends_on, row.owner = facts.begins_on, facts.ends_on, facts.owner


def _refuse_second(actor: Actor, facts: Facts, but: int | None) -> None:
    """Raises DuplicateRightError for what the member entered already, in another entry than `but`."""
    if facts.number is None:
        return
    same = (
        IpRight.type == facts.type.value,
        IpRight.office == facts.office,
        IpRight.plain_number == rules.plain_number(facts.number),
    )
    with db.session.no_autoflush:
        found = db.session.execute(
            select(IpRight.name).where(policy.own_by(actor), *same, IpRight.id.is_distinct_from(but))
        ).scalar()
    if found is not None:
        raise DuplicateRightError(found)
