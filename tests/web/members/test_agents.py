"""Agents hold no seat; a brand authorises one with an end date, and either of the two ends it."""

from datetime import date, timedelta

import psycopg
import pytest
import time_machine

from hub import clock
from hub.access.actor import NotPermittedError
from hub.access.grants import AGENT_SCOPES, Role
from hub.access.permissions import Permission
from hub.ledger import service as ledger
from hub.members import jobs
from hub.members import service as members
from hub.members.authorisation_rules import Turn
from hub.members.rules import MemberState
from hub.members.service import AuthorisationTerms
from tests.conftest import HTML, Hub, csrf
from tests.web.access.test_three_nets import as_application, read_by
from tests.web.indicators.test_share_and_match_over_http import share
from tests.web.members.applying import applied
from tests.web.members.letters import letters
from tests.web.members.test_decisions import person

SHARE = Permission.CONTRIBUTION_SHARE
LIVING = "SELECT count(*) FROM authorisation WHERE ended_at IS NULL"


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    """Two brands, two agents, a platform; each with an owner of its name."""
    for code, kind in (
        *(("brand-a", "brand"), ("brand-b", "brand"), ("agency", "agent"), ("bureau", "agent"), ("shop", "platform")),
    ):
        hub.admit(code, kind)
        hub.person(code)
    return hub


def terms(*scopes: Permission, days: int = 10, begins: int = 0) -> AuthorisationTerms:
    today = clock.today()
    return AuthorisationTerms(scopes or (SHARE,), today + timedelta(begins), today + timedelta(days))


def give(hub: Hub, agent: str, given: AuthorisationTerms | None = None, brand: str = "brand-a") -> int:
    """Authorise an agent; returns the authorisation's number."""
    with person(hub, brand) as actor:
        members.give_authorisation(actor, agent, given or terms())
        return next(row.number for row in members.own_authorisations(actor) if row.code == agent)


def end(hub: Hub, number: int, who: str = "brand-a") -> None:
    with person(hub, who) as actor:
        members.end_authorisation(actor, number)


def tell(hub: Hub) -> None:
    """Do what the worker does for those who are to be told."""
    for member, other, turn in hub.sql(
        "DELETE FROM procrastinate_jobs WHERE task_name = %s"
        " RETURNING (args ->> 'member')::integer, args ->> 'other', args ->> 'turn'",
        members.TELL_AUTHORISATION,
    ):
        assert isinstance(member, int)
        with hub.app.app_context():
            jobs.tell_authorisation(member, str(other), str(turn), 0)


def sentences(hub: Hub, code: str, action: str) -> list[str]:
    """What a member reads of one kind of event."""
    hub.sequence()
    with hub.app.app_context():
        actor = hub.actor(code)
        return [entry.sentence for entry in ledger.own_entries(actor) if entry.action == action]


# --- by itself


@pytest.mark.parametrize("path", ["/api/v1/keys", "/contributions", "/matches", "/groups"])
def test_agent_by_itself_may_nothing_of_the_exchange(alliance: Hub, path: str) -> None:
    assert alliance.signed_in("agency").get(path, headers=HTML).status_code == 403


def test_agent_shares_nothing_in_its_own_name(alliance: Hub) -> None:
    assert alliance.client("agency").post("/api/v1/contributions", json={}).status_code == 403


def test_nothing_passes_to_an_agent_even_in_the_database(alliance: Hub) -> None:
    share(alliance.client("brand-a"), 1, tlp="clear")
    with as_application(alliance) as connection:
        read_by(connection, alliance, "agency")
        assert connection.execute("SELECT count(*) FROM contribution").fetchone() == (0,)


def test_agent_is_invited_to_no_group(alliance: Hub) -> None:
    with person(alliance, "brand-a") as actor:
        code = members.found_group(actor, "Tents", "Copies of our tents", "What is shared here stays here.")
        with pytest.raises(members.UnknownMemberError):
            members.invite_to_group(actor, code, "agency")


def test_agent_founds_no_group(alliance: Hub) -> None:
    with person(alliance, "agency") as actor, pytest.raises(NotPermittedError):
        members.found_group(actor, "Tents", "Copies of our tents", "What is shared here stays here.")


def test_operator_seats_no_agent(alliance: Hub) -> None:
    with alliance.operator() as actor, pytest.raises(members.RefusedMoveError, match="holds no seat"):
        members.join(actor, "watches", ["brand-a", "agency"])


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO sharing_group_member (group_id, member_id) SELECT g.id, m.id FROM sharing_group g, member m"
        " WHERE m.code = 'agency'",
        "INSERT INTO group_invitation SELECT g.id, m.id, now(), now() + interval '1 day' FROM sharing_group g, member m"
        " WHERE m.code = 'agency'",
    ],
)
def test_database_takes_no_seat_of_an_agent_from_anybody(alliance: Hub, statement: str) -> None:
    with alliance.operator() as actor:
        members.join(actor, "watches", ["brand-a"])
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="holds no seat"):
        alliance.sql(statement)


def test_agency_applies_as_an_agent_without_naming_a_right(hub: Hub) -> None:
    name = applied(hub, kind="agent", legal_name="Agency of Agents", sector="")
    assert hub.sql("SELECT kind FROM application WHERE name = %s", name) == [("agent",)]


# --- given


def test_brand_and_agent_see_an_authorisation_and_nobody_else(alliance: Hub) -> None:
    give(alliance, "agency")
    seen = {}
    for who in ("brand-a", "agency", "brand-b", "bureau"):
        with person(alliance, who) as actor:
            seen[who] = [(row.code, row.scopes, row.ends_on) for row in members.own_authorisations(actor)]
    last = clock.today() + timedelta(10)
    both = {"brand-a": [("agency", [SHARE], last)], "agency": [("brand-a", [SHARE], last)]}
    assert seen == {**both, "brand-b": [], "bureau": []}


def test_each_party_reads_what_was_authorised(alliance: Hub) -> None:
    give(alliance, "agency")
    told = sentences(alliance, "brand-a", "authorisation.given")
    assert told == sentences(alliance, "agency", "authorisation.given")
    assert len(told) == 1
    assert told[0].startswith("brand-a authorised the agent agency to act for it (from ")
    assert told[0].endswith(": contribution:share)")
    assert sentences(alliance, "brand-b", "authorisation.given") == []


def test_owners_of_the_agent_are_told_by_letter_and_those_of_the_brand_are_not(alliance: Hub) -> None:
    give(alliance, "agency")
    tell(alliance)
    (letter,) = letters(alliance)
    assert (letter.to, "brand-a" in letter.text) == ("agency@alliance-hub.org", True)


@pytest.mark.parametrize(
    ("begins", "days"), [(-1, 10), (5, 4), (0, 731)], ids=["in the past", "ends before it begins", "too long"]
)
def test_span_beyond_the_rules_is_refused(alliance: Hub, begins: int, days: int) -> None:
    with person(alliance, "brand-a") as actor, pytest.raises(ValueError, match="24 months"):
        members.give_authorisation(actor, "agency", terms(days=days, begins=begins))
    assert alliance.sql(LIVING) == [(0,)]


@pytest.mark.parametrize("scope", sorted(set(Permission) - AGENT_SCOPES.keys()))
def test_what_a_brand_does_itself_alone_is_no_scope(alliance: Hub, scope: Permission) -> None:
    with person(alliance, "brand-a") as actor, pytest.raises(ValueError, match="itself alone"):
        members.give_authorisation(actor, "agency", terms(SHARE, scope))


def test_database_takes_no_scope_beyond_the_table(alliance: Hub) -> None:
    number = give(alliance, "agency")
    with pytest.raises(psycopg.errors.CheckViolation):
        alliance.sql("UPDATE authorisation SET scopes = '{credential:manage}' WHERE id = %s", number)


@pytest.mark.parametrize("code", ["nobody", "brand-b", "shop", "alliance", "brand-a"])
def test_code_of_nobody_and_of_no_agent_are_answered_alike(alliance: Hub, code: str) -> None:
    with person(alliance, "brand-a") as actor, pytest.raises(members.UnknownMemberError) as error:
        members.give_authorisation(actor, code, terms())
    assert str(error.value) == "this code is of no agent that can be authorised"


def test_suspended_agent_is_authorised_to_nothing(alliance: Hub) -> None:
    with alliance.operator() as actor:
        members.move(actor, "agency", MemberState.SUSPENDED)
    with person(alliance, "brand-a") as actor, pytest.raises(members.UnknownMemberError):
        members.give_authorisation(actor, "agency", terms())


@pytest.mark.parametrize("who", ["shop", "agency"])
def test_only_a_brand_authorises(alliance: Hub, who: str) -> None:
    with person(alliance, who) as actor, pytest.raises(NotPermittedError):
        members.give_authorisation(actor, "bureau", terms())


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OWNER])
def test_only_an_owner_authorises(alliance: Hub, role: Role) -> None:
    alliance.person("brand-a", "helper", role)
    with person(alliance, "helper") as actor, pytest.raises(NotPermittedError):
        members.give_authorisation(actor, "agency", terms())


def test_key_authorises_nobody(alliance: Hub) -> None:
    with alliance.app.app_context(), pytest.raises(NotPermittedError):
        members.give_authorisation(alliance.actor("brand-a"), "agency", terms())


def test_one_authorisation_of_an_agent_lives_at_a_time(alliance: Hub) -> None:
    give(alliance, "agency")
    with pytest.raises(members.RefusedMoveError, match="already"):
        give(alliance, "agency")
    give(alliance, "bureau")
    assert alliance.sql(LIVING) == [(2,)]


def test_another_is_given_after_the_last_day(alliance: Hub) -> None:
    first = give(alliance, "agency", terms(days=0))
    with time_machine.travel(clock.now() + timedelta(days=1), tick=True):
        assert give(alliance, "agency") != first
    assert alliance.sql(LIVING) == [(1,)]


def test_authorisation_past_its_last_day_is_shown_no_more(alliance: Hub) -> None:
    give(alliance, "agency", terms(days=0))
    with time_machine.travel(clock.now() + timedelta(days=1), tick=True), person(alliance, "agency") as actor:
        assert members.own_authorisations(actor) == []


# --- ended


@pytest.mark.parametrize(
    ("who", "event", "told"),
    [
        ("brand-a", "authorisation.taken_back", "agency@alliance-hub.org"),
        ("agency", "authorisation.given_up", "brand-a@alliance-hub.org"),
    ],
)
def test_either_party_ends_it_and_the_other_is_told(alliance: Hub, who: str, event: str, told: str) -> None:
    number = give(alliance, "agency")
    alliance.sql("DELETE FROM procrastinate_jobs")
    end(alliance, number, who)
    tell(alliance)
    assert alliance.sql(LIVING) == [(0,)]
    assert [letter.to for letter in letters(alliance)] == [told]
    assert len(sentences(alliance, "brand-a", event)) == len(sentences(alliance, "agency", event)) == 1


@pytest.mark.parametrize("who", ["brand-b", "bureau"])
def test_nobody_else_ends_it(alliance: Hub, who: str) -> None:
    number = give(alliance, "agency")
    with pytest.raises(members.UnknownAuthorisationError):
        end(alliance, number, who)
    assert alliance.sql(LIVING) == [(1,)]


def test_what_has_ended_is_not_ended_again(alliance: Hub) -> None:
    number = give(alliance, "agency")
    end(alliance, number)
    with pytest.raises(members.UnknownAuthorisationError):
        end(alliance, number)


def test_both_are_warned_once_before_the_end(alliance: Hub) -> None:
    give(alliance, "agency", terms(days=31))
    give(alliance, "bureau", terms(days=30))
    alliance.sql("DELETE FROM procrastinate_jobs")
    with alliance.app.app_context():
        assert (jobs.warn_of_authorisations(), jobs.warn_of_authorisations()) == (1, 0)
    tell(alliance)
    ended = {(letter.to, letter.subject.partition(" at ")[0]) for letter in letters(alliance)}
    told = "An authorisation ends soon"
    assert ended == {("brand-a@alliance-hub.org", told), ("bureau@alliance-hub.org", told)}


# --- the database


def test_database_shows_an_authorisation_to_its_two_parties(alliance: Hub) -> None:
    give(alliance, "agency")
    with as_application(alliance) as connection:
        found = {}
        for code in ("brand-a", "agency", "brand-b", "bureau", "shop", "alliance"):
            read_by(connection, alliance, code)
            found[code] = connection.execute("SELECT count(*) FROM authorisation").fetchone()
    assert [code for code, many in found.items() if many == (1,)] == ["brand-a", "agency"]


@pytest.mark.parametrize(
    ("reader", "brand", "agent"),
    [("agency", "brand-a", "agency"), ("brand-b", "brand-a", "agency"), ("brand-a", "brand-a", "shop")],
    ids=["by the agent itself", "by another brand", "to no agent"],
)
def test_database_takes_an_authorisation_from_the_brand_to_an_agent_only(
    alliance: Hub, reader: str, brand: str, agent: str
) -> None:
    with as_application(alliance) as connection:
        read_by(connection, alliance, reader)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(
                "INSERT INTO authorisation (brand_id, agent_id, scopes, begins_on, ends_on, given_by, given_at)"
                " SELECT b.id, a.id, '{match:run}', current_date, current_date, 'p_1', now() FROM member b, member a"
                " WHERE b.code = %s AND a.code = %s",
                (brand, agent),
            )


def test_database_lets_nobody_change_what_was_authorised_or_revive_it(alliance: Hub) -> None:
    end(alliance, give(alliance, "agency"))
    with as_application(alliance) as connection:
        read_by(connection, alliance, "agency")
        assert connection.execute("UPDATE authorisation SET ended_at = NULL").rowcount == 0
        for change in ("ends_on = '2099-01-01'", "scopes = '{match:run}'", "agent_id = 1"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"UPDATE authorisation SET {change}")


# --- the page


def test_brand_authorises_and_takes_back_on_the_page(alliance: Hub) -> None:
    owner = alliance.signed_in("brand-a")
    token = csrf(owner.get("/agents", headers=HTML).text)
    last = (clock.today() + timedelta(days=5)).isoformat()
    fields = {"csrf_token": token, "code": "agency", "begins_on": clock.today().isoformat(), "ends_on": last}
    answer = owner.post("/agents", data={**fields, "scopes": ["contribution:share", "match:run"]}, headers=HTML)
    assert answer.status_code == 303
    assert alliance.sql("SELECT scopes, ends_on FROM authorisation") == [
        (["contribution:share", "match:run"], date.fromisoformat(last))
    ]
    shown = alliance.signed_in("agency").get("/agents", headers=HTML).text
    assert "Brand-A" in shown
    number = alliance.sql("SELECT id FROM authorisation")[0][0]
    assert owner.post(f"/agents/{number}/end", data={"csrf_token": token}, headers=HTML).status_code == 303
    assert alliance.sql(LIVING) == [(0,)]


def test_form_without_an_end_is_refused(alliance: Hub) -> None:
    owner = alliance.signed_in("brand-a")
    token = csrf(owner.get("/agents", headers=HTML).text)
    fields = {"csrf_token": token, "code": "agency", "scopes": "match:run", "begins_on": clock.today().isoformat()}
    answer = owner.post("/agents", data=fields, headers=HTML)
    assert (answer.status_code, "Give the last day" in answer.text) == (422, True)


def test_authorising_wants_a_factor_given_lately(alliance: Hub) -> None:
    owner = alliance.signed_in("brand-a")
    token = csrf(owner.get("/agents", headers=HTML).text)
    alliance.sql("UPDATE session SET fresh_at = now() - interval '1 hour'")
    answer = owner.post("/agents", data={"csrf_token": token}, headers=HTML)
    assert answer.location.startswith("/verify")


def test_viewer_sees_who_acts_and_no_form(alliance: Hub) -> None:
    give(alliance, "agency")
    alliance.person("brand-a", "viewer", Role.VIEWER)
    shown = alliance.signed_in("viewer").get("/agents", headers=HTML).text
    assert ("Agency" in shown, "Authorise the agent" in shown, "Take back" in shown) == (True, False, False)


def test_every_turn_has_its_letter(alliance: Hub) -> None:
    number = alliance.sql("SELECT id FROM member WHERE code = 'agency'")[0][0]
    assert isinstance(number, int)
    for turn in Turn:
        with alliance.app.app_context():
            jobs.tell_authorisation(number, "brand-a", turn.value, 0)
    assert len({letter.subject for letter in letters(alliance)}) == len(Turn)
