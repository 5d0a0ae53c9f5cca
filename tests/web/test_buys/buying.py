"""Test buys as tests lead them on."""

from collections.abc import Sequence
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub import clock
from hub.ledger import service as ledger
from hub.listing_reports.rules import DECLARATION
from hub.test_buys import service
from tests.conftest import Hub
from tests.web.listing_reports.reporting import HOST
from tests.web.members.test_decisions import person

API = "/api/v1/test-buys"
ORDER = "ORDER-778899"
PLACE = "Laboratory, room 4, Hamburg"
METHOD = "The movement was opened: it bears no number, which each of ours does."


def said(**other: Any) -> dict[str, Any]:
    """A plan, as JSON."""
    url = f"https://{HOST}/item/1"
    return {"platform": "shop", "url": url, "goods": "Watch, model 7", "currency": "EUR", "budget": 25_000, **other}


def plan(client: FlaskClient, **other: Any) -> str:
    """Plan by the API; returns the name."""
    answer = client.post(API, json=said(**other))
    assert answer.status_code == 200, answer.text
    return str(answer.json["name"])


def approve(hub: Hub, name: str, who: str = "ben") -> str:
    """Approve its budget as a person."""
    with person(hub, who) as actor:
        return service.approve(actor, name, version(hub, name))


def version(hub: Hub, name: str) -> int:
    """Of the test buy, at present."""
    ((found,),) = hub.sql("SELECT version FROM test_buy WHERE name = %s", name)
    assert isinstance(found, int)
    return found


def lead(hub: Hub, name: str, command: str, **told: Any) -> TestResponse:
    """Give a command by the API, at the present version."""
    body = {"command": command, "version": version(hub, name), **told}
    return hub.client("brand-a").post(f"{API}/{name}/commands", json=body)


def told(command: str, photo: str = "", right: str = "") -> dict[str, Any]:
    """What goes with each command."""
    paid = [{"kind": "price", "minor": 12_550}, {"kind": "shipping", "minor": 990}]
    carried = {"place": PLACE, "seal": "S-1234", "photos": [photo]}
    return {
        "order": {"order": {"number": ORDER, "day": str(clock.today()), "costs": paid}},
        "receive": carried,
        "examine": carried,
        "pass": {"place": "Courier, on the way"},
        "judge": {"finding": {"verdict": "counterfeit", "method": METHOD, "verifier": "Dr. Weiß, laboratory"}},
        "sign": {"signature": {"name": "Ana Müller", "role": "Head of brand protection"}},
        "link": {"linking": {"right": right, "product_class": 25, "declaration": DECLARATION}},
        "spend": {"cost": {"kind": "examination", "minor": 4_000}},
        "refund": {"refund": 12_550, "words": "The seller took it back."},
        "retain": {"place": "Vault of the brand"},
        "destroy": {"place": "Shredder of the brand"},
        "cancel": {"words": "The listing is gone, and so is the seller."},
    }[command]


def led_to(hub: Hub, photo: str, *commands: str, right: str = "", **plan_of: Any) -> str:
    """A test buy that was planned, approved, and led on by these commands; returns its name."""
    name = plan(hub.client("brand-a"), **plan_of)
    approve(hub, name)
    for command in commands:
        answer = lead(hub, name, command, **told(command, photo, right))
        assert answer.status_code == 200, (command, answer.text)
    return name


SIGNED = ("order", "receive", "examine", "judge", "sign")


def read(hub: Hub, name: str, code: str = "brand-a") -> dict[str, Any]:
    """The test buy as a member reads it."""
    found = hub.client(code).get(f"{API}/{name}")
    assert found.status_code == 200, found.text
    shown: dict[str, Any] = found.json
    return shown


def views(hub: Hub, code: str) -> Sequence[dict[str, Any]]:
    """What a member's part of the record holds of test buys, oldest first."""
    hub.sequence()
    with hub.app.app_context():
        own = [each.fields or {} for each in ledger.own_entries(hub.actor(code), limit=1000)]
    return [each for each in own if str(each["action"]).startswith("testbuy.")]
