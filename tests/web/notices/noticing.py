"""What the worker does for notices, and what members are told."""

from collections.abc import Sequence
from typing import Any

from flask.testing import FlaskClient

from hub.notices import jobs
from tests.conftest import HTML, Hub, csrf

API = "/api/v1/notices"


def make(hub: Hub) -> int:
    """Take all that is recorded into the log, and make its notices; returns of how many entries."""
    hub.sequence()
    with hub.app.app_context():
        return jobs.make_notices()


def told(hub: Hub, code: str) -> Sequence[str]:
    """The events that a member is told of, in the order of the record."""
    return [each["event"] for each in feed(hub, code)["notices"]]


def feed(hub: Hub, code: str, **query: Any) -> dict[str, Any]:
    """The notices to a member by the API."""
    answer = hub.client(code).get(API, query_string=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def send(client: FlaskClient, page: str, address: str, **fields: Any) -> str:
    """Send a form of a page; returns the text that one is led to."""
    fields["csrf_token"] = csrf(client.get(page, headers=HTML).text)
    return client.post(address, data=fields, headers=HTML, follow_redirects=True).text
