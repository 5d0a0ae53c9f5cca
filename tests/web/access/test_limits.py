"""Requests are limited for a key, a person, a member and a network, and no number of workers lets more through."""

import re
import secrets
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
import urllib3
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from werkzeug.test import TestResponse

from hub import clock
from hub.access.grants import Role
from hub.access.tlp import MemberKind
from hub.app import create_app
from hub.limits import rules
from hub.limits import service as limits
from hub.limits.rules import NETWORK_REQUESTS, REQUESTS, Limit
from hub.limits.service import Leases, LimitReachedError
from hub.members import service as members
from tests.conftest import HTML, Hub, as_role, settings_for
from tests.web.indicators.test_share_and_match_over_http import KEY
from tests.web.test_nothing_sent_comes_back import served

ME = "/api/v1/me"


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    """Two brands; what `brand-a` may is 40 requests a minute, 20 by one key, 10 by one person."""
    for code in ("brand-a", "brand-b"):
        hub.admit(code)
    may(hub, "brand-a", 40)
    return hub


def may(hub: Hub, code: str, per_minute: int) -> None:
    with hub.operator() as actor:
        members.set_limit(actor, code, per_minute)


def another_key(hub: Hub, code: str) -> FlaskClient:
    with hub.operator() as actor:
        hub.keys[code] = members.issue_credential(actor, code)
    return hub.client(code)


def statuses(client: FlaskClient, count: int, path: str = ME) -> Counter[int]:
    return Counter(client.get(path).status_code for _ in range(count))


def matched(client: FlaskClient, count: int) -> TestResponse:
    """The answer to matching so many tokens that nobody shared."""
    return client.post(f"/api/v1/keys/{KEY}/matches", data=bytes(count * 32), content_type="application/octet-stream")


def told(response: TestResponse, field: str) -> dict[str, dict[str, int]]:
    """Name of a limit → its parameters (RFC 9651 list of strings with parameters)."""
    found = {}
    for name, parameters in re.findall(r'"([a-z]+)"((?:;[a-z]=\d+)+)', response.headers[field]):
        found[name] = {each[0]: int(each[2:]) for each in parameters[1:].split(";")}
    return found


# --- what is counted


def test_key_over_its_limit_is_refused_with_the_time_to_wait_and_the_limit_named(alliance: Hub) -> None:
    client = alliance.client("brand-a")
    assert statuses(client, 20) == {200: 20}
    refused = client.get(ME)
    assert (refused.status_code, refused.mimetype) == (429, "application/problem+json")
    assert refused.json["type"] == "/problems/too-many-requests"
    assert "key" in refused.json["detail"]
    assert "20 requests" in refused.json["detail"]
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert told(refused, "RateLimit")["key"]["r"] == 0


def test_header_fields_tell_what_is_left_of_each_limit(alliance: Hub) -> None:
    client = alliance.client("brand-a")
    first, second = client.get(ME), client.get(ME)
    assert told(first, "RateLimit-Policy") == {"key": {"q": 20, "w": 60}, "member": {"q": 40, "w": 60}}
    left = [{name: each["r"] for name, each in told(answer, "RateLimit").items()} for answer in (first, second)]
    assert left == [{"key": 19, "member": 39}, {"key": 18, "member": 38}]
    assert all(1 <= each["t"] <= 60 for each in told(first, "RateLimit").values())


def test_new_key_does_not_evade_the_members_limit(alliance: Hub) -> None:
    answers = sum((statuses(another_key(alliance, "brand-a"), 20) for _ in range(4)), Counter())
    assert answers == {200: 40, 429: 40}
    assert told(another_key(alliance, "brand-a").get(ME), "RateLimit")["member"]["r"] == 0


def test_persons_and_keys_of_a_member_share_the_members_limit(alliance: Hub) -> None:
    alliance.person("brand-a", "ana", Role.ANALYST)
    person = alliance.signed_in("ana")  # the pages of the second factor count too
    assert 429 in statuses(person, 12, "/grants")
    refused = person.get("/grants", headers=HTML)
    assert (refused.status_code, refused.mimetype) == (429, "text/html")
    assert told(refused, "RateLimit")["person"]["r"] == 0
    assert statuses(alliance.client("brand-a"), 20) == {200: 20}
    assert statuses(another_key(alliance, "brand-a"), 20) == {200: 10, 429: 10}


def test_flood_of_one_member_does_not_refuse_another(alliance: Hub) -> None:
    statuses(alliance.client("brand-a"), 60)
    assert statuses(alliance.client("brand-b"), 20) == {200: 20}


def test_large_request_counts_for_several(alliance: Hub) -> None:
    may(alliance, "brand-a", 100)
    client = alliance.client("brand-a")
    assert told(matched(client, 10_000), "RateLimit")["key"]["r"] == 50 - 10
    assert told(client.get(f"/api/v1/keys/{KEY}/list"), "RateLimit")["key"]["r"] == 50 - 10 - 10
    refused = matched(client, 40_000)
    assert refused.status_code == 429
    assert client.get(ME).status_code == 200


def test_body_without_a_length_counts_for_the_longest_there_may_be(alliance: Hub) -> None:
    answer = alliance.client("brand-a").post(
        "/api/v1/contributions", headers={"Transfer-Encoding": "chunked"}, content_type="application/json"
    )
    assert answer.status_code == 429


def test_strangers_are_counted_by_network_and_lock_nobody_out(alliance: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "NETWORK_REQUESTS", 10)
    stranger = alliance.app.test_client()
    path = "/audit/log/checkpoint"
    assert statuses(stranger, 12, path) == {404: 10, 429: 2}
    neighbour = {"environ_base": {"REMOTE_ADDR": "127.0.0.200"}, "headers": {"Authorization": "Bearer made-up"}}
    assert stranger.get(ME, **neighbour).status_code == 429
    assert stranger.get(path, environ_base={"REMOTE_ADDR": "192.0.2.1"}).status_code == 404
    assert stranger.get("/sign-in", headers=HTML).status_code == 200
    assert alliance.client("brand-a").get(ME).status_code == 200


def test_limits_are_wide_enough_to_read_the_log_and_to_match_millions() -> None:
    assert NETWORK_REQUESTS >= 20 * 60
    a_million_matched = 100 * rules.weight("matches_api.match", 10_000 * 32)
    assert a_million_matched * 2 <= REQUESTS[MemberKind.PLATFORM] // rules.PARTS["key"]


# --- the span


def test_span_over_requests_are_let_through_again(alliance: Hub) -> None:
    client = alliance.client("brand-a")
    with time_machine.travel(clock.now(), tick=False) as traveller:
        assert statuses(client, 30)[200] == 20
        wait = int(client.get(ME).headers["Retry-After"])
        traveller.shift(timedelta(seconds=wait - 1))
        assert client.get(ME).status_code == 429
        traveller.shift(timedelta(seconds=1))
        assert statuses(client, 30)[200] == 20


def test_figure_of_the_operator_holds_from_the_next_span_on_and_is_on_record(alliance: Hub) -> None:
    client = alliance.client("brand-a")
    with time_machine.travel(clock.now(), tick=False) as traveller:
        assert statuses(client, 25)[200] == 20
        may(alliance, "brand-a", 60)
        traveller.shift(timedelta(minutes=1))
        assert statuses(client, 40)[200] == 30
    assert alliance.sql("SELECT count(*) FROM ledger_entry WHERE action = 'limit.set'") == [(2,)]


@pytest.mark.parametrize("figure", [0, -1, 3, 10**12])
def test_figure_that_is_none_is_refused(alliance: Hub, figure: int) -> None:
    with pytest.raises(ValueError, match="requests a minute"):
        may(alliance, "brand-a", figure)


def test_spans_long_over_are_forgotten(alliance: Hub) -> None:
    alliance.client("brand-a").get(ME)
    with alliance.app.app_context():
        assert limits.forget() == 0
        with time_machine.travel(clock.now() + timedelta(hours=27)):
            assert limits.forget() == 2


# --- across workers


STEPS = some.lists(
    some.tuples(some.integers(0, 3), some.integers(1, 9), some.sampled_from([0, 0, 0, 1, 20, 59, 61])), max_size=80
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, most=some.integers(1, 60), pieces=some.sampled_from([1, 4, 64]))
def test_no_interleaving_of_workers_lets_more_through_than_the_limit(
    hub: Hub, steps: list[tuple[int, int, int]], most: int, pieces: int
) -> None:
    """Four processes' leases on one database; each step says which asks, for how much, and after how many seconds.

    Whatever is spent within a span, it is no more than the limit; and what is refused would have been more than was
    left, but for what the other three hold.
    """
    workers = [Leases() for _ in range(4)]
    limit = Limit("key", secrets.token_hex(), most, pieces=pieces)
    with hub.app.app_context(), time_machine.travel(clock.now(), tick=False) as traveller:
        began, spent = None, 0
        for worker, need, seconds in steps:
            traveller.shift(timedelta(seconds=seconds))
            if began is None or clock.now() >= began + limit.span:
                began, spent = clock.now(), 0
            try:
                workers[worker].spend([limit], need)
                spent += need
            except LimitReachedError:
                known = [each._held[limit.subject] for each in workers if limit.subject in each._held]
                held = sum(each.left for each in known if each.ends > clock.now())
                assert spent + held + need > most
            assert spent <= most


def test_two_workers_together_let_through_the_limit_and_little_less(
    alliance: Hub, evaluator_url: str, tmp_path: Path
) -> None:
    """Two processes of gunicorn with four threads each, under eight clients; brand-b's requests pass all the while."""
    may(alliance, "brand-a", 200)
    keys = [alliance.keys["brand-a"]] + [another_key(alliance, "brand-a") and alliance.keys["brand-a"] for _ in "12"]
    other = alliance.keys["brand-b"]
    with served(alliance, evaluator_url, tmp_path / "web.log", workers=2) as port:

        def asked(n: int) -> list[tuple[str, int]]:
            key = other if n == 7 else keys[n % 3]
            answers = []
            for _ in range(50):  # a connection each, so that both workers are asked
                sent = {"Authorization": f"Bearer {key}"}
                address = f"http://127.0.0.1:{port}{ME}"  # the first waits until the workers have started
                answer = urllib3.request("GET", address, headers=sent, retries=False, timeout=60)
                answers.append((key, answer.status))
            return answers

        with ThreadPoolExecutor(8) as together:
            answers = [each for some_ in together.map(asked, range(8)) for each in some_]
    passed = Counter(key for key, status in answers if status == 200)
    assert {status for _, status in answers} == {200, 429}
    assert passed.pop(other) == 50
    assert 0.9 * 200 <= passed.total() <= 200
    assert all(count <= 100 for count in passed.values())
    assert alliance.sql("SELECT count(*) FROM rate_window WHERE leased > most") == [(0,)]


# --- closed


def test_without_the_database_nothing_is_let_through(hub: Hub) -> None:
    nowhere = as_role(hub.owner_url, "app").replace("host=", "host=/nonexistent")
    client = create_app(settings_for(nowhere, hub.home, "")).test_client()
    answer = client.get("/api/openapi.json")
    assert (answer.status_code, answer.json["type"]) == (503, "/problems/unavailable")
    assert int(answer.headers["Retry-After"]) > 0


def test_without_the_table_nothing_is_let_through(alliance: Hub) -> None:
    alliance.sql("ALTER TABLE rate_window RENAME TO lost")
    assert alliance.client("brand-a").get(ME).status_code >= 500
