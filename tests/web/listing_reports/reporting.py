"""Reports as tests file them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub.ledger import service as ledger
from hub.listing_reports import service as reports
from hub.listing_reports.rules import DECLARATION
from hub.rights import service as rights
from tests.conftest import Hub
from tests.web.members.test_decisions import person
from tests.web.rights.entered import RIGHT, enter

HOST = "shop.example.com"
BEGAN = datetime(2027, 1, 4, 9, tzinfo=UTC)
"""Where tests have the time stand still."""
API = "/api/v1/listing-reports"
SELLER_SAYS = "I bought all of them from the right holder's own dealer, and have the invoices."
WORDS = "The pictures show another model than the one of the right."


def verified_right(hub: Hub, code: str, **other: Any) -> str:
    """A right of a brand that Ada of the office has verified; returns its name."""
    name = enter(hub.client(code), **other)
    verify(hub, name)
    return name


def corrected(hub: Hub, name: str, **other: Any) -> None:
    """Have brand-a say anew what the register says of a right, and Ada verify it anew."""
    answer = hub.client("brand-a").post(f"/api/v1/rights/{name}/correction", json=RIGHT | other)
    assert answer.status_code == 204, answer.text
    verify(hub, name)


def verify(hub: Hub, name: str) -> None:
    """Have Ada of the office verify a right as it stands."""
    with person(hub, "ada") as actor:
        rights.verify(actor, name, rights.right(actor, name)[0].facts.digest)


def named_market(hub: Hub, owner: str, host: str = HOST, countries: Sequence[str] = ("DE", "US")) -> None:
    """Have an owner of a platform name one of its marketplaces."""
    with person(hub, owner) as actor:
        reports.set_marketplace(actor, host, countries)


def said(right: str, rows: int = 3, **other: Any) -> dict[str, Any]:
    """A report that can be filed, as JSON."""
    listings = [{"url": f"https://{HOST}/item/{n}", "seller": f"seller {n}"} for n in range(1, rows + 1)]
    return {
        "platform": "shop",
        "right": right,
        "reason": "no_such_model",
        "evidence": {"range_statement": "We never made it in this size."},
        "product_class": 25,
        "listings": listings,
        "declaration": DECLARATION,
        **other,
    }


def file(client: FlaskClient, right: str, rows: int = 3, **other: Any) -> str:
    """File a report by the API; returns its name."""
    answer = client.post(API, json=said(right, rows, **other))
    assert answer.status_code == 200, answer.text
    return str(answer.json["name"])


def review(hub: Hub, name: str, command: str, **other: Any) -> TestResponse:
    """Give a command of the platform at the report's present version."""
    return hub.client("shop").post(f"{API}/{name}/reviews", json=_command(hub, name, command, other))


def answer(hub: Hub, name: str, command: str, **other: Any) -> TestResponse:
    """Give a command of the brand at the report's present version."""
    return hub.client("brand-a").post(f"{API}/{name}/answers", json=_command(hub, name, command, other))


def counter(hub: Hub, name: str, listings: Sequence[int] | None = None, **other: Any) -> TestResponse:
    """Have the platform pass on a seller's counter-notice to those listings, or to all that are left."""
    said = {"grounds": "genuine", "words": SELLER_SAYS, **other}
    return review(hub, name, "counter", counter=said, listings=listings)


def asked(hub: Hub, right: str, rows: int = 3, **other: Any) -> str:
    """A report that the platform has taken and passed on to the seller; returns its name."""
    name = file(hub.client("brand-a"), right, rows, **other)
    for command in ("take", "forward"):
        assert review(hub, name, command).status_code == 200
    return name


def _command(hub: Hub, name: str, command: str, other: dict[str, Any]) -> dict[str, Any]:
    ((version,),) = hub.sql("SELECT version FROM listing_report WHERE name = %s", name)
    usual = {"automated": False} if command == "judge" else {}
    return {"command": command, "version": version, **usual, **other}


def read(hub: Hub, name: str, code: str = "brand-a") -> dict[str, Any]:
    """The report as a member reads it."""
    found = hub.client(code).get(f"{API}/{name}")
    assert found.status_code == 200, found.text
    shown: dict[str, Any] = found.json
    return shown


def sentences(hub: Hub, code: str) -> Sequence[str]:
    """What a member reads of reports in its part of the record."""
    hub.sequence()
    with hub.app.app_context():
        return [one.sentence for one in ledger.own_entries(hub.actor(code)) if one.action.startswith("report.")]
