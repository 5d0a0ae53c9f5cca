"""Questions as tests ask and answer them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub import clock
from hub.ledger import service as ledger
from hub.questions import jobs
from hub.questions.rules import DECLARATION
from tests.conftest import Hub
from tests.web.listing_reports.reporting import HOST

API = "/api/v1/questions"
WORDS = "Is the bag in these pictures one of yours?"
WHY = "The seam is of another colour than any that we ever made."


def said(rows: int = 1, **other: Any) -> dict[str, Any]:
    """Questions that can be asked, as JSON."""
    day = clock.today() + timedelta(days=3)
    listings = [{"url": f"https://{HOST}/item/{n}"} for n in range(1, rows + 1)]
    return {"brand": "brand-a", "words": WORDS, "day": str(day), "time_zone": "UTC", "listings": listings, **other}


def ask(client: FlaskClient, rows: int = 1, **other: Any) -> list[str]:
    """Ask by the API; returns the names."""
    answer = client.post(API, json=said(rows, **other))
    assert answer.status_code == 200, answer.text
    names: list[str] = answer.json["names"]
    return names


def fake(right: str, **other: Any) -> dict[str, Any]:
    """All that goes with the answer that it is a fake."""
    return {"answer": "fake", "right": right, "sentence": WHY, "declaration": DECLARATION, **other}


def answer(client: FlaskClient, names: Sequence[str], **given: Any) -> TestResponse:
    """Answer questions by the API."""
    return client.post(f"{API}/answers", json={"questions": names, **given})


def withdraw(client: FlaskClient, *names: str) -> TestResponse:
    """Withdraw questions by the API."""
    return client.post(f"{API}/withdrawals", json={"questions": names})


def read(hub: Hub, name: str, code: str = "brand-a") -> dict[str, Any]:
    """The question as a member reads it."""
    found = hub.client(code).get(f"{API}/{name}")
    assert found.status_code == 200, found.text
    shown: dict[str, Any] = found.json
    return shown


def state(hub: Hub, name: str) -> str:
    """Where a question stands."""
    return str(read(hub, name)["question"]["state"])


def expire(hub: Hub) -> int:
    """Run the job."""
    with hub.app.app_context():
        return jobs.expire_questions()


def sentences(hub: Hub, code: str) -> Sequence[str]:
    """What a member reads of questions in its part of the record, newest first."""
    hub.sequence()
    with hub.app.app_context():
        own = ledger.own_entries(hub.actor(code))
        return [one.sentence for one in reversed(own) if one.action.startswith("question.")]
