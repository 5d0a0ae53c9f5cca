"""A test buy from its plan to the linked report: four eyes, a chain of custody that only grows, and nobody else's."""

import hashlib
import logging
import re
import threading
from datetime import UTC, datetime, time, timedelta
from io import BytesIO
from typing import Any

import psycopg
import pytest
import time_machine
from pypdf import PdfReader

from hub import clock
from hub.access.actor import NotPermittedError
from hub.access.grants import Role
from hub.access.permissions import Permission
from hub.db import db
from hub.test_buys import service
from hub.test_buys.rules import RefusedStepError
from tests.conftest import Hub
from tests.unit.evidence.files import PNG
from tests.web.access.test_three_nets import as_application, read_by, refused_all
from tests.web.evidence.storing import erased, stored
from tests.web.evidence.storing import read as read_file
from tests.web.listing_reports.reporting import read as read_report
from tests.web.members.test_agents import give, terms
from tests.web.members.test_decisions import person
from tests.web.test_buys.buying import (
    API,
    METHOD,
    ORDER,
    PLACE,
    SIGNED,
    approve,
    lead,
    led_to,
    plan,
    read,
    said,
    told,
    version,
    views,
)


def test_whole_story_is_in_its_chain_of_custody(brand: Hub, photo: str, right: str) -> None:
    name = led_to(
        brand, photo, "order", "receive", "pass", "examine", "spend", "judge", "sign", "link", "retain", right=right
    )
    shown = read(brand, name)
    assert shown["test_buy"]["state"] == "retained"
    steps = shown["steps"]
    assert [each["command"] for each in steps] == [
        *("approve", "order", "receive", "pass", "examine", "spend", "judge", "sign", "link", "retain")
    ]
    assert [each["n"] for each in steps] == [*range(1, 11)]
    arrived = steps[2]
    assert (arrived["place"], arrived["seal"]) == (PLACE, "S-1234")
    assert arrived["photos"] == [{"name": photo, "sha256": hashlib.sha256(PNG).hexdigest()}]
    recorded = {each["subject"]["digest"] for each in views(brand, "brand-a") if "digest" in each["subject"]}
    assert recorded == {each["digest"] for each in steps}


def test_costs_are_listed_and_summed_and_what_comes_back_is_counted_off(brand: Hub, photo: str) -> None:
    name = led_to(brand, photo, *SIGNED, "spend", "refund")
    plan(brand.client("brand-a"), currency="JPY", budget=30_000)
    shown = read(brand, name)
    assert [(each["kind"], each["minor"]) for each in shown["costs"]] == [
        *(("price", 12_550), ("shipping", 990), ("examination", 4_000), ("refund", -12_550))
    ]
    assert shown["test_buy"]["spent"] == 4_990
    assert brand.client("brand-a").get(API).json["totals"] == [
        {"currency": "EUR", "test_buys": 1, "spent": 4_990},
        {"currency": "JPY", "test_buys": 1, "spent": 0},
    ]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"platform": "brand-b"}, "platform"),
        ({"platform": "nobody"}, "platform"),
        ({"url": "https://other.example.org/1"}, "url"),
        ({"url": "no address"}, "url"),
        ({"currency": "XXX"}, "budget"),
        ({"budget": 0}, "budget"),
        ({"budget": 10**13}, "budget"),
        ({"goods": " "}, "goods"),
    ],
)
def test_plan_that_cannot_be_is_refused_with_the_field_to_mend(brand: Hub, wrong: dict[str, Any], field: str) -> None:
    refused = brand.client("brand-a").post(API, json=said(**wrong))
    assert (refused.status_code, list(refused.json["errors"])) == (422, [field])
    assert brand.sql("SELECT count(*) FROM test_buy") == [(0,)]


def test_plan_repeated_under_its_key_is_planned_once(brand: Hub) -> None:
    once = {"Idempotency-Key": "test-buy-1"}
    names = {brand.client("brand-a").post(API, json=said(), headers=once).json["name"] for _ in range(2)}
    assert len(names) == 1
    assert brand.sql("SELECT count(*) FROM test_buy") == [(1,)]


# --- four eyes


def test_who_planned_it_does_not_approve_its_budget(brand: Hub) -> None:
    with person(brand, "brand-a") as actor:
        name = service.plan(actor, service.Plan("shop", said()["url"], "Watch", "EUR", 25_000))
        db.session.commit()
        with pytest.raises(RefusedStepError, match="another person"):
            service.approve(actor, name, 1)
    assert brand.sql("SELECT state FROM test_buy") == [("planned",)]
    approve(brand, name)
    assert brand.sql("SELECT state FROM test_buy") == [("approved",)]


def test_what_a_key_planned_is_approved_by_an_owner_alone(brand: Hub) -> None:
    """Who plans by a key is not known here: it may be the analyst who would approve."""
    brand.person("brand-a", "cas", Role.ANALYST)
    name = plan(brand.client("brand-a"))
    with pytest.raises(RefusedStepError, match="an owner"):
        approve(brand, name, "cas")
    assert 'name="command" value="approve"' not in brand.signed_in("cas").get(f"/test-buys/{name}").text
    approve(brand, name, "brand-a")
    assert brand.sql("SELECT state FROM test_buy") == [("approved",)]


def test_what_an_owner_planned_is_approved_by_an_analyst(brand: Hub) -> None:
    brand.person("brand-a", "cas", Role.ANALYST)
    with person(brand, "brand-a") as actor:
        name = service.plan(actor, service.Plan("shop", said()["url"], "Watch", "EUR", 25_000))
        db.session.commit()
    approve(brand, name, "cas")
    assert brand.sql("SELECT state FROM test_buy") == [("approved",)]


def test_database_refuses_a_budget_that_its_planner_approves(brand: Hub) -> None:
    plan(brand.client("brand-a"))
    with pytest.raises(psycopg.errors.CheckViolation, match="four_eyes"):
        brand.sql("UPDATE test_buy SET approved_by = planned_by")


def test_no_key_and_no_agent_approves_a_budget(brand: Hub) -> None:
    name = plan(brand.client("brand-a"))
    assert lead(brand, name, "approve").status_code == 422
    with brand.app.app_context(), pytest.raises(NotPermittedError):
        service.approve(brand.actor("brand-a"), name, 1)
    assert lead(brand, name, "order", **told("order")).status_code == 409


def test_order_above_the_budget_is_refused_and_costs_nothing(brand: Hub) -> None:
    name = plan(brand.client("brand-a"), budget=13_539)
    approve(brand, name)
    refused = lead(brand, name, "order", **told("order"))
    assert (refused.status_code, "more than the budget" in refused.json["detail"]) == (409, True)
    shown = read(brand, name)
    assert (shown["test_buy"]["spent"], shown["costs"], shown["order_number"]) == (0, [], None)


@pytest.mark.parametrize(("hour", "status"), [(9, 422), (22, 200)])
def test_order_of_a_day_is_taken_once_the_day_has_begun_anywhere(brand: Hub, hour: int, status: int) -> None:
    name = plan(brand.client("brand-a"))
    approve(brand, name)
    today = clock.today() + timedelta(days=1)
    ordered = told("order")
    ordered["order"]["day"] = str(today + timedelta(days=1))
    with time_machine.travel(datetime.combine(today, time(hour), UTC), tick=False):  # 22:00 is six in Shanghai
        assert lead(brand, name, "order", **ordered).status_code == status


def test_order_that_names_money_back_beforehand_does_not_pass_the_budget_by(brand: Hub) -> None:
    name = plan(brand.client("brand-a"), budget=13_539)
    approve(brand, name)
    ordered = told("order")
    ordered["order"]["costs"].append({"kind": "refund", "minor": 12_000})
    refused = lead(brand, name, "order", **ordered)
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["costs"])
    assert read(brand, name)["test_buy"]["spent"] == 0


# --- commands


def test_command_that_is_none_of_this_state_is_refused_with_those_that_are(brand: Hub) -> None:
    name = plan(brand.client("brand-a"))
    refused = lead(brand, name, "examine", **told("examine", "f_" + "a" * 20))
    assert (refused.status_code, "it takes approve, cancel" in refused.json["detail"]) == (409, True)


def test_of_two_at_once_the_second_is_told(brand: Hub, photo: str) -> None:
    name = led_to(brand, photo, "order")
    at, statuses = version(brand, name), list[int]()

    def one() -> None:
        body = {"command": "receive", "version": at, **told("receive", photo)}
        statuses.append(brand.client("brand-a").post(f"{API}/{name}/commands", json=body).status_code)

    both = [threading.Thread(target=one) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(statuses) == [200, 409]
    assert len(read(brand, name)["steps"]) == 3


def test_photo_that_is_erased_or_another_members_is_refused(brand: Hub, photo: str) -> None:
    name = led_to(brand, photo, "order")
    theirs = str(stored(brand.client("brand-b"), PNG, "photo.png")["name"])
    assert erased(brand.client("brand-a"), photo).status_code == 204
    for each in (photo, theirs, "f_" + "a" * 20):
        refused = lead(brand, name, "receive", **told("receive", each))
        assert (refused.status_code, list(refused.json["errors"])) == (422, ["photos"])


def test_file_that_is_no_picture_shows_nothing(brand: Hub, photo: str) -> None:
    name = led_to(brand, photo, "order")
    paper = str(stored(brand.client("brand-a"), name="paper.pdf", type="test_buy")["name"])
    refused = lead(brand, name, "receive", **told("receive", paper))
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["photos"])


def test_cancelled_plan_says_why_and_is_the_end(brand: Hub) -> None:
    name = plan(brand.client("brand-a"))
    assert lead(brand, name, "cancel", words="No.").status_code == 422
    assert lead(brand, name, "cancel", **told("cancel")).status_code == 200
    with pytest.raises(RefusedStepError, match="takes no approve"):
        approve(brand, name)


def test_money_for_goods_that_never_came_is_counted_off(brand: Hub) -> None:
    name = led_to(brand, "", "order", "cancel")
    for minor in (12_550, 990):
        assert lead(brand, name, "refund", refund=minor).status_code == 200
    shown = read(brand, name)["test_buy"]
    assert (shown["spent"], shown["state"]) == (0, "cancelled")
    assert lead(brand, name, "refund", refund=1).status_code == 422


def test_examined_again_it_is_judged_anew(brand: Hub, photo: str) -> None:
    name = led_to(brand, photo, "order", "receive", "examine", "judge", "examine")
    finding = {"verdict": "inconclusive", "method": METHOD, "verifier": "Another laboratory"}
    assert lead(brand, name, "judge", finding=finding).status_code == 200
    assert read(brand, name)["test_buy"]["verdict"] == "inconclusive"


# --- the chain of custody only grows


def test_application_changes_and_deletes_no_step_and_no_cost(brand: Hub, photo: str) -> None:
    led_to(brand, photo, "order", "receive")
    statements = ["UPDATE test_buy SET planned_by = 'p_1'", "UPDATE test_buy SET budget = 1", "DELETE FROM test_buy"]
    for table, columns in (
        ("custody_step", ("n", "command", "by", "at", "place", "seal", "photos", "words", "digest", "entry")),
        ("test_buy_cost", ("kind", "minor", "by", "at")),
    ):
        statements += [f"UPDATE {table} SET {column} = DEFAULT" for column in columns] + [f"DELETE FROM {table}"]
    with as_application(brand) as connection:
        read_by(connection, brand, "brand-a")
        refused_all(connection, statements)


# --- the signed report


def test_signed_report_lies_in_the_vault_and_its_digest_in_the_ledger(brand: Hub, photo: str) -> None:
    name = led_to(brand, photo, *SIGNED)
    shown = read(brand, name)
    content = read_file(brand.client("brand-a"), shown["report_file"]).data
    assert hashlib.sha256(content).hexdigest() == shown["report_digest"]
    text = re.sub(r"\s+", "", "".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages))
    for fact in (name, ORDER, PLACE, METHOD, "S-1234", photo, hashlib.sha256(PNG).hexdigest(), "135.40 EUR"):
        assert re.sub(r"\s+", "", fact) in text, fact
    for fact in ("AnaMüller", "Headofbrandprotection", "Dr.Weiß,laboratory", shown["record_digest"], "Counterfeit"):
        assert fact in text, fact
    (signed,) = [each for each in views(brand, "brand-a") if each["action"] == "testbuy.signed"]
    assert signed["digests"]["result"] == shown["report_digest"]
    assert signed["digests"]["request"] == shown["record_digest"]


def test_signing_twice_is_refused_and_who_was_late_is_told(brand: Hub, photo: str) -> None:
    name = led_to(brand, photo, *SIGNED)
    refused = lead(brand, name, "sign", **told("sign"))
    assert refused.status_code == 409
    late = {"command": "sign", "version": 1, **told("sign")}
    assert brand.client("brand-a").post(f"{API}/{name}/commands", json=late).status_code == 409
    assert brand.sql("SELECT count(*) FROM evidence WHERE media = 'application/pdf'") == [(1,)]


def test_linked_report_is_filled_and_shows_the_platform_the_report_and_the_photos(
    brand: Hub, photo: str, right: str
) -> None:
    name = led_to(brand, photo, *SIGNED, "link", right=right)
    shown = read(brand, name)
    report = read_report(brand, shown["listing_report"], "shop")
    assert report["report"]["reason"] == "test_buy"
    assert report["listings"][0]["url"] == shown["test_buy"]["url"]
    filled = report["evidence"]
    assert (filled["order_number"], filled["verdict"], filled["method"]) == (ORDER, "counterfeit", METHOD)
    assert filled["signer"] == "Ana Müller, Head of brand protection"
    for file in (shown["report_file"], photo):
        statuses = [read_file(brand.client(code), file).status_code for code in ("shop", "bazaar", "brand-b")]
        assert statuses == [200, 404, 404]


def test_seller_that_is_named_as_the_report_is_linked_stands_with_its_listing(
    brand: Hub, photo: str, right: str
) -> None:
    name = led_to(brand, photo, *SIGNED)
    linking = told("link", right=right)["linking"] | {"seller": " Ada's  shop"}
    assert lead(brand, name, "link", linking=linking).status_code == 200
    (listing,) = read_report(brand, read(brand, name)["listing_report"], "shop")["listings"]
    assert listing["seller"] == "Ada's shop"


def test_what_is_no_counterfeit_is_not_reported(brand: Hub, photo: str, right: str) -> None:
    name = led_to(brand, photo, "order", "receive", "examine")
    finding = {"verdict": "genuine", "method": METHOD, "verifier": "Dr. Weiß"}
    assert lead(brand, name, "judge", finding=finding).status_code == 200
    assert lead(brand, name, "sign", **told("sign")).status_code == 200
    refused = lead(brand, name, "link", **told("link", right=right))
    assert (refused.status_code, "only a counterfeit" in refused.json["detail"]) == (409, True)
    assert lead(brand, name, "destroy", **told("destroy")).status_code == 200


@pytest.mark.parametrize(
    "wrong", [{"right": "A" * 22}, {"product_class": 1}, {"product_class": None}, {"declaration": 0}]
)
def test_report_that_cannot_be_filed_links_nothing(brand: Hub, photo: str, right: str, wrong: dict[str, Any]) -> None:
    name = led_to(brand, photo, *SIGNED)
    linking = {**told("link", right=right)["linking"], **wrong}
    assert lead(brand, name, "link", linking=linking).status_code == 422
    assert read(brand, name)["test_buy"]["state"] == "signed"
    assert brand.sql("SELECT count(*) FROM listing_report") == [(0,)]


# --- nobody else's


def test_test_buy_of_a_brand_is_nobody_elses(brand: Hub, photo: str, right: str) -> None:
    name = led_to(brand, photo, *SIGNED, "link", right=right)
    assert brand.client("brand-b").get(f"{API}/{name}").status_code == 404
    assert brand.client("brand-b").get(API).json == {"test_buys": [], "totals": [], "cursor": None}
    for code in ("shop", "bazaar", "alliance"):
        assert brand.client(code).get(f"{API}/{name}").status_code == 403
        assert views(brand, code) == []
    body = {"command": "retain", "version": version(brand, name), "place": "Mine"}
    assert brand.client("brand-b").post(f"{API}/{name}/commands", json=body).status_code == 404


def test_no_order_number_place_or_amount_is_in_the_ledger_or_the_log(
    brand: Hub, photo: str, right: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    led_to(brand, photo, "order", "receive", "pass", "examine", "spend", "judge", "sign", "link", "retain", right=right)
    log = "".join((*capfd.readouterr(), caplog.text))
    ledger = str([*views(brand, "brand-a")])
    assert "testbuy.retained" in ledger
    for secret in (ORDER, PLACE, "Vault of the brand", "12550", "13540", "4000", METHOD, "Ana Müller"):
        assert secret not in ledger
        assert secret not in log


def test_agent_runs_a_test_buy_under_its_scope_and_approves_none(brand: Hub, photo: str) -> None:
    give(brand, "agency", terms(Permission.TESTBUY_RUN, Permission.TESTBUY_READ))
    client = brand.client("agency")
    client.environ_base["HTTP_ACTING_FOR"] = "brand-a"
    name = plan(client)
    approve(brand, name)
    done = client.post(f"{API}/{name}/commands", json={"command": "order", "version": 2, **told("order")})
    assert done.status_code == 200, done.text
    assert [each["by_agent"] for each in client.get(f"{API}/{name}").json["steps"]] == [False, True]
