"""Text that no record holds, text that reads otherwise than it was written, and numbers beyond any: each is refused."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import HTML, Hub, csrf
from tests.web.listing_reports.reporting import (
    API,
    SELLER_SAYS,
    WORDS,
    answer,
    asked,
    counter,
    file,
    read,
    review,
    said,
)
from tests.web.questions.asking import API as QUESTIONS
from tests.web.questions.asking import said as questions
from tests.web.test_every_error_is_a_problem import problem

UNTAKEN = {"NUL": "a\x00b", "half a character": "a\ud800b"}
TURNED = "The seller is \u202eenignaro\u202c and honest."
BEYOND = [-1, 0, 1_001, 2**31, 2**63, 10**30]


def sent(client: FlaskClient, path: str, body: Any) -> TestResponse:
    return client.post(path, data=json.dumps(body), content_type="application/json")


@pytest.mark.parametrize("odd", UNTAKEN.values(), ids=UNTAKEN)
def test_text_that_no_record_holds_is_refused_at_its_field(alliance: Hub, right: str, odd: str) -> None:
    brand, shop = alliance.client("brand-a"), alliance.client("shop")
    name = file(brand, right)
    taking = {"command": "take", "version": 1}
    for client, path, body, field in (
        (brand, API, said(right, platform=odd), "platform"),
        (brand, API, said(right, evidence={"range_statement": odd}), "evidence"),
        (brand, API, said(right, evidence={odd: "a"}), "evidence"),
        (brand, API, said(right, explanation=odd), "explanation"),
        (shop, f"{API}/{name}/reviews", taking | {"sentence": f"{WORDS}{odd}"}, "sentence"),
        (brand, f"{API}/{name}/messages", {"text": "a", "files": [odd]}, "files"),
        (shop, QUESTIONS, questions(brand=odd), "brand"),
        (brand, f"{QUESTIONS}/answers", {"questions": [odd], "answer": "genuine"}, "questions"),
        (shop, f"{QUESTIONS}/withdrawals", {"questions": [odd]}, "questions"),
        (brand, f"/api/v1/rights/{right}/askings", {"platform": odd}, "platform"),
    ):
        assert list(problem(sent(client, path, body), 422)["errors"]) == [field], path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32-be"])
def test_half_a_character_is_refused_however_the_body_writes_it(alliance: Hub, right: str, encoding: str) -> None:
    body = json.dumps(said(right, explanation="a\ud800b"), ensure_ascii=False).encode(encoding, "surrogatepass")
    refused = alliance.client("brand-a").post(API, data=body, content_type="application/json")
    assert refused.status_code in {400, 422}, refused.text


@pytest.mark.parametrize(
    "path", [f"{API}?counterpart=%00", f"{QUESTIONS}?counterpart=%00", "/api/v1/strikes?seller=%00"]
)
def test_filter_that_no_record_holds_is_refused(alliance: Hub, path: str) -> None:
    problem(alliance.client("shop").get(path), 422)


def test_number_too_long_to_be_read_is_refused(alliance: Hub) -> None:
    for client, path in ((alliance.client("brand-a"), API), (alliance.client("shop"), QUESTIONS)):
        body = '{"product_class": ' + "9" * 5_000 + "}"
        problem(client.post(path, data=body, content_type="application/json"), 422)


@pytest.mark.parametrize("number", BEYOND)
def test_number_of_a_listing_beyond_any_report_is_refused(alliance: Hub, right: str, number: int) -> None:
    name = file(alliance.client("brand-a"), right)
    review(alliance, name, "take")
    problem(review(alliance, name, "judge", decision="established", listings=[number]), 422)


@pytest.mark.parametrize("ticked", ["x", "-1", "9" * 5_000, "99999999999", "1\x00"])
def test_tick_that_is_no_listing_decides_nothing_on_the_page(alliance: Hub, right: str, ticked: str) -> None:
    name = file(alliance.client("brand-a"), right)
    review(alliance, name, "take")
    shop = alliance.signed_in("shop")
    token = csrf(shop.get(f"/reports/{name}", headers=HTML).text)
    given = {"csrf_token": token, "command": "judge", "version": 2, "decision": "established", "listing": ticked}
    assert shop.post(f"/reports/{name}/reviews", data=given, headers=HTML).status_code == 422
    assert {each["decision"] for each in read(alliance, name)["listings"]} == {None}


def test_form_with_what_no_record_holds_is_refused_and_not_the_hubs_error(alliance: Hub, right: str) -> None:
    name = file(alliance.client("brand-a"), right)
    shop = alliance.signed_in("shop")
    token = csrf(shop.get(f"/reports/{name}", headers=HTML).text)
    for given in (
        {"sentence": f"{WORDS}\x00"},
        {"command": "counter", "grounds": "genuine", "words": f"{SELLER_SAYS}\x00"},
    ):
        sent = {"csrf_token": token, "command": "take", "version": 1} | given
        assert shop.post(f"/reports/{name}/reviews", data=sent, headers=HTML).status_code < 500
    assert shop.get("/reports?with=%00", headers=HTML).status_code < 500


# --- what the other party would read otherwise


def test_report_whose_text_reads_otherwise_than_it_was_written_is_to_be_mended(alliance: Hub, right: str) -> None:
    looked = alliance.client("brand-a").post(
        API, json=said(right, explanation=TURNED, evidence={"range_statement": TURNED}, dry_run=True)
    )
    assert [each["field"] for each in looked.json["faults"]] == ["range_statement", "explanation"]


def test_sentence_that_reads_otherwise_than_it_was_written_is_refused(alliance: Hub, right: str) -> None:
    name = asked(alliance, right)
    for given in ({"grounds": "genuine", "words": TURNED},):
        assert list(problem(counter(alliance, name, [1], **given), 422)["errors"]) == ["words"]
    assert counter(alliance, name, [1]).status_code == 200
    assert list(problem(answer(alliance, name, "maintain", sentence=TURNED), 422)["errors"]) == ["sentence"]


def test_question_that_reads_otherwise_than_it_was_written_is_to_be_mended(alliance: Hub) -> None:
    refused = alliance.client("shop").post(QUESTIONS, json=questions(words=TURNED))
    assert list(problem(refused, 422)["errors"]) == ["row 1"]


def test_lines_of_text_are_taken_as_they_were_written(alliance: Hub, right: str) -> None:
    lines = "First line,\r\n\tthe second: مرحبا."
    name = file(alliance.client("brand-a"), right, explanation=lines)
    assert read(alliance, name, "shop")["explanation"] == lines
