"""Whoever acts for a brand may what the authorisation lets it, as long as that stands, and both are on the record."""

import base64
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest
import time_machine
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from werkzeug.test import TestResponse

from hub import clock
from hub.access.grants import AGENT_SCOPES, CLIENT, GRANTS, granted_acting, granted_to_client, reach_of_client
from hub.access.guard import NotAuthorisedError, read_as
from hub.access.permissions import Permission
from hub.access.tlp import MemberKind, Tlp
from hub.db import db
from hub.epochs import service as epochs
from hub.indicators import service as indicators
from hub.indicators.rules import Audience, EvidenceLevel, Stance
from hub.indicators.service import Terms
from hub.ledger import service as ledger
from hub.members import service as members
from hub.members.model import Member
from hub.members.rules import MemberState
from tests.conftest import Hub
from tests.web.access.test_three_nets import as_application, read_by
from tests.web.indicators.test_share_and_match_over_http import KEY, match, share, token
from tests.web.members.test_agents import end, give, terms
from tests.web.members.test_decisions import person

ALL = tuple(AGENT_SCOPES)
STANDING = "SELECT code, count(*) FROM contribution c JOIN member m ON m.id = member_id GROUP BY 1 ORDER BY 1"


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    """Two brands, two agents, a platform, an auditor; brand-a authorised the agency to all there is."""
    for code, kind in (
        *(("checker", "auditor"), ("brand-a", "brand"), ("brand-b", "brand"), ("agency", "agent")),
        *(("bureau", "agent"), ("shop", "platform")),
    ):
        hub.admit(code, kind)
    hub.person("brand-a")
    hub.person("agency")
    give(hub, "agency", terms(*ALL))
    return hub


def number(hub: Hub, brand: str = "brand-a") -> int:
    """Of the living authorisation that a brand gave."""
    living = "SELECT a.id FROM authorisation a JOIN member m ON m.id = brand_id WHERE ended_at IS NULL AND code = %s"
    found = hub.sql(living, brand)[0][0]
    assert isinstance(found, int)
    return found


def acting(hub: Hub, brand: str = "brand-a", agent: str = "agency") -> FlaskClient:
    client = hub.client(agent)
    client.environ_base["HTTP_ACTING_FOR"] = brand
    return client


def asked(client: FlaskClient) -> TestResponse:
    return client.get("/api/v1/me")


def told(answer: TestResponse) -> tuple[int, str]:
    """Status and body, without the request's own number."""
    return answer.status_code, answer.text.replace(answer.headers["Request-Id"], "…")


def views(hub: Hub, code: str) -> list[dict[str, object]]:
    """What a member reads of the record."""
    hub.sequence()
    with hub.app.app_context():
        return [entry.fields or {} for entry in ledger.own_entries(hub.actor(code), limit=1000)]


def of(hub: Hub, code: str, action: str) -> list[dict[str, object]]:
    return [view for view in views(hub, code) if view["action"] == action]


def suspend(hub: Hub, code: str) -> None:
    with hub.operator() as actor:
        members.move(actor, code, MemberState.SUSPENDED)


# --- what is done


def test_agent_shares_for_the_brand_and_it_is_the_brands(alliance: Hub) -> None:
    assert share(acting(alliance), 1)["added"] == 1
    assert alliance.sql(STANDING) == [("brand-a", 1)]


def test_agent_matches_as_the_brand(alliance: Hub) -> None:
    share(alliance.client("brand-b"), 1)
    assert len(match(acting(alliance), 1)) == 1
    assert alliance.sql("SELECT code FROM match JOIN member m ON m.id = recipient_id") == [("brand-a",)]


def test_agent_is_told_whom_it_acts_for(alliance: Hub) -> None:
    answer = asked(acting(alliance)).get_json()
    assert (answer["member"], answer["kind"]) == ("brand-a", "brand")


def test_agent_spends_the_quota_of_the_brand_and_requests_of_its_own(alliance: Hub) -> None:
    client = acting(alliance)
    address, octets = "/api/v1/keys/example.e1.domain/evaluations", "application/octet-stream"
    client.post(address, data=bytes(32), content_type=octets)
    assert alliance.sql("SELECT code FROM quota JOIN member m ON m.id = member_id") == [("brand-a",)]
    before = asked(alliance.client("agency")).headers["RateLimit"]
    asked(acting(alliance))
    assert asked(alliance.client("agency")).headers["RateLimit"] != before


@pytest.mark.parametrize("path", ["/credentials", "/people", "/groups", "/agents", "/ledger", "/single-sign-on"])
def test_agent_manages_nothing_of_the_brand(alliance: Hub, path: str) -> None:
    assert acting(alliance).get(path).status_code == 403


@pytest.mark.parametrize("scope", ALL)
def test_scope_that_was_not_given_is_refused_and_on_both_records(alliance: Hub, scope: Permission) -> None:
    end(alliance, number(alliance))
    give(alliance, "agency", terms(*(each for each in ALL if each is not scope)))
    ways: dict[Permission, Callable[[FlaskClient], TestResponse]] = {
        Permission.CONTRIBUTION_SHARE: lambda client: client.post("/api/v1/contributions", json={}),
        Permission.CONTRIBUTION_WITHDRAW: lambda client: client.post("/api/v1/contributions/withdrawals", json={}),
        Permission.CONTRIBUTION_READ_OWN: lambda client: client.get("/contributions"),
        Permission.MATCH_RUN: lambda client: client.post(f"/api/v1/keys/{KEY}/matches"),
        Permission.MATCH_READ_OWN: lambda client: client.get("/matches"),
        Permission.LIST_FETCH: lambda client: client.get(f"/api/v1/keys/{KEY}/list"),
        Permission.RIGHT_ENTER: lambda client: client.post("/api/v1/rights", json={}),
        Permission.RIGHT_READ: lambda client: client.get("/api/v1/rights"),
        Permission.REPORT_FILE: lambda client: client.post("/api/v1/listing-reports", json={}),
        Permission.REPORT_READ: lambda client: client.get("/api/v1/listing-reports"),
        Permission.EVIDENCE_STORE: lambda client: client.post("/api/v1/evidence"),
        Permission.EVIDENCE_READ: lambda client: client.get("/api/v1/evidence"),
        Permission.QUESTION_ANSWER: lambda client: client.post("/api/v1/questions/answers", json={}),
        Permission.QUESTION_READ: lambda client: client.get("/api/v1/questions"),
        Permission.TESTBUY_RUN: lambda client: client.post("/api/v1/test-buys", json={}),
        Permission.SELLER_MANAGE: lambda client: client.get("/api/v1/authorised-sellers"),
        Permission.TESTBUY_READ: lambda client: client.get("/api/v1/test-buys"),
    }
    assert ways[scope](acting(alliance)).status_code == 403
    for code in ("brand-a", "agency"):
        assert [view["agent"] for view in of(alliance, code, "access.denied")] == ["agency"]


def test_key_with_few_scopes_may_no_more_than_they_hold(alliance: Hub) -> None:
    alliance.sql(
        "UPDATE credential SET scopes = '{match:run}' FROM member m WHERE m.id = member_id AND code = 'agency'"
    )
    assert acting(alliance).post("/api/v1/contributions", json={}).status_code == 403
    assert match(acting(alliance), 1) == {}


@given(st.sets(st.sampled_from(list(Permission))), st.sets(st.sampled_from(ALL)))
def test_agent_never_may_more_than_the_authorisation_nor_its_key_nor_the_brand(
    held: set[Permission], scopes: set[Permission]
) -> None:
    """Restated: beside what everybody may, nothing but the scopes and what they cannot do without."""
    may = granted_acting(reach_of_client(MemberKind.AGENT, [one.value for one in held]), [one.value for one in scopes])
    assert may <= held & CLIENT & GRANTS[MemberKind.BRAND]
    assert may & AGENT_SCOPES.keys() <= scopes
    harmless = {Permission.MEMBER_SELF, Permission.OVERVIEW_VIEW, Permission.KEY_READ, Permission.TOKEN_EVALUATE}
    assert may - AGENT_SCOPES.keys() <= harmless
    assert may <= granted_to_client(MemberKind.BRAND, None)


# --- what is refused


def test_unknown_brand_and_one_that_authorised_nobody_are_answered_alike(alliance: Hub) -> None:
    answers = {told(asked(acting(alliance, code))) for code in ("brand-b", "nobody", "shop", "agency", "alliance", "É")}
    ((status, body),) = answers
    assert (status, "/problems/not-authorised" in body) == (404, True)


@pytest.mark.parametrize("why", ["taken back", "given up", "ended", "not begun", "brand suspended", "other agent"])
def test_without_an_authorisation_in_force_the_next_request_is_refused_alike(alliance: Hub, why: str) -> None:
    none = told(asked(acting(alliance, "nobody")))
    assert asked(acting(alliance)).status_code == 200
    today = clock.today()
    if why in {"taken back", "given up"}:
        end(alliance, number(alliance), "brand-a" if why == "taken back" else "agency")
    elif why == "ended":
        alliance.sql(
            "UPDATE authorisation SET begins_on = %s, ends_on = %s", today - timedelta(9), today - timedelta(1)
        )
    elif why == "not begun":
        alliance.sql("UPDATE authorisation SET begins_on = %s", today + timedelta(1))
    elif why == "brand suspended":
        suspend(alliance, "brand-a")
    agent = "bureau" if why == "other agent" else "agency"
    assert told(asked(acting(alliance, agent=agent))) == none


@pytest.mark.parametrize("who", ["brand-a", "agency"])
def test_where_either_owes_the_agreement_it_is_refused_alike(alliance: Hub, who: str) -> None:
    none = told(asked(acting(alliance, "nobody")))
    alliance.sql(
        "INSERT INTO agreement VALUES (1, 'We share.', sha256('We share.'), 'p_1', now() - interval '31 days')"
    )
    alliance.sql(
        "INSERT INTO agreement_signature SELECT id, 1, sha256('We share.'), 'p_1', now() FROM member WHERE code <> %s",
        who,
    )
    assert told(asked(acting(alliance))) == none


def test_suspended_agent_is_refused(alliance: Hub) -> None:
    suspend(alliance, "agency")
    assert asked(acting(alliance)).status_code == 403


def test_last_day_is_read_to_its_end_in_utc(alliance: Hub) -> None:
    last = alliance.sql("SELECT ends_on FROM authorisation")[0][0]
    moment = f"{last}T23:59:59+00:00"
    with time_machine.travel(moment, tick=False):
        assert asked(acting(alliance)).status_code == 200
    with time_machine.travel(clock.now().fromisoformat(moment) + timedelta(seconds=1), tick=False):
        assert asked(acting(alliance)).status_code == 404


@pytest.mark.parametrize("who", ["brand-a", "brand-b", "shop", "checker"])
def test_header_from_who_is_no_agent_is_refused_with_a_reason(alliance: Hub, who: str) -> None:
    answer = asked(acting(alliance, "brand-a", who))
    assert (answer.status_code, answer.get_json()["type"]) == (403, "/problems/not-an-agent")


def test_header_beside_a_session_is_refused_with_a_reason(alliance: Hub) -> None:
    answer = alliance.signed_in("agency").get("/api/v1/me", headers={"Acting-For": "brand-a"})
    assert (answer.status_code, answer.get_json()["type"]) == (403, "/problems/not-an-agent")


# --- the end of an authorisation, and what is under way


def upload(hub: Hub, shared: threading.Event, let_go: threading.Event) -> None:
    with hub.app.app_context():
        holder = members.holder_of_key(hub.keys["agency"])
        assert holder is not None
        actor = members.act_for(holder.actor, "brand-a")
        read_as(db.session, actor, told=True)
        said = Terms(Stance.INFRINGING, EvidenceLevel.E2, Audience(Tlp.GREEN))
        indicators.share(actor, epochs.key(KEY, for_sharing=True), [token(1)], None, said)
        shared.set()
        assert let_go.wait(10)
        db.session.commit()


@pytest.mark.parametrize("who", ["brand-a", "agency"])
def test_upload_under_way_when_it_is_taken_back_is_refused_as_a_whole(alliance: Hub, who: str) -> None:
    shared, let_go = threading.Event(), threading.Event()
    with ThreadPoolExecutor() as pool:
        uploading = pool.submit(upload, alliance, shared, let_go)
        assert shared.wait(10)
        end(alliance, number(alliance), who)  # it waits for nothing that is under way
        let_go.set()
        with pytest.raises(NotAuthorisedError):
            uploading.result(10)
    assert alliance.sql(STANDING) == []
    assert of(alliance, "brand-a", "contribution.shared") == []


def test_upload_under_way_when_its_last_day_ends_is_refused_as_a_whole(alliance: Hub) -> None:
    shared, let_go = threading.Event(), threading.Event()
    with ThreadPoolExecutor() as pool:
        uploading = pool.submit(upload, alliance, shared, let_go)
        assert shared.wait(10)
        past = clock.today() - timedelta(1)
        alliance.sql("UPDATE authorisation SET begins_on = %s, ends_on = %s", past, past)
        let_go.set()
        with pytest.raises(NotAuthorisedError):
            uploading.result(10)
    assert alliance.sql(STANDING) == []


def test_second_transaction_of_a_request_is_refused_after_the_end(alliance: Hub) -> None:
    with alliance.app.app_context():
        holder = members.holder_of_key(alliance.keys["agency"])
        assert holder is not None
        actor = members.act_for(holder.actor, "brand-a")
        read_as(db.session, actor, told=True)
        db.session.commit()
        alliance.sql("UPDATE authorisation SET ended_at = now()")
        with pytest.raises(NotAuthorisedError):
            db.session.execute(select(Member.id))
        db.session.rollback()


def test_nothing_of_many_uploads_commits_after_it_is_taken_back(alliance: Hub) -> None:
    """The law, with real threads: what is there when it has been taken back is all there will ever be."""
    begun = threading.Semaphore(0)

    def uploads(first: int) -> int:
        client, status = acting(alliance), 200
        for each in range(first, first + 1000):
            status = share_status(client, each)
            begun.release()
            if status != 200:
                break
        return status

    with ThreadPoolExecutor() as pool:
        running = [pool.submit(uploads, 10_000 * n) for n in range(1, 4)]
        for _ in range(10):
            begun.acquire()
        end(alliance, number(alliance))
        committed = alliance.sql(STANDING)
        assert [each.result(60) for each in running] == [404] * 3
    assert alliance.sql(STANDING) == committed != []


def share_status(client: FlaskClient, number: int) -> int:
    tokens = base64.b64encode(token(number)).decode()
    body = {"key": KEY, "evidence_level": "E2", "tlp": "green", "tokens": tokens}
    return client.post("/api/v1/contributions", json=body).status_code


# --- the record


def test_what_an_agent_does_is_recorded_as_agent_and_brand(alliance: Hub) -> None:
    share(acting(alliance), 1)
    seen = {code: of(alliance, code, "contribution.shared") for code in ("brand-a", "agency", "checker", "brand-b")}
    assert {code: [(v["member"], v["agent"], v["role"]) for v in each] for code, each in seen.items()} == {
        "brand-a": [("brand-a", "agency", "actor")],
        "agency": [("brand-a", "agency", "agent")],
        "checker": [("brand-a", "agency", "auditor")],
        "brand-b": [],
    }


def test_contributor_does_not_learn_of_anybodys_agent(alliance: Hub) -> None:
    share(alliance.client("brand-b"), 1)
    match(acting(alliance), 1)
    (view,) = of(alliance, "brand-b", "match.run")
    assert (view["role"], view["member"], "agent" in view) == ("owner", None, False)
    assert "agency" not in str(view)


def test_sentence_names_agent_and_brand(alliance: Hub) -> None:
    share(acting(alliance), 1)
    alliance.sequence()
    with alliance.app.app_context():
        entries = ledger.own_entries(alliance.actor("agency"), limit=1000)
    (said,) = [entry.sentence for entry in entries if entry.action == "contribution.shared"]
    assert said.startswith("agency, as the agent of brand-a, shared 1 indicator")


def test_refusal_is_on_the_agents_record_and_on_the_brands_that_once_authorised_it(alliance: Hub) -> None:
    end(alliance, number(alliance))
    for code in ("brand-a", "brand-b"):
        asked(acting(alliance, code))
    told_of = {code: len(of(alliance, code, "access.denied")) for code in ("agency", "brand-a", "brand-b")}
    assert told_of == {"agency": 2, "brand-a": 1, "brand-b": 0}


# --- the database


def test_database_shows_who_acts_for_a_brand_nothing_of_its_people_keys_and_record(alliance: Hub) -> None:
    tables = ("person", "credential", "factor", "ledger_part", "authorisation")
    with as_application(alliance) as connection:
        read_by(connection, alliance, "brand-a")

        def found() -> set[str]:
            return {each for each in tables if connection.execute(f"SELECT FROM {each} LIMIT 1").fetchone() is not None}

        assert found() == set(tables)
        connection.execute("SELECT set_config('hub.agent', '7', false)")
        assert found() == set()


def test_database_makes_no_reader_of_an_agent_without_an_authorisation(alliance: Hub) -> None:
    with as_application(alliance) as connection:
        for reader, brand in (("bureau", "brand-a"), ("agency", "brand-b"), ("brand-b", "brand-a")):
            read_by(connection, alliance, reader)
            assert connection.execute("SELECT * FROM take_up(%s, now())", (brand,)).fetchall() == []


def test_digest_of_nobodys_key_is_still_not_the_applications_to_read(alliance: Hub) -> None:
    with as_application(alliance) as connection:
        read_by(connection, alliance, "agency")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT digest FROM credential")


def test_owner_of_the_brand_sees_what_it_gave_as_before(alliance: Hub) -> None:
    with person(alliance, "brand-a") as actor:
        assert [row.code for row in members.own_authorisations(actor)] == ["agency"]
