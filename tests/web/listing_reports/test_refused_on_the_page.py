"""What the page of a report refuses: it says what is missing at its field, and keeps what was typed and ticked."""

import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import HTML, Hub, csrf
from tests.web.listing_reports.reporting import SELLER_SAYS, WORDS, answer, asked, counter, file, read, review

SHORT = "Too short."
ORDER = '{"order_number": "2026-4711"}'


def send(client: FlaskClient, name: str, way: str, **fields: object) -> TestResponse:
    """Send a form of the report's page, at the version that it shows where none is said."""
    page = client.get(f"/reports/{name}", headers=HTML).text
    shown = re.search(r'name="version" value="(\d+)"', page)
    version = shown[1] if shown else 1
    given = {"csrf_token": csrf(page), "version": version, **fields}
    return client.post(f"/reports/{name}/{way}", data=given, headers=HTML)


def ticked(page: str) -> list[int]:
    """The listings that are ticked."""
    return [int(n) for n in re.findall(r'name="listing" value="(\d+)" checked', page)]


def chosen(page: str, field: str) -> list[str]:
    """What is chosen in a select, but for no choice."""
    (options,) = re.findall(rf'<select[^>]* name="{field}"[^>]*>(.*?)</select>', page, re.DOTALL)
    return [each for each in re.findall(r'<option selected value="([^"]*)"', options) if each]


def fault(page: str, id: str) -> str:
    """What is said at the field of this id, to which the summary on top leads too."""
    (words,) = re.findall(rf'id="{id}-error"><span class="visually-hidden">Error: </span>(.*?)</p>', page)
    assert f'<a href="#{id}">{words}</a>' in page
    return str(words)


@pytest.fixture
def taken(alliance: Hub, right: str) -> str:
    """A report of 300 listings in review."""
    name = file(alliance.client("brand-a"), right, rows=300)
    assert review(alliance, name, "take").status_code == 200
    return name


def test_sentence_that_is_too_short_leaves_every_tick_and_choice_of_a_decision(alliance: Hub, taken: str) -> None:
    listings = list(range(1, 241, 2))
    no = {"command": "judge", "decision": "rejected", "refusal": "other", "sentence": SHORT}
    refused = send(alliance.signed_in("shop"), taken, "reviews", listing=listings, **no)
    assert refused.status_code == 422
    assert ticked(refused.text) == listings
    assert chosen(refused.text, "refusal") == ["other"]
    assert 'name="decision" value="rejected" checked' in refused.text
    assert f"{SHORT}</textarea>" in refused.text
    assert "20 to 1,000 characters" in fault(refused.text, "sentence")
    assert {each["decision"] for each in read(alliance, taken)["listings"]} == {None}


@pytest.mark.parametrize(
    ("given", "id", "words"),
    [
        ({"command": "judge", "sentence": WORDS}, "established", "Choose a decision: established or rejected"),
        (
            {"command": "judge", "decision": "rejected", "sentence": WORDS},
            "refusal",
            "Choose the reason of the refusal",
        ),
        ({"command": "return", "sentence": WORDS}, "refusal", "Choose the reason of the refusal"),
    ],
)
def test_what_was_not_chosen_is_named_at_its_field(
    alliance: Hub, taken: str, given: dict[str, str], id: str, words: str
) -> None:
    refused = send(alliance.signed_in("shop"), taken, "reviews", listing=["3"], **given)
    assert (refused.status_code, ticked(refused.text)) == (422, [3])
    assert fault(refused.text, id) == words
    assert f"{WORDS}</textarea>" in refused.text


def test_action_that_was_not_chosen_is_named_at_its_field(alliance: Hub, taken: str) -> None:
    assert review(alliance, taken, "judge", decision="established").status_code == 200
    refused = send(alliance.signed_in("shop"), taken, "reviews", command="act", points="6", listing=["7"])
    assert (refused.status_code, ticked(refused.text)) == (422, [7])
    assert fault(refused.text, "action") == "Choose what was done"
    assert re.search('id="points"[^>]* value="6"', refused.text)


def test_points_for_nothing_that_was_done_are_refused_at_their_field(alliance: Hub, taken: str) -> None:
    assert review(alliance, taken, "judge", decision="established").status_code == 200
    given = {"command": "act", "points": "6", "action": "none"}
    refused = send(alliance.signed_in("shop"), taken, "reviews", **given)
    assert (refused.status_code, chosen(refused.text, "action")) == (422, ["none"])
    assert fault(refused.text, "points").startswith("Points go with what was done")


def test_answer_about_an_order_number_is_named_where_it_is_missing(alliance: Hub, right: str) -> None:
    name = file(alliance.client("brand-a"), right, rows=1)
    alliance.sql("UPDATE listing_report SET reason = 'test_buy', evidence = %s::jsonb", ORDER)
    assert review(alliance, name, "take").status_code == 200
    refused = send(alliance.signed_in("shop"), name, "reviews", command="confirm")
    assert (refused.status_code, fault(refused.text, "order-yes")) == (422, "Say yes or no")
    untold = send(alliance.signed_in("shop"), name, "reviews", command="confirm", order="no", sentence=SHORT)
    assert 'name="order" value="no" checked' in untold.text
    assert "20 to 1,000 characters" in fault(untold.text, "sentence")


def test_report_that_somebody_led_on_keeps_what_was_typed_and_ticked_at_its_present_version(
    alliance: Hub, taken: str
) -> None:
    assert review(alliance, taken, "judge", decision="established", listings=[5]).status_code == 200
    no = {"command": "judge", "decision": "rejected", "refusal": "other", "sentence": WORDS}
    stale = send(alliance.signed_in("shop"), taken, "reviews", version=2, listing=["4", "5", "6"], **no)
    assert stale.status_code == 409
    assert "Somebody led this report on" in stale.text
    assert ticked(stale.text) == [4, 6]
    assert f"{WORDS}</textarea>" in stale.text
    assert 'name="version" value="3"' in stale.text


def test_incomplete_form_stays_at_the_version_that_was_read(alliance: Hub, taken: str) -> None:
    assert review(alliance, taken, "judge", decision="established", listings=[5]).status_code == 200
    refused = send(alliance.signed_in("shop"), taken, "reviews", version=2, command="judge", listing=["4"])
    assert (refused.status_code, 'name="version" value="2"' in refused.text) == (422, True)


def test_what_was_typed_stands_there_where_the_report_takes_no_such_command_any_more(alliance: Hub, taken: str) -> None:
    assert answer(alliance, taken, "withdraw").status_code == 200
    given = {"command": "judge", "decision": "established", "sentence": WORDS}
    stale = send(alliance.signed_in("shop"), taken, "reviews", version=2, **given)
    assert (stale.status_code, "Somebody led this report on" in stale.text) == (409, True)
    assert WORDS in stale.text


# --- counter-notices


def test_counter_notice_on_no_grounds_keeps_the_sellers_words(alliance: Hub, right: str) -> None:
    name = asked(alliance, right)
    given = {"command": "counter", "words": SELLER_SAYS, "files": "f_one f_two", "listing": ["2"]}
    refused = send(alliance.signed_in("shop"), name, "reviews", **given)
    assert (refused.status_code, ticked(refused.text)) == (422, [2])
    assert fault(refused.text, "grounds") == "Choose the grounds"
    assert SELLER_SAYS.replace("'", "&#39;") in refused.text
    assert 'value="f_one f_two"' in refused.text


def test_counter_notice_with_a_file_that_is_none_is_refused_at_the_evidence(alliance: Hub, right: str) -> None:
    name = asked(alliance, right)
    given = {"command": "counter", "words": SELLER_SAYS, "files": "f_one", "grounds": "genuine"}
    refused = send(alliance.signed_in("shop"), name, "reviews", **given)
    assert (refused.status_code, chosen(refused.text, "grounds")) == (422, ["genuine"])
    assert "files that your member keeps in the vault" in fault(refused.text, "files")


def test_answer_to_one_of_two_counter_notices_stays_in_its_own_form(alliance: Hub, right: str) -> None:
    name = asked(alliance, right)
    for n in (1, 2):
        assert counter(alliance, name, [n]).status_code == 200
    second = read(alliance, name)["counter_notices"][1]["name"]
    given = {"command": "maintain", "counter_notice": second, "sentence": SHORT, "proof": "f_proof"}
    refused = send(alliance.signed_in("brand-a"), name, "answers", **given)
    assert refused.status_code == 422
    assert "20 to 1,000 characters" in fault(refused.text, "sentence-2")
    assert refused.text.count(f"{SHORT}</textarea>") == 1
    assert refused.text.count('value="f_proof"') == 1
    assert 'id="sentence-1-error"' not in refused.text


def test_page_that_was_refused_nothing_says_no_fault(alliance: Hub, taken: str) -> None:
    page = alliance.signed_in("shop").get(f"/reports/{taken}", headers=HTML).text
    assert "error-summary" not in page
    assert "-error" not in page
