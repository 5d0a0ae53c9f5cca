"""What an owner does with its member's webhooks: add, change, rotate, test, replay, remove; and how they stand."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import Update, delete, func, insert, select, update

from hub import clock
from hub.access.actor import Actor
from hub.db import changed, db, newest
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.notices import policy
from hub.notices import webhook_rules as rules
from hub.notices.model import Delivery, DeliveryTry, Webhook
from hub.notices.rules import Topic
from hub.notices.webhook_rules import DeliveryState, Disabled, WebhookError
from hub.outside import OutOfReachError, check_place
from hub.sealing import seal


class UnknownWebhookError(Exception):
    """The actor's member has no webhook, or no delivery, of that name."""


@dataclass(frozen=True)
class ShownWebhook:
    """A webhook as its owners see it, without its secret."""

    name: str
    url: str
    topics: Sequence[Topic]
    made_at: datetime
    former_until: datetime | None
    """Until when the secret before this one signs too."""
    failing_since: datetime | None
    disabled_at: datetime | None
    disabled_for: Disabled | None
    waiting: int
    """How many deliveries are on their way."""

    @property
    def standing(self) -> str:
        """`active`, `failing` or `disabled`."""
        if self.disabled_at is not None:
            return "disabled"
        return "failing" if self.failing_since is not None else "active"


@dataclass(frozen=True)
class ShownTry:
    """One try of a delivery."""

    at: datetime
    milliseconds: int
    status: int | None
    failure: str


@dataclass(frozen=True)
class ShownDelivery:
    """A delivery and its tries, the newest first."""

    id: int
    name: str
    topic: Topic | None
    """None: it is a test."""
    made_at: datetime
    state: DeliveryState
    due_at: datetime | None
    tries: Sequence[ShownTry]


def webhooks(actor: Actor) -> list[ShownWebhook]:
    """The webhooks of the actor's member, in the order in which they were added."""
    found = select(Webhook).where(policy.own_webhooks(actor)).order_by(Webhook.id)
    rows = db.session.execute(found).scalars().all()
    waiting = (
        select(Delivery.webhook_id, func.count())
        .where(Delivery.webhook_id.in_([row.id for row in rows]), Delivery.due_at.is_not(None))
        .group_by(Delivery.webhook_id)
    )
    counts: dict[int, int] = {row[0]: row[1] for row in db.session.execute(waiting)}
    return [_shown(row, counts.get(row.id, 0)) for row in rows]


def webhook(actor: Actor, name: str) -> ShownWebhook:
    """One of them. Raises UnknownWebhookError."""
    row = _held(actor, name, lock=False)
    waiting = select(func.count()).where(Delivery.webhook_id == row.id, Delivery.due_at.is_not(None))
    return _shown(row, db.session.execute(waiting).scalar_one())


def deliveries(actor: Actor, name: str, *, before: int | None, limit: int) -> list[ShownDelivery]:
    """The deliveries of a webhook, newest first, those below the number `before`. Raises UnknownWebhookError."""
    found = select(Delivery).where(Delivery.webhook_id == _held(actor, name, lock=False).id)
    rows = db.session.execute(newest(found, Delivery.id, before, limit)).scalars().all()
    tries: dict[int, list[ShownTry]] = {row.id: [] for row in rows}
    told = select(DeliveryTry).where(DeliveryTry.delivery_id.in_(tries)).order_by(DeliveryTry.id.desc())
    for one in db.session.execute(told).scalars():
        tries[one.delivery_id].append(ShownTry(one.at, one.milliseconds, one.status, one.failure))
    return [
        ShownDelivery(
            row.id,
            row.name,
            Topic(row.topic) if row.topic else None,
            row.made_at,
            DeliveryState(row.state),
            row.due_at,
            tries[row.id],
        )
        for row in rows
    ]


def add_webhook(actor: Actor, url: str, topics: Collection[Topic]) -> tuple[str, str]:
    """Have the notices of some topics sent to an address from now on; returns its name and its secret, once. Commits.

    Raises NotPermittedError, WebhookError.
    """
    own = policy.own_webhooks(actor)
    url = _checked(url)
    named = _topics(topics)
    if db.session.execute(select(func.count()).select_from(Webhook).where(own)).scalar_one() >= rules.MOST_WEBHOOKS:
        raise WebhookError(f"a member has at most {rules.MOST_WEBHOOKS} webhooks: remove one first")
    name, secret = rules.new_name(), rules.new_secret()
    row = {"name": name, "member_id": actor.member_id, "url": url, "topics": named, "made_at": clock.now()}
    db.session.execute(insert(Webhook).values(**row, sealed_secret=_sealed(name, secret)))
    _record(actor, Event.WEBHOOK_ADDED, name)
    db.session.commit()
    return name, secret


def set_topics(actor: Actor, name: str, topics: Collection[Topic]) -> None:
    """Choose anew which topics are sent. Commits. Raises UnknownWebhookError, WebhookError."""
    row = _held(actor, name)
    row.topics = _topics(topics)
    _record(actor, Event.WEBHOOK_CHANGED, name)
    db.session.commit()


def rotate_secret(actor: Actor, name: str) -> str:
    """Sign with another secret; the one before signs beside it for OVERLAP. Returns it, once. Commits.

    Raises UnknownWebhookError.
    """
    row, secret = _held(actor, name), rules.new_secret()
    row.former_secret, row.former_until = row.sealed_secret, clock.now() + rules.OVERLAP
    row.sealed_secret = _sealed(name, secret)
    _record(actor, Event.WEBHOOK_ROTATED, name)
    db.session.commit()
    return secret


def enable_webhook(actor: Actor, name: str) -> None:
    """Send to a webhook again that was disabled; what waits is sent at once. Commits. Raises UnknownWebhookError."""
    row = _held(actor, name)
    row.disabled_at = row.disabled_for = row.failing_since = row.held_until = None
    _record(actor, Event.WEBHOOK_CHANGED, name)
    db.session.commit()


def remove_webhook(actor: Actor, name: str) -> None:
    """Send to a webhook no more, and forget its deliveries. Commits. Raises UnknownWebhookError."""
    row = _held(actor, name)
    its = select(Delivery.id).where(Delivery.webhook_id == row.id)
    db.session.execute(delete(DeliveryTry).where(DeliveryTry.delivery_id.in_(its)))
    db.session.execute(delete(Delivery).where(Delivery.webhook_id == row.id))
    db.session.delete(row)
    _record(actor, Event.WEBHOOK_REMOVED, name)
    db.session.commit()


def send_test(actor: Actor, name: str) -> None:
    """Have a test sent to a webhook at once. Commits. Raises UnknownWebhookError, WebhookError for one disabled."""
    row = _held(actor, name)
    if row.disabled_at is not None:
        raise WebhookError("nothing is sent to this webhook: enable it first")
    now = clock.now()
    waiting = {"state": DeliveryState.WAITS.value, "tries": 0, "made_at": now, "due_at": now}
    whose = {"name": rules.new_delivery_name(), "webhook_id": row.id, "member_id": row.member_id}
    db.session.execute(insert(Delivery).values(**whose, **waiting))
    row.held_until = None
    db.session.commit()


def replay(actor: Actor, name: str, delivery: str) -> None:
    """Send a delivery once more, under the same webhook-id. Commits. Raises UnknownWebhookError."""
    row = _held(actor, name)
    known = rules.NAME.fullmatch(delivery) is not None
    if not known or not changed(_again().where(Delivery.webhook_id == row.id, Delivery.name == delivery)):
        raise UnknownWebhookError("there is no such delivery")
    row.held_until = None
    db.session.commit()


def replay_failed(actor: Actor, name: str, since: datetime) -> int:
    """Send all that failed since a moment once more; returns how many, MOST_REPLAYED at most. Commits.

    Raises UnknownWebhookError.
    """
    row = _held(actor, name)
    failed = (Delivery.webhook_id == row.id, Delivery.state == DeliveryState.FAILED.value, Delivery.made_at >= since)
    those = select(Delivery.id).where(*failed).order_by(Delivery.id).limit(rules.MOST_REPLAYED)
    again = changed(_again().where(Delivery.id.in_(those)))
    row.held_until = None
    db.session.commit()
    return again


def _again() -> Update:
    return update(Delivery).values(state=DeliveryState.WAITS.value, tries=0, due_at=clock.now())


def _held(actor: Actor, name: str, *, lock: bool = True) -> Webhook:
    """The webhook of that name, held until the transaction ends if it is to be changed. Raises UnknownWebhookError."""
    found = select(Webhook).where(policy.own_webhooks(actor), Webhook.name == name)
    known = rules.NAME.fullmatch(name) is not None
    row = db.session.execute(found.with_for_update() if lock else found).scalar_one_or_none() if known else None
    if row is None:
        raise UnknownWebhookError("there is no webhook of this name")
    return row


def _shown(row: Webhook, waiting: int) -> ShownWebhook:
    former = row.former_until if row.former_until is not None and row.former_until > clock.now() else None
    return ShownWebhook(
        row.name,
        row.url,
        [topic for topic in Topic if topic.value in row.topics],
        row.made_at,
        former,
        row.failing_since,
        row.disabled_at,
        Disabled(row.disabled_for) if row.disabled_for else None,
        waiting,
    )


def _checked(url: str) -> str:
    local = current_app.extensions["settings"].is_local
    url = rules.check_url(url, local=local)
    try:
        check_place(url, local=local)
    except OutOfReachError:
        raise WebhookError("the hub calls no such address: it must be one of the public internet") from None
    return url


def _topics(topics: Collection[Topic]) -> list[str]:
    if not topics:
        raise WebhookError("choose at least one topic")
    return [topic.value for topic in Topic if topic in topics]


def _sealed(name: str, secret: str) -> bytes:
    return seal(secret.encode(), f"webhook {name}")


def _record(actor: Actor, event: Event, name: str) -> None:
    ledger.append(actor, event, subject={"type": "webhook", "ref": name})
