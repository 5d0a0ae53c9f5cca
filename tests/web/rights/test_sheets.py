"""A sheet of rights: what is to be mended is told row by row, and all of them are entered or none."""

import io
from datetime import date
from typing import Any

import openpyxl
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub.access.grants import Role
from hub.rights import rules
from hub.rights.sheet_rules import FIELDS
from tests.conftest import HTML, Hub, csrf
from tests.web.rights.entered import enter, sentences

API = "/api/v1/rights/sheet"
MARK = ("trade-mark", "EUIPO", "018000001", "ACME", "Acme GmbH", "", "9, 25", "2020-01-01", "2099-01-01")
SONG = ("copyright", "", "", "A song", "Acme GmbH", "DE FR", "", "", "")
COUNT = "SELECT count(*) FROM ip_right"


@pytest.fixture
def brand(hub: Hub) -> Hub:
    """A brand with an owner and a viewer."""
    hub.admit("brand-a")
    hub.person("brand-a")
    hub.person("brand-a", "vic", Role.VIEWER)
    return hub


def csv_of(*rows: tuple[str, ...], heading: tuple[str, ...] = FIELDS) -> bytes:
    return "\n".join("\t".join(row) for row in ((heading, *rows) if heading else rows)).encode()


def xlsx_of(*rows: tuple[Any, ...]) -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in (FIELDS, *rows):
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def other(place: int, value: str, row: tuple[str, ...] = MARK) -> tuple[str, ...]:
    """A row with another cell."""
    return (*row[:place], value, *row[place + 1 :])


def sent(client: FlaskClient, body: bytes, **query: str) -> TestResponse:
    return client.post(API, data=body, query_string=query, content_type="application/octet-stream")


def faults(hub: Hub, body: bytes) -> list[tuple[int | None, str]]:
    answer = sent(hub.client("brand-a"), body, dry_run="true")
    assert answer.status_code == 200, answer.text
    return [(each["row"], each["field"]) for each in answer.json["faults"]]


def test_all_rights_of_a_sheet_are_entered_and_each_is_on_record(brand: Hub) -> None:
    client = brand.client("brand-a")
    answer = sent(client, csv_of(MARK, other(2, "018000002"), SONG))
    assert (answer.status_code, answer.json["good"], answer.json["faults"]) == (200, 3, [])
    found = [client.get(f"/api/v1/rights/{name}").json for name in answer.json["names"]]
    assert [each["facts"]["number"] for each in found] == ["018000001", "018000002", None]
    assert [each["facts"]["classes"] for each in found] == [[9, 25], [9, 25], []]
    assert found[2]["facts"]["jurisdictions"] == ["DE", "FR"]
    assert {each["state"] for each in found} == {"entered"}
    assert sentences(brand, "brand-a") == [f"brand-a entered the IP right {name}" for name in answer.json["names"]]


def test_workbook_and_pasted_text_and_csv_come_to_the_same(brand: Hub) -> None:
    days = (date(2020, 1, 1), date(2099, 1, 1))
    ways = (
        xlsx_of((*MARK[:7], *days)),
        csv_of(MARK),
        csv_of(MARK, heading=()),
        b'Title;Registry;Reg. No.;Kind;Holder;Nice classes;Valid from;Valid until\nACME;euipo;018000001;Trade mark;Acme GmbH;"9;25";2020-01-01;2099-01-01',
    )
    facts = []
    for body in ways:
        answer = sent(brand.client("brand-a"), body)
        assert answer.status_code == 200, answer.text
        facts += [brand.client("brand-a").get(f"/api/v1/rights/{name}").json["facts"] for name in answer.json["names"]]
        brand.sql("DELETE FROM ip_right_move")
        brand.sql("DELETE FROM ip_right")
    assert facts == [facts[0]] * len(ways)


WRONG = {
    "another type": (other(0, "slogan"), "type"),
    "an office that does not register it": (other(1, "EPO"), "office"),
    "no number": (other(2, ""), "number"),
    "no title": (other(3, ""), "title"),
    "no owner": (other(4, ""), "owner"),
    "a country of no such office": (other(5, "US"), "jurisdictions"),
    "a class in words": (other(6, "nine"), "classes"),
    "a class that there is not": (other(6, "46"), "classes"),
    "a day of no calendar": (other(7, "31.12.2020"), "begins_on"),
    "a day before the first": (other(8, "2019-01-01"), "ends_on"),
}


@pytest.mark.parametrize("circumstance", WRONG)
def test_row_that_breaks_a_rule_is_told_by_row_and_field_and_nothing_entered(brand: Hub, circumstance: str) -> None:
    row, field = WRONG[circumstance]
    body = csv_of(SONG, row)
    assert faults(brand, body) == [(3, field)]
    answer = sent(brand.client("brand-a"), body)
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["row 3"])
    assert answer.json["errors"]["row 3"][0].startswith(f"{field}: ")
    assert brand.sql(COUNT) == [(0,)]


def test_every_row_is_told_at_once(brand: Hub) -> None:
    rows = (other(0, "slogan"), MARK, other(6, "46"), other(7, "soon", other(6, "nine")))
    assert faults(brand, csv_of(*rows)) == [(2, "type"), (4, "classes"), (5, "classes"), (5, "begins_on")]


def test_number_of_another_row_and_one_entered_before_are_named(brand: Hub) -> None:
    name = enter(brand.client("brand-a"), number="018 000-001")
    twice = other(2, "018000002")
    answer = sent(brand.client("brand-a"), csv_of(MARK, twice, other(2, "018-000-002")), dry_run="true")
    told = [(each["row"], each["field"], each["words"]) for each in answer.json["faults"]]
    assert [each[:2] for each in told] == [(2, "number"), (4, "number")]
    assert (name in told[0][2], "row 3" in told[1][2]) == (True, True)


def test_dry_run_enters_nothing(brand: Hub) -> None:
    answer = sent(brand.client("brand-a"), csv_of(MARK), dry_run="true")
    assert (answer.json["good"], answer.json["names"]) == (1, [])
    assert brand.sql(COUNT) == [(0,)]


def test_a_thousand_rows_are_taken_and_one_more_is_not(brand: Hub) -> None:
    rows = [other(2, f"{n:09}") for n in range(1, 1_002)]
    refused = sent(brand.client("brand-a"), csv_of(*rows))
    assert (refused.status_code, "1,000" in refused.json["detail"]) == (422, True)
    assert sent(brand.client("brand-a"), csv_of(*rows[:-1])).json["good"] == 1_000
    assert brand.sql(COUNT) == [(1_000,)]


def test_sheet_beyond_what_a_member_keeps_is_refused_whole(brand: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST_RIGHTS", 1)
    assert faults(brand, csv_of(MARK, SONG)) == [(None, "sheet")]


def test_empty_sheet_and_what_is_none_are_refused(brand: Hub) -> None:
    assert faults(brand, b"") == [(None, "sheet")]
    answer = sent(brand.client("brand-a"), b"\xff\xfe\xfd")
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["body"])
    assert brand.client("brand-a").post(API, json={}).status_code == 415


def test_repeated_request_enters_once(brand: Hub) -> None:
    more = {
        "data": csv_of(MARK),
        "headers": {"Idempotency-Key": "sheet-once"},
        "content_type": "application/octet-stream",
    }
    first, second = (brand.client("brand-a").post(API, **more) for _ in range(2))
    assert first.json == second.json
    assert brand.sql(COUNT) == [(1,)]


def test_viewer_enters_no_sheet(brand: Hub) -> None:
    assert brand.signed_in("vic").get("/rights/sheet", headers=HTML).status_code == 403


def test_page_says_what_is_to_be_mended_then_enters_all(brand: Hub) -> None:
    owner, page = brand.signed_in("brand-a"), "/rights/sheet"

    def send(**fields: Any) -> TestResponse:
        fields["csrf_token"] = csrf(owner.get(page, headers=HTML).text)
        return owner.post(page, data=fields, headers=HTML)

    book = (io.BytesIO(xlsx_of(other(6, "46"))), "rights.xlsx")
    looked = send(sheet=book, check="y")
    assert (looked.status_code, "name classes of the Nice classification" in looked.text) == (200, True)
    assert "018000001" in looked.text
    assert send(rows=csv_of(other(6, "46")).decode(), enter="y").status_code == 422
    assert "1 rights can be entered" in send(rows=csv_of(MARK).decode(), check="y").text
    assert brand.sql(COUNT) == [(0,)]
    assert send(rows=csv_of(MARK, SONG).decode(), enter="y").status_code == 303
    assert "018000001" in owner.get("/rights", headers=HTML).text
    assert brand.sql(COUNT) == [(2,)]
