"""Sending what waits to webhooks: each receiver by itself, a few at a time, and what came of every try."""

import random
import time
from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace

from cryptography.exceptions import InvalidTag
from flask import current_app
from sqlalchemy import func, select

from hub import clock
from hub.access.actor import Actor
from hub.access.grants import Role
from hub.access.guard import read_as
from hub.access.permissions import Permission
from hub.db import db
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.ledger.service import LedgerHaltedError
from hub.log import log
from hub.members import service as members
from hub.notices import webhook_rules as rules
from hub.notices.model import Delivery, DeliveryTry, Webhook
from hub.notices.webhook_rules import DeliveryState, Disabled
from hub.outside import OutOfReachError, send
from hub.sealing import unseal

RUN = 20.0
"""Seconds for which one run takes up more; what is under way by then is waited for."""


@dataclass(frozen=True)
class Parcel:
    """One try of a delivery: all that is needed to send it, so that no thread asks the database."""

    delivery: int
    member_id: int
    url: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Outcome:
    """What came of a try."""

    milliseconds: int
    status: int | None = None
    failure: str = ""

    @property
    def is_taken(self) -> bool:
        """Whether the receiver has it (2xx)."""
        return self.status is not None and 200 <= self.status < 300


def send_due() -> int:
    """Send what is due for RUN seconds; returns how many tries. Commits each.

    A webhook is leased while one of its deliveries is under way: if we crash, the lease ends and the same delivery is
    sent again under the same webhook-id. Safe to run several times at once.
    """
    local, began = current_app.extensions["settings"].is_local, time.monotonic()
    flying: dict[Future[Outcome], Parcel] = {}
    tries = 0
    with ThreadPoolExecutor(rules.AT_A_TIME) as threads:
        while True:
            free = rules.AT_A_TIME - len(flying)
            for parcel in _taken(free) if free and time.monotonic() - began < RUN else ():
                flying[threads.submit(_post, parcel, local)] = parcel
            if not flying:
                db.session.info.pop("reader", None)
                return tries
            done, _ = wait(flying, timeout=0.5, return_when=FIRST_COMPLETED)
            for future in done:
                _settle(flying.pop(future), future.result())
                tries += 1


def _taken(most: int) -> list[Parcel]:
    """The next delivery of each webhook that is due, leased to us. Commits."""
    _as_nobody()
    leased = func.take_deliveries(clock.now(), clock.now() + rules.LEASE, most).table_valued("delivery", "member")
    rows = db.session.execute(select(leased.c.delivery, leased.c.member)).all()
    db.session.commit()
    parcels = [_parcel(delivery, member) for delivery, member in rows]
    db.session.commit()
    return [parcel for parcel in parcels if parcel is not None]


def _parcel(delivery: int, member: int) -> Parcel | None:
    """What is sent; None where the webhook was removed meanwhile, or its secret cannot be opened."""
    actor = _as_member(member)
    found = select(Delivery, Webhook).join(Webhook, Webhook.id == Delivery.webhook_id).where(Delivery.id == delivery)
    row = db.session.execute(found).one_or_none()
    if row is None:
        return None
    what, where = row
    now = clock.now()
    sealed = [where.sealed_secret]
    if where.former_secret is not None and where.former_until is not None and where.former_until > now:
        sealed.append(where.former_secret)
    try:
        keys = [unseal(each, f"webhook {where.name}").decode() for each in sealed]
    except (InvalidTag, ValueError):
        log.error("a webhook's secret cannot be opened", member=actor.member)
        return None
    body = _body(actor, what)
    return Parcel(what.id, member, where.url, body, rules.headers(what.name, now, body, keys))


def _body(actor: Actor, row: Delivery) -> bytes:
    """Of a notice, what the member's own part of the record tells now; the same at each try unless that is erased."""
    if row.entry_id is None or row.topic is None:
        return rules.body(rules.TEST, row.made_at)
    entry = ledger.own_opened(actor, [row.entry_id])[row.entry_id]
    subject = (entry.fields or {}).get("subject") or {}
    told = rules.told(row.topic, subject.get("type", ""), subject.get("ref", ""), entry.name)
    return rules.body(entry.action, entry.at, told)


def _post(parcel: Parcel, local: bool) -> Outcome:
    """In a thread of its own: neither the application nor the database is at hand."""
    began = time.monotonic()
    status, failure = None, ""
    try:
        status, _ = send(
            parcel.url,
            local=local,
            body=parcel.body,
            headers=parcel.headers,
            seconds=rules.SECONDS,
            connect_seconds=rules.CONNECT_SECONDS,
            most=None,
        )
    except OutOfReachError as error:
        failure = str(error)
    return Outcome(round((time.monotonic() - began) * 1000), status, failure)


def _settle(parcel: Parcel, outcome: Outcome) -> None:
    """Write down what came of a try, and what follows from it. Commits.

    Disabling a webhook is recorded: while the log is halted it is not disabled, and the try after the next one does it.
    """
    try:
        _write(parcel, outcome, may_disable=True)
    except LedgerHaltedError:
        db.session.rollback()
        _write(parcel, outcome, may_disable=False)


def _write(parcel: Parcel, outcome: Outcome, *, may_disable: bool) -> None:
    actor, now = _as_member(parcel.member_id), clock.now()
    found = select(Delivery, Webhook).join(Webhook, Webhook.id == Delivery.webhook_id)
    row = db.session.execute(found.where(Delivery.id == parcel.delivery).with_for_update()).one_or_none()
    if row is None:  # removed while it was under way
        db.session.rollback()
        return
    delivery, webhook = row
    told = {"at": now, "milliseconds": outcome.milliseconds, "status": outcome.status, "failure": outcome.failure}
    db.session.add(DeliveryTry(delivery_id=delivery.id, member_id=delivery.member_id, **told))
    webhook.leased_until = None
    if outcome.is_taken:
        delivery.state, delivery.due_at = DeliveryState.DELIVERED.value, None
        webhook.failing_since = webhook.held_until = None
    else:
        delivery.tries += 1
        gone = outcome.status == rules.GONE
        chance = random.random()  # noqa: S311 - spreads the tries, and guards nothing
        delivery.due_at = None if gone else rules.next_try(delivery.tries, now, chance)
        delivery.state = (DeliveryState.FAILED if delivery.due_at is None else DeliveryState.WAITS).value
        webhook.failing_since, webhook.held_until = webhook.failing_since or now, now + rules.HOLD
        if may_disable and webhook.disabled_at is None and (gone or now - webhook.failing_since >= rules.FAILING):
            _disable(actor, webhook, Disabled.GONE if gone else Disabled.FAILING)
    db.session.commit()


def _disable(actor: Actor, webhook: Webhook, why: Disabled) -> None:
    """Send nothing more to it, and tell its owners by letter; in the transaction under way."""
    webhook.disabled_at, webhook.disabled_for = clock.now(), why.value
    ledger.append(actor, Event.WEBHOOK_DISABLED, subject={"type": "webhook", "ref": webhook.name, "reason": why.words})
    text = f"Nothing is sent to one of your webhooks any more: {why.words}. Mend its receiver, then enable it again."
    members.write_to_people(actor, [Role.OWNER], "A webhook is disabled", text, f"/webhooks/{webhook.name}")


def _as_nobody() -> None:
    db.session.rollback()
    db.session.info.pop("reader", None)


def _as_member(member: int) -> Actor:
    """The hub's own work for a member, which reads its part of the record."""
    _as_nobody()
    actor = replace(members.upkeep_actor(member, "p_webhooks"), permissions=frozenset({Permission.LEDGER_READ_OWN}))
    read_as(db.session, actor)
    return actor
