"""The pages of webhooks: an owner adds one, sees its secret once, tests it, and reads what came of each delivery."""

import re
from collections.abc import Iterator

import pytest

from hub.access.grants import Role
from tests.conftest import HTML, Hub
from tests.web.notices.noticing import send
from tests.web.notices.receiving import Receiver, receiving, sent

SECRET = re.compile(r"whsec_[A-Za-z0-9+/]{43}=")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def owned(hub: Hub) -> Hub:
    hub.admit("brand-a")
    hub.person("brand-a")
    return hub


def added(hub: Hub, url: str) -> tuple[str, str]:
    """What the page answers to an added webhook, and the webhook's page."""
    text = send(hub.signed_in("brand-a"), "/webhooks", "/webhooks", url=url, topics=["reports", "keys"])
    found = hub.sql("SELECT name FROM webhook")
    return text, f"/webhooks/{found[0][0]}" if found else ""


def test_secret_is_on_the_answer_and_on_no_later_page(owned: Hub, receiver: Receiver) -> None:
    text, page = added(owned, receiver.url)
    assert SECRET.search(text)
    assert receiver.url in text
    client = owned.signed_in("brand-a")
    for each in ("/webhooks", page):
        assert not SECRET.search(client.get(each, headers=HTML).text)


def test_owner_tests_rotates_replays_and_removes(owned: Hub, receiver: Receiver) -> None:
    _, page = added(owned, receiver.url)
    client = owned.signed_in("brand-a")
    assert "The test is sent within seconds" in send(client, page, f"{page}/test")
    sent(owned)
    text = client.get(page, headers=HTML).text
    assert "Delivered" in text
    (delivery,) = set(re.findall(r"msg_[0-9a-f]{32}", text))
    assert SECRET.search(send(client, page, f"{page}/secret"))
    assert "The secret before this one signs too" in client.get(page, headers=HTML).text
    assert "sent once more" in send(client, page, f"{page}/replays", delivery=delivery)
    assert sent(owned) == 1
    assert "0 deliveries are sent once more" in send(client, page, f"{page}/replays/failed", since="2026-01-01")
    assert "The topics are changed" in send(client, page, f"{page}/topics", topics=["ledger"])
    assert owned.sql("SELECT topics FROM webhook") == [(["ledger"],)]
    assert "The webhook is removed" in send(client, page, f"{page}/removal")
    assert client.get(page, headers=HTML).status_code == 404


@pytest.mark.parametrize(
    ("url", "topics", "told"),
    [
        ("http://example.org/hub", ["reports"], "The hub calls no such address"),
        ("https://10.0.0.1/hub", ["reports"], "The hub calls no such address"),
        ("ftp://example.org", ["reports"], "The address begins with https://"),
        ("", ["reports"], "Give the address that is called"),
        ("https://example.org/hub", [], "Choose at least one topic"),
        ("https://example.org/hub", ["everything"], "not"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(owned: Hub, url: str, topics: list[str], told: str) -> None:
    text = send(owned.signed_in("brand-a"), "/webhooks", "/webhooks", url=url, topics=topics)
    assert told in text
    assert "need" in text
    assert owned.sql("SELECT count(*) FROM webhook") == [(0,)]


def test_disabled_one_says_so_and_is_enabled_again(owned: Hub, receiver: Receiver) -> None:
    receiver.status = 410
    _, page = added(owned, receiver.url)
    client = owned.signed_in("brand-a")
    send(client, page, f"{page}/test")
    sent(owned)
    assert "its receiver answered 410 Gone" in client.get(page, headers=HTML).text
    assert "The webhook is enabled" in send(client, page, f"{page}/enabling")
    assert "410 Gone" not in client.get(page, headers=HTML).text


def test_nobody_but_an_owner_is_let_in(owned: Hub) -> None:
    owned.person("brand-a", "ann", Role.ANALYST)
    assert owned.signed_in("ann").get("/webhooks", headers=HTML).status_code == 403
    assert owned.client("brand-a").get("/webhooks", headers=HTML).status_code == 403
