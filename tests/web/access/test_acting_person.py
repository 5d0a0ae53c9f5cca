"""A person of an agent chooses on a page the brand it acts for, as long as that is authorised, and each page says so."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from hub import clock
from hub.access.grants import ACTING, AGENT_SCOPES, ROLES, Role, granted, granted_acting, reach_of_person
from hub.access.guard import NotAuthorisedError, read_as
from hub.access.permissions import Permission
from hub.access.tlp import MemberKind
from hub.db import db
from hub.members import service as members
from hub.members.rules import MemberState
from tests.conftest import HTML, Hub, code_now, csrf
from tests.web.access.test_acting_for import ALL, number, of
from tests.web.indicators.test_share_and_match_over_http import share
from tests.web.members.test_agents import end, give, terms
from tests.web.members.test_decisions import person

BAND = "Acting for <strong>Brand-A</strong>"
CHOSEN = "SELECT acting_under FROM session WHERE acting_under IS NOT NULL"


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    """Two brands and an agent, an auditor; brand-a authorised the agency to all there is, brand-b has not."""
    for code, kind in (("checker", "auditor"), ("brand-a", "brand"), ("brand-b", "brand"), ("agency", "agent")):
        hub.admit(code, kind)
        hub.person(code)
    give(hub, "agency", terms(*ALL))
    share(hub.client("brand-a"), 1, sellers=["seller-of-a"])
    share(hub.client("brand-b"), 1, sellers=["seller-of-b"])
    return hub


def page(client: FlaskClient, address: str) -> str:
    answer = client.get(address, headers=HTML)
    assert answer.status_code == 200, answer.status_code
    return answer.text


def send(client: FlaskClient, address: str, token: str) -> TestResponse:
    return client.post(address, data={"csrf_token": token}, headers=HTML)


def acting(hub: Hub, who: str = "agency", brand: str = "brand-a") -> FlaskClient:
    """A browser of an agent's person that has chosen to act for a brand."""
    client = hub.signed_in(who)
    chosen = send(client, f"/agents/{number(hub, brand)}/acting", csrf(page(client, "/agents")))
    assert (chosen.status_code, chosen.location) == (303, "/")
    return client


# --- chosen


def test_person_chooses_the_brand_and_every_page_says_so(alliance: Hub) -> None:
    client = acting(alliance)
    assert [BAND in page(client, each) for each in ("/", "/contributions", "/matches", "/sessions")] == [True] * 4


def test_page_of_the_brand_is_the_brands_and_of_nobody_else(alliance: Hub) -> None:
    shown = page(acting(alliance), "/contributions")
    assert ("seller-of-a" in shown, "seller-of-b" in shown) == (True, False)


def test_person_acts_for_itself_again_when_it_goes_back(alliance: Hub) -> None:
    client = acting(alliance)
    assert send(client, "/agents/own", csrf(page(client, "/"))).status_code == 303
    assert BAND not in page(client, "/agents")
    assert client.get("/contributions", headers=HTML).status_code == 403
    assert alliance.sql(CHOSEN) == []


def test_choice_is_of_one_session_alone(alliance: Hub) -> None:
    acting(alliance)
    assert BAND not in page(alliance.signed_in("agency"), "/")


def test_choice_lasts_through_a_second_factor_given_anew(alliance: Hub) -> None:
    client = acting(alliance)
    alliance.sql("UPDATE factor SET counter = 0")
    alliance.give(client, "/verify", code=code_now())
    assert BAND in page(client, "/contributions")


def test_person_that_acts_signs_out(alliance: Hub) -> None:
    client = acting(alliance)
    assert send(client, "/sign-out", csrf(page(client, "/"))).location == "/sign-in"
    assert client.get("/", headers=HTML).status_code == 302


def test_session_used_after_a_while_still_acts_for_the_brand(alliance: Hub) -> None:
    client = acting(alliance)
    alliance.sql("UPDATE session SET seen_at = now() - interval '6 minutes'")
    assert BAND in page(client, "/contributions")
    assert alliance.sql("SELECT count(*) FROM session WHERE seen_at > now() - interval '5 minutes'") == [(1,)]


@pytest.mark.parametrize("who", ["brand-a", "brand-b"])
def test_who_is_no_agent_chooses_nothing(alliance: Hub, who: str) -> None:
    client = alliance.signed_in(who)
    assert send(client, f"/agents/{number(alliance)}/acting", csrf(page(client, "/agents"))).status_code == 404
    assert alliance.sql(CHOSEN) == []


def test_authorisation_of_another_agent_is_answered_like_none(alliance: Hub) -> None:
    alliance.admit("bureau", "agent")
    alliance.person("bureau")
    client = alliance.signed_in("bureau")
    token = csrf(page(client, "/"))
    answers = {send(client, f"/agents/{each}/acting", token).text for each in (number(alliance), 1_000_000)}
    assert len(answers) == 1
    assert alliance.sql(CHOSEN) == []


def test_authorisation_that_has_not_begun_is_not_chosen(alliance: Hub) -> None:
    alliance.sql("UPDATE authorisation SET begins_on = %s", clock.today() + timedelta(1))
    client = alliance.signed_in("agency")
    shown = page(client, "/agents")
    assert "Act for it" not in shown
    assert send(client, f"/agents/{number(alliance)}/acting", csrf(shown)).status_code == 404


@pytest.mark.parametrize("address", ["/agents/{}/acting", "/agents/own"])
def test_forged_request_changes_nothing(alliance: Hub, address: str) -> None:
    client = alliance.signed_in("agency") if "{}" in address else acting(alliance)
    before = alliance.sql(CHOSEN)
    assert send(client, address.format(number(alliance)), "").status_code == 400
    assert alliance.sql(CHOSEN) == before


def test_form_of_another_tab_does_not_serve_once_another_brand_was_chosen(alliance: Hub) -> None:
    """Or what was read on a page of one brand would be done in the name of its competitor."""
    give(alliance, "agency", terms(*ALL), brand="brand-b")
    client = acting(alliance)
    of_a = csrf(page(client, "/contributions"))
    send(client, "/agents/own", of_a)
    shown = page(client, "/agents")
    send(client, f"/agents/{number(alliance, 'brand-b')}/acting", csrf(shown))
    assert "seller-of-b" in page(client, "/contributions")
    assert send(client, "/agents/own", of_a).status_code == 400
    assert send(client, "/agents/own", csrf(shown)).status_code == 400


# --- what it may


@pytest.mark.parametrize(
    "path", ["/credentials", "/people", "/groups", "/agents", "/ledger", "/history", "/single-sign-on"]
)
def test_person_manages_nothing_of_the_brand_and_is_led_to_none_of_it(alliance: Hub, path: str) -> None:
    client = acting(alliance)
    assert f'href="{path}"' not in page(client, "/") + page(client, "/sessions")
    assert client.get(path, headers=HTML).status_code == 403


def test_every_way_that_is_shown_leads_somewhere(alliance: Hub) -> None:
    client = acting(alliance)
    ways = set(re.findall(r'<li><a href="([^"]+)"', page(client, "/"))) | set(
        re.findall(r'<li><a href="([^"]+)"', page(client, "/sessions"))
    )
    assert {way: client.get(way, headers=HTML).status_code for way in ways} == dict.fromkeys(ways, 200)
    assert {"/", "/contributions", "/matches", "/second-factors"} <= ways


def test_own_sign_in_is_the_persons_whomever_it_acts_for(alliance: Hub) -> None:
    alliance.person("brand-a", "colleague")
    alliance.sql("UPDATE factor SET name = 'phone of ' || person_id")
    client = acting(alliance)
    names = re.findall(r"phone of \d+", page(client, "/second-factors"))
    own = alliance.sql("SELECT 'phone of ' || id FROM person WHERE email LIKE 'agency@%%'")
    assert {(name,) for name in names} == set(own)


def test_role_bounds_what_the_authorisation_lets(alliance: Hub) -> None:
    alliance.person("agency", "viewer", Role.VIEWER)
    shown = page(acting(alliance, "viewer"), "/")
    assert ("Read the member&#39;s own matches" in shown, "Share indicators" in shown) == (True, False)


def test_authorisation_bounds_what_the_role_lets(alliance: Hub) -> None:
    end(alliance, number(alliance))
    give(alliance, "agency", terms(Permission.MATCH_READ_OWN))
    client = acting(alliance)
    statuses = [client.get(each, headers=HTML).status_code for each in ("/matches", "/contributions")]
    assert statuses == [200, 403]
    assert 'href="/contributions"' not in page(client, "/")


@given(st.sampled_from(list(Role)), st.sets(st.sampled_from(ALL)))
def test_person_never_may_more_than_the_authorisation_nor_its_role(role: Role, scopes: set[Permission]) -> None:
    may = granted_acting(reach_of_person(MemberKind.AGENT, role), [one.value for one in scopes])
    assert may <= ROLES[role]
    assert may <= granted(MemberKind.BRAND, role)
    assert may & AGENT_SCOPES.keys() <= scopes
    assert may - AGENT_SCOPES.keys() - {Permission.KEY_READ, Permission.TOKEN_EVALUATE} <= ACTING


@pytest.mark.parametrize("kind", [kind for kind in MemberKind if kind is not MemberKind.AGENT])
def test_person_of_another_kind_reaches_nothing_for_a_brand(kind: MemberKind) -> None:
    assert reach_of_person(kind, Role.OWNER) == frozenset()


# --- the end of it


def stop(hub: Hub, why: str) -> None:
    """Have the authorisation of brand-a let the agency nothing any more."""
    if why in {"taken back", "given up", "given anew"}:
        end(hub, number(hub), "agency" if why == "given up" else "brand-a")
    if why == "given anew":
        give(hub, "agency", terms(*ALL))
    if why == "ended":
        past = clock.today() - timedelta(1)
        hub.sql("UPDATE authorisation SET begins_on = %s, ends_on = %s", past, past)
    if why == "brand suspended":
        with hub.operator() as actor:
            members.move(actor, "brand-a", MemberState.SUSPENDED)


WHYS = ("taken back", "given up", "given anew", "ended", "brand suspended")


@pytest.mark.parametrize("why", WHYS)
def test_page_after_the_end_is_the_agents_own_and_says_why_once(alliance: Hub, why: str) -> None:
    client = acting(alliance)
    stop(alliance, why)
    shown = page(client, "/agents")
    assert ("You act for Brand-A no more" in shown, BAND in shown) == (True, False)
    assert "no more" not in page(client, "/agents")
    assert alliance.sql(CHOSEN) == []


def test_page_that_an_agent_itself_may_not_see_is_refused_after_the_end(alliance: Hub) -> None:
    client = acting(alliance)
    stop(alliance, "taken back")
    assert client.get("/contributions", headers=HTML).status_code == 403
    assert "You act for Brand-A no more" in page(client, "/")


@pytest.mark.parametrize("why", WHYS)
def test_form_sent_after_the_end_is_refused_and_told_why(alliance: Hub, why: str) -> None:
    client = acting(alliance)
    token = csrf(page(client, "/"))
    stop(alliance, why)
    answer = send(client, "/people/invitations", token)
    assert (answer.status_code, "You act for this brand no more" in answer.text) == (404, True)
    assert send(client, "/people/invitations", token).status_code == 400
    assert BAND not in page(client, "/")


@pytest.mark.parametrize("why", WHYS)
def test_what_a_person_has_begun_when_it_ends_does_not_commit(alliance: Hub, why: str) -> None:
    with person(alliance, "agency") as actor:
        someone = members.person_named("agency@alliance-hub.org")
        assert someone is not None
        key = members.begin_session(actor, someone, members.Browser("127.0.0.1", ""), proven=True)
    alliance.sql("UPDATE session SET acting_under = %s", number(alliance))
    with alliance.app.app_context():
        brand = members.holder_of_session(key, acting=True)
        assert brand is not None
        assert brand.member == "brand-a"
        read_as(db.session, brand, told=True)
        with ThreadPoolExecutor() as pool:
            if why == "brand suspended":
                db.session.rollback()  # a suspension waits for what is under way
            pool.submit(stop, alliance, why).result(10)
        with pytest.raises(NotAuthorisedError):
            db.session.commit()


def test_suspended_agent_is_signed_out(alliance: Hub) -> None:
    client = acting(alliance)
    with alliance.operator() as actor:
        members.move(actor, "agency", MemberState.SUSPENDED)
    assert client.get("/contributions", headers=HTML).status_code == 302


def test_brand_that_is_reinstated_is_not_acted_for_by_itself(alliance: Hub) -> None:
    client = acting(alliance)
    stop(alliance, "brand suspended")
    page(client, "/")
    with alliance.operator() as actor:
        members.move(actor, "brand-a", MemberState.ADMITTED)
    assert BAND not in page(client, "/")


# --- the record


def test_choosing_and_going_back_are_on_both_records(alliance: Hub) -> None:
    client = acting(alliance)
    send(client, "/agents/own", csrf(page(client, "/")))
    for code in ("agency", "brand-a", "checker"):
        told = [of(alliance, code, action) for action in ("acting.begun", "acting.ended")]
        assert [(view["member"], view["subject"]) for views in told for view in views] == [
            ("agency", {"type": "authorisation", "ref": "brand-a"})
        ] * 2, code
    assert of(alliance, "brand-b", "acting.begun") == []


def test_going_back_without_having_chosen_is_on_no_record(alliance: Hub) -> None:
    client = alliance.signed_in("agency")
    send(client, "/agents/own", csrf(page(client, "/")))
    assert of(alliance, "agency", "acting.ended") == []


def test_what_a_person_is_refused_is_recorded_as_agent_and_brand(alliance: Hub) -> None:
    acting(alliance).get("/people", headers=HTML)
    for code in ("agency", "brand-a", "checker"):
        (view,) = of(alliance, code, "access.denied")
        assert (view["member"], view["agent"], view["via"]) == ("brand-a", "agency", "ui"), code


def test_act_that_the_end_met_is_on_both_records(alliance: Hub) -> None:
    client = acting(alliance)
    stop(alliance, "taken back")
    page(client, "/")
    page(client, "/")
    assert [len(of(alliance, code, "access.denied")) for code in ("agency", "brand-a", "brand-b")] == [1, 1, 0]
