"""How a webhook is signed, sent and tried again, after the Standard Webhooks specification 1.0.0: pure."""

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from hub.clock import stamp

MOST_WEBHOOKS = 5
"""Of one member."""
LONGEST_URL = 500
SECRET_BYTES = 32
"""The specification asks for 24 to 64."""
OVERLAP = timedelta(hours=24)
"""How long a secret that was replaced signs beside the new one."""
DELAYS = (5, 60, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds between one try and the next; together a little over three days."""
JITTER = 0.1
"""By which part of itself each delay is shorter or longer, so that not all come back at once."""
CONNECT_SECONDS, SECONDS = 5.0, 15.0
"""For the connection, and for all of it."""
AT_A_TIME = 16
"""How many receivers are asked at a time; of each webhook one delivery is under way."""
LEASE = timedelta(minutes=1)
"""After how long a delivery whose sender died is taken up again; longer than a try takes."""
HOLD = timedelta(minutes=1)
"""How long nothing is sent to a webhook after a try that failed: one that is down costs others no time."""
FAILING = timedelta(days=5)
"""After how long without one success a webhook is disabled."""
GONE = 410
"""The status by which a receiver says that it wants no more."""
KEPT = timedelta(days=30)
"""How long a delivery and its tries are kept."""
MOST_REPLAYED = 10_000
TEST = "webhook.test"
"""The type of what the test button sends."""
NAMED = frozenset(
    {
        *("application", "counter_notice", "entry", "evidence", "question", "report", "right", "sharing_group"),
        "test_buy",
    }
)
"""Kinds of records whose names were drawn at random; the name of no other is sent."""
NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
_PREFIX = "whsec_"


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    WAITS = "waits"
    DELIVERED = "delivered"
    FAILED = "failed"


class Disabled(StrEnum):
    """Why nothing is sent to a webhook."""

    GONE = "gone"
    FAILING = "failing"

    @property
    def words(self) -> str:
        """As a person reads it."""
        return "its receiver answered 410 Gone" if self is Disabled.GONE else "all tries failed for five days"


class WebhookError(ValueError):
    """What was asked of a webhook cannot be; the text says what to mend."""


def check_url(url: str, *, local: bool) -> str:
    """An address that may be called: https, or http as well where the hub is a developer's own. Raises WebhookError."""
    url = url.strip()
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise WebhookError("the address reads like https://example.org/hub") from None
    if not url.isascii() or not url.isprintable() or " " in url or not parts.hostname or len(url) > LONGEST_URL:
        raise WebhookError(f"the address reads like https://example.org/hub, with at most {LONGEST_URL} characters")
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        raise WebhookError("the address begins with https://")
    if "@" in parts.netloc or parts.fragment or port == 0:
        raise WebhookError("the address holds no name, no password and no part after #")
    return url


def new_name() -> str:
    """The name of a webhook."""
    return secrets.token_urlsafe(16)


def new_delivery_name() -> str:
    """What a receiver knows a delivery by, however often it is tried (`webhook-id`)."""
    return f"msg_{secrets.token_hex(16)}"


def new_secret() -> str:
    """What a webhook is signed with, as the specification writes it."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def headers(name: str, at: datetime, body: bytes, keys: Sequence[str]) -> Mapping[str, str]:
    """The header fields of a delivery: signed with each secret, the newest first."""
    seconds = str(int(at.timestamp()))
    signed = f"{name}.{seconds}.".encode() + body
    digests = (hmac.new(base64.b64decode(key.removeprefix(_PREFIX)), signed, hashlib.sha256).digest() for key in keys)
    return {
        "Content-Type": "application/json",
        "User-Agent": "alliance-hub-webhooks/1",
        "webhook-id": name,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests),
    }


def body(event: str, at: datetime, told: Mapping[str, str] | None = None) -> bytes:
    """What is sent: the event, when it was recorded, and by which names it is found."""
    return json.dumps({"type": event, "timestamp": stamp(at), "data": dict(told or {})}, separators=(",", ":")).encode()


def told(topic: str, kind: str, ref: str, entry: str) -> Mapping[str, str]:
    """The names by which the receiver finds what happened; none that says anything by itself."""
    named = {"kind": kind, "ref": ref} if kind in NAMED else {"kind": kind} if kind else {}
    return {"topic": topic, "entry": entry, **named}


def next_try(tries: int, now: datetime, chance: float) -> datetime | None:
    """When a delivery that failed so many times is tried next; `chance` is between 0 and 1. None: it is given up."""
    if tries > len(DELAYS):
        return None
    return now + timedelta(seconds=DELAYS[tries - 1] * (1 + JITTER * (2 * chance - 1)))
