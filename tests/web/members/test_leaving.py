"""A member that leaves: nobody acts for it any more, and what it shared is reviewed after 30 days, then withdrawn."""

from datetime import timedelta

import pytest

from hub.access.grants import Role
from hub.indicators import jobs
from hub.indicators.service import orphans
from hub.ledger.events import sentence
from hub.members import service as members
from hub.members.rules import ORPHANED_AFTER, ORPHANS_KEPT, DecisionKind, MemberState
from tests.conftest import HTML, Hub
from tests.web.indicators.test_share_and_match_over_http import match, share
from tests.web.members.test_decisions import person

STATES = (
    "SELECT state, count(*) FROM contribution c WHERE member_id = (SELECT id FROM member WHERE code = %s)"
    " GROUP BY state ORDER BY state"
)


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    """Two brands and a platform; brand-a has shared three indicators and has an owner."""
    for code in ("brand-a", "brand-b"):
        hub.admit(code)
    hub.admit("platform-x", "platform")
    hub.person("brand-a")
    share(hub.client("brand-a"), 1, 2, 3)
    share(hub.client("brand-b"), 4)
    return hub


def leave(hub: Hub, code: str = "brand-a", ago: timedelta = timedelta(0)) -> None:
    """Have a member leave, some time ago."""
    with hub.operator() as actor:
        members.move(actor, code, MemberState.LEFT)
    hub.sql(
        "UPDATE member SET left_at = left_at - %s, orphans_end_at = orphans_end_at - %s WHERE code = %s", ago, ago, code
    )


def settle(hub: Hub) -> int:
    """What the job does each night."""
    with hub.app.app_context():
        return jobs.settle_orphans()


def actions(hub: Hub) -> list[str]:
    return [str(action) for (action,) in hub.sql("SELECT action FROM ledger_entry ORDER BY at")]


def test_sessions_and_keys_of_one_that_left_are_void_at_once(alliance: Hub) -> None:
    browser = alliance.signed_in("brand-a")
    leave(alliance)
    assert browser.get("/contributions", headers=HTML).status_code == 302
    assert alliance.client("brand-a").get("/api/v1/me").status_code == 401
    assert alliance.sql("SELECT active FROM person WHERE email LIKE 'brand-a@%%'") == [(False,)]


def test_people_and_keys_of_others_stay(alliance: Hub) -> None:
    alliance.person("brand-b")
    leave(alliance)
    assert alliance.signed_in("brand-b").get("/contributions", headers=HTML).status_code == 200
    assert alliance.client("brand-b").get("/api/v1/me").status_code == 200


def test_what_it_shared_has_no_effect_from_the_moment_it_left(alliance: Hub) -> None:
    leave(alliance)
    assert match(alliance.client("platform-x"), 1) == {}


def test_within_thirty_days_nothing_is_put_to_review(alliance: Hub) -> None:
    leave(alliance, ago=ORPHANED_AFTER - timedelta(minutes=1))
    assert settle(alliance) == 0
    assert alliance.sql(STATES, "brand-a") == [("active", 3)]


def test_after_thirty_days_all_is_put_to_review_and_recorded(alliance: Hub) -> None:
    leave(alliance, ago=ORPHANED_AFTER)
    assert settle(alliance) == 3
    assert alliance.sql(STATES, "brand-a") == [("orphaned", 3)]
    assert alliance.sql(STATES, "brand-b") == [("active", 1)]
    assert actions(alliance)[-1] == "contribution.orphaned"


def test_when_the_review_ends_it_is_withdrawn(alliance: Hub) -> None:
    leave(alliance, ago=ORPHANED_AFTER + ORPHANS_KEPT)
    assert settle(alliance) == 6  # each goes through both stages
    assert alliance.sql(STATES, "brand-a") == [("withdrawn", 3)]
    assert actions(alliance)[-2:] == ["contribution.orphaned", "contribution.orphans_withdrawn"]


def test_done_twice_it_does_nothing_more(alliance: Hub) -> None:
    leave(alliance, ago=ORPHANED_AFTER)
    settle(alliance)
    before = actions(alliance)
    assert settle(alliance) == 0
    assert actions(alliance) == before


def test_many_are_taken_in_batches_each_recorded(alliance: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orphans, "AT_ONCE", 2)
    leave(alliance, ago=ORPHANED_AFTER)
    assert settle(alliance) == 3
    assert actions(alliance)[-2:] == ["contribution.orphaned"] * 2


def test_suspended_member_keeps_what_it_shared(alliance: Hub) -> None:
    with alliance.operator() as actor:
        members.move(actor, "brand-a", MemberState.SUSPENDED)
    assert settle(alliance) == 0
    assert alliance.sql(STATES, "brand-a") == [("active", 3)]


def test_two_people_of_the_office_end_the_review_before_its_time(alliance: Hub) -> None:
    leave(alliance, ago=ORPHANED_AFTER)
    settle(alliance)
    for who in ("olga", "omar"):
        alliance.person(members.OFFICE, who, Role.OWNER)
    decide(alliance, "brand-a")
    assert settle(alliance) == 3
    assert alliance.sql(STATES, "brand-a") == [("withdrawn", 3)]


def test_review_of_one_that_has_not_left_cannot_be_ended(alliance: Hub) -> None:
    for who in ("olga", "omar"):
        alliance.person(members.OFFICE, who, Role.OWNER)
    with pytest.raises(members.RefusedMoveError, match="has not left"):
        decide(alliance, "brand-b")


def decide(hub: Hub, code: str) -> None:
    """One person of the office proposes to end the review of what the member left, another approves."""
    with person(hub, "olga") as first:
        name = members.propose(first, DecisionKind.END_REVIEW, code, "the brand asked for it in writing")
    with person(hub, "omar") as second:
        members.approve(second, name)


def test_record_says_it_in_words() -> None:
    view = {"action": "contribution.orphaned", "role": "actor", "member": "brand-a", "counts": {"moved": 3}}
    assert sentence(view) == "3 contributions of brand-a, which has left, were put to orphan review"
