"""A report that is mended goes through the pre-flight of one that is filed, over what of it is undecided yet."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.conftest import HTML, Hub
from tests.web.authorised_sellers.listing import add, found_count
from tests.web.listing_reports.reporting import (
    HOST,
    WORDS,
    answer,
    corrected,
    file,
    named_market,
    read,
    review,
)
from tests.web.listing_reports.test_report_pages import mend as mend_on_the_page
from tests.web.listing_reports.test_report_pages import returned

GROUNDS: dict[str, Any] = {"reason": "no_such_model", "evidence": {"range_statement": "Here is the whole range."}}
NO: dict[str, Any] = {"decision": "rejected", "refusal": "listing_gone", "sentence": WORDS}
STAYS = "no row of a filed report can be changed or left out: withdraw it, and file anew what can stand"


def mend(hub: Hub, name: str) -> TestResponse:
    """Submit it again by the API."""
    return answer(hub, name, "mend", grounds=GROUNDS)


def taken(hub: Hub, right: str, rows: int = 3) -> str:
    name = file(hub.client("brand-a"), right, rows)
    assert review(hub, name, "take").status_code == 200
    return name


def send_back(hub: Hub, name: str) -> None:
    assert review(hub, name, "return", refusal="evidence_insufficient", sentence=WORDS).status_code == 200


def test_mended_report_takes_what_the_register_says_of_its_right_now(alliance: Hub, right: str) -> None:
    name = returned(alliance, right)
    corrected(alliance, right, owner="Acme Holding SE")
    assert read(alliance, name, "shop")["right_facts"]["owner"] == "Acme GmbH"
    assert mend(alliance, name).status_code == 200
    assert read(alliance, name, "shop")["right_facts"]["owner"] == "Acme Holding SE"


def test_report_that_is_still_to_be_mended_keeps_what_it_says_of_its_right(alliance: Hub, right: str) -> None:
    name = returned(alliance, right)
    corrected(alliance, right, owner="Acme Holding SE", classes=[9])
    assert mend(alliance, name).status_code == 422
    shown = read(alliance, name, "shop")
    assert (shown["report"]["state"], shown["right_facts"]["owner"]) == ("returned", "Acme GmbH")


def narrowed(hub: Hub, right: str) -> None:
    corrected(hub, right, classes=[9])


def sold_elsewhere(hub: Hub, _: str) -> None:
    named_market(hub, "shop", "other.example.com")
    named_market(hub, "shop", countries=("US",))


def authorised(hub: Hub, _: str) -> None:
    for n in (1, 2, 3):
        add(hub, url=f"https://{HOST}/item/{n}")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (narrowed, "product class: the right does not cover these goods; it covers 9"),
        (sold_elsewhere, "url: the right is in force in no country into which this marketplace sells"),
        (authorised, "url: another member has authorised this seller"),
    ],
)
def test_row_that_cannot_stand_any_more_is_told_with_what_to_do(
    alliance: Hub, right: str, changed: Callable[[Hub, str], None], words: str
) -> None:
    name = returned(alliance, right)
    changed(alliance, right)
    errors = mend(alliance, name).json["errors"]
    assert list(errors) == ["row 1", "row 2", "row 3"]
    for (said,) in errors.values():
        assert said.replace("product_class", "product class").startswith(words)
        assert said.endswith(STAYS)


def test_report_with_rows_that_cannot_stand_is_withdrawn_and_the_rest_filed_anew(alliance: Hub, right: str) -> None:
    name = returned(alliance, right)
    add(alliance, url=f"https://{HOST}/item/3")
    assert list(mend(alliance, name).json["errors"]) == ["row 3"]
    assert answer(alliance, name, "withdraw").status_code == 200
    file(alliance.client("brand-a"), right, rows=2)


def test_others_sellers_that_mending_finds_are_on_record_and_none_without_a_find(alliance: Hub, right: str) -> None:
    name = returned(alliance, right)
    add(alliance, url=f"https://{HOST}/item/2")
    assert mend(alliance, name).status_code == 422
    assert found_count(alliance) == 1


def test_listing_that_is_decided_already_is_not_looked_at(alliance: Hub, right: str) -> None:
    name = taken(alliance, right)
    assert review(alliance, name, "judge", **NO, listings=[2]).status_code == 200
    send_back(alliance, name)
    add(alliance, url=f"https://{HOST}/item/2")
    assert mend(alliance, name).status_code == 200
    assert found_count(alliance) == 0


def test_listing_that_another_report_holds_by_now_is_told(alliance: Hub, right: str) -> None:
    first = taken(alliance, right, rows=2)
    assert review(alliance, first, "judge", **NO).status_code == 200
    assert review(alliance, first, "close").status_code == 200
    file(alliance.client("brand-a"), right, rows=1)
    assert review(alliance, first, "reopen", sentence=WORDS).status_code == 200
    send_back(alliance, first)
    errors = mend(alliance, first).json["errors"]
    assert list(errors) == ["row 1"]
    assert "you have reported this already" in errors["row 1"][0]


def test_page_tells_of_rows_in_a_table_and_of_evidence_at_its_field(alliance: Hub, right: str) -> None:
    name = returned(alliance, right)
    corrected(alliance, right, classes=[9])
    refused = mend_on_the_page(alliance, name, evidence_range_statement="")
    assert refused.status_code == 422
    assert 'id="evidence_range_statement-error"' in refused.text
    assert 'id="explanation-error"' not in refused.text
    rows = refused.text.partition("<caption")[2]
    assert (rows.count("the right does not cover these goods"), rows.count(STAYS)) == (3, 3)


def test_page_tells_of_a_right_that_cannot_be_relied_on_as_of_the_whole_report(alliance: Hub, right: str) -> None:
    name = returned(alliance, right)
    assert alliance.client("brand-a").post(f"/api/v1/rights/{right}/withdrawal").status_code == 204
    refused = mend_on_the_page(alliance, name, evidence_range_statement="Here is the whole range.")
    assert 'id="explanation-error"' not in refused.text
    assert "have this right mended, or report under another" in refused.text.partition("<caption")[2]


def test_page_without_anything_to_mend_has_no_table(alliance: Hub, right: str) -> None:
    page = f"/reports/{returned(alliance, right)}/mending"
    assert "What is to be mended" not in alliance.signed_in("brand-a").get(page, headers=HTML).text
