"""Showing a right to a platform: its brand asks that it be verified there, or files a report under it."""

from sqlalchemy import literal, select
from sqlalchemy.dialects.postgresql import insert

from hub import clock
from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.access.tlp import MemberKind
from hub.db import db
from hub.ledger.events import Event
from hub.members import service as members
from hub.members.rules import ACTIVE
from hub.rights import policy, rules
from hub.rights.model import IpRight, RightVerdict
from hub.rights.rules import Command, FactError, ForbiddenMoveError, RightState
from hub.rights.service.enter import must_enter
from hub.rights.service.moves import held, record, verdicts
from hub.rights.service.read import facts_in


def ask(actor: Actor, name: str, platform: str) -> None:
    """Show a right to a platform, by its code, and ask it to verify what stands there now. Commits.

    Raises NotPermittedError, UnknownRightError, ForbiddenMoveError also for what waits there already, and FactError for
    a code of no platform.
    """
    must_enter(actor)
    row = held(actor, name)
    verifier = _platform(platform)
    word = next((each for each in verdicts(row) if each.verifier_id == verifier), None)
    if word is None:
        begins = RightState.WITHDRAWN if row.state == RightState.WITHDRAWN.value else RightState.ENTERED
        parties = {"right_id": row.id, "member_id": row.member_id, "verifier_id": verifier}
        word = RightVerdict(**parties, state=begins.value, shown_at=clock.now())
        db.session.add(word)
    word.state = rules.after(RightState(word.state), Command.ASK).value
    if word.asked_at is not None:
        raise ForbiddenMoveError("you cannot ask twice: it waits for this platform already")
    word.asked_at = clock.now()
    record(actor, row, Command.ASK, Event.RIGHT_ASKED, digest=facts_in(row).digest, verifier=verifier)
    db.session.commit()


def show(actor: Actor, name: str, platform_id: int) -> None:
    """Let the platform to which a report under a right is filed see the right and verify it; the caller commits."""
    actor.must(Permission.RIGHT_READ)
    parties = {"right_id": IpRight.id, "member_id": IpRight.member_id, "verifier_id": literal(platform_id)}
    written = parties | {"state": literal(RightState.ENTERED.value), "shown_at": literal(clock.now())}
    own = select(*written.values()).where(policy.own_by(actor), IpRight.name == name)
    db.session.execute(insert(RightVerdict).from_select([*written], own).on_conflict_do_nothing())


def _platform(code: str) -> int:
    found = members.known(code)
    if found is None or found.kind != MemberKind.PLATFORM.value or found.state not in ACTIVE:
        raise FactError("platform", "this code is of no platform that is a member")
    return found.id
