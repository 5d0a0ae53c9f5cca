"""A brand files one report of many listings, once pre-flight finds nothing to mend; only its two parties see it."""

import logging
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from hub import clock
from hub.access.grants import AGENT_SCOPES
from hub.access.permissions import Permission
from hub.listing_reports import rules
from hub.members import service as members
from hub.members.service import AuthorisationTerms
from tests.conftest import Hub
from tests.unit.evidence.files import PNG
from tests.web.access.test_three_nets import as_application, read_by
from tests.web.evidence.storing import stored
from tests.web.listing_reports.reporting import (
    API,
    HOST,
    answer,
    corrected,
    file,
    named_market,
    read,
    review,
    said,
    sentences,
    verified_right,
)
from tests.web.members.test_decisions import person

TABLES = ("listing_report", "reported_listing", "report_step")
SONG = {"type": "copyright", "office": "", "number": "", "classes": [], "jurisdictions": ["DE"]}


def reported_before(hub: Hub, draft: dict[str, Any]) -> bool:
    """Whether pre-flight says so of all rows, or of none; nothing else is to be mended."""
    looked = hub.client("brand-a").post(API, json={**draft, "dry_run": True})
    codes = [each["code"] for each in looked.json["faults"]]
    assert codes in ([], ["reported_before"] * len(draft["listings"])), codes
    return bool(codes)


def compared(hub: Hub) -> dict[str, Any]:
    """The evidence of counterfeit features."""
    sheet = stored(hub.client("brand-a"), PNG, "sheet.png", type="comparison")["name"]
    return {"evidence": {"comparison_sheet": sheet, "differences": "The seam, and the zip."}}


def test_filed_report_is_read_by_both_parties(alliance: Hub, right: str) -> None:
    name = file(alliance.client("brand-a"), right)
    for code in ("brand-a", "shop"):
        shown = read(alliance, name, code)
        assert [each["url"] for each in shown["listings"]] == [f"https://{HOST}/item/{n}" for n in (1, 2, 3)]
        assert (shown["report"]["state"], shown["right_facts"]["title"]) == ("submitted", "ACME")


def test_filed_report_is_on_record_of_both_parties_by_name_and_count(alliance: Hub, right: str) -> None:
    name = file(alliance.client("brand-a"), right)
    told = f"brand-a filed the listing report {name} with 3 listings, and declared its good faith"
    assert sentences(alliance, "brand-a") == sentences(alliance, "shop") == [told]
    assert sentences(alliance, "brand-b") == sentences(alliance, "bazaar") == []


def test_declaration_is_kept_by_version_and_digest(alliance: Hub, right: str) -> None:
    file(alliance.client("brand-a"), right)
    kept = alliance.sql("SELECT declaration, declared_digest FROM listing_report")
    assert kept == [(rules.DECLARATION, rules.declared_digest(rules.DECLARATION))]


@pytest.mark.parametrize("declaration", [0, rules.DECLARATION + 1])
def test_report_without_the_present_declaration_is_refused(alliance: Hub, right: str, declaration: int) -> None:
    refused = alliance.client("brand-a").post(API, json=said(right, declaration=declaration))
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["declaration"])
    assert alliance.sql("SELECT count(*) FROM listing_report") == [(0,)]


def test_dry_run_lists_what_to_mend_and_writes_nothing(alliance: Hub, right: str) -> None:
    file(alliance.client("brand-a"), right, rows=1)
    rows = [{"url": f"https://{HOST}/item/{n}"} for n in (1, 2, 2)] + [{"url": "https://other.example.org/1"}]
    looked = alliance.client("brand-a").post(API, json=said(right, listings=rows, dry_run=True, evidence={}))
    assert looked.status_code == 200
    assert [(each["row"], each["code"]) for each in looked.json["faults"]] == [
        (None, "evidence"),
        (1, "reported_before"),
        (3, "twice"),
        (4, "other_platform"),
    ]
    assert alliance.sql("SELECT count(*) FROM listing_report") == [(1,)]


def test_report_with_something_to_mend_is_refused_whole_by_row(alliance: Hub, right: str) -> None:
    rows = [{"url": f"https://{HOST}/item/1"}, {"url": f"https://me:secret@{HOST}/item/2"}]
    refused = alliance.client("brand-a").post(API, json=said(right, listings=rows))
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["row 2"])
    assert "secret" not in refused.text
    assert alliance.sql("SELECT count(*) FROM listing_report") == [(0,)]


def test_what_was_withdrawn_or_rejected_may_be_reported_again(alliance: Hub, right: str) -> None:
    first = file(alliance.client("brand-a"), right)
    assert answer(alliance, first, "withdraw").status_code == 200
    second = file(alliance.client("brand-a"), right)
    assert review(alliance, second, "take").status_code == 200
    no = {"decision": "rejected", "refusal": "listing_gone", "sentence": "This listing had gone before we looked."}
    assert review(alliance, second, "judge", **no).status_code == 200
    file(alliance.client("brand-a"), right)


def test_right_that_was_withdrawn_and_entered_anew_is_the_same(alliance: Hub, right: str) -> None:
    file(alliance.client("brand-a"), right)
    assert alliance.client("brand-a").post(f"/api/v1/rights/{right}/withdrawal").status_code == 204
    looked = alliance.client("brand-a").post(API, json=said(verified_right(alliance, "brand-a"), dry_run=True))
    assert {each["code"] for each in looked.json["faults"]} == {"reported_before"}


def test_right_whose_number_was_respelt_is_the_same(alliance: Hub, right: str) -> None:
    file(alliance.client("brand-a"), right)
    corrected(alliance, right, number="018 123 456")
    assert reported_before(alliance, said(right))


def test_right_that_was_entered_anew_with_its_number_respelt_is_the_same(alliance: Hub, right: str) -> None:
    file(alliance.client("brand-a"), right)
    assert alliance.client("brand-a").post(f"/api/v1/rights/{right}/withdrawal").status_code == 204
    assert reported_before(alliance, said(verified_right(alliance, "brand-a", number="018/123.456")))


@pytest.mark.parametrize("other", [{"number": "018123457"}, {"office": "DPMA"}, {"type": "design"}])
def test_right_of_another_number_office_or_type_is_another(alliance: Hub, right: str, other: dict[str, str]) -> None:
    reason = {"reason": "counterfeit_features"} | compared(alliance)
    file(alliance.client("brand-a"), right, **reason)
    assert not reported_before(alliance, said(verified_right(alliance, "brand-a", **other), **reason))


def test_work_without_a_number_is_another_than_every_other_and_the_same_as_itself(alliance: Hub) -> None:
    a, b = (verified_right(alliance, "brand-a", **SONG, title=title) for title in ("Song A", "Song B"))
    copied = {"reason": "copyright", "evidence": {"work": "The refrain, note for note."}}
    file(alliance.client("brand-a"), a, **copied)
    assert reported_before(alliance, said(a, **copied))
    assert not reported_before(alliance, said(b, **copied))


def test_what_another_brand_reported_is_not_told(alliance: Hub, right: str) -> None:
    file(alliance.client("brand-a"), right)
    other = verified_right(alliance, "brand-b", number="018999999")
    file(alliance.client("brand-b"), other)


def test_two_filings_of_the_same_at_once_make_one_report(alliance: Hub, right: str) -> None:
    statuses: list[int] = []

    def one() -> None:
        statuses.append(alliance.client("brand-a").post(API, json=said(right)).status_code)

    both = [threading.Thread(target=one) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(statuses) == [200, 422]


def test_repeated_request_under_one_key_files_once(alliance: Hub, right: str) -> None:
    client, key = alliance.client("brand-a"), {"Idempotency-Key": "a-key-of-this-test"}
    first, again = (client.post(API, json=said(right), headers=key) for _ in range(2))
    assert first.json == again.json
    assert alliance.sql("SELECT count(*) FROM listing_report") == [(1,)]


# --- the right


def test_right_that_ended_yesterday_at_its_office_is_to_be_mended(alliance: Hub) -> None:
    right = verified_right(alliance, "brand-a", ends_on="2027-01-01")
    draft = said(right, dry_run=True)
    alliance.sql("UPDATE credential SET expires_at = '2030-01-01'")
    for moment, good in (
        (datetime(2027, 1, 1, 22, 59, tzinfo=UTC), True),
        (datetime(2027, 1, 1, 23, 1, tzinfo=UTC), False),
    ):
        with time_machine.travel(moment, tick=False):
            faults = alliance.client("brand-a").post(API, json=draft).json["faults"]
        assert (faults == []) is good, moment
    assert faults[0]["code"] == "not_usable"


def test_right_that_the_office_has_not_verified_is_to_be_mended(alliance: Hub) -> None:
    from tests.web.rights.entered import enter

    looked = alliance.client("brand-a").post(API, json=said(enter(alliance.client("brand-a")), dry_run=True))
    assert looked.json["faults"][0]["code"] == "not_usable"


def test_right_of_another_brand_is_answered_like_none(alliance: Hub, right: str) -> None:
    answers = [alliance.client("brand-b").post(API, json=said(name)) for name in (right, "A" * 22)]
    assert [(each.status_code, each.json["detail"]) for each in answers] == [
        (422, "you have no right of this name")
    ] * 2


def test_right_in_force_nowhere_the_platform_sells_is_told(alliance: Hub, right: str) -> None:
    named_market(alliance, "shop", countries=("US",))
    looked = alliance.client("brand-a").post(API, json=said(right, rows=1, dry_run=True))
    assert [each["code"] for each in looked.json["faults"]] == ["not_in_force", "not_in_force_here"]


@pytest.mark.parametrize("code", ["brand-b", "nobody-at-all", "agency"])
def test_report_to_what_is_no_platform_is_refused_alike(alliance: Hub, right: str, code: str) -> None:
    refused = alliance.client("brand-a").post(API, json=said(right, platform=code))
    assert (refused.status_code, refused.json["detail"]) == (422, "this code is of no platform that takes reports")


# --- who sees it


@pytest.mark.parametrize("code", ["brand-b", "bazaar"])
def test_report_of_others_is_answered_like_none(alliance: Hub, right: str, code: str) -> None:
    name = file(alliance.client("brand-a"), right)
    client = alliance.client(code)
    found, none = (client.get(f"{API}/{each}") for each in (name, "A" * 22))
    assert found.status_code == none.status_code == 404
    assert found.json["detail"] == none.json["detail"]
    assert client.get(API).json == {"reports": [], "cursor": None}


@pytest.mark.parametrize("code", ["alliance", "agency"])
def test_office_and_agents_by_themselves_are_let_in_nowhere(alliance: Hub, right: str, code: str) -> None:
    file(alliance.client("brand-a"), right)
    assert alliance.client(code).get(API).status_code == 403


@pytest.mark.parametrize("table", TABLES)
def test_database_gives_reports_to_their_parties_alone(alliance: Hub, right: str, table: str) -> None:
    name = file(alliance.client("brand-a"), right, rows=1)
    assert review(alliance, name, "take").status_code == 200
    seen = {}
    for code in ("brand-a", "shop", "brand-b", "bazaar", "alliance"):
        with as_application(alliance) as connection:
            read_by(connection, alliance, code)
            seen[code] = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert seen == {"brand-a": (1,), "shop": (1,), "brand-b": (0,), "bazaar": (0,), "alliance": (0,)}


def test_agent_files_for_a_brand_that_let_it(alliance: Hub, right: str) -> None:
    span = (clock.today(), clock.today() + timedelta(days=9))
    with person(alliance, "brand-a") as actor:
        let = {Permission.REPORT_FILE, Permission.REPORT_READ, Permission.RIGHT_READ}
        assert let <= AGENT_SCOPES.keys()
        members.give_authorisation(actor, "agency", AuthorisationTerms(let, *span))
    client = alliance.client("agency")
    client.environ_base["HTTP_ACTING_FOR"] = "brand-a"
    name = file(client, right)
    assert read(alliance, name, "shop")["by_agent"] is True
    assert "agency" not in alliance.client("shop").get(f"{API}/{name}").text
    assert any("agency" in each for each in sentences(alliance, "brand-a"))


def test_no_address_and_no_seller_is_in_the_log_or_the_record(
    alliance: Hub, right: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    rows: list[dict[str, Any]] = [{"url": f"https://{HOST}/secret-item", "seller": "secret-seller"}]
    name = file(alliance.client("brand-a"), right, listings=rows)
    assert review(alliance, name, "take").status_code == 200
    views = alliance.sql("SELECT convert_from(view, 'utf-8') FROM ledger_part WHERE view IS NOT NULL")
    assert len(views) > 3
    told = capfd.readouterr()
    for text in (*(str(view) for (view,) in views), told.out, told.err, caplog.text):
        assert "secret-" not in text


# --- how quickly


def test_a_thousand_listings_are_looked_at_in_two_seconds_and_filed_in_three(alliance: Hub, right: str) -> None:
    client = alliance.client("brand-a")
    begun = time.perf_counter()
    looked = client.post(API, json=said(right, 1000, dry_run=True))
    between = time.perf_counter()
    filed = client.post(API, json=said(right, 1000))
    ended = time.perf_counter()
    assert (looked.json["good"], filed.status_code) == (1000, 200)
    assert (between - begun < 2, ended - between < 3) == (True, True)
    print(f"looked {between - begun:.3f} s, filed {ended - between:.3f} s")
