"""A seller counters for its own listings; silence of the right holder lets them stand again, and the others are judged."""

import re
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub import clock
from hub.listing_reports import counter_rules, jobs, rules
from hub.listing_reports.counter_rules import CounterState
from hub.listing_reports.rules import Command, Party, ReportState
from tests.conftest import HTML, Hub
from tests.web.evidence.storing import stored
from tests.web.listing_reports.reporting import (
    API,
    SELLER_SAYS,
    answer,
    asked,
    counter,
    file,
    read,
    review,
    sentences,
)
from tests.web.listing_reports.test_report_pages import send

WHY = "The serial numbers on these invoices were never given out."
YES: dict[str, Any] = {"decision": "established"}
NO: dict[str, Any] = {"decision": "rejected", "refusal": "seller_authorised", "sentence": WHY}
ANSWERS = "/api/v1/counter-notices/answers"


@pytest.fixture
def name(alliance: Hub, right: str) -> str:
    """A report of three listings that was passed on to the sellers."""
    alliance.sql("UPDATE credential SET expires_at = '2030-01-01'")
    return asked(alliance, right)


def lapse(hub: Hub) -> int:
    """Run the job; returns of how many reports it carried out the silence."""
    with hub.app.app_context():
        return jobs.lapse_reports()


def after(days: int) -> time_machine.travel:
    """So many days on."""
    return time_machine.travel(clock.now() + timedelta(days=days))


def states(hub: Hub, name: str) -> tuple[str, list[str]]:
    """Of the report and of each of its counter-notices."""
    shown = read(hub, name)
    return shown["report"]["state"], [each["state"] for each in shown["counter_notices"]]


def listings(hub: Hub, name: str) -> list[tuple[Any, Any]]:
    """Decision and action of each."""
    return [(each["decision"], each["action"]) for each in read(hub, name)["listings"]]


REINSTATED = ("rejected", "reinstated")


# --- passed on


def test_counter_notice_is_read_by_both_parties_with_its_listings_and_its_deadline(alliance: Hub, name: str) -> None:
    assert counter(alliance, name, [1, 3]).status_code == 200
    for code in ("brand-a", "shop"):
        (found,) = read(alliance, name, code)["counter_notices"]
        assert (found["listings"], found["grounds"], found["words"]) == ([1, 3], "genuine", SELLER_SAYS)
        assert found["due_at"] == read(alliance, name, code)["report"]["due_at"]
    assert "passed on a seller's counter-notice to 2 listings" in sentences(alliance, "brand-a")[-1]


@pytest.mark.parametrize(
    "other", [{"grounds": "price"}, {"words": "No."}, {"words": "x" * 2001}, {"evidence": ["f"] * 11}]
)
def test_counter_notice_that_breaks_a_rule_is_refused(alliance: Hub, name: str, other: dict[str, Any]) -> None:
    assert counter(alliance, name, **other).status_code == 422
    assert states(alliance, name) == ("forwarded", [])


def test_evidence_of_the_seller_is_shown_to_the_brand_alone(alliance: Hub, name: str) -> None:
    invoice = stored(alliance.client("shop"))["name"]
    assert counter(alliance, name, evidence=[invoice]).status_code == 200
    assert read(alliance, name)["counter_notices"][0]["evidence"] == [invoice]
    statuses = {
        code: alliance.client(code).get(f"/api/v1/evidence/{invoice}").status_code for code in ("brand-a", "brand-b")
    }
    assert statuses == {"brand-a": 200, "brand-b": 404}


def test_files_of_a_counter_notice_and_its_report_lead_to_each_other_on_the_pages(alliance: Hub, name: str) -> None:
    invoice, suit = stored(alliance.client("shop"))["name"], stored(alliance.client("brand-a"), name="suit.pdf")["name"]
    assert counter(alliance, name, evidence=[invoice]).status_code == 200
    assert answer(alliance, name, "maintain", sentence=WHY, proof=suit).status_code == 200
    for code in ("brand-a", "shop"):
        client = alliance.signed_in(code)
        report = client.get(f"/reports/{name}", headers=HTML).text
        assert [each for each in (invoice, suit) if f'href="/evidence/{each}"' not in report] == []
        for file_name in (invoice, suit):
            page = client.get(f"/evidence/{file_name}", headers=HTML).text
            (way,) = re.findall(r'href="(/counter-notices/[^"]+)"', page)
            led = client.get(way, headers=HTML)
            assert (led.status_code, led.headers["Location"]) == (303, f"/reports/{name}#notice-1")


def test_counter_notice_of_others_is_unknown_by_its_name_too(alliance: Hub, name: str) -> None:
    assert counter(alliance, name).status_code == 200
    ((notice,),) = alliance.sql("SELECT name FROM counter_notice")
    for code, of in (("brand-b", notice), ("bazaar", notice), ("brand-a", "A" * 22), ("brand-a", "x")):
        assert alliance.signed_in(code).get(f"/counter-notices/{of}", headers=HTML).status_code == 404


def test_file_that_is_not_the_platforms_own_is_refused_and_nothing_passed_on(alliance: Hub, name: str) -> None:
    theirs = stored(alliance.client("brand-a"))["name"]
    for file_name in (theirs, "f_nothing"):
        refused = counter(alliance, name, evidence=[file_name])
        assert (refused.status_code, list(refused.json["errors"])) == (422, ["evidence"])
    assert states(alliance, name) == ("forwarded", [])


def test_seller_that_has_countered_does_not_counter_again(alliance: Hub, name: str) -> None:
    assert counter(alliance, name, [1]).status_code == 200
    refused = counter(alliance, name, [1, 2])
    assert (refused.status_code, "was countered already" in refused.json["detail"]) == (409, True)
    assert counter(alliance, name).status_code == 200
    assert [each["listings"] for each in read(alliance, name)["counter_notices"]] == [[1], [2, 3]]
    assert counter(alliance, name).status_code == 409


def test_counter_notice_after_the_sellers_time_is_refused_with_the_day(alliance: Hub, right: str) -> None:
    alliance.sql("UPDATE credential SET expires_at = '2030-01-01'")
    with time_machine.travel(datetime(2027, 1, 4, 9, tzinfo=UTC), tick=False) as traveller:
        name = asked(alliance, right)
        traveller.move_to(datetime(2027, 1, 8, 23, 59, 59, tzinfo=UTC))
        assert counter(alliance, name, [1]).status_code == 200
        traveller.move_to(datetime(2027, 1, 9, 0, 0, tzinfo=UTC))
        refused = counter(alliance, name, [2])
    assert (refused.status_code, "08 Jan 2027 in UTC" in refused.json["detail"]) == (409, True)


def test_counter_notice_to_a_report_that_was_not_passed_on_is_refused(alliance: Hub, right: str) -> None:
    name = file(alliance.client("brand-a"), right)
    assert counter(alliance, name).status_code == 409


def test_counter_notice_to_a_withdrawn_report_is_refused(alliance: Hub, name: str) -> None:
    assert answer(alliance, name, "withdraw").status_code == 200
    refused = counter(alliance, name)
    assert (refused.status_code, "is withdrawn" in refused.json["detail"]) == (409, True)


# --- answered


def test_right_holder_maintains_with_a_sentence_and_its_proof(alliance: Hub, name: str) -> None:
    assert counter(alliance, name, [1]).status_code == 200
    assert answer(alliance, name, "maintain").status_code == 422
    suit = stored(alliance.client("brand-a"))["name"]
    assert answer(alliance, name, "maintain", sentence=WHY, proof=suit).status_code == 200
    (found,) = read(alliance, name, "shop")["counter_notices"]
    assert (found["state"], found["sentence"], found["proof"]) == ("maintained", WHY, suit)
    assert alliance.client("shop").get(f"/api/v1/evidence/{suit}").status_code == 200
    assert states(alliance, name)[0] == "maintained"


def test_accepted_counter_notice_lets_its_listings_stand_and_the_others_wait_for_their_sellers(
    alliance: Hub, name: str
) -> None:
    assert counter(alliance, name, [1, 2]).status_code == 200
    assert answer(alliance, name, "accept").status_code == 200
    assert states(alliance, name) == ("forwarded", ["accepted by right holder"])
    assert listings(alliance, name) == [REINSTATED, REINSTATED, (None, None)]
    told = [each for each in sentences(alliance, "shop") if each.startswith("Reinstated")]
    assert told == [f"Reinstated 2 listings of the report {name}: the right holder accepts the counter-notice"]
    with after(5):
        assert lapse(alliance) == 1
        assert review(alliance, name, "judge", **YES).status_code == 200
        assert read(alliance, name)["report"]["outcome"] == "partly"


def test_report_is_decided_where_every_counter_notice_is_accepted(alliance: Hub, name: str) -> None:
    assert counter(alliance, name).status_code == 200
    assert answer(alliance, name, "accept").status_code == 200
    assert states(alliance, name)[0] == "decided"
    assert listings(alliance, name) == [REINSTATED] * 3


def test_of_several_open_ones_the_answer_names_one(alliance: Hub, name: str) -> None:
    for n in (1, 2):
        assert counter(alliance, name, [n]).status_code == 200
    unnamed = answer(alliance, name, "accept")
    assert (unnamed.status_code, list(unnamed.json["errors"])) == (422, ["counter_notice"])
    first, second = (each["name"] for each in read(alliance, name)["counter_notices"])
    assert answer(alliance, name, "maintain", sentence=WHY, counter_notice=second).status_code == 200
    assert states(alliance, name) == ("countered", ["forwarded", "maintained"])
    again = answer(alliance, name, "accept", counter_notice=second)
    assert (again.status_code, "is maintained already" in again.json["detail"]) == (409, True)
    assert answer(alliance, name, "accept", counter_notice=first).status_code == 200
    assert states(alliance, name) == ("maintained", ["accepted by right holder", "maintained"])


def test_answer_after_the_deadline_is_refused_though_the_job_has_not_run(alliance: Hub, name: str) -> None:
    assert counter(alliance, name).status_code == 200
    with after(4):
        for command, sentence in (("maintain", WHY), ("accept", "")):
            refused = answer(alliance, name, command, sentence=sentence)
            assert (refused.status_code, "the time for an answer ran out on" in refused.json["detail"]) == (409, True)
        assert states(alliance, name) == ("countered", ["forwarded"])


def test_withdrawn_report_accepts_its_counter_notices(alliance: Hub, name: str) -> None:
    assert counter(alliance, name, [1]).status_code == 200
    assert answer(alliance, name, "withdraw").status_code == 200
    assert states(alliance, name) == ("withdrawn", ["accepted by right holder"])


# --- silence


def test_silence_of_the_right_holder_lets_the_countered_listings_stand_and_the_others_be_judged(
    alliance: Hub, name: str
) -> None:
    assert counter(alliance, name, [2]).status_code == 200
    assert lapse(alliance) == 0
    with after(5):
        assert lapse(alliance) == 1
        assert states(alliance, name) == ("undefended", ["expired"])
        assert listings(alliance, name) == [(None, None), REINSTATED, (None, None)]
        assert review(alliance, name, "judge", **YES).status_code == 200
        assert review(alliance, name, "act", action="warning").status_code == 200
        assert listings(alliance, name) == [("established", "warning"), REINSTATED, ("established", "warning")]
        assert lapse(alliance) == 0


def test_silence_is_on_record_of_both_parties(alliance: Hub, name: str) -> None:
    assert counter(alliance, name, [2]).status_code == 200
    with after(5):
        lapse(alliance)
    for code in ("brand-a", "shop"):
        assert sentences(alliance, code)[-2:] == [
            f"The time for an answer in the listing report {name} ran out: it is expired",
            f"Reinstated 1 listing of the report {name}: the right holder did not answer in time",
        ]


def test_silence_of_the_sellers_has_the_platform_judge(alliance: Hub, name: str) -> None:
    with after(5):
        assert lapse(alliance) == 1
    assert states(alliance, name) == ("unanswered", [])
    assert "ran out: it is unanswered" in sentences(alliance, "brand-a")[-1]


def test_clock_may_have_the_platform_judge_although_the_right_holder_is_silent(alliance: Hub, right: str) -> None:
    from tests.web.listing_reports.test_clocks import set_clock

    alliance.sql("UPDATE credential SET expires_at = '2030-01-01'")
    set_clock(alliance.signed_in("shop"), preset="business-days-judged")
    name = asked(alliance, right)
    assert counter(alliance, name).status_code == 200
    with after(12):
        assert lapse(alliance) == 1
        assert listings(alliance, name) == [(None, None)] * 3
        assert review(alliance, name, "judge", **NO, listings=[1, 2]).status_code == 200
        assert states(alliance, name) == ("undefended", ["expired"])
        assert review(alliance, name, "judge", **NO).status_code == 200
    assert states(alliance, name) == ("decided", ["accepted by platform"])


def test_job_carries_out_the_silence_of_many_reports_of_several_platforms(alliance: Hub, right: str, name: str) -> None:
    more = [asked(alliance, right, 1, listings=[{"url": f"https://shop.example.com/more/{n}"}]) for n in range(3)]
    with after(5):
        assert lapse(alliance) == 4
    assert {states(alliance, each)[0] for each in (name, *more)} == {"unanswered"}


def test_platform_and_job_at_once_lapse_a_report_once(alliance: Hub, name: str) -> None:
    assert counter(alliance, name).status_code == 200
    ((version,),) = alliance.sql("SELECT version FROM listing_report")
    with after(4):
        by_hand = {"command": "lapse", "version": version}
        both = [
            threading.Thread(target=lapse, args=(alliance,)),
            threading.Thread(target=lambda: alliance.client("shop").post(f"{API}/{name}/reviews", json=by_hand)),
        ]
        for each in both:
            each.start()
        for each in both:
            each.join()
    steps = [each["command"] for each in read(alliance, name)["steps"]]
    assert (steps.count("lapse"), steps.count("reinstate")) == (1, 1)


# --- judged


def test_listing_whose_seller_has_time_left_is_not_judged(alliance: Hub, name: str) -> None:
    assert counter(alliance, name, [1]).status_code == 200
    assert answer(alliance, name, "maintain", sentence=WHY).status_code == 200
    refused = review(alliance, name, "judge", **YES, listings=[2])
    assert (refused.status_code, "has time left" in refused.json["detail"]) == (409, True)
    assert review(alliance, name, "judge", **YES).status_code == 200
    assert listings(alliance, name) == [("established", None), (None, None), (None, None)]
    assert states(alliance, name) == ("maintained", ["rejected"])
    assert counter(alliance, name, [2]).status_code == 200
    assert states(alliance, name)[0] == "countered"


def test_platform_that_rejects_countered_listings_accepts_the_counter_notice(alliance: Hub, name: str) -> None:
    assert counter(alliance, name).status_code == 200
    assert answer(alliance, name, "maintain", sentence=WHY).status_code == 200
    assert review(alliance, name, "judge", **NO).status_code == 200
    assert states(alliance, name) == ("decided", ["accepted by platform"])
    assert listings(alliance, name) == [REINSTATED] * 3


def test_nobody_says_that_a_listing_is_reinstated(alliance: Hub, name: str) -> None:
    with after(5):
        lapse(alliance)
        assert review(alliance, name, "judge", **YES).status_code == 200
        assert review(alliance, name, "act", action="reinstated").status_code == 422
        assert review(alliance, name, "reinstate").status_code == 422


def test_reopened_report_is_passed_on_and_countered_anew(alliance: Hub, name: str) -> None:
    assert counter(alliance, name).status_code == 200
    assert answer(alliance, name, "accept").status_code == 200
    assert review(alliance, name, "close").status_code == 200
    assert review(alliance, name, "reopen", sentence="New evidence came in from a test buy.").status_code == 200
    assert listings(alliance, name) == [(None, None)] * 3
    assert review(alliance, name, "forward").status_code == 200
    assert counter(alliance, name).status_code == 200
    assert states(alliance, name) == ("countered", ["accepted by right holder", "forwarded"])


# --- counted


def test_withdrawals_after_a_counter_notice_are_counted_by_brand_for_three_months(alliance: Hub, right: str) -> None:
    alliance.sql("UPDATE credential SET expires_at = '2030-01-01'")
    names = [asked(alliance, right, 1, listings=[{"url": f"https://shop.example.com/more/{n}"}]) for n in range(3)]
    for each in names:
        assert counter(alliance, each).status_code == 200
    assert answer(alliance, names[0], "withdraw").status_code == 200
    assert answer(alliance, names[1], "accept").status_code == 200
    assert answer(alliance, names[2], "maintain", sentence=WHY).status_code == 200
    counts = {"brand": "brand-a", "agent": None, "countered": 3, "given_way": 2, "expired": 0, "maintained": 1}
    for code in ("brand-a", "shop"):
        assert alliance.client(code).get(ANSWERS).json == {"answered": [counts]}
    for code in ("brand-b", "bazaar"):
        assert alliance.client(code).get(ANSWERS).json == {"answered": []}
    with after(93):
        assert alliance.client("shop").get(ANSWERS).json == {"answered": []}


def test_agent_that_gave_way_is_counted_apart_for_the_brand_alone(alliance: Hub, name: str) -> None:
    assert counter(alliance, name).status_code == 200
    alliance.sql(
        "UPDATE counter_notice SET state = 'accepted by right holder',"
        " agent_id = (SELECT id FROM member WHERE code = 'agency')"
    )
    agents = {
        code: [each["agent"] for each in alliance.client(code).get(ANSWERS).json["answered"]]
        for code in ("brand-a", "shop")
    }
    assert agents == {"brand-a": ["agency"], "shop": [None]}


# --- the pages


def test_whole_story_is_told_on_the_reports_page(alliance: Hub, name: str) -> None:
    shop, brand, page = alliance.signed_in("shop"), alliance.signed_in("brand-a"), f"/reports/{name}"
    said = {"command": "counter", "grounds": "genuine", "words": SELLER_SAYS, "listing": ["2"], "version": 3}
    assert "Counter-notice 1" in send(shop, page, "reviews", **said).text
    shown = brand.get(page, headers=HTML).text
    assert all(words in shown for words in (SELLER_SAYS[:20], "these listings stand again", "still to come"))
    notice = read(alliance, name)["counter_notices"][0]["name"]
    done = send(brand, page, "answers", command="accept", version=4, counter_notice=notice).text
    assert "Accepted by the right holder" in done
    assert [done.index(each) for each in ("Filed", "Passed on to the seller", "Listings stand again")] == sorted(
        done.index(each) for each in ("Filed", "Passed on to the seller", "Listings stand again")
    )
    assert "Maintain the report" not in done


# --- the law


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(0, 10**9),
    st.lists(
        st.tuples(
            st.sampled_from([each for each in Command if each not in rules.IMPLIED and each is not Command.MEND]),
            st.sampled_from(Party),
            st.sampled_from([(1,), (2,), (1, 2)]),
        ),
        min_size=12,
        max_size=25,
    ),
)
def test_no_sequence_of_commands_leaves_the_tables_and_each_refusal_says_why(
    alliance: Hub, right: str, seed: int, steps: list[tuple[Command, Party, tuple[int, ...]]]
) -> None:
    urls = [{"url": f"https://shop.example.com/{seed}/{clock.now().timestamp()}/{n}"} for n in (1, 2)]
    name = file(alliance.client("brand-a"), right, listings=urls)
    before = "submitted"
    for command, by, which in steps:
        more: dict[str, Any] = {"sentence": WHY}
        more |= {"refusal": "other"} if command is Command.RETURN else {}
        if command is Command.JUDGE:
            more = {**NO, "listings": list(which)} if len(which) == 1 else dict(YES)
        if command is Command.ACT:
            more |= {"action": "warning"}
        if command is Command.COUNTER:
            more |= {"counter": {"grounds": "genuine", "words": SELLER_SAYS}, "listings": list(which)}
        given = (review if by is Party.PLATFORM else answer)(alliance, name, command.value, **more)
        state = read(alliance, name)["report"]["state"]
        if given.status_code == 200:
            assert rules.BY[command] is by
            assert (ReportState(before), command) in rules.MOVES
            follows = {to.value for (at, _), to in rules.MOVES.items() if at.value == before}
            assert state in follows | {before}
        else:
            assert given.status_code in {409, 422}
            assert len(given.json["detail"].split()) > 3
            assert state == before
        before = state
        for each in read(alliance, name)["counter_notices"]:
            assert CounterState(each["state"]) in counter_rules.CounterState
