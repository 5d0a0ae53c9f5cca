"""A test buy is decided once the platform has held its order number against the listing: yes or no."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import time_machine

from hub import clock
from tests.conftest import HTML, Hub
from tests.unit.evidence.files import JPEG
from tests.web.evidence.storing import stored
from tests.web.listing_reports.reporting import API, WORDS, answer, file, read, review, said, sentences
from tests.web.listing_reports.test_report_pages import send

YES, NO = {"order": True}, {"order": False, "sentence": WORDS}
REJECTED = {"decision": "rejected", "refusal": "order_not_of_listing", "sentence": WORDS}


def bought(hub: Hub) -> dict[str, Any]:
    photos = stored(hub.client("brand-a"), JPEG, "parcel.jpg", type="test_buy")["name"]
    evidence = {"order_number": "2026-4711", "purchased_on": "2026-11-01", "photos": photos}
    evidence |= dict.fromkeys(("method", "verdict", "signer"), "As the report of the laboratory says.")
    return {"reason": "test_buy", "evidence": evidence}


@pytest.fixture
def name(alliance: Hub, right: str) -> str:
    """A report of a test buy that the platform has taken."""
    name = file(alliance.client("brand-a"), right, rows=1, **bought(alliance))
    assert review(alliance, name, "take").status_code == 200
    return name


@pytest.mark.parametrize("verdict", [{"decision": "established"}, REJECTED])
def test_nothing_is_decided_before_the_answer(alliance: Hub, name: str, verdict: dict[str, Any]) -> None:
    refused = review(alliance, name, "judge", **verdict)
    assert (refused.status_code, "say first" in refused.json["detail"]) == (409, True)
    assert read(alliance, name)["listings"][0]["decision"] is None


def test_after_a_yes_it_is_established(alliance: Hub, name: str) -> None:
    assert review(alliance, name, "confirm", **YES).status_code == 200
    assert read(alliance, name)["order_confirmed"] is True
    assert review(alliance, name, "judge", decision="established").status_code == 200
    assert review(alliance, name, "act", action="listing removed").status_code == 200


def test_after_a_no_it_is_rejected_and_never_established(alliance: Hub, name: str) -> None:
    assert review(alliance, name, "confirm", **NO).status_code == 200
    refused = review(alliance, name, "judge", decision="established")
    assert (refused.status_code, "order_not_of_listing" in refused.json["detail"]) == (409, True)
    assert review(alliance, name, "judge", **REJECTED).status_code == 200
    step = read(alliance, name)["steps"][1]
    assert (step["command"], step["refusal"], step["sentence"]) == ("confirm", "order_not_of_listing", WORDS)


def test_no_says_what_to_mend(alliance: Hub, name: str) -> None:
    assert review(alliance, name, "confirm", order=False).status_code == 422
    assert read(alliance, name)["order_confirmed"] is None


@pytest.mark.parametrize("order", [{}, {"order": None}, {"order": "yes"}, {"order": 2}])
def test_answer_is_yes_or_no(alliance: Hub, name: str, order: dict[str, Any]) -> None:
    assert review(alliance, name, "confirm", **order).status_code in {400, 422}
    assert read(alliance, name)["order_confirmed"] is None


def test_answer_given_by_mistake_is_given_anew(alliance: Hub, name: str) -> None:
    for order, kept in ((NO, False), (YES, True)):
        assert review(alliance, name, "confirm", **order).status_code == 200
        assert read(alliance, name)["order_confirmed"] is kept


def test_mended_report_is_asked_about_anew(alliance: Hub, name: str) -> None:
    assert review(alliance, name, "confirm", **NO).status_code == 200
    back = {"refusal": "order_not_of_listing", "sentence": WORDS}
    assert review(alliance, name, "return", **back).status_code == 200
    assert answer(alliance, name, "mend", grounds=bought(alliance)).status_code == 200
    assert read(alliance, name)["order_confirmed"] is None
    assert review(alliance, name, "take").status_code == 200
    assert review(alliance, name, "judge", decision="established").status_code == 409


def test_brand_does_not_answer_for_the_platform(alliance: Hub, name: str) -> None:
    assert answer(alliance, name, "confirm", **YES).status_code == 409


@pytest.mark.parametrize(("hour", "status"), [(9, 422), (22, 200)])
def test_purchase_of_a_day_is_taken_once_the_day_has_begun_anywhere(
    alliance: Hub, right: str, hour: int, status: int
) -> None:
    draft, today = said(right, 1, **bought(alliance)), clock.today() + timedelta(days=1)
    draft["evidence"]["purchased_on"] = str(today + timedelta(days=1))
    with time_machine.travel(datetime.combine(today, time(hour), UTC), tick=False):  # 22:00 is six in Shanghai
        assert alliance.client("brand-a").post(API, json=draft).status_code == status


def test_report_without_an_order_takes_no_answer(alliance: Hub, right: str) -> None:
    name = file(alliance.client("brand-a"), right)
    assert review(alliance, name, "take").status_code == 200
    refused = review(alliance, name, "confirm", **YES)
    assert (refused.status_code, "no order number" in refused.json["detail"]) == (409, True)
    assert 'name="order"' not in alliance.signed_in("shop").get(f"/reports/{name}", headers=HTML).text
    assert review(alliance, name, "judge", decision="established").status_code == 200


def test_both_parties_have_the_answer_on_record(alliance: Hub, name: str) -> None:
    assert review(alliance, name, "confirm", **YES).status_code == 200
    for code in ("brand-a", "shop"):
        told = sentences(alliance, code)[-1]
        assert (
            told
            == f"shop was asked whether the order number of the listing report {name} is one of its listing, and said yes"
        )


def test_reviewer_answers_on_the_page(alliance: Hub, name: str) -> None:
    shop, page = alliance.signed_in("shop"), f"/reports/{name}"
    assert "2026-4711" in shop.get(page, headers=HTML).text
    assert "Say first" in send(shop, page, "reviews", command="judge", version=2, decision="established").text
    assert "yes" in send(shop, page, "reviews", command="confirm", version=2, order="yes").text
    assert read(alliance, name)["order_confirmed"] is True
    send(shop, page, "reviews", command="judge", version=3, decision="established")
    assert read(alliance, name)["report"]["outcome"] == "established"
