"""Rights as tests enter them."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask.testing import FlaskClient

from hub.ledger import service as ledger
from tests.conftest import Hub
from tests.unit.evidence.files import PDF

RIGHT: dict[str, Any] = {
    "type": "trade-mark",
    "office": "EUIPO",
    "number": "018123456",
    "title": "ACME",
    "jurisdictions": [],
    "classes": [9, 25],
    "begins_on": "2020-01-01",
    "ends_on": "2099-01-01",
    "owner": "Acme GmbH",
}


def enter(client: FlaskClient, **other: Any) -> str:
    """Enter a right by the API; returns its name."""
    answer = client.post("/api/v1/rights", json=RIGHT | other)
    assert answer.status_code == 201, answer.text
    return str(answer.json["name"])


def stored(client: FlaskClient, content: bytes = PDF, name: str = "certificate.pdf", type: str = "certificate") -> str:
    """Store a file in the vault by the API; returns its name."""
    query = {"name": name, "type": type}
    octets = "application/octet-stream"
    answer = client.post("/api/v1/evidence", query_string=query, data=content, content_type=octets)
    assert answer.status_code == 201, answer.text
    return str(answer.json["name"])


def certify(client: FlaskClient, name: str, content: bytes = PDF) -> str:
    """Store a certificate, and hand it in; returns the name of the file."""
    file = stored(client, content)
    answer = client.post(f"/api/v1/rights/{name}/certificate", json={"file": file})
    assert answer.status_code == 204, answer.text
    return file


def sentences(hub: Hub, code: str) -> Sequence[str]:
    """What a member reads of rights in its part of the record."""
    hub.sequence()
    with hub.app.app_context():
        return [one.sentence for one in ledger.own_entries(hub.actor(code)) if one.action.startswith("right.")]


def on(text: str) -> date:
    """A day."""
    return date.fromisoformat(text)
