"""Who is refused is on record; who is refused in floods is on record too, in a few entries."""

from datetime import timedelta

import pytest
import time_machine

from hub import clock
from hub.access.grants import Role
from hub.limits.rules import DENIALS, DENIALS_SPAN
from hub.members import service as members
from tests.conftest import HTML, Hub
from tests.web.access.test_roles_and_keys import asks, key_in, made

CLOSED = "/members"
"""The office's alone."""


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    """A brand with an analyst and a viewer."""
    hub.admit("brand-a")
    hub.person("brand-a", "ana", Role.ANALYST)
    hub.person("brand-a", "vera", Role.VIEWER)
    hub.person("brand-a", "olga")
    return hub


def recorded(hub: Hub, action: str = "access.denied") -> int:
    ((count,),) = hub.sql("SELECT count(*) FROM ledger_entry WHERE action = %s", action)
    assert isinstance(count, int)
    return count


def told(hub: Hub) -> int:
    with hub.app.app_context():
        return members.tell_denials()


def refused(hub: Hub, who: str, times: int) -> None:
    client = hub.signed_in(who)
    assert {client.get(CLOSED, headers=HTML).status_code for _ in range(times)} == {403}


def test_denial_of_a_person_is_in_the_record_of_its_member_with_what_it_asked_for(alliance: Hub) -> None:
    refused(alliance, "ana", 1)
    alliance.sequence()
    page = alliance.signed_in("olga").get("/ledger?action=access.denied", headers=HTML).text
    assert "asked for something it may not do (member:administer), and was refused" in page


def test_denial_that_only_the_command_notices_is_on_record(alliance: Hub) -> None:
    """A key of the office may administer, and decides nothing: only people do."""
    with alliance.operator() as actor:
        alliance.keys["alliance"] = members.issue_credential(actor, members.OFFICE)
    alliance.app.config["WTF_CSRF_ENABLED"] = False
    assert alliance.client("alliance").post("/decisions/d-none/refusal", headers=HTML).status_code == 403
    assert recorded(alliance) == 1


def test_denial_of_a_key_is_on_record(alliance: Hub) -> None:
    assert alliance.client("brand-a").get(CLOSED).status_code == 403
    assert recorded(alliance) == 1


@pytest.mark.parametrize("times", [1, 5])
def test_flood_of_denials_costs_a_few_entries_however_long_it_lasts(alliance: Hub, times: int) -> None:
    refused(alliance, "ana", DENIALS + times * 10)
    assert told(alliance) == 1
    assert (recorded(alliance), recorded(alliance, "access.denials_counted")) == (DENIALS, 1)


def test_number_of_those_beyond_is_told_once_with_who_it_was(alliance: Hub) -> None:
    refused(alliance, "ana", DENIALS + 7)
    told(alliance)
    assert told(alliance) == 0
    alliance.sequence()
    page = alliance.signed_in("olga").get("/ledger?action=access.denials_counted", headers=HTML).text
    ((pseudonym,),) = alliance.sql("SELECT pseudonym FROM person WHERE email LIKE 'ana@%%'")
    assert f"7 more requests of {pseudonym} for what it may not do were refused" in page


def test_one_who_floods_hides_no_denial_of_a_colleague(alliance: Hub) -> None:
    refused(alliance, "ana", DENIALS + 5)
    refused(alliance, "vera", 2)
    assert recorded(alliance) == DENIALS + 2


def test_span_over_denials_are_recorded_one_by_one_again(alliance: Hub) -> None:
    refused(alliance, "ana", DENIALS + 5)
    with time_machine.travel(clock.now() + DENIALS_SPAN + timedelta(seconds=1)):
        refused(alliance, "ana", 2)
        assert recorded(alliance) == DENIALS + 2
        told(alliance)
    assert recorded(alliance, "access.denials_counted") == 1


def test_key_tried_from_elsewhere_fills_no_record(alliance: Hub) -> None:
    key = key_in(made(alliance.signed_in("olga"), networks="192.0.2.0/24"))
    for _ in range(DENIALS + 5):
        assert asks(alliance, key, address="10.0.0.1").status_code == 403
    assert recorded(alliance) == DENIALS


def test_stranger_leaves_no_denial(alliance: Hub) -> None:
    assert alliance.app.test_client().get(CLOSED, headers=HTML).status_code == 302
    assert recorded(alliance) == 0
