"""Pre-flight holds listings against all lists: what it says, what it does not, and who learns that it looked."""

import logging
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from hub import clock
from hub.access.permissions import Permission
from hub.limits import rules as limits
from hub.members import service as members
from hub.members.rules import MemberState
from hub.members.service import AuthorisationTerms
from tests.conftest import HTML, Hub, csrf
from tests.web.access.test_three_nets import as_application, read_by
from tests.web.authorised_sellers.listing import API, SELLER, STORE, add, faults, found_count, of_sellers
from tests.web.listing_reports.reporting import API as REPORTS
from tests.web.listing_reports.reporting import HOST, named_market, said, verified_right
from tests.web.members.test_decisions import person
from tests.web.notices.noticing import make, told

ITEM = f"https://{HOST}/item/1"
BY_ADDRESS, BY_NAME = (1, "url", "authorised_seller"), (1, "seller", "authorised_seller")
OWN = "own_authorised_seller"
SEEN = "A member had listings looked at before reporting them: {} of them by sellers that you have authorised"


def file(hub: Hub, right: str, *listings: dict[str, str]) -> Any:
    """What filing is answered."""
    return hub.client("brand-a").post(REPORTS, json=said(right, listings=list(listings)))


# --- what is found


def test_store_of_another_members_seller_is_to_be_mended(alliance: Hub, right: str) -> None:
    add(alliance)
    store = {"url": f"http://www.{HOST}/store/77?utm_source=x", "target": "store"}
    assert faults(alliance, right, {"url": ITEM}, store) == [(2, "url", "authorised_seller")]


@pytest.mark.parametrize("name", [SELLER, "NORTHPEAK  outlet ", "\uff2eorthpeak \uff2futlet"])
def test_listing_that_gives_the_sellers_name_on_that_marketplace_is_to_be_mended(
    alliance: Hub, right: str, name: str
) -> None:
    add(alliance, seller=SELLER)
    assert faults(alliance, right, {"url": ITEM, "seller": name}) == [BY_NAME]


@pytest.mark.parametrize("host", [f"77.{HOST}", HOST])
def test_store_below_a_marketplace_is_on_it(alliance: Hub, right: str, host: str) -> None:
    add(alliance, url=f"https://{host}/store", seller=SELLER)
    assert faults(alliance, right, {"url": f"https://items.{HOST}/1", "seller": SELLER}) == [BY_NAME]


def test_same_name_on_another_marketplace_is_another_seller(alliance: Hub, right: str) -> None:
    add(alliance, url="https://other.example.org/store/77", seller=SELLER)
    add(alliance, url=f"https://not{HOST}/store/77", seller=SELLER)
    assert faults(alliance, right, {"url": ITEM, "seller": SELLER}) == []


def test_listing_that_names_no_seller_is_not_found_by_name(alliance: Hub, right: str) -> None:
    add(alliance)
    add(alliance, url=f"{STORE}/2", seller=SELLER)
    assert faults(alliance, right, {"url": ITEM}) == []


def test_row_that_is_found_both_ways_by_many_lists_has_one_fault(alliance: Hub, right: str) -> None:
    alliance.admit("brand-c")
    for code in ("brand-b", "brand-c"):
        add(alliance, code, seller=SELLER)
    assert faults(alliance, right, {"url": STORE, "seller": SELLER}) == [BY_ADDRESS]


def test_own_seller_is_to_be_mended_in_words_of_its_own(alliance: Hub, right: str) -> None:
    name = add(alliance, "brand-a", seller=SELLER)
    refused = file(alliance, right, {"url": STORE}, {"url": ITEM, "seller": SELLER})
    assert refused.status_code == 422
    assert set(refused.json["errors"]) == {"row 1", "row 2"}
    assert "your own list of authorised sellers: leave the row out, or end that entry first" in refused.text
    assert found_count(alliance) == 0
    alliance.client("brand-a").post(f"{API}/{name}/end")
    assert file(alliance, right, {"url": STORE}, {"url": ITEM, "seller": SELLER}).status_code == 200


def test_seller_on_the_own_and_on_another_list_has_both_faults(alliance: Hub, right: str) -> None:
    add(alliance, "brand-a")
    add(alliance, "brand-b")
    assert faults(alliance, right, {"url": STORE}) == [BY_ADDRESS, (1, "url", OWN)]


# --- what counts no more


def test_ended_entry_is_held_against_nothing(alliance: Hub, right: str) -> None:
    name = add(alliance, seller=SELLER)
    assert alliance.client("brand-b").post(f"{API}/{name}/end").status_code == 200
    assert faults(alliance, right, {"url": STORE, "seller": SELLER}) == []


def test_entry_counts_to_the_end_of_its_last_day_in_utc(alliance: Hub, right: str) -> None:
    last = clock.today() + timedelta(days=2)
    add(alliance, seller=SELLER, last_day=last.isoformat())
    for moment, found in ((f"{last}T23:59:59+00:00", [BY_ADDRESS]), (f"{last + timedelta(1)}T00:00:00+00:00", [])):
        with time_machine.travel(moment, tick=False):
            assert faults(alliance, right, {"url": STORE, "seller": SELLER}) == found


def test_list_shows_that_a_last_day_is_over(alliance: Hub) -> None:
    add(alliance, last_day=clock.today().isoformat())
    with time_machine.travel(clock.now() + timedelta(days=1), tick=False):
        assert [each["past"] for each in alliance.client("brand-b").get(API).json["sellers"]] == [True]


@pytest.mark.parametrize("state", [MemberState.SUSPENDED, MemberState.LEFT])
def test_list_of_a_member_that_is_suspended_or_has_left_counts_no_more(
    alliance: Hub, right: str, state: MemberState
) -> None:
    add(alliance, seller=SELLER)
    with alliance.operator() as actor:
        members.move(actor, "brand-b", state)
    assert faults(alliance, right, {"url": STORE, "seller": SELLER}) == []
    assert found_count(alliance) == 0


# --- who may ask


BROKEN: tuple[dict[str, Any], ...] = (
    {"evidence": {}},
    {"reason": "grey_market", "evidence": {}},
    {"reason": "patent", "evidence": {"protected_part": "The clasp."}},
    {"evidence": {"range_statement": "We never made it.", "work": "a song"}},
)


@pytest.mark.parametrize("broken", BROKEN)
def test_report_that_is_not_whole_is_told_nothing_of_sellers(alliance: Hub, right: str, broken: dict[str, Any]) -> None:
    add(alliance)
    found = faults(alliance, right, {"url": STORE}, **broken)
    assert found
    assert all(row is None for row, _, _ in found)
    assert found_count(alliance) == 0


def test_right_that_cannot_be_relied_on_is_told_nothing_of_sellers(alliance: Hub) -> None:
    from tests.web.rights.entered import enter

    add(alliance)
    assert [code for _, _, code in faults(alliance, enter(alliance.client("brand-a")), {"url": STORE})] == [
        "not_usable"
    ]
    assert found_count(alliance) == 0


def test_store_on_no_marketplace_of_the_platform_is_told_nothing_of_sellers(alliance: Hub, right: str) -> None:
    add(alliance, url="https://other.example.org/store")
    found = faults(alliance, right, {"url": "https://other.example.org/store"})
    assert found == [(1, "url", "other_platform")]
    assert found_count(alliance) == 0


@pytest.mark.parametrize("row", [{"url": STORE, "target": "person"}, {"url": STORE, "product_class": 3}])
def test_row_with_something_else_to_mend_is_told_nothing_of_sellers(
    alliance: Hub, right: str, row: dict[str, Any]
) -> None:
    add(alliance)
    assert BY_ADDRESS not in faults(alliance, right, row)
    assert found_count(alliance) == 0


def test_agent_that_files_for_a_brand_asks_in_its_name(alliance: Hub, right: str) -> None:
    add(alliance)
    let = {Permission.REPORT_FILE, Permission.REPORT_READ, Permission.RIGHT_READ}
    span = (clock.today(), clock.today() + timedelta(days=9))
    with person(alliance, "brand-a") as actor:
        members.give_authorisation(actor, "agency", AuthorisationTerms(let, *span))
    client = alliance.client("agency")
    client.environ_base["HTTP_ACTING_FOR"] = "brand-a"
    assert client.post(REPORTS, json=said(right, listings=[{"url": STORE}])).status_code == 422
    assert of_sellers(alliance, "agency")[0].startswith("agency, as the agent of brand-a, had 1 listing looked at")
    assert of_sellers(alliance, "brand-b")[-1] == SEEN.format(1)


def test_database_answers_brands_alone_and_a_thousand_at_once(alliance: Hub) -> None:
    add(alliance)
    asked = (
        "SELECT count(*) FROM authorised_among("
        " array_fill((SELECT sha256(%s)), ARRAY[%s]), array_fill('h'::text, ARRAY[%s]),"
        " array_fill(NULL::bytea, ARRAY[%s]), current_date)"
    )
    seen = {}
    for code, many in (("brand-a", 1), ("brand-a", 1000), ("brand-a", 1001), ("shop", 1), ("alliance", 1), ("", 1)):
        with as_application(alliance) as connection:
            if code:
                read_by(connection, alliance, code)
            seen[code, many] = connection.execute(asked, (STORE.encode(), many, many, many)).fetchone()
    assert seen == {
        ("brand-a", 1): (1,),
        ("brand-a", 1000): (1000,),
        **dict.fromkeys((("brand-a", 1001), ("shop", 1), ("alliance", 1), ("", 1)), (0,)),
    }


# --- what is not told


def test_nothing_says_whose_seller_it_is_nor_until_when_nor_repeats_a_value(
    alliance: Hub, right: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    name = add(alliance, seller=SELLER, last_day="2099-01-31")
    row = {"url": STORE, "seller": SELLER}
    answers = [
        alliance.client("brand-a").post(REPORTS, json=said(right, listings=[row], dry_run=dry)) for dry in (True, False)
    ]
    assert [each.status_code for each in answers] == [200, 422]
    told_outside = capfd.readouterr()
    hidden = ("brand-b", "Brand-B", name, "2099", "store/77", SELLER)
    for text in (*(each.text for each in answers), *(str(each.headers) for each in answers)):
        assert not [each for each in hidden if each in text]
    for text in (told_outside.out, told_outside.err, caplog.text, *of_sellers(alliance, "brand-a")):
        assert not [each for each in hidden if each in text]
    assert "leave the row out, or ask the office to put the two of you in touch" in answers[1].text


def test_answer_is_the_same_however_many_members_authorised_the_seller(alliance: Hub, right: str) -> None:
    alliance.admit("brand-c")
    add(alliance, "brand-b")
    body = said(right, listings=[{"url": STORE}], dry_run=True)
    one = alliance.client("brand-a").post(REPORTS, json=body).json
    add(alliance, "brand-c", last_day=clock.today().isoformat())
    assert alliance.client("brand-a").post(REPORTS, json=body).json == one


# --- who learns that it looked


def test_member_whose_seller_was_found_sees_how_many_and_not_who_asked(alliance: Hub, right: str) -> None:
    add(alliance, seller=SELLER)
    faults(alliance, right, {"url": STORE}, {"url": ITEM, "seller": SELLER}, {"url": f"https://{HOST}/item/2"})
    seen = of_sellers(alliance, "brand-b")
    assert seen[-1] == SEEN.format(2)
    assert of_sellers(alliance, "brand-a") == [
        "brand-a had 3 listings looked at before reporting them: 2 of them by sellers that other members have authorised"
    ]
    assert of_sellers(alliance, "shop") == []
    views = alliance.sql(
        "SELECT convert_from(view, 'utf-8') FROM ledger_part p JOIN ledger_entry e ON e.id = entry_id"
        " JOIN member m ON m.id = party WHERE e.action = 'seller.found' AND code = 'brand-b'"
    )
    assert len(views) == 1
    assert not [each for each in ("brand-a", "p_", HOST, right) if each in str(views[0][0])]


def test_each_member_is_told_of_its_own_alone(alliance: Hub, right: str) -> None:
    alliance.admit("brand-c")
    add(alliance, "brand-b")
    for n in (1, 2):
        add(alliance, "brand-c", url=f"{STORE}/{n}")
    faults(alliance, right, {"url": STORE}, {"url": f"{STORE}/1"}, {"url": f"{STORE}/2"})
    assert of_sellers(alliance, "brand-b")[-1] == SEEN.format(1)
    assert of_sellers(alliance, "brand-c")[-1] == SEEN.format(2)


def test_member_whose_seller_was_found_has_a_notice_and_nobody_else(alliance: Hub, right: str) -> None:
    add(alliance)
    faults(alliance, right, {"url": STORE})
    make(alliance)
    of = {
        code: [each for each in told(alliance, code) if each.startswith("seller.")] for code in ("brand-a", "brand-b")
    }
    assert of == {"brand-a": [], "brand-b": ["seller.found"]}


@pytest.mark.parametrize("dry_run", [True, False])
def test_one_request_that_found_a_seller_is_on_record_once(alliance: Hub, right: str, dry_run: bool) -> None:
    add(alliance)
    body = said(right, listings=[{"url": STORE}, {"url": ITEM}], dry_run=dry_run)
    alliance.client("brand-a").post(REPORTS, json=body)
    assert found_count(alliance) == 1
    assert alliance.sql("SELECT count(*) FROM listing_report") == [(0,)]


@pytest.mark.parametrize("button", ["check", "file"])
def test_one_look_on_the_page_that_found_a_seller_is_on_record_once(alliance: Hub, right: str, button: str) -> None:
    add(alliance)
    brand = alliance.signed_in("brand-a")
    form = {
        "csrf_token": csrf(brand.get("/reports/new?reason=no_such_model", headers=HTML).text),
        "platform": "shop",
        "right": right,
        "reason": "no_such_model",
        "product_class": "25",
        "evidence_range_statement": "We never made it.",
        "rows": f"{STORE}\n{ITEM}",
        "declared": "y",
        button: "y",
    }
    shown = brand.post("/reports/new", data=form, headers=HTML)
    assert "another member has authorised this seller" in shown.text
    assert "brand-b" not in shown.text
    assert found_count(alliance) == 1


@pytest.mark.parametrize("dry_run", [True, False])
def test_without_a_seller_of_others_nothing_is_recorded(alliance: Hub, right: str, dry_run: bool) -> None:
    add(alliance)
    body = said(right, listings=[{"url": ITEM, "seller": SELLER}], dry_run=dry_run)
    assert alliance.client("brand-a").post(REPORTS, json=body).status_code == 200
    assert found_count(alliance) == 0


def test_while_the_log_is_halted_nobody_is_told_of_a_seller(alliance: Hub, right: str) -> None:
    add(alliance)
    alliance.sql("SELECT ledger_stop('sequencer', 'because', now())")
    refused = alliance.client("brand-a").post(REPORTS, json=said(right, listings=[{"url": STORE}], dry_run=True))
    assert refused.status_code == 503
    assert "authorised" not in refused.text


def test_record_that_cannot_be_written_leaves_nobody_told(alliance: Hub, right: str) -> None:
    add(alliance)
    alliance.sql("ALTER TABLE ledger_pending ADD CONSTRAINT none CHECK (false) NOT VALID")
    refused = alliance.client("brand-a").post(REPORTS, json=said(right, listings=[{"url": STORE}], dry_run=True))
    assert refused.status_code == 409
    assert "authorised" not in refused.text


def test_another_brand_reports_what_nobody_has_authorised(alliance: Hub) -> None:
    named_market(alliance, "bazaar", host="bazaar.example.net")
    other = verified_right(alliance, "brand-b", number="018999999")
    add(alliance, "brand-a")
    assert faults(alliance, other, {"url": STORE}, code="brand-b") == [BY_ADDRESS]
    at_bazaar = {"url": "https://bazaar.example.net/store/77"}
    assert faults(alliance, other, at_bazaar, code="brand-b", platform="bazaar") == []


# --- how much one may learn


@pytest.fixture
def few_look_ups(monkeypatch: pytest.MonkeyPatch) -> None:
    """A brand may spend 25 a day; a listing of another's seller costs ten."""
    monkeypatch.setattr(limits, "LOOK_UPS", 25)


def codes(hub: Hub, right: str, *numbers: int) -> list[str]:
    rows = [{"url": f"{STORE}/{n}"} for n in numbers]
    return [code for _, _, code in faults(hub, right, *rows)]


def test_brand_is_told_of_so_many_a_day_and_of_no_more(alliance: Hub, right: str, few_look_ups: None) -> None:
    for n in range(4):
        add(alliance, url=f"{STORE}/{n}")
    assert codes(alliance, right, 0) == codes(alliance, right, 1) == ["authorised_seller"]
    assert codes(alliance, right, 2) == ["looked_up_too_often"]
    assert found_count(alliance) == 3
    with time_machine.travel(clock.now() + timedelta(days=1, minutes=1), tick=False):
        assert codes(alliance, right, 2) == ["authorised_seller"]


def test_once_it_is_spent_a_seller_of_nobody_is_answered_alike(alliance: Hub, right: str, few_look_ups: None) -> None:
    add(alliance)
    for n in range(25):
        assert codes(alliance, right, n) == []
    answers = [codes(alliance, right, 99), [code for *_, code in faults(alliance, right, {"url": STORE})]]
    assert answers == [["looked_up_too_often"]] * 2
    assert found_count(alliance) == 0


def test_what_one_brand_spends_is_not_anothers(alliance: Hub, right: str, few_look_ups: None) -> None:
    for _ in range(26):
        spent = codes(alliance, right, 1)
    assert spent == ["looked_up_too_often"]
    other = verified_right(alliance, "brand-b", number="018999999")
    assert faults(alliance, other, {"url": ITEM}, code="brand-b") == []
