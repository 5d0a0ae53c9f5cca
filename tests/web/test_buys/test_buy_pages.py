"""The pages: one person plans, another approves, and what was typed is kept where something is to be mended."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub import clock
from tests.conftest import HTML, Hub, csrf
from tests.web.evidence.storing import erased
from tests.web.test_buys.buying import METHOD, ORDER, PLACE, SIGNED, led_to, plan, read, said


def send(client: FlaskClient, page: str, way: str, **fields: Any) -> TestResponse:
    """Send a form of a test buy's page."""
    token = csrf(client.get(page, headers=HTML).text)
    return client.post(f"{page}/{way}", data={"csrf_token": token, **fields}, headers=HTML)


def test_one_person_plans_and_another_approves_on_the_page(brand: Hub) -> None:
    ana, ben = brand.signed_in("brand-a"), brand.signed_in("ben", "10.9.9.9")
    token = csrf(ana.get("/test-buys/new", headers=HTML).text)
    planned = {"csrf_token": token, **said(), "budget": "250.00"}
    sent = ana.post("/test-buys/new", data=planned, headers=HTML)
    assert sent.status_code == 303
    page = sent.headers["Location"]
    assert "Approve the budget" not in ana.get(page, headers=HTML).text
    refused = send(ana, page, "approval", command="approve", version=1)
    assert (refused.status_code, "Another person of the brand" in refused.text) == (422, True)
    assert "Approve the budget" in ben.get(page, headers=HTML).text
    assert send(ben, page, "approval", command="approve", version=1).status_code == 303
    assert "To be ordered" in ana.get("/test-buys", headers=HTML).text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"budget": "1,5"}, "Write the amount"), ({"platform": "nobody"}, "of no platform"), ({"url": "x"}, "")],
)
def test_plan_that_is_wrong_keeps_what_was_typed(brand: Hub, wrong: dict[str, str], words: str) -> None:
    client = brand.signed_in("brand-a")
    token = csrf(client.get("/test-buys/new", headers=HTML).text)
    sent = client.post("/test-buys/new", data={"csrf_token": token, **said(), "budget": "250", **wrong}, headers=HTML)
    assert (sent.status_code, words in sent.text, "Watch, model 7" in sent.text) == (422, True, True)


def test_it_is_led_to_its_report_on_the_page(brand: Hub, photo: str, right: str) -> None:
    name = led_to(brand, photo)
    client, page = brand.signed_in("brand-a"), f"/test-buys/{name}"
    carried = {"place": PLACE, "seal": "S-1234", "photos": photo}
    steps: list[dict[str, Any]] = [
        {
            "command": "order",
            "order_number": ORDER,
            "ordered_on": str(clock.today()),
            "price": "125.50",
            "shipping": "9.9",
        },
        {"command": "receive", **carried},
        {"command": "examine", **carried},
        {"command": "spend", "kind": "examination", "amount": "40"},
        {"command": "judge", "verdict": "counterfeit", "method": METHOD, "verifier": "Dr. Weiß"},
        {"command": "sign", "signer": "Ana Müller", "signer_role": "Head of brand protection"},
        {"command": "link", "right": right, "product_class": "25", "seller": "Ada's shop", "declared": "y"},
        {"command": "refund", "amount": "125.50", "words": "The seller took it back."},
    ]
    for version, step in enumerate(steps, start=2):
        sent = send(client, page, "steps", version=version, **step)
        assert sent.status_code == 303, (step["command"], sent.text)
    assert brand.sql("SELECT seller FROM reported_listing") == [("Ada's shop",)]
    shown = client.get(page, headers=HTML).text
    for words in ("-125.50 EUR", "49.90 EUR", "The report as PDF", ORDER, PLACE, read(brand, name)["report_digest"]):
        assert words in shown, words
    assert "49.90 EUR" in client.get("/test-buys?state=refunded", headers=HTML).text


@pytest.mark.parametrize("ordered", [True, False])
def test_what_was_cancelled_takes_a_refund_where_something_was_spent(brand: Hub, ordered: bool) -> None:
    name = led_to(brand, "", *(("order",) if ordered else ()), "cancel")
    page = brand.signed_in("brand-a").get(f"/test-buys/{name}", headers=HTML).text
    assert ("Enter a refund" in page) is ordered


def test_platform_finds_the_photos_of_a_linked_test_buy_on_the_page_of_the_report(
    brand: Hub, photo: str, right: str
) -> None:
    name = led_to(brand, photo, *SIGNED, "link", right=right)
    shop = brand.signed_in("shop")
    page = shop.get(f"/reports/{read(brand, name)['listing_report']}", headers=HTML).text
    assert re.findall(rf'<a [^>]*href="/evidence/{photo}"[^>]*>([^<]+)', page) == ["photo.png"]


def test_photo_of_a_step_leads_to_its_page_which_says_too_that_it_was_erased(brand: Hub, photo: str) -> None:
    name = led_to(brand, photo, "order", "receive")
    assert erased(brand.client("brand-a"), photo).status_code == 204
    client = brand.signed_in("brand-a")
    assert f'href="/evidence/{photo}"' in client.get(f"/test-buys/{name}", headers=HTML).text
    assert "Erased" in client.get(f"/evidence/{photo}", headers=HTML).text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"order_number": "x"}, "as the platform shows it"),
        ({"ordered_on": ""}, "the day of the order"),
        ({"price": ""}, "Give the price"),
        ({"price": "12,5"}, "Write the amount"),
        ({"version": "1"}, "Somebody led this test buy on"),
        ({"version": ""}, "Read the test buy first"),
    ],
)
def test_step_that_is_wrong_is_said_and_kept(brand: Hub, photo: str, wrong: dict[str, str], words: str) -> None:
    name = led_to(brand, photo)
    client = brand.signed_in("brand-a")
    given = {
        "command": "order",
        "version": "2",
        "order_number": ORDER,
        "ordered_on": str(clock.today()),
        "price": "125",
    }
    sent = send(client, f"/test-buys/{name}", "steps", **{**given, **wrong})
    assert (sent.status_code, words in sent.text) == (422, True)
    assert ORDER in sent.text or "order_number" in wrong
    assert read(brand, name)["test_buy"]["state"] == "approved"


def test_what_is_to_be_mended_of_the_report_is_said_on_the_page(brand: Hub, photo: str, right: str) -> None:
    name = led_to(brand, photo, *SIGNED)
    client = brand.signed_in("brand-a")
    given = {"command": "link", "version": "7", "right": right, "product_class": "1"}
    undeclared = send(client, f"/test-buys/{name}", "steps", **given)
    assert "Declare version" in undeclared.text
    sent = send(client, f"/test-buys/{name}", "steps", **given, declared="y")
    assert (sent.status_code, "does not cover these goods" in sent.text) == (422, True)


def test_list_is_filtered_and_read_on_by_cursor(brand: Hub) -> None:
    names = [plan(brand.client("brand-a")) for _ in range(3)]
    client = brand.client("brand-a")
    first = client.get("/api/v1/test-buys", query_string={"limit": 2}).json
    rest = client.get("/api/v1/test-buys", query_string={"limit": 2, "cursor": first["cursor"]}).json
    assert [each["name"] for each in first["test_buys"] + rest["test_buys"]] == [*reversed(names)]
    assert client.get("/api/v1/test-buys?state=signed").json["test_buys"] == []
