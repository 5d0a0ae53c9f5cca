"""Sessions: known to the hub, ended by it, and worth nothing without their second factor."""

from base64 import b32decode
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient

from hub import clock
from hub.access.grants import Role
from hub.members import service as members
from tests.conftest import HTML, SECRET, Hub, code_now, csrf

COOKIE = "alliance_hub"
FOREIGN_PLACES = [
    *("//evil.example", "https://evil.example", "https:evil.example", "/\\evil.example", "\\\\evil.example"),
    *("/\t/evil.example", "///evil.example", "/%0d%0aSet-Cookie:a=b\r\nX: y", "javascript:alert(1)", "evil.example"),
]


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    hub.admit("brand-a")
    hub.person("brand-a", "ana")
    hub.person("brand-a", "vera", Role.VIEWER)
    return hub


def is_in(client: FlaskClient) -> bool:
    """Whether the client's session reaches the overview."""
    return client.get("/", headers=HTML).status_code == 200


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie(COOKIE)
    assert found is not None
    return str(found.value)


def posted(client: FlaskClient, address: str, page: str = "/sessions", **fields: str) -> tuple[int, str]:
    """Status and place of a form sent from a page."""
    token = csrf(client.get(page, headers=HTML).text)
    answer = client.post(
        address, data={**fields, "csrf_token": token}, headers=HTML | {"Referer": f"http://localhost{page}"}
    )
    return answer.status_code, answer.headers.get("Location", "")


# --- the cookie


def test_cookie_kept_from_before_the_sign_out_is_refused(alliance: Hub) -> None:
    client = alliance.signed_in("ana")
    kept = cookie(client)
    assert posted(client, "/sign-out") == (303, "/sign-in")
    thief = alliance.app.test_client()
    thief.set_cookie(COOKIE, kept)
    assert not is_in(thief)


def test_cookie_signed_by_another_key_is_refused(alliance: Hub) -> None:
    client = alliance.signed_in("ana")
    body, _, signature = cookie(client).rpartition(".")
    thief = alliance.app.test_client()
    thief.set_cookie(COOKIE, f"{body}.{'A' * len(signature)}")
    assert not is_in(thief)


def test_session_has_a_new_key_after_each_factor(alliance: Hub) -> None:
    client = alliance.app.test_client()
    client.get("/sign-in")
    before = cookie(client)
    alliance.give(client, "/sign-in", email="ana@alliance-hub.org", password="a long enough pass phrase")
    after_password = cookie(client)
    alliance.give(client, "/verify", code=code_now())
    for planted in (before, after_password):
        thief = alliance.app.test_client()
        thief.set_cookie(COOKIE, planted)
        assert not is_in(thief)
    assert is_in(client)


def test_key_of_a_session_is_not_the_applications_to_read(alliance: Hub) -> None:
    alliance.signed_in("ana")
    granted = alliance.sql(
        "SELECT has_column_privilege('template_hub_app', 'session', 'digest', 'SELECT'),"
        " has_column_privilege('template_hub_app', 'session', 'seen_at', 'UPDATE')"
    )
    assert granted == [(False, False)]


# --- its end


@pytest.mark.parametrize(("who", "idle", "lives"), [("ana", 59, True), ("ana", 61, False), ("vera", 61, True)])
def test_session_unused_for_as_long_as_its_role_may_is_over(alliance: Hub, who: str, idle: int, lives: bool) -> None:
    client = alliance.signed_in(who)
    with time_machine.travel(clock.now() + timedelta(minutes=idle)):
        assert is_in(client) is lives


def test_session_in_use_all_day_is_over_after_eight_hours(alliance: Hub) -> None:
    client, begun, seen = alliance.signed_in("ana"), clock.now(), []
    for minutes in range(40, 8 * 60 + 40, 40):
        with time_machine.travel(begun + timedelta(minutes=minutes)):
            seen.append(is_in(client))
    assert seen == [True] * 11 + [False]


def test_use_is_written_down_at_most_once_in_five_minutes(alliance: Hub) -> None:
    client, begun = alliance.signed_in("ana"), clock.now()
    written = []
    for minutes in (1, 4, 6, 7):
        with time_machine.travel(begun + timedelta(minutes=minutes)):
            is_in(client)
        written.append(alliance.sql("SELECT max(seen_at) > %s FROM session", begun + timedelta(minutes=1))[0][0])
    assert written == [False, False, True, True]


def test_person_shut_out_is_refused_at_the_next_request(alliance: Hub) -> None:
    client = alliance.signed_in("ana")
    alliance.sql("UPDATE person SET active = false")
    assert not is_in(client)


def test_session_ended_elsewhere_is_refused_at_its_next_request_and_this_one_lives(alliance: Hub) -> None:
    here, there = alliance.signed_in("ana"), alliance.signed_in("ana")
    (number,) = {row for (row,) in alliance.sql("SELECT id FROM session ORDER BY id")[1:]}
    assert posted(here, f"/sessions/{number}/end")[0] == 303
    assert (is_in(here), is_in(there)) == (True, False)


def test_all_other_sessions_end_at_once_and_nobody_elses(alliance: Hub) -> None:
    here, others = alliance.signed_in("ana"), [alliance.signed_in("ana") for _ in range(2)]
    vera = alliance.signed_in("vera")
    posted(here, "/sessions/others/end")
    assert [is_in(each) for each in (here, *others, vera)] == [True, False, False, True]


def test_session_of_a_colleague_is_neither_listed_nor_ended(alliance: Hub) -> None:
    ana, vera = alliance.signed_in("ana"), alliance.signed_in("vera")
    numbers = [row for (row,) in alliance.sql("SELECT id FROM session ORDER BY id")]
    assert posted(vera, f"/sessions/{numbers[0]}/end")[0] == 404
    assert vera.get("/sessions").text.count("This one") == 1
    assert "End all others" not in vera.get("/sessions").text
    assert is_in(ana)


def test_list_tells_where_a_session_is_from(alliance: Hub) -> None:
    client = alliance.signed_in("ana", "192.0.2.77")
    assert "192.0.2.0/24" in client.get("/sessions").text


def test_sessions_over_for_a_month_are_forgotten(alliance: Hub) -> None:
    alliance.signed_in("ana")
    with alliance.app.app_context():
        assert members.forget_sessions() == 0
        with time_machine.travel(clock.now() + timedelta(days=31)):
            assert members.forget_sessions() == 1


# --- the second factor


@pytest.mark.parametrize(
    "address", ["/", "/matches", "/credentials", "/second-factors", "/sessions", "/second-factors/new"]
)
def test_password_alone_leads_to_nothing_but_the_second_step(alliance: Hub, address: str) -> None:
    client = alliance.with_password("ana")
    assert client.get(address, headers=HTML).headers["Location"].startswith("/verify?next=")
    assert client.get("/api/v1/me").status_code == 401


def test_person_without_a_second_factor_is_led_to_add_one(alliance: Hub) -> None:
    alliance.sql("DELETE FROM factor")
    client = alliance.with_password("ana")
    assert client.get("/", headers=HTML).headers["Location"] == "/second-factors/new?next=/"
    page = client.get("/second-factors/new").text
    secret = page.partition('class="once">')[2].partition("<")[0]
    sealed = page.partition('name="sealed"')[2].partition('value="')[2].partition('"')[0]
    code = code_now(b32decode(secret))
    token = csrf(page)
    fields = {"csrf_token": token, "sealed": sealed, "name": "Phone", "code": code}
    answer = client.post("/second-factors/new", data=fields, headers=HTML)
    assert (answer.status_code, answer.text.count("<li><code>")) == (200, 10)
    assert is_in(client)


def test_session_that_owes_its_code_adds_no_factor_instead(alliance: Hub) -> None:
    alliance.sql("DELETE FROM factor")
    client = alliance.with_password("ana")
    page = client.get("/second-factors/new").text
    alliance.enrol("ana@alliance-hub.org")  # meanwhile, elsewhere
    answer = client.post("/second-factors/new", data={"csrf_token": csrf(page)}, headers=HTML)
    assert answer.headers["Location"].startswith("/verify")


def test_code_serves_once(alliance: Hub) -> None:
    first, second = alliance.with_password("ana"), alliance.with_password("ana")
    code = code_now()
    assert posted(first, "/verify", "/verify", code=code)[0] == 303
    assert posted(second, "/verify", "/verify", code=code)[0] == 422
    assert (is_in(first), is_in(second)) == (True, False)


@pytest.mark.parametrize(("seconds", "status"), [(-30, 303), (0, 303), (30, 303), (-90, 422), (90, 422)])
def test_code_of_a_clock_half_a_minute_off_is_taken(alliance: Hub, seconds: int, status: int) -> None:
    client, now = alliance.with_password("ana"), clock.now()
    with time_machine.travel(now + timedelta(seconds=seconds), tick=False):
        code = code_now()
    with time_machine.travel(now, tick=False):
        assert posted(client, "/verify", "/verify", code=code)[0] == status


def test_codes_are_guessed_at_five_times_and_the_password_forgives_none(alliance: Hub) -> None:
    answers = []
    for _ in range(6):
        client = alliance.with_password("ana")
        answers.append(posted(client, "/verify", "/verify", code="000000")[0])
    assert answers == [422] * 5 + [429]


def test_person_gives_the_code_from_elsewhere_while_somebody_guesses(alliance: Hub) -> None:
    for _ in range(6):
        posted(alliance.with_password("ana", "192.0.2.1"), "/verify", "/verify", code="000000")
    assert is_in(alliance.signed_in("ana", "198.51.100.1"))


def test_recovery_code_serves_once_in_any_grouping(alliance: Hub) -> None:
    client = alliance.signed_in("ana")
    page = client.post(
        "/second-factors/recovery-codes", data={"csrf_token": csrf(client.get("/second-factors").text)}
    ).text
    code = page.partition("<li><code>")[2].partition("<")[0]
    typed = code.replace("-", "").upper()
    assert posted(alliance.with_password("ana"), "/verify", "/verify", code=typed)[0] == 303
    assert posted(alliance.with_password("ana"), "/verify", "/verify", code=code)[0] == 422
    assert len(typed) * 5 >= 112  # bits: below, a fast digest would not do
    stored = alliance.sql("SELECT encode(secret, 'escape') FROM factor WHERE kind = 'recovery'")
    assert len(stored) == 9
    assert not [row for row in stored if code[:4] in str(row)]


def test_secret_of_an_app_is_sealed_for_its_person(alliance: Hub) -> None:
    assert alliance.sql("SELECT count(*) FROM factor WHERE position(%s IN secret) > 0", SECRET) == [(0,)]


def test_last_second_factor_is_not_removed(alliance: Hub) -> None:
    client = alliance.signed_in("ana")
    ((number,),) = alliance.sql("SELECT f.id FROM factor f JOIN person p ON p.id = person_id WHERE p.name = 'Ana'")
    posted(client, f"/second-factors/{number}/removal", "/second-factors")
    assert alliance.sql("SELECT count(*) FROM factor WHERE id = %s", number) == [(1,)]


def test_owner_resets_a_colleague_whose_sessions_end(alliance: Hub) -> None:
    ana, vera = alliance.signed_in("ana"), alliance.signed_in("vera")
    ((pseudonym,),) = alliance.sql("SELECT pseudonym FROM person WHERE name = 'Vera'")
    assert posted(ana, f"/second-factors/{pseudonym}/reset", "/second-factors")[0] == 303
    assert not is_in(vera)
    assert alliance.with_password("vera").get("/", headers=HTML).location == "/second-factors/new?next=/"


# --- freshness, and the way back


def test_dangerous_act_asks_once_more_after_ten_minutes_and_leads_back(alliance: Hub) -> None:
    client = alliance.signed_in("ana")
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        assert posted(client, "/credentials", "/credentials") == (303, "/verify?next=/credentials")
        assert posted(client, "/verify?next=/credentials", "/verify", code=code_now()) == (303, "/credentials")
        assert posted(client, "/credentials", "/credentials")[0] == 422


@pytest.mark.parametrize("place", FOREIGN_PLACES)
def test_way_back_leads_nowhere_but_home(alliance: Hub, place: str) -> None:
    client = alliance.app.test_client()
    token = csrf(client.get("/sign-in").text)
    fields = {"csrf_token": token, "email": "ana@alliance-hub.org", "password": "a long enough pass phrase"}
    first = client.post("/sign-in", query_string={"next": place}, data=fields, headers=HTML)
    alliance.give(client, "/sign-in", email=fields["email"], password=fields["password"])
    token = csrf(client.get("/verify").text)
    second = client.post(
        "/verify", query_string={"next": place}, data={"csrf_token": token, "code": code_now()}, headers=HTML
    )
    again = client.get("/sign-in", query_string={"next": place}, headers=HTML)
    assert [each.headers["Location"] for each in (first, second, again)] == ["/sign-in", "/", "/sign-in"]


@pytest.mark.parametrize("address", ["/verify", "/sign-out", "/sessions/others/end", "/second-factors/recovery-codes"])
def test_form_without_its_token_does_nothing(alliance: Hub, address: str) -> None:
    client = alliance.signed_in("ana")
    assert client.post(address, data={"code": code_now()}, headers=HTML).status_code == 400
    assert is_in(client)
