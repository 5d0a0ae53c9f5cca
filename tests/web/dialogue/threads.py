"""Threads as tests write them, about every kind of record that has one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub.evidence.rules import RecordKind
from tests.conftest import HTML, Hub
from tests.web.listing_reports import reporting
from tests.web.questions import asking

ASKED = "The seller shows this invoice. Is the dealer yours?"


def say(client: FlaskClient, record: str, text: str = ASKED, *files: str, **headers: str) -> TestResponse:
    """Write a message about a record, by its address in the API."""
    return client.post(f"{record}/messages", json={"text": text, "files": files}, headers=headers)


def read(hub: Hub, record: str, code: str) -> list[dict[str, Any]]:
    """The messages about a record as a member reads them."""
    found = hub.client(code).get(f"{record}/messages")
    assert found.status_code == 200, found.text
    messages: list[dict[str, Any]] = found.json["messages"]
    return messages


@dataclass(frozen=True)
class Talk:
    """A kind of record that its two parties write about; here one of them writes, and the other reads."""

    kind: RecordKind
    begun: Callable[[Hub, str, int], str]
    """Makes the record of that number under a right of brand-a; returns its name."""
    api: str
    page: str
    event: str
    subject: str
    writer: str
    reader: str


@dataclass(frozen=True)
class Thread:
    """A record of the parties brand-a and shop, nobody else's, and what is said about it."""

    hub: Hub
    talk: Talk
    name: str

    @property
    def api(self) -> str:
        """The record's address in the API."""
        return f"{self.talk.api}/{self.name}"

    @property
    def page(self) -> str:
        """The address of the record's page."""
        return f"{self.talk.page}/{self.name}"

    def write(self, text: str = ASKED, *files: str, by: str = "", **headers: str) -> TestResponse:
        """Write as the one who writes, or as another."""
        return say(self.hub.client(by or self.talk.writer), self.api, text, *files, **headers)

    def read(self, by: str = "") -> list[dict[str, Any]]:
        """What the one who reads, or another, reads."""
        return read(self.hub, self.api, by or self.talk.reader)

    def shown(self, address: str = "") -> str:
        """The page as the one who reads sees it."""
        return self.hub.signed_in(self.talk.reader).get(address or self.page, headers=HTML).text


def _filed(hub: Hub, right: str, n: int) -> str:
    listings = [{"url": f"https://{reporting.HOST}/item/{n}"}]
    return reporting.file(hub.client("brand-a"), right, listings=listings)


def _asked(hub: Hub, _right: str, n: int) -> str:
    listings = [{"url": f"https://{asking.HOST}/item/{n}"}]
    return asking.ask(hub.client("shop"), listings=listings)[0]


TALKS = (
    Talk(
        RecordKind.LISTING_REPORT,
        _filed,
        *(reporting.API, "/reports"),
        *("message.sent", "report"),
        writer="shop",
        reader="brand-a",
    ),
    Talk(
        RecordKind.QUESTION,
        _asked,
        *(asking.API, "/questions"),
        *("question.message_sent", "question"),
        writer="brand-a",
        reader="shop",
    ),
)
