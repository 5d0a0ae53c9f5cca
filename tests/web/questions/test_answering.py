"""A brand answers, one question or many; too late is too late; and what came of it is in both records."""

import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from hub import clock
from hub.access.permissions import Permission
from hub.listing_reports import service as reports
from hub.members import service as members
from hub.members.rules import MemberState
from tests.conftest import HTML, Hub, csrf
from tests.web.listing_reports.reporting import HOST, named_market, verified_right
from tests.web.members.test_agents import end, give, terms
from tests.web.members.test_decisions import person
from tests.web.questions.asking import (
    API,
    WHY,
    answer,
    ask,
    expire,
    fake,
    read,
    sentences,
    state,
    withdraw,
)

LATER = timedelta(days=4)


@pytest.fixture
def names(alliance: Hub) -> list[str]:
    """Three questions of shop to brand-a; keys outlast the travels of a test."""
    alliance.sql("UPDATE credential SET expires_at = now() + interval '1 year'")
    return ask(alliance.client("shop"), 3)


def test_fake_names_the_right_says_why_and_declares_good_faith(alliance: Hub, right: str, names: list[str]) -> None:
    assert answer(alliance.client("brand-a"), names[:1], **fake(right)).status_code == 200
    shown = read(alliance, names[0], "shop")
    assert (shown["question"]["state"], shown["sentence"], shown["declaration"]) == ("fake", WHY, 1)
    assert (shown["right"], shown["right_facts"]["office"]) == (right, "EUIPO")
    assert (shown["by_agent"], shown["ended_by"]) == (False, "")
    assert shown["ended_entry"]
    assert "answered 1 of your questions: fake" in sentences(alliance, "shop")[0]
    assert "answered 1 question of a platform: fake" in sentences(alliance, "brand-a")[0]


@pytest.mark.parametrize(
    ("lacking", "field"),
    [
        ({"right": ""}, "right"),
        ({"right": "A" * 22}, "right"),
        ({"sentence": ""}, "sentence"),
        ({"sentence": "It is."}, "sentence"),
        ({"declaration": 0}, "declaration"),
        ({"answer": "genuine"}, "right"),
    ],
)
def test_fake_lacks_nothing_and_others_claim_no_right(
    alliance: Hub, right: str, names: list[str], lacking: dict[str, Any], field: str
) -> None:
    refused = answer(alliance.client("brand-a"), names[:1], **(fake(right) | lacking))
    assert (refused.status_code, list(refused.json["errors"])) == (422, [field])
    assert state(alliance, names[0]) == "asked"


def test_database_refuses_a_fake_without_right_and_declaration(alliance: Hub, names: list[str]) -> None:
    with pytest.raises(Exception, match="declared"):
        alliance.sql("UPDATE question SET state = 'fake', ended_at = now()")


def test_right_of_another_brand_is_answered_like_none(alliance: Hub, names: list[str]) -> None:
    theirs = verified_right(alliance, "brand-b")
    bodies = [answer(alliance.client("brand-a"), names[:1], **fake(each)).json["errors"] for each in (theirs, "A" * 22)]
    assert bodies[0] == bodies[1]


def test_right_must_be_in_force_where_the_marketplace_sells(alliance: Hub, right: str, names: list[str]) -> None:
    with person(alliance, "shop") as actor:
        reports.set_marketplace(actor, HOST, ["JP"])
    refused = answer(alliance.client("brand-a"), names, **fake(right))
    assert refused.status_code == 422
    assert "in force in no country into which the marketplace sells" in refused.json["detail"]
    with person(alliance, "shop") as actor:
        reports.drop_marketplace(actor, HOST)
    assert answer(alliance.client("brand-a"), names, **fake(right)).status_code == 200


@pytest.mark.parametrize("said_of_it", ["genuine", "cannot tell"])
def test_other_answers_need_nothing_more(alliance: Hub, names: list[str], said_of_it: str) -> None:
    assert answer(alliance.client("brand-a"), names[:1], answer=said_of_it).status_code == 200
    assert answer(alliance.client("brand-a"), names[1:2], answer=said_of_it, sentence="Ours.").status_code == 200
    assert [state(alliance, name) for name in names] == [said_of_it, said_of_it, "asked"]


def test_many_are_answered_alike_and_each_platform_has_its_own_entry(alliance: Hub, names: list[str]) -> None:
    named_market(alliance, "bazaar", "bazaar.example.org")
    more = ask(alliance.client("bazaar"), listings=[{"url": "https://bazaar.example.org/1"}])
    done = answer(alliance.client("brand-a"), [*names, *more], answer="genuine")
    assert (done.status_code, len(done.json["entries"])) == (200, 2)
    assert done.headers["Audit-Entry"] == done.json["entries"][0]
    assert "answered 3 of your questions: genuine" in sentences(alliance, "shop")[0]
    assert "answered 1 of your questions: genuine" in sentences(alliance, "bazaar")[0]
    assert read(alliance, names[0], "shop")["ended_entry"] != read(alliance, more[0], "bazaar")["ended_entry"]


def test_all_are_answered_or_none(alliance: Hub, names: list[str]) -> None:
    client = alliance.client("brand-a")
    assert answer(client, names[:1], answer="genuine").status_code == 200
    refused = answer(client, names, answer="genuine")
    assert refused.status_code == 409
    assert "the brand has answered it" in refused.json["detail"]
    assert names[0] in refused.json["detail"]
    assert answer(client, [names[1], "A" * 22], answer="genuine").status_code == 422
    assert [state(alliance, name) for name in names[1:]] == ["asked", "asked"]


def test_same_question_named_twice_is_answered_once(alliance: Hub, names: list[str]) -> None:
    assert answer(alliance.client("brand-a"), [names[0], names[0]], answer="genuine").status_code == 200
    assert "answered 1 of your questions" in sentences(alliance, "shop")[0]


def test_of_two_that_answer_at_once_the_second_is_told(alliance: Hub, names: list[str]) -> None:
    statuses: list[int] = []

    def one(word: str, order: list[str]) -> None:
        statuses.append(answer(alliance.client("brand-a"), order, answer=word).status_code)

    both = [
        threading.Thread(target=one, args=each) for each in (("genuine", names), ("cannot tell", [*reversed(names)]))
    ]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(statuses) == [200, 409]
    assert len({state(alliance, name) for name in names}) == 1


def test_answer_meets_a_withdrawal(alliance: Hub, names: list[str]) -> None:
    assert withdraw(alliance.client("shop"), *names).status_code == 200
    refused = answer(alliance.client("brand-a"), names[:1], answer="genuine")
    assert (refused.status_code, "the platform has withdrawn it" in refused.json["detail"]) == (409, True)
    assert "withdrew 3 questions to you" in sentences(alliance, "brand-a")[0]


def test_question_of_somebody_else_is_answered_like_none(alliance: Hub, names: list[str]) -> None:
    told = [
        answer(alliance.client("brand-b"), [name], answer="genuine").json | {"request_id": "…"}
        for name in (names[0], "A" * 22)
    ]
    assert told[0] == told[1]


@pytest.mark.parametrize("code", ["brand-b", "bazaar", "shop", "alliance"])
def test_nobody_else_answers_or_reads(alliance: Hub, names: list[str], code: str) -> None:
    client = alliance.client(code)
    assert answer(client, names[:1], answer="genuine").status_code in {403, 422}
    assert client.get(f"{API}/{names[0]}").status_code == (
        200 if code == "shop" else 403 if code == "alliance" else 404
    )
    assert state(alliance, names[0]) == "asked"


# --- time


def test_answer_after_the_deadline_is_refused_before_and_after_the_hub_says_that_it_expired(
    alliance: Hub, names: list[str]
) -> None:
    with time_machine.travel(clock.now() + LATER, tick=True):
        for expired in (0, 3):
            assert (expire(alliance) if expired else 0) == expired
            refused = answer(alliance.client("brand-a"), names[:1], answer="genuine")
            assert (refused.status_code, "has run out" in refused.json["detail"]) == (409, True)
        assert withdraw(alliance.client("shop"), *names).status_code == 409
        assert read(alliance, names[0])["question"]["overdue"] is False


def test_question_is_answered_until_the_last_moment(alliance: Hub, names: list[str]) -> None:
    ((due,),) = alliance.sql("SELECT DISTINCT due_at FROM question")
    assert isinstance(due, type(clock.now()))
    with time_machine.travel(due - timedelta(seconds=30), tick=True):
        assert expire(alliance) == 0
        assert answer(alliance.client("brand-a"), names[:1], answer="genuine").status_code == 200
    with time_machine.travel(due, tick=True):
        assert read(alliance, names[1])["question"]["overdue"] is True
        assert answer(alliance.client("brand-a"), names[1:], answer="genuine").status_code == 409


def test_expiry_is_in_the_record_of_both_and_is_carried_out_once(alliance: Hub, names: list[str]) -> None:
    ask(alliance.client("shop"), brand="brand-b")
    assert answer(alliance.client("brand-a"), names[:1], answer="genuine").status_code == 200
    with time_machine.travel(clock.now() + LATER, tick=True):
        assert [expire(alliance), expire(alliance)] == [3, 0]
        assert [state(alliance, name) for name in names] == ["genuine", "expired", "expired"]
        assert "You did not answer 2 questions of shop in time" in sentences(alliance, "brand-a")[0]
        assert "You did not answer 1 question of shop in time" in sentences(alliance, "brand-b")[0]
        mine = sentences(alliance, "shop")[:2]
        assert sorted(each.partition(" in time")[0] for each in mine) == [
            "A brand did not answer 1 question of shop",
            "A brand did not answer 2 questions of shop",
        ]
        assert read(alliance, names[1])["ended_entry"] == read(alliance, names[2], "shop")["ended_entry"]


def test_question_of_a_platform_out_of_standing_expires_too(alliance: Hub, names: list[str]) -> None:
    with alliance.operator() as actor:
        members.move(actor, "shop", MemberState.SUSPENDED)
    with time_machine.travel(clock.now() + LATER, tick=True):
        assert expire(alliance) == 3


# --- rates


def test_answer_rate_is_the_brands_own_and_that_of_a_platforms_own_questions(alliance: Hub, names: list[str]) -> None:
    named_market(alliance, "bazaar", "bazaar.example.org")
    elsewhere = ask(alliance.client("bazaar"), listings=[{"url": f"https://bazaar.example.org/{n}"} for n in (1, 2)])
    assert withdraw(alliance.client("bazaar"), elsewhere[1]).status_code == 200
    assert answer(alliance.client("brand-a"), names[:1], answer="cannot tell").status_code == 200
    assert answer(alliance.client("brand-a"), names[1:2], answer="genuine").status_code == 200
    alliance.sql("UPDATE question SET asked_at = ended_at - interval '2 hours' WHERE state = 'genuine'")
    alliance.sql("UPDATE question SET asked_at = ended_at - interval '1 hour' WHERE state = 'cannot tell'")
    with time_machine.travel(clock.now() + LATER, tick=True):
        assert expire(alliance) == 2

        def rates(code: str) -> Any:
            return alliance.client(code).get("/api/v1/answer-rates").json["rates"]

        shown = {"brand": "brand-a", "answered": 2, "cannot_tell": 1, "share_cannot_tell": 0.5, "median_seconds": 5400}
        assert rates("brand-a") == [{**shown, "expired": 2, "rate": 0.5}]
        assert rates("shop") == [{**shown, "expired": 1, "rate": pytest.approx(2 / 3)}]
        none = {"answered": 0, "cannot_tell": 0, "share_cannot_tell": 0, "median_seconds": None}
        assert rates("bazaar") == [{"brand": "brand-a", "expired": 1, "rate": 0, **none}]
        assert rates("brand-b") == []
    with time_machine.travel(clock.now() + LATER + timedelta(days=91), tick=True):
        assert rates("brand-a") == []


# --- agents


def test_agent_answers_as_long_as_it_is_authorised(alliance: Hub, right: str, names: list[str]) -> None:
    give(alliance, "agency", terms(Permission.QUESTION_ANSWER, Permission.RIGHT_READ))
    client = alliance.client("agency")
    client.environ_base["HTTP_ACTING_FOR"] = "brand-a"
    assert answer(client, names[:1], **fake(right)).status_code == 200
    assert read(alliance, names[0], "shop")["by_agent"] is True
    ((number,),) = alliance.sql("SELECT id FROM authorisation")
    assert isinstance(number, int)
    end(alliance, number)
    assert answer(client, names[1:], answer="genuine").status_code == 404


# --- on the page


def test_brand_answers_in_bulk_on_the_page(alliance: Hub, right: str, names: list[str]) -> None:
    brand = alliance.signed_in("brand-a")
    page = brand.get("/questions?state=asked", headers=HTML).text
    assert page.count('name="question"') == 3
    sent = {"csrf_token": csrf(page), "question": names[:2], "answer": "fake", "right": right, "sentence": WHY}
    undeclared = brand.post("/questions/answers", data=sent, headers=HTML)
    assert undeclared.status_code == 422
    assert ("Declare version 1" in undeclared.text, WHY in undeclared.text) == (True, True)
    assert undeclared.text.count(" checked") >= 3
    assert brand.post("/questions/answers", data=sent | {"declaration": "y"}, headers=HTML).status_code == 303
    assert [state(alliance, name) for name in names] == ["fake", "fake", "asked"]
    assert "100%" in brand.get("/questions", headers=HTML).text


def test_brand_answers_one_on_its_page_and_is_told_what_is_missing_there(alliance: Hub, names: list[str]) -> None:
    brand = alliance.signed_in("brand-a")
    address = f"/questions/{names[0]}"
    sent = {"csrf_token": csrf(brand.get(address, headers=HTML).text), "question": names[0]}
    nothing = brand.post("/questions/answers", data=sent, headers=HTML)
    assert (nothing.status_code, "Choose an answer" in nothing.text) == (422, True)
    done = brand.post("/questions/answers", data=sent | {"answer": "genuine", "sentence": "<b>Ours</b>"}, headers=HTML)
    assert (done.status_code, done.headers["Location"]) == (303, address)
    assert "&lt;b&gt;Ours&lt;/b&gt;" in alliance.signed_in("shop").get(address, headers=HTML).text


def test_nothing_ticked_is_nothing_answered(alliance: Hub, names: list[str]) -> None:
    brand = alliance.signed_in("brand-a")
    token = csrf(brand.get("/questions", headers=HTML).text)
    sent = brand.post("/questions/answers", data={"csrf_token": token, "answer": "genuine"}, headers=HTML)
    assert (sent.status_code, "Name 1 to 200 questions" in sent.text) == (422, True)


def test_late_answer_is_refused_on_the_page(alliance: Hub, names: list[str]) -> None:
    alliance.sql("UPDATE question SET due_at = now() - interval '1 second' WHERE name = %s", names[0])
    brand = alliance.signed_in("brand-a")
    page = brand.get("/questions", headers=HTML).text
    assert page.count('name="question"') == 2
    sent = {"csrf_token": csrf(page), "question": names[0], "answer": "genuine"}
    late = brand.post("/questions/answers", data=sent, headers=HTML)
    assert (late.status_code, "has run out" in late.text) == (422, True)


# --- lists


def test_list_is_filtered_and_read_on_by_cursor(alliance: Hub, names: list[str]) -> None:
    ask(alliance.client("shop"), brand="brand-b")
    assert answer(alliance.client("brand-a"), names[:1], answer="genuine").status_code == 200

    def listed(code: str, **query: Any) -> list[str]:
        return [each["name"] for each in alliance.client(code).get(API, query_string=query).json["questions"]]

    assert listed("brand-a") == [*reversed(names)]
    assert len(listed("shop")) == 4
    assert listed("shop", counterpart="brand-a") == [*reversed(names)]
    assert listed("brand-a", state="genuine") == listed("shop", state="genuine") == names[:1]
    assert listed("brand-a", counterpart="bazaar") == listed("bazaar") == []
    first = alliance.client("brand-a").get(API, query_string={"limit": 2}).json
    rest = alliance.client("brand-a").get(API, query_string={"limit": 2, "cursor": first["cursor"]}).json
    assert ([each["name"] for each in rest["questions"]], rest["cursor"]) == (names[:1], None)
