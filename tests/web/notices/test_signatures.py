"""What is sent is verified by the `standardwebhooks` package, which others wrote after the specification."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
import time_machine

from hub.notices import service as notices
from hub.notices import webhook_rules as rules
from hub.notices.rules import Topic
from tests.conftest import Hub
from tests.web.notices.noticing import make
from tests.web.notices.receiving import Receiver, added, owner, receiving, sent
from tests.web.notices.test_making import reported

package = import_module("standardwebhooks.webhooks")
Webhook, WebhookVerificationError = package.Webhook, package.WebhookVerificationError


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def desk(alliance: Hub, right: str) -> Hub:
    """Nothing waits to be told."""
    make(alliance)
    return alliance


def test_delivery_is_verified_by_the_package_that_others_wrote(desk: Hub, right: str, receiver: Receiver) -> None:
    _, secret = added(desk, receiver.url, Topic.REPORTS)
    name = reported(desk, right)
    make(desk)
    assert sent(desk) == 2
    told = [Webhook(secret).verify(body, dict(headers)) for headers, body in receiver.got]
    assert [each["type"] for each in told] == ["report.taken", "report.returned"]
    ((entry,),) = desk.sql(
        "SELECT rtrim(translate(encode(uuid_send(entry_id), 'base64'), '+/', '-_'), '=') FROM notice"
        " WHERE acts AND topic = 'reports' AND member_id = (SELECT id FROM member WHERE code = 'brand-a')"
    )
    assert told[1]["data"] == {"topic": "reports", "kind": "report", "ref": name, "entry": entry}
    assert set(told[1]) == {"type", "timestamp", "data"}


def test_tampered_body_another_secret_and_an_old_timestamp_are_refused(
    desk: Hub, right: str, receiver: Receiver
) -> None:
    _, secret = added(desk, receiver.url, Topic.REPORTS)
    reported(desk, right)
    make(desk)
    sent(desk)
    headers, body = receiver.got[0]
    Webhook(secret).verify(body, dict(headers))
    for wrong in (body.replace(b"taken", b"taker"), body + b" "):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(wrong, dict(headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(rules.new_secret()).verify(body, dict(headers))
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=6)), pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, dict(headers))
    other_time = {**headers, "webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, other_time)


def test_secret_that_was_replaced_signs_beside_the_new_one_for_a_day(desk: Hub, receiver: Receiver) -> None:
    name, first = added(desk, receiver.url)
    with owner(desk) as actor:
        second = notices.rotate_secret(actor, name)
        notices.send_test(actor, name)
    sent(desk)
    (headers, body), *_ = receiver.got
    for secret in (first, second):
        assert Webhook(secret).verify(body, dict(headers))["type"] == "webhook.test"
    receiver.got.clear()
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=25), tick=True):
        with owner(desk) as actor:
            notices.send_test(actor, name)
        sent(desk)
        (headers, body), *_ = receiver.got
        Webhook(second).verify(body, dict(headers))
        with pytest.raises(WebhookVerificationError):
            Webhook(first).verify(body, dict(headers))
