"""A report names files of the vault: the platform reads them from then on, and an open report keeps them."""

import re
import threading
from datetime import timedelta
from typing import Any

import psycopg
import pytest
import time_machine

from hub import clock
from hub.evidence import jobs
from hub.evidence.rules import TYPES, EvidenceType
from hub.listing_reports.pages import filing
from tests.conftest import HTML, Hub, csrf
from tests.unit.evidence.files import JPEG, PDF, PNG
from tests.web.access.test_acting_for import of
from tests.web.access.test_three_nets import as_application, read_by
from tests.web.evidence.storing import erased, stored
from tests.web.evidence.storing import read as content
from tests.web.listing_reports.reporting import API, HOST, WORDS, answer, asked, counter, file, read, review, said

COMPARED = "comparison_sheet"


def sheet(hub: Hub, content: bytes = PDF, name: str = "sheet.pdf", code: str = "brand-a") -> dict[str, Any]:
    """A comparison sheet in a brand's vault."""
    return stored(hub.client(code), content, name, type="comparison")


def grounds(file_name: str, **other: Any) -> dict[str, Any]:
    evidence = {COMPARED: file_name, "differences": "The seams are glued, ours are sewn."}
    return {"reason": "counterfeit_features", "evidence": evidence, **other}


@pytest.fixture
def compared(alliance: Hub, right: str) -> tuple[str, str]:
    """A report that relies on a comparison sheet: the two names."""
    kept = sheet(alliance)["name"]
    return file(alliance.client("brand-a"), right, rows=1, **grounds(kept)), kept


def test_platform_reads_the_file_once_the_report_is_filed(alliance: Hub, right: str) -> None:
    kept = sheet(alliance)["name"]
    assert content(alliance.client("shop"), kept).status_code == 404
    name = file(alliance.client("brand-a"), right, **grounds(kept))
    assert content(alliance.client("shop"), kept).data == PDF
    assert content(alliance.client("bazaar"), kept).status_code == 404
    (told,) = of(alliance, "shop", "evidence.attached")
    assert told["subject"]["ref"] == kept
    assert told["purpose"] == f"listing report {name}"


def test_digest_stays_with_the_report_and_on_the_record_of_both(alliance: Hub, right: str) -> None:
    kept = sheet(alliance)
    name = file(alliance.client("brand-a"), right, **grounds(kept["name"]))
    for code in ("brand-a", "shop"):
        shown = read(alliance, name, code)
        assert (shown["evidence"][COMPARED], shown["digests"]) == (kept["name"], {COMPARED: kept["sha256"]})
        assert of(alliance, code, "evidence.attached")[0]["subject"]["digest"] == kept["sha256"]


def test_page_of_the_report_leads_both_parties_to_the_file(alliance: Hub, compared: tuple[str, str]) -> None:
    name, kept = compared
    for code in ("brand-a", "shop"):
        client = alliance.signed_in(code)
        assert f'href="/evidence/{kept}"' in client.get(f"/reports/{name}", headers=HTML).text
        assert f'href="/reports/{name}"' in client.get(f"/evidence/{kept}", headers=HTML).text


WRONG = {
    "a digest": lambda _: "ab" * 32,
    "a file that there is not": lambda _: "f_" + "A" * 20,
    "a file of another brand": lambda hub: sheet(hub, code="brand-b")["name"],
    "a file of another type": lambda hub: stored(hub.client("brand-a"))["name"],
    "an erased file": lambda hub: _erased(hub),
}


def _erased(hub: Hub) -> str:
    name = str(sheet(hub)["name"])
    assert erased(hub.client("brand-a"), name).status_code == 204
    return name


@pytest.mark.parametrize("circumstance", WRONG)
@pytest.mark.parametrize("dry_run", [True, False])
def test_what_is_no_file_of_ones_own_is_told_and_nothing_attached(
    alliance: Hub, right: str, circumstance: str, dry_run: bool
) -> None:
    given = WRONG[circumstance](alliance)
    told = alliance.client("brand-a").post(API, json=said(right, **grounds(given, dry_run=dry_run)))
    if dry_run:
        assert [(each["field"], each["code"]) for each in told.json["faults"]] == [(COMPARED, "evidence")]
    else:
        assert (told.status_code, list(told.json["errors"])) == (422, [COMPARED])
    assert given not in told.text
    assert alliance.sql("SELECT count(*) FROM evidence_party") == [(0,)]


def test_report_refused_for_something_else_attaches_nothing(alliance: Hub, right: str) -> None:
    kept = sheet(alliance)["name"]
    rows = [{"url": "https://other.example.org/1"}]
    assert alliance.client("brand-a").post(API, json=said(right, listings=rows, **grounds(kept))).status_code == 422
    looked = alliance.client("brand-a").post(API, json=said(right, **grounds(kept, dry_run=True)))
    assert (looked.status_code, looked.json["faults"]) == (200, [])
    assert alliance.sql("SELECT count(*) FROM evidence_party") == [(0,)]
    assert content(alliance.client("shop"), kept).status_code == 404


# --- kept while it is open


def test_file_of_an_open_report_is_not_erased_and_the_refusal_names_the_report(
    alliance: Hub, compared: tuple[str, str]
) -> None:
    name, kept = compared
    refused = erased(alliance.client("brand-a"), kept)
    assert (refused.status_code, name in (refused.json or {})["detail"]) == (409, True)
    browser = alliance.signed_in("brand-a")
    token = csrf(browser.get(f"/evidence/{kept}", headers=HTML).text)
    sent = {"csrf_token": token, "reason": "no longer needed"}
    on_the_page = browser.post(f"/evidence/{kept}/erasure", data=sent, headers=HTML)
    assert (on_the_page.status_code, f"{name} is open and relies on" in on_the_page.text) == (422, True)
    assert content(alliance.client("shop"), kept).status_code == 200


def test_file_goes_once_the_report_is_withdrawn(alliance: Hub, compared: tuple[str, str]) -> None:
    name, kept = compared
    assert answer(alliance, name, "withdraw").status_code == 200
    assert erased(alliance.client("brand-a"), kept).status_code == 204
    page = alliance.signed_in("shop").get(f"/reports/{name}", headers=HTML)
    assert page.status_code == 200


def test_file_goes_once_the_report_is_closed_and_stays_again_once_it_is_reopened(
    alliance: Hub, compared: tuple[str, str]
) -> None:
    name, kept = compared
    for command, more in (("take", {}), ("judge", {"decision": "established"}), ("close", {})):
        assert erased(alliance.client("brand-a"), kept).status_code == 409
        assert review(alliance, name, command, **more).status_code == 200
    assert review(alliance, name, "reopen", sentence="The seller appealed, and it was upheld.").status_code == 200
    assert erased(alliance.client("brand-a"), kept).status_code == 409
    assert review(alliance, name, "judge", decision="established").status_code == 200
    assert review(alliance, name, "close").status_code == 200
    assert erased(alliance.client("brand-a"), kept).status_code == 204


def test_file_of_an_open_report_does_not_expire(alliance: Hub, compared: tuple[str, str]) -> None:
    name, kept = compared
    other = sheet(alliance, PNG, "other.png")["name"]
    with time_machine.travel(clock.now() + TYPES[EvidenceType.COMPARISON][1] + timedelta(2), tick=False):
        with alliance.app.app_context():
            assert [jobs.erase_expired_evidence() for _ in range(2)] == [1, 0]
        assert _living(alliance) == [(kept,)]
    assert answer(alliance, name, "withdraw").status_code == 200
    with time_machine.travel(clock.now() + TYPES[EvidenceType.COMPARISON][1] + timedelta(2), tick=False):
        with alliance.app.app_context():
            assert jobs.erase_expired_evidence() == 1
    assert (_living(alliance), other != kept) == ([], True)


def _living(hub: Hub) -> list[Any]:
    return hub.sql("SELECT name FROM evidence WHERE sealed_key IS NOT NULL")


def test_file_of_two_reports_goes_when_both_are_over(alliance: Hub, right: str, compared: tuple[str, str]) -> None:
    name, kept = compared
    second = file(alliance.client("brand-a"), right, listings=[{"url": f"https://{HOST}/more"}], **grounds(kept))
    for each, status in ((name, 409), (second, 204)):
        assert answer(alliance, each, "withdraw").status_code == 200
        assert erased(alliance.client("brand-a"), kept).status_code == status


def test_mended_report_relies_on_its_new_file_and_lets_the_old_one_go(alliance: Hub, compared: tuple[str, str]) -> None:
    name, old = compared
    back = {"refusal": "evidence_insufficient", "sentence": WORDS}
    assert review(alliance, name, "return", **back).status_code == 200
    new = sheet(alliance, JPEG, "better.jpg")
    assert answer(alliance, name, "mend", grounds=grounds("f_" + "A" * 20)).status_code == 422
    assert answer(alliance, name, "mend", grounds=grounds(new["name"])).status_code == 200
    assert read(alliance, name)["digests"] == {COMPARED: new["sha256"]}
    assert content(alliance.client("shop"), new["name"]).data == JPEG
    assert [erased(alliance.client("brand-a"), each).status_code for each in (old, new["name"])] == [204, 409]


@pytest.fixture
def countered(alliance: Hub, right: str) -> tuple[str, str, str]:
    """A report that its brand maintains against a counter-notice: its name, the seller's invoice, the brand's proof."""
    name = asked(alliance, right)
    invoice = stored(alliance.client("shop"), PDF, "invoice.pdf")["name"]
    proof = stored(alliance.client("brand-a"), PDF, "suit.pdf")["name"]
    assert counter(alliance, name, evidence=[invoice]).status_code == 200
    assert erased(alliance.client("shop"), invoice).status_code == 409
    assert answer(alliance, name, "maintain", sentence=WORDS, proof=proof).status_code == 200
    return name, invoice, proof


def _erasable(hub: Hub, countered: tuple[str, str, str]) -> list[bool]:
    """Whether the platform may erase the seller's file, and the brand its proof; asked without doing it."""
    _, *files = countered
    held = dict(
        hub.sql(
            "SELECT e.name, bool_or(p.held) FROM evidence e JOIN evidence_party p ON p.evidence_id = e.id GROUP BY 1"
        )
    )
    return [not held[each] for each in files]


def test_files_of_a_counter_notice_of_an_open_report_are_not_erased(
    alliance: Hub, countered: tuple[str, str, str]
) -> None:
    _, invoice, proof = countered
    statuses = [
        erased(alliance.client(code), each).status_code for code, each in (("shop", invoice), ("brand-a", proof))
    ]
    assert statuses == [409, 409]


def test_files_of_a_counter_notice_go_once_the_report_is_withdrawn(
    alliance: Hub, countered: tuple[str, str, str]
) -> None:
    name, invoice, proof = countered
    assert answer(alliance, name, "withdraw").status_code == 200
    statuses = [
        erased(alliance.client(code), each).status_code for code, each in (("shop", invoice), ("brand-a", proof))
    ]
    assert statuses == [204, 204]


def test_files_of_a_counter_notice_go_once_the_report_is_closed_and_stay_again_once_it_is_reopened(
    alliance: Hub, countered: tuple[str, str, str]
) -> None:
    name, *_ = countered
    assert review(alliance, name, "judge", decision="established").status_code == 200
    assert _erasable(alliance, countered) == [False, False]
    assert review(alliance, name, "close").status_code == 200
    assert _erasable(alliance, countered) == [True, True]
    assert review(alliance, name, "reopen", sentence="The seller appealed, and it was upheld.").status_code == 200
    assert _erasable(alliance, countered) == [False, False]


def test_file_is_either_erased_or_named_and_never_both(alliance: Hub, right: str) -> None:
    for turn in range(4):
        kept = sheet(alliance, b"sheet %d" % turn, "sheet.txt")["name"]
        body = said(right, listings=[{"url": f"https://{HOST}/{turn}"}], **grounds(kept))
        statuses: dict[str, int] = {}
        ways = {
            "filed": lambda body=body: alliance.client("brand-a").post(API, json=body),
            "erased": lambda kept=kept: erased(alliance.client("brand-a"), kept),
        }

        def run(way: str, ways: Any = ways, statuses: dict[str, int] = statuses) -> None:
            statuses[way] = ways[way]().status_code

        both = [threading.Thread(target=run, args=(way,)) for way in ways]
        for each in both:
            each.start()
        for each in both:
            each.join()
        assert (statuses["filed"], statuses["erased"]) in {(200, 409), (422, 204)}


def test_no_statement_of_the_application_erases_what_is_held(alliance: Hub, compared: tuple[str, str]) -> None:
    with as_application(alliance) as connection:
        read_by(connection, alliance, "brand-a")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            connection.execute("UPDATE evidence SET sealed_key = NULL, erased_at = now()")


def test_other_members_neither_hold_nor_let_go(alliance: Hub, compared: tuple[str, str]) -> None:
    with as_application(alliance) as connection:
        for code in ("brand-b", "bazaar", "alliance"):
            read_by(connection, alliance, code)
            assert connection.execute("UPDATE evidence_party SET held = false").rowcount == 0


# --- on the page


def test_brand_chooses_a_file_of_its_vault_on_the_form(alliance: Hub, right: str) -> None:
    kept, other = sheet(alliance)["name"], stored(alliance.client("brand-a"), JPEG, "photo.jpg")["name"]
    foreign = sheet(alliance, PNG, "theirs.png", code="brand-b")["name"]
    brand = alliance.signed_in("brand-a")
    form = brand.get("/reports/new?reason=counterfeit_features", headers=HTML).text
    assert [each in form for each in (kept, other, foreign)] == [True, False, False]
    assert 'href="/evidence/new?type=comparison"' in form
    sent = {
        "csrf_token": csrf(form),
        "platform": "shop",
        "right": right,
        "reason": "counterfeit_features",
        "product_class": "25",
        "rows": f"https://{HOST}/item/1",
        "evidence_differences": "The seams are glued, ours are sewn.",
        "declared": "y",
        "file": "y",
    }
    lacking = brand.post("/reports/new", data=sent, headers=HTML)
    assert (lacking.status_code, "this is missing" in lacking.text) == (422, True)
    stolen = brand.post("/reports/new", data=sent | {"evidence_comparison_sheet": foreign}, headers=HTML)
    assert (stolen.status_code, "name a file of your own" in stolen.text) == (422, True)
    filed = brand.post("/reports/new", data=sent | {"evidence_comparison_sheet": kept}, headers=HTML)
    assert filed.status_code == 303
    assert content(alliance.client("shop"), kept).status_code == 200


def test_file_older_than_those_listed_is_brought_along_from_its_own_page(
    alliance: Hub, right: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filing, "MOST_FILES", 1)
    old, _ = sheet(alliance)["name"], sheet(alliance, PNG, "newer.png")
    brand = alliance.signed_in("brand-a")
    assert old not in brand.get("/reports/new?reason=counterfeit_features", headers=HTML).text
    (way,) = re.findall(r'href="(/reports/new[^"]+)"', brand.get(f"/evidence/{old}", headers=HTML).text)
    reasons = brand.get(way, headers=HTML).text
    assert f"/reports/new?reason=counterfeit_features&amp;file={old}" in reasons
    assert "reason=seller_admits" not in reasons
    form = brand.get(f"/reports/new?reason=counterfeit_features&file={old}", headers=HTML).text
    assert f'<option selected value="{old}">sheet.pdf' in form


def test_returned_report_is_mended_with_a_file_from_its_own_page(
    alliance: Hub, compared: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name, _ = compared
    for command, more in (("take", {}), ("return", {"refusal": "evidence_insufficient", "sentence": WORDS})):
        assert review(alliance, name, command, **more).status_code == 200
    monkeypatch.setattr(filing, "MOST_FILES", 1)
    old, _ = sheet(alliance, PNG, "older.png")["name"], sheet(alliance, JPEG, "newer.jpg")
    brand = alliance.signed_in("brand-a")
    way = f"/reports/{name}/mending?file={old}"
    assert f'href="{way}"' in brand.get(f"/reports/new?file={old}", headers=HTML).text
    assert f'<option selected value="{old}">older.png' in brand.get(way, headers=HTML).text


def test_file_of_others_or_erased_is_brought_along_by_nobody(alliance: Hub) -> None:
    brand = alliance.signed_in("brand-a")
    for each in (sheet(alliance, PNG, "theirs.png", code="brand-b")["name"], _erased(alliance), "x"):
        form = brand.get(f"/reports/new?reason=counterfeit_features&file={each}", headers=HTML)
        assert (form.status_code, f'value="{each}"' in form.text) == (200, False)


def test_upload_led_to_from_the_report_has_its_type_chosen(alliance: Hub) -> None:
    form = alliance.signed_in("brand-a").get("/evidence/new?type=comparison", headers=HTML).text
    assert '<option selected value="comparison">' in form
