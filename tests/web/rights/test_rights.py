"""A right is entered once, verified by the office, corrected, withdrawn; and relied on only while it is in force."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
import time_machine

from hub import clock
from hub.access.actor import NotPermittedError
from hub.access.grants import AGENT_SCOPES, Role
from hub.access.permissions import Permission
from hub.members import service as members
from hub.members.service import AuthorisationTerms
from hub.rights import service as rights
from hub.rights.rules import ForbiddenMoveError, Given
from hub.rights.service import RightNotUsableError, UnknownRightError
from tests.conftest import Hub
from tests.web.access.test_three_nets import as_application, read_by
from tests.web.members.test_decisions import person
from tests.web.rights.entered import RIGHT, enter, on, sentences

STATE = "SELECT state FROM ip_right WHERE name = %s"


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    """Two brands, a platform and an agency with an owner of their name; Ada of the office."""
    for code, kind in (("brand-a", "brand"), ("brand-b", "brand"), ("shop", "platform"), ("agency", "agent")):
        hub.admit(code, kind)
        hub.person(code)
    with hub.operator() as actor:
        hub.keys["alliance"] = members.issue_credential(actor, "alliance")
    hub.person("alliance", "ada")
    return hub


def said(**other: Any) -> Given:
    given = {**RIGHT, "begins_on": on(RIGHT["begins_on"]), "ends_on": on(RIGHT["ends_on"])}
    return Given(**{**given, **other})


def verify(hub: Hub, name: str, who: str = "ada") -> None:
    """Have a person of the office verify a right."""
    with person(hub, who) as actor:
        one, _ = rights.right(actor, name)
        rights.verify(actor, name, one.facts.digest)


def state(hub: Hub, name: str) -> object:
    return hub.sql(STATE, name)[0][0]


# --- entered


def test_entered_right_is_read_back_and_waits_for_the_office(alliance: Hub) -> None:
    client = alliance.client("brand-a")
    name = enter(client)
    one = client.get(f"/api/v1/rights/{name}").json
    assert one["facts"]["number"] == "018123456"
    assert len(one["facts"]["jurisdictions"]) == 27
    assert (one["state"], one["member"], one["agent"]) == ("entered", "brand-a", None)
    assert one.pop("verdicts") == []
    assert client.get("/api/v1/rights").json["rights"] == [one]
    assert sentences(alliance, "brand-a") == [f"brand-a entered the IP right {name}"]


def test_fact_beyond_the_rules_is_refused_by_its_field(alliance: Hub) -> None:
    answer = alliance.client("brand-a").post("/api/v1/rights", json=RIGHT | {"classes": [46]})
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["classes"])


@pytest.mark.parametrize("number", ["018123456", "018 123-456"])
def test_same_number_is_not_entered_twice_and_the_refusal_names_the_one_there(alliance: Hub, number: str) -> None:
    name = enter(alliance.client("brand-a"))
    answer = alliance.client("brand-a").post("/api/v1/rights", json=RIGHT | {"number": number})
    assert answer.status_code == 409
    assert name in answer.json["detail"]


@pytest.mark.parametrize("other", [{"number": "018123457"}, {"office": "JPO"}, {"type": "design"}])
def test_another_number_office_or_type_is_another_right(alliance: Hub, other: dict[str, str]) -> None:
    assert enter(alliance.client("brand-a")) != enter(alliance.client("brand-a"), **other)


def test_what_another_brand_entered_does_not_stand_in_the_way(alliance: Hub) -> None:
    assert enter(alliance.client("brand-a")) != enter(alliance.client("brand-b"))


def test_repeated_request_enters_once(alliance: Hub) -> None:
    sent = {"json": RIGHT, "headers": {"Idempotency-Key": "entered-once"}}
    first, second = (alliance.client("brand-a").post("/api/v1/rights", **sent) for _ in range(2))
    assert first.json == second.json
    assert alliance.sql("SELECT count(*) FROM ip_right") == [(1,)]


@pytest.mark.parametrize(("role", "status"), [(Role.ANALYST, True), (Role.COUNSEL, True), (Role.VIEWER, False)])
def test_viewer_reads_and_enters_nothing(alliance: Hub, role: Role, status: bool) -> None:
    alliance.person("brand-a", role.value, role)
    with person(alliance, role.value) as actor:
        assert rights.rights(actor, rights.Wanted(), before=None, limit=9) == []
        if status:
            assert rights.enter(actor, said())
        else:
            with pytest.raises(NotPermittedError):
                rights.enter(actor, said())


# --- by an agent


def authorise(hub: Hub, *scopes: Permission) -> None:
    with person(hub, "brand-a") as actor:
        today = clock.today()
        members.give_authorisation(actor, "agency", AuthorisationTerms(scopes, today, today + timedelta(10)))


def test_agent_enters_in_the_name_of_the_brand_that_authorised_it(alliance: Hub) -> None:
    authorise(alliance, *AGENT_SCOPES)
    client = alliance.client("agency")
    client.environ_base["HTTP_ACTING_FOR"] = "brand-a"
    name = enter(client)
    one = alliance.client("brand-a").get(f"/api/v1/rights/{name}").json
    assert (one["member"], one["agent"]) == ("brand-a", "agency")
    told = f"agency, as the agent of brand-a, entered the IP right {name}"
    assert sentences(alliance, "brand-a") == sentences(alliance, "agency") == [told]


def test_agent_enters_nothing_for_a_brand_that_did_not_authorise_it_nor_for_itself(alliance: Hub) -> None:
    authorise(alliance, Permission.RIGHT_READ)
    client = alliance.client("agency")
    assert client.post("/api/v1/rights", json=RIGHT).status_code == 403
    for brand, status in (("brand-a", 403), ("brand-b", 404)):
        client.environ_base["HTTP_ACTING_FOR"] = brand
        assert client.post("/api/v1/rights", json=RIGHT).status_code == status
    assert alliance.sql("SELECT count(*) FROM ip_right") == [(0,)]


# --- verified


def test_office_verifies_and_the_member_is_told(alliance: Hub) -> None:
    name = enter(alliance.client("brand-a"))
    verify(alliance, name)
    assert state(alliance, name) == "verified"
    assert f"The office verified the IP right {name}: the register holds it so" in sentences(alliance, "brand-a")


def test_office_refuses_with_a_reason_that_the_member_reads(alliance: Hub) -> None:
    name = enter(alliance.client("brand-a"))
    with person(alliance, "ada") as actor:
        with pytest.raises(ValueError, match="reason"):
            rights.refuse(actor, name, " ")
        rights.refuse(actor, name, "The register names another owner.")
    assert (
        alliance.client("brand-a").get(f"/api/v1/rights/{name}").json["reason"] == "The register names another owner."
    )


def test_facts_corrected_while_the_office_looked_are_not_verified(alliance: Hub) -> None:
    name = enter(alliance.client("brand-a"))
    with person(alliance, "ada") as actor:
        seen = rights.right(actor, name)[0].facts.digest
    with person(alliance, "brand-a") as actor:
        rights.correct(actor, name, said(title="ACME PLUS"))
    with person(alliance, "ada") as actor, pytest.raises(ForbiddenMoveError, match="corrected"):
        rights.verify(actor, name, seen)
    assert state(alliance, name) == "entered"


def test_no_key_of_the_office_and_no_brand_verifies(alliance: Hub) -> None:
    name = enter(alliance.client("brand-a"))
    with alliance.app.app_context(), pytest.raises(NotPermittedError):
        rights.verify(alliance.actor("alliance"), name, "")
    address, said = f"/api/v1/rights/{name}/verification", {"digest": "0" * 64}
    assert [alliance.client(code).post(address, json=said).status_code for code in ("alliance", "brand-a")] == [403] * 2
    with person(alliance, "brand-a") as actor, pytest.raises(NotPermittedError):
        rights.refuse(actor, name, "because")


# --- corrected, withdrawn


def test_correction_is_verified_anew_and_stands_in_the_history(alliance: Hub) -> None:
    name = enter(alliance.client("brand-a"))
    verify(alliance, name)
    with person(alliance, "brand-a") as actor:
        rights.correct(actor, name, said(ends_on=on("2098-01-01")))
        one, moves = rights.right(actor, name)
    assert (one.state, one.facts.ends_on) == ("entered", on("2098-01-01"))
    told = [(move.command, move.by) for move in moves]
    assert told == [("enter", "brand-a"), ("verify", "alliance"), ("correct", "brand-a")]


def test_withdrawn_right_comes_back_only_when_entered_anew(alliance: Hub) -> None:
    name = enter(alliance.client("brand-a"))
    with person(alliance, "brand-a") as actor:
        rights.withdraw(actor, name)
        for act in (lambda: rights.withdraw(actor, name), lambda: rights.correct(actor, name, said())):
            with pytest.raises(ForbiddenMoveError, match="it was withdrawn"):
                act()
    with person(alliance, "ada") as actor, pytest.raises(ForbiddenMoveError, match="it was withdrawn"):
        rights.refuse(actor, name, "because")
    assert enter(alliance.client("brand-a")) != name


# --- relied on


def test_right_that_is_not_verified_or_not_there_is_not_usable(alliance: Hub) -> None:
    name = enter(alliance.client("brand-a"))
    with person(alliance, "brand-a") as actor:
        with pytest.raises(RightNotUsableError, match="not verified"):
            rights.usable(actor, name)
        for none in ("A" * 22, "\x00", ""):
            with pytest.raises(UnknownRightError):
                rights.usable(actor, none)


@pytest.mark.parametrize("country", [None, "DE"])
def test_verified_right_is_usable_where_it_is_in_force(alliance: Hub, country: str | None) -> None:
    name = enter(alliance.client("brand-a"))
    verify(alliance, name)
    with person(alliance, "brand-a") as actor:
        assert rights.usable(actor, name, country).name == name
        with pytest.raises(RightNotUsableError, match="in that country"):
            rights.usable(actor, name, "US")


@pytest.mark.parametrize(("hour", "usable"), [(14, True), (15, False)])
def test_right_is_usable_to_the_end_of_its_last_day_in_tokyo(alliance: Hub, hour: int, usable: bool) -> None:
    """Midnight of Tokyo is 15:00 UTC."""
    name = enter(alliance.client("brand-a"), office="JPO", ends_on="2027-03-28")
    verify(alliance, name)
    moment = datetime(2027, 3, 28, hour, 0, 1, tzinfo=UTC)
    with time_machine.travel(moment, tick=True), person(alliance, "brand-a") as actor:
        if usable:
            assert rights.usable(actor, name)
        else:
            with pytest.raises(RightNotUsableError, match="not in force today"):
                rights.usable(actor, name)


# --- who sees them


def test_other_brands_and_platforms_see_none_and_the_office_all(alliance: Hub) -> None:
    name = enter(alliance.client("brand-a"))
    assert alliance.client("brand-b").get(f"/api/v1/rights/{name}").status_code == 404
    assert alliance.client("shop").get("/api/v1/rights").json["rights"] == []
    assert alliance.client("alliance").get(f"/api/v1/rights/{name}").json["member"] == "brand-a"


def test_database_shows_rights_to_their_member_and_the_office_and_takes_them_from_brands(alliance: Hub) -> None:
    enter(alliance.client("brand-a"))
    with as_application(alliance) as connection:
        seen = {}
        for code in ("brand-a", "brand-b", "shop", "agency", "alliance"):
            number = read_by(connection, alliance, code)
            seen[code] = [
                connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # type: ignore[call-overload]  # our own names
                for table in ("ip_right", "ip_right_move")
            ]
            if code != "brand-a":
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(
                        "INSERT INTO ip_right (name, member_id, type, title, jurisdictions, classes, owner, state,"
                        " entered_at) VALUES ('r', %s, 'copyright', 'A', '{}', '{}', 'A', 'entered', now())",
                        (number if code != "brand-b" else number - 1,),
                    )
    assert [code for code, found in seen.items() if found == [(1,), (1,)]] == ["brand-a", "alliance"]


# --- the list


def test_list_goes_on_by_its_cursor_and_keeps_to_its_filters(alliance: Hub) -> None:
    client = alliance.client("brand-a")
    names = [enter(client, number=str(n)) for n in range(5)]
    soon = str(clock.today() + timedelta(days=20))
    names.append(enter(client, type="design", number="6", ends_on=soon))
    found, cursor = [], None
    while True:
        asked = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = client.get("/api/v1/rights", query_string=asked).json
        found += [one["name"] for one in page["rights"]]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert found == names[::-1]
    for asked in ({"type": "design"}, {"expiring": "true"}):
        assert [one["name"] for one in client.get("/api/v1/rights", query_string=asked).json["rights"]] == names[-1:]
    assert client.get("/api/v1/rights", query_string={"state": "verified"}).json["rights"] == []
