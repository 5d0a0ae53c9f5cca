"""A sharing group is kept by a member in standing: whom it passes to when its keeper goes, and what waits meanwhile."""

from datetime import timedelta

import pytest

from hub.members import service as members
from hub.members.rules import MemberState
from tests.conftest import Hub
from tests.web.members.groups import accept, act, founded, invite, lapse, seats, tell_seats, three_brands
from tests.web.members.letters import letters


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    return three_brands(hub)


def moved(alliance: Hub, who: str, state: MemberState) -> None:
    with alliance.operator() as actor:
        members.move(actor, who, state)


def keeper(alliance: Hub, code: str) -> object:
    kept = "SELECT m.code FROM sharing_group g JOIN member m ON m.id = founder_id WHERE g.code = %s"
    return alliance.sql(kept, code)[0][0]


@pytest.mark.parametrize("state", [MemberState.SUSPENDED, MemberState.LEFT])
def test_group_passes_over_a_seat_that_is_not_in_standing(alliance: Hub, state: MemberState) -> None:
    code = founded(alliance, "brand-b", "brand-c")
    moved(alliance, "brand-b", state)
    act(alliance, members.leave_group, code, "brand-a")
    assert keeper(alliance, code) == "brand-c"


def test_group_in_which_nobody_is_in_standing_passes_to_who_may_come_back(alliance: Hub) -> None:
    code = founded(alliance, "brand-b", "brand-c")
    moved(alliance, "brand-b", MemberState.LEFT)
    moved(alliance, "brand-c", MemberState.SUSPENDED)
    act(alliance, members.leave_group, code, "brand-a")
    assert keeper(alliance, code) == "brand-c"


def test_group_of_a_keeper_that_leaves_the_alliance_passes_on_at_once(alliance: Hub) -> None:
    code = founded(alliance, "brand-b")
    moved(alliance, "brand-a", MemberState.LEFT)
    assert alliance.sql("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'end_seats'") == [(1,)]
    assert lapse(alliance, timedelta(0)) == 1
    assert (keeper(alliance, code), seats(alliance, code)) == ("brand-b", {"brand-a", "brand-b"})
    tell_seats(alliance)
    assert [letter.to for letter in letters(alliance) if code in letter.text] == ["brand-b@alliance-hub.org"]
    alliance.sequence()
    assert "group.passed" in alliance.client("brand-b").get("/audit/entries").text
    assert lapse(alliance, timedelta(0)) == 0


def test_group_of_a_keeper_that_is_suspended_stays_with_it(alliance: Hub) -> None:
    code = founded(alliance, "brand-b")
    moved(alliance, "brand-a", MemberState.SUSPENDED)
    assert lapse(alliance, timedelta(0)) == 0
    assert keeper(alliance, code) == "brand-a"


def test_invitation_waits_while_the_keeper_is_suspended(alliance: Hub) -> None:
    code = founded(alliance)
    invite(alliance, code, "brand-b")
    moved(alliance, "brand-a", MemberState.SUSPENDED)
    with pytest.raises(members.RefusedMoveError, match="takes no new seat at present"):
        accept(alliance, code, "brand-b")
    assert seats(alliance, code) == {"brand-a"}
    moved(alliance, "brand-a", MemberState.ADMITTED)
    accept(alliance, code, "brand-b")
    assert seats(alliance, code) == {"brand-a", "brand-b"}
