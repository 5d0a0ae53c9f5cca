"""Vetting: an item ticked with a note, taken back, or the application refused."""

import hashlib

from flask import current_app
from sqlalchemy import delete

from hub import clock, mail
from hub.access.actor import Actor, NotPermittedError
from hub.applications import policy
from hub.applications.model import Application, VettedItem
from hub.applications.rules import KEPT_REFUSED, MOVES, ApplicationState, Item
from hub.applications.service.read import confirmed, facts_of, ticks_of
from hub.db import changed, db
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.mail import Letter
from hub.members import service as members
from hub.members.rules import check_reason
from hub.members.service import RefusedMoveError

REFUSAL = """The office of the {alliance} alliance did not admit your organisation. It gives this reason:

{reason}

Your documents and contacts are deleted {days} days from now. You may apply again at any time: {link}
"""


def tick(actor: Actor, name: str, item: Item, note: str) -> None:
    """Say that an item is met, with a note on how one knows; with the last of them the application is vetted. Commits.

    Raises NotPermittedError, UnknownApplicationError, ValueError for a note beyond the rules, RefusedMoveError for an
    item that is ticked already and for an application that is settled.
    """
    may_vet(actor)
    note = check_reason(note)
    row = _open(name)
    if item in ticks_of(name):
        raise RefusedMoveError("this is ticked already: take that back first")
    tick = VettedItem(application=name, item=item.value, note=note, ticked_by=actor.pseudonym, ticked_at=clock.now())
    db.session.add(tick)
    db.session.flush()
    _record(actor, Event.APPLICATION_TICKED, name, reason=item.value, told=note)
    if set(ticks_of(name)) == set(Item):
        move(row, ApplicationState.VETTED)
        _record(actor, Event.APPLICATION_VETTED, name)
    db.session.commit()


def untick(actor: Actor, name: str, item: Item) -> None:
    """Take a tick back, one's own or a colleague's. Commits.

    Raises NotPermittedError, UnknownApplicationError, RefusedMoveError for what is not ticked, for a settled
    application, and while its admission is proposed.
    """
    may_vet(actor)
    row = _open(name)
    _undecided(actor, name)
    if not changed(delete(VettedItem).where(VettedItem.application == name, VettedItem.item == item.value)):
        raise RefusedMoveError("this is not ticked")
    if row.state == ApplicationState.VETTED.value:
        move(row, ApplicationState.APPLIED)
    _record(actor, Event.APPLICATION_UNTICKED, name, reason=item.value)
    db.session.commit()


def refuse(actor: Actor, name: str, reason: str) -> None:
    """Refuse an application, and write the reason to its contact. Commits.

    Raises NotPermittedError, UnknownApplicationError, ValueError for a reason beyond the rules, RefusedMoveError for a
    settled application and while its admission is proposed.
    """
    may_vet(actor)
    reason = check_reason(reason)
    row = _open(name)
    _undecided(actor, name)
    move(row, ApplicationState.REFUSED)
    row.reason, row.settled_by, row.settled_at = reason, actor.pseudonym, clock.now()
    _write(row, reason)
    _record(actor, Event.APPLICATION_REFUSED, name, told=reason)
    db.session.commit()


def move(row: Application, state: ApplicationState) -> None:
    """Change the application's state. Raises RefusedMoveError for a forbidden move."""
    if state not in MOVES[ApplicationState(row.state)]:
        raise RefusedMoveError(f"an application that is {row.state} cannot become {state.value}")
    row.state = state.value


def _record(actor: Actor, event: Event, name: str, *, reason: str = "", told: str = "") -> None:
    """Record an event about an application, with the digest of what was said; in the transaction under way."""
    subject = {"type": "application", "ref": name}
    subject |= {"reason": reason} if reason else {}
    subject |= {"digest": hashlib.sha256(told.encode()).hexdigest()} if told else {}
    ledger.append(actor, event, subject=subject)


def may_vet(actor: Actor) -> None:
    """Raises NotPermittedError for who is no person of the office that may vet."""
    if not policy.may_vet(actor):
        raise NotPermittedError("only people of the office, signed in, vet applications")


def _open(name: str) -> Application:
    row = confirmed(name, lock=True)
    if row.settled_at is not None:
        raise RefusedMoveError(f"this application was {row.state} already")
    return row


def _undecided(actor: Actor, name: str) -> None:
    if members.open_decisions(actor, name):
        raise RefusedMoveError("its admission is proposed: refuse that proposal first")


def _write(row: Application, reason: str) -> None:
    settings = current_app.extensions["settings"]
    text = REFUSAL.format(
        alliance=settings.alliance, reason=reason, days=KEPT_REFUSED.days, link=f"{settings.url}/apply"
    )
    mail.post(Letter(facts_of(row).contact_email, "Your application to the alliance", text))
