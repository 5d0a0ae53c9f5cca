"""A platform reviews reports: listing by listing, in bulk, never without a reason; and two reviewers never both."""

import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from hub import clock
from hub.rights import service as rights
from tests.conftest import Hub
from tests.web.listing_reports.reporting import API, WORDS, answer, counter, file, read, review, sentences
from tests.web.members.test_decisions import person

GROUNDS: dict[str, Any] = {"reason": "no_such_model", "evidence": {"range_statement": "Here is the whole range."}}
NO: dict[str, Any] = {"decision": "rejected", "refusal": "evidence_insufficient", "sentence": WORDS}
YES: dict[str, Any] = {"decision": "established"}


@pytest.fixture
def name(alliance: Hub, right: str) -> str:
    """A report of three listings that the platform has taken."""
    name = file(alliance.client("brand-a"), right)
    assert review(alliance, name, "take").status_code == 200
    return name


def decisions(hub: Hub, name: str) -> list[Any]:
    return [each["decision"] for each in read(hub, name)["listings"]]


def kept(hub: Hub) -> list[Any]:
    """Whether a machine decided, listing by listing."""
    return [automated for (automated,) in hub.sql("SELECT automated FROM reported_listing ORDER BY n")]


def test_listings_are_decided_in_bulk_and_the_last_one_decides_the_report(alliance: Hub, name: str) -> None:
    assert review(alliance, name, "judge", **NO, listings=[2]).status_code == 200
    assert (read(alliance, name)["report"]["state"], decisions(alliance, name)) == (
        "in review",
        [None, "rejected", None],
    )
    assert review(alliance, name, "judge", **YES).status_code == 200
    shown = read(alliance, name)
    assert (shown["report"]["state"], shown["report"]["outcome"]) == ("decided", "partly")
    assert shown["listings"][1]["sentence"] == WORDS
    assert "shop decided on listings of the report" in sentences(alliance, "brand-a")[-1]


@pytest.mark.parametrize("lacking", [{"refusal": ""}, {"sentence": ""}, {"sentence": "No."}])
def test_no_refusal_without_a_reason_code_and_a_sentence(alliance: Hub, name: str, lacking: dict[str, Any]) -> None:
    assert review(alliance, name, "judge", **{**NO, **lacking}).status_code == 422
    assert decisions(alliance, name) == [None] * 3


def test_database_refuses_a_refusal_without_a_sentence(alliance: Hub, name: str) -> None:
    with pytest.raises(Exception, match="refused_with_a_reason"):
        alliance.sql("UPDATE reported_listing SET decision = 'rejected', refusal = 'other'")


@pytest.mark.parametrize("listings", [[4], [1, 99]])
def test_listing_that_is_none_of_the_report_changes_nothing(alliance: Hub, name: str, listings: list[int]) -> None:
    assert review(alliance, name, "judge", **YES, listings=listings).status_code == 409
    assert decisions(alliance, name) == [None] * 3


def test_listing_is_not_decided_twice(alliance: Hub, name: str) -> None:
    assert review(alliance, name, "judge", **YES, listings=[1]).status_code == 200
    assert review(alliance, name, "judge", **NO, listings=[1, 2]).status_code == 409
    assert decisions(alliance, name) == ["established", None, None]


@pytest.mark.parametrize("said", [None, "yes"])
def test_key_that_does_not_say_whether_a_machine_decided_decides_nothing(alliance: Hub, name: str, said: Any) -> None:
    refused = review(alliance, name, "judge", **YES, automated=said)
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["automated"])
    assert decisions(alliance, name) == [None] * 3


def test_it_is_kept_of_each_listing_whether_a_machine_decided(alliance: Hub, name: str) -> None:
    assert review(alliance, name, "judge", **YES, listings=[1], automated=True).status_code == 200
    assert review(alliance, name, "judge", **YES, listings=[2], automated=False).status_code == 200
    assert kept(alliance) == [True, False, None]


def test_who_decided_is_open_again_with_the_report(alliance: Hub, name: str) -> None:
    assert review(alliance, name, "judge", **YES, automated=True).status_code == 200
    assert review(alliance, name, "close").status_code == 200
    assert review(alliance, name, "reopen", sentence=WORDS).status_code == 200
    assert kept(alliance) == [None] * 3


def test_of_two_reviewers_at_once_the_second_is_told(alliance: Hub, name: str) -> None:
    version = read(alliance, name)["report"]["version"]
    statuses: list[int] = []

    def one(verdict: dict[str, Any]) -> None:
        body = {"command": "judge", "version": version, "automated": False, **verdict}
        statuses.append(alliance.client("shop").post(f"{API}/{name}/reviews", json=body).status_code)

    both = [threading.Thread(target=one, args=(verdict,)) for verdict in (YES, NO)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(statuses) == [200, 409]
    assert len(set(decisions(alliance, name))) == 1


def test_command_of_the_other_party_is_refused_with_a_reason(alliance: Hub, name: str) -> None:
    refused = answer(alliance, name, "close")
    assert (refused.status_code, refused.json["detail"]) == (409, "only the platform may close a report")


@pytest.mark.parametrize(("code", "way"), [("brand-a", "reviews"), ("shop", "answers")])
def test_each_party_has_its_own_door(alliance: Hub, name: str, code: str, way: str) -> None:
    body = {"command": "take", "version": 1}
    assert alliance.client(code).post(f"{API}/{name}/{way}", json=body).status_code == 403


def test_other_platform_reviews_nothing(alliance: Hub, name: str) -> None:
    body = {"command": "close", "version": 2}
    assert alliance.client("bazaar").post(f"{API}/{name}/reviews", json=body).status_code == 404


def test_returned_report_says_what_to_mend_and_is_submitted_again(alliance: Hub, name: str) -> None:
    back = {"refusal": "evidence_insufficient", "sentence": WORDS}
    assert review(alliance, name, "return").status_code == 422
    assert review(alliance, name, "return", **back).status_code == 200
    step = read(alliance, name)["steps"][-1]
    assert (step["refusal"], step["sentence"], step["by"]) == ("evidence_insufficient", WORDS, "")
    grounds: dict[str, Any] = {"reason": "no_such_model", "evidence": {}}
    assert answer(alliance, name, "mend", grounds=grounds).status_code == 422
    grounds["evidence"] = {"range_statement": "Here is the whole range, by year and size."}
    assert answer(alliance, name, "mend", grounds=grounds).status_code == 200
    shown = read(alliance, name, "shop")
    assert (shown["report"]["state"], shown["evidence"]) == ("submitted", grounds["evidence"])


def test_returned_report_whose_right_was_withdrawn_is_not_submitted_again(alliance: Hub, right: str, name: str) -> None:
    assert review(alliance, name, "return", refusal="evidence_insufficient", sentence=WORDS).status_code == 200
    with person(alliance, "brand-a") as actor:
        rights.withdraw(actor, right)
    refused = answer(alliance, name, "mend", grounds=GROUNDS)
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["right"])
    assert read(alliance, name)["report"]["state"] == "returned"


def test_seller_and_right_holder_have_their_time(alliance: Hub, name: str) -> None:
    alliance.sql("UPDATE credential SET expires_at = now() + interval '1 year'")
    assert review(alliance, name, "forward").status_code == 200
    assert review(alliance, name, "lapse").status_code == 409
    assert counter(alliance, name).status_code == 200
    with time_machine.travel(clock.now() + timedelta(days=4)):
        assert review(alliance, name, "lapse").status_code == 200
        shown = read(alliance, name)
    assert (shown["report"]["state"], shown["report"]["outcome"]) == ("decided", "rejected")
    assert {each["action"] for each in shown["listings"]} == {"reinstated"}


def test_maintained_report_is_decided(alliance: Hub, name: str) -> None:
    assert review(alliance, name, "forward").status_code == 200
    assert counter(alliance, name).status_code == 200
    assert (
        answer(alliance, name, "maintain", sentence="The serial number it shows was never given out.").status_code
        == 200
    )
    assert review(alliance, name, "judge", **YES).status_code == 200
    assert read(alliance, name)["report"]["outcome"] == "established"


def test_withdrawn_report_takes_no_counter_notice(alliance: Hub, name: str) -> None:
    assert answer(alliance, name, "withdraw").status_code == 200
    refused = counter(alliance, name)
    assert (refused.status_code, "is withdrawn" in refused.json["detail"]) == (409, True)


def test_what_was_done_is_said_of_established_listings_alone(alliance: Hub, name: str) -> None:
    assert review(alliance, name, "judge", **NO, listings=[3]).status_code == 200
    assert review(alliance, name, "judge", **YES).status_code == 200
    assert review(alliance, name, "act", action="listing removed", listings=[3]).status_code == 409
    assert review(alliance, name, "act", action="points").status_code == 422
    assert review(alliance, name, "act", action="points", points=6, listings=[1]).status_code == 200
    assert review(alliance, name, "act", action="listing removed").status_code == 200
    done = [(each["action"], each["points"]) for each in read(alliance, name)["listings"]]
    assert done == [("points", 6), ("listing removed", None), (None, None)]
    assert review(alliance, name, "close").status_code == 200


def test_points_go_with_whatever_else_was_done(alliance: Hub, name: str) -> None:
    assert review(alliance, name, "judge", **YES).status_code == 200
    assert review(alliance, name, "act", action="none", points=6, listings=[1]).status_code == 422
    for listing, action in enumerate(("listing removed", "store closed", "warning"), 1):
        assert review(alliance, name, "act", action=action, points=6, listings=[listing]).status_code == 200
    done = [(each["action"], each["points"]) for each in read(alliance, name)["listings"]]
    assert done == [("listing removed", 6), ("store closed", 6), ("warning", 6)]


def test_reopened_report_is_decided_anew_and_its_history_kept(alliance: Hub, name: str) -> None:
    assert review(alliance, name, "judge", **YES).status_code == 200
    assert review(alliance, name, "close").status_code == 200
    assert (
        review(alliance, name, "reopen", sentence="The seller appealed, and the appeal was upheld.").status_code == 200
    )
    assert decisions(alliance, name) == [None] * 3
    assert review(alliance, name, "judge", **NO).status_code == 200
    shown = read(alliance, name)
    assert [each["command"] for each in shown["steps"]] == ["take", "judge", "close", "reopen", "judge"]
    assert shown["report"]["outcome"] == "rejected"


def test_inbox_is_filtered_and_read_on_by_cursor(alliance: Hub, right: str, name: str) -> None:
    others = [
        file(alliance.client("brand-a"), right, listings=[{"url": f"https://shop.example.com/more/{n}"}])
        for n in (1, 2)
    ]
    client = alliance.client("shop")

    def names(**query: Any) -> list[str]:
        return [each["name"] for each in client.get(API, query_string=query).json["reports"]]

    assert names() == [*reversed(others), name]
    assert names(state="in review") == names(mine="true") == [name]
    assert names(unassigned="true") == [*reversed(others)]
    assert names(counterpart="brand-b") == names(counterpart="nobody-at-all") == names(reason="design") == []
    first = client.get(API, query_string={"limit": 2}).json
    assert [each["name"] for each in first["reports"]] == [*reversed(others)]
    rest = client.get(API, query_string={"limit": 2, "cursor": first["cursor"]}).json
    assert ([each["name"] for each in rest["reports"]], rest["cursor"]) == ([name], None)


def test_brand_is_not_told_who_reviews(alliance: Hub, name: str) -> None:
    assert read(alliance, name, "shop")["report"]["assigned_to"]
    assert read(alliance, name)["report"]["assigned_to"] is None
    assert alliance.client("brand-a").get(API).json["reports"][0]["assigned_to"] is None
