"""In the inbox of questions nobody loses the page, the filter, the ticks or the text: refused or done, it goes on there."""

import html
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from hub.web.pagination import PAGE
from tests.conftest import HTML, Hub, csrf
from tests.web.listing_reports.reporting import HOST
from tests.web.questions.asking import ask, withdraw


@pytest.fixture
def names(alliance: Hub) -> list[str]:
    """Three questions of shop to brand-a."""
    return ask(alliance.client("shop"), 3)


def second_page(hub: Hub, code: str) -> str:
    """The second page under the filter `asked`: fifty more are asked, and stand before those that were asked already."""
    listings = [{"url": f"https://{HOST}/newer/{n}"} for n in range(PAGE)]
    ask(hub.client("shop"), listings=listings)
    page = hub.signed_in(code).get("/questions?state=asked", headers=HTML).text
    found = re.search(r'class="next" href="([^"]+)"', page)
    assert found is not None
    return html.unescape(found[1])


def sent_to(page: str) -> str:
    """Where the form around the list is sent."""
    found = re.search(r'<form method="post" action="(/questions/(?:answers|withdrawals)[^"]*)"', page)
    assert found is not None
    return html.unescape(found[1])


def query(address: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(address).query)


def shown_in(page: str) -> set[str]:
    """The questions of a page that can be ticked."""
    return set(re.findall(r'name="question" value="([^"]+)"', page))


def ticked_in(page: str) -> set[str]:
    return set(re.findall(r'name="question" value="([^"]+)" checked', page))


def test_answer_that_is_refused_leaves_page_filter_ticks_and_text_as_they_were(
    alliance: Hub, right: str, names: list[str]
) -> None:
    brand, older = alliance.signed_in("brand-a"), second_page(alliance, "brand-a")
    page = brand.get(older, headers=HTML).text
    action = sent_to(page)
    sent = {"csrf_token": csrf(page), "question": names[:2], "answer": "fake", "right": right, "sentence": "Too short."}
    refused = brand.post(action, data=sent, headers=HTML)
    assert refused.status_code == 422
    assert shown_in(refused.text) == shown_in(page)
    assert ticked_in(refused.text) == set(names[:2])
    assert ("Too short." in refused.text, sent_to(refused.text)) == (True, action)


def test_whoever_is_told_that_none_is_left_of_a_filter_is_told_why(alliance: Hub, names: list[str]) -> None:
    brand = alliance.signed_in("brand-a")
    page = brand.get("/questions?state=asked", headers=HTML).text
    withdraw(alliance.client("shop"), *names)
    sent = {"csrf_token": csrf(page), "listed": "y", "question": names[:2], "answer": "genuine"}
    refused = brand.post(sent_to(page), data=sent, headers=HTML)
    assert (refused.status_code, "withdrawn" in refused.text) == (422, True)
    assert "No question fits this filter" in refused.text


@pytest.mark.parametrize("ticked", [1, 2])
def test_whoever_answered_goes_on_at_the_same_page_and_filter(alliance: Hub, names: list[str], ticked: int) -> None:
    brand, older = alliance.signed_in("brand-a"), second_page(alliance, "brand-a")
    page = brand.get(older, headers=HTML).text
    sent = {"csrf_token": csrf(page), "listed": "y", "question": names[:ticked], "answer": "genuine"}
    done = brand.post(sent_to(page), data=sent, headers=HTML)
    assert (done.status_code, query(done.headers["Location"])) == (303, query(older))


def test_refusal_of_the_only_one_that_is_ticked_in_the_list_is_said_in_the_list(
    alliance: Hub, names: list[str]
) -> None:
    brand = alliance.signed_in("brand-a")
    page = brand.get("/questions?state=asked", headers=HTML).text
    sent = {"csrf_token": csrf(page), "listed": "y", "question": names[:1]}
    refused = brand.post(sent_to(page), data=sent, headers=HTML)
    assert (refused.status_code, ticked_in(refused.text)) == (422, {names[0]})
    assert shown_in(refused.text) == set(names)


def test_withdrawal_that_is_refused_leaves_page_filter_and_ticks_as_they_were(alliance: Hub, names: list[str]) -> None:
    shop, older = alliance.signed_in("shop"), second_page(alliance, "shop")
    page = shop.get(older, headers=HTML).text
    alliance.sql("UPDATE question SET due_at = now() - interval '1 second' WHERE name = %s", names[0])
    sent = {"csrf_token": csrf(page), "listed": "y", "question": names[:2]}
    refused = shop.post(sent_to(page), data=sent, headers=HTML)
    assert (refused.status_code, ticked_in(refused.text)) == (422, {names[1]})
    sent["question"] = names[1:2]
    done = shop.post(sent_to(refused.text), data=sent, headers=HTML)
    assert (done.status_code, query(done.headers["Location"])) == (303, query(older))
