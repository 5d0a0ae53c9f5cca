"""Every error of the API is a problem document (RFC 9457) that names the field and the remedy."""

import base64
import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub.app import LONGEST_BODY, create_app
from tests.conftest import Hub, as_role, settings_for
from tests.web.indicators.test_share_and_match_over_http import KEY, match, share, token

SHARE = "/api/v1/contributions"
WITHDRAW = "/api/v1/contributions/withdrawals"
OCTETS = "application/octet-stream"
GOOD = {"key": KEY, "evidence_level": "E2", "tlp": "green", "tokens": base64.b64encode(token(1)).decode()}


@pytest.fixture
def brand(hub: Hub) -> FlaskClient:
    hub.admit("brand-a")
    return hub.client("brand-a")


def problem(response: TestResponse, status: int) -> Any:
    """The problem document; asserts its form and that its header says the same."""
    assert (response.status_code, response.mimetype) == (status, "application/problem+json"), response.text
    document = response.json
    assert document["status"] == status
    assert document["type"].startswith("/problems/")
    assert all(document[field] for field in ("title", "detail", "remedy", "request_id"))
    assert document["request_id"] == response.headers["Request-Id"]
    return document


def post(client: FlaskClient, body: bytes | str, media: str = "application/json", path: str = SHARE) -> TestResponse:
    return client.post(path, data=body, content_type=media)


# --- bodies


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        '{"key": ',
        "not json",
        "\ufeff{}",
        '{"a": 1} {"b": 2}',
        b"\xff\xfe{\x00}\x00",
        b"\x80\x81",
        "[" * 100_000,
    ],
    ids=["empty", "open", "cut short", "words", "byte-order mark", "two", "UTF-16", "binary", "deep"],
)
def test_body_that_is_not_json_is_refused(brand: FlaskClient, body: bytes | str) -> None:
    response = post(brand, body)
    assert response.status_code in (400, 422)
    problem(response, response.status_code)


@pytest.mark.parametrize("body", ["[]", '"text"', "1", "null", "[{}]"])
def test_json_that_is_no_object_is_refused(brand: FlaskClient, body: str) -> None:
    response = post(brand, body)
    assert response.status_code in (400, 422)
    problem(response, response.status_code)


def test_json_in_a_body_of_another_media_type_is_refused(brand: FlaskClient) -> None:
    for media in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        response = post(brand, json.dumps(GOOD), media)
        assert response.status_code in (415, 422)
        problem(response, response.status_code)


WRONG: list[tuple[str, Any]] = [
    ("key", 1),
    ("key", None),
    ("key", ["a"]),
    ("evidence_level", "E0"),
    ("evidence_level", 2),
    ("evidence_level", {}),
    ("tlp", "purple"),
    ("tlp", None),
    ("tlp", 3),
    ("stance", "guilty"),
    ("stance", None),
    ("sharing_groups", "watches"),
    ("sharing_groups", [1]),
    ("sharing_groups", ["x"] * 21),
    ("expires_on", "tomorrow"),
    ("expires_on", "2020-01-01"),
    ("expires_on", "9999-12-31"),
    ("expires_on", 5),
    ("first_seen_on", "2026-13-01"),
    ("tokens", ""),
    ("tokens", "%%%%"),
    ("tokens", 5),
    ("tokens", None),
    ("tokens", ["a"]),
    ("tokens", base64.b64encode(bytes(33)).decode()),
    ("tokens", base64.b64encode(bytes(32 * 10_001)).decode()),
    ("sellers", "a"),
    ("sellers", []),
    ("sellers", ["a", "b"]),
    ("sellers", [""]),
    ("sellers", ["x" * 65]),
    ("sellers", ["Shop <b>"]),
    ("sellers", [5]),
    ("sellers", {"a": "b"}),
    ("colour", "red"),
]


def test_field_of_the_wrong_form_is_named(brand: FlaskClient) -> None:
    for field, value in WRONG:
        document = problem(brand.post(SHARE, json=GOOD | {field: value}), 422)
        assert list(document["errors"]) == [field], (field, value)
        assert all(isinstance(said, str) for said in document["errors"][field]), (field, value)


def test_fields_that_are_missing_are_all_named(brand: FlaskClient) -> None:
    assert set(problem(brand.post(SHARE, json={}), 422)["errors"]) == set(GOOD)
    assert set(problem(brand.post(WITHDRAW, json={}), 422)["errors"]) == {"key", "tokens", "reason"}


def test_text_that_the_database_does_not_take_is_refused(brand: FlaskClient) -> None:
    for odd in ("a\x00b", "\ud800", "\U0010ffff" * 200):
        for field, value in (("key", odd), ("sharing_groups", [odd]), ("sellers", [odd])):
            response = brand.post(SHARE, data=json.dumps(GOOD | {field: value}), content_type="application/json")
            assert response.status_code in (400, 404, 422), (field, odd)
            problem(response, response.status_code)


def test_body_beyond_the_limit_is_too_large(brand: FlaskClient) -> None:
    for path, media in ((SHARE, "application/json"), (f"/api/v1/keys/{KEY}/matches", OCTETS)):
        problem(post(brand, b"[" + b" " * LONGEST_BODY, media, path), 413)


def test_body_of_the_most_that_the_limits_allow_is_taken(brand: FlaskClient) -> None:
    limits = brand.get("/api/v1/me").json["limits"]
    most = range(limits["share_tokens"])
    assert share(brand, *most, sellers=["s" * 64] * len(most))["added"] == len(most)
    assert match(brand, *range(limits["match_tokens"])) == {}


def test_query_of_the_wrong_form_is_named(brand: FlaskClient) -> None:
    for path, field, value in (
        (f"/api/v1/keys/{KEY}/list", "limit", "many"),
        (f"/api/v1/keys/{KEY}/list", "limit", "0"),
        (f"/api/v1/keys/{KEY}/list", "limit", "50001"),
        (f"/api/v1/keys/{KEY}/list", "limit", "9" * 5000),
        (f"/api/v1/keys/{KEY}/list", "cursor", "made up"),
        (f"/api/v1/keys/{KEY}/list", "cursor", "\u00e9"),
        (f"/api/v1/keys/{KEY}/list", "cursor", "A" * 1025),
        (f"/api/v1/keys/{KEY}/list", "cursor", "A" * 200),
        ("/audit/entries", "after", "-2"),
        ("/audit/entries", "after", str(1 << 70)),
        ("/audit/entries", "limit", "10001"),
    ):
        assert list(problem(brand.get(path, query_string={field: value}), 422)["errors"]) == [field], (field, value)


# --- addresses and methods


@pytest.mark.parametrize("path", ["/api", "/api/v1", "/api/v1/nothing", "/api/v2/me", "/audit/nothing", "/nothing"])
def test_address_that_there_is_none_of_is_a_problem_for_a_program_and_a_page_for_a_person(hub: Hub, path: str) -> None:
    client = hub.app.test_client()
    for accepted in ("application/json", "*/*", "application/problem+json", ""):
        assert problem(client.get(path, headers={"Accept": accepted}), 404)["type"] == "/problems/not-found"
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    page = client.get(path, headers={"Accept": browser})
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert "<h1" in page.text


def test_method_that_is_not_allowed_is_told_with_those_that_are(brand: FlaskClient) -> None:
    for method, path, allowed in (
        ("GET", SHARE, "POST"),
        ("DELETE", SHARE, "POST"),
        ("POST", "/api/v1/me", "GET"),
        ("PUT", f"/api/v1/keys/{KEY}/list", "GET"),
        ("POST", "/audit/log/checkpoint", "GET"),
    ):
        response = brand.open(path, method=method)
        assert "Allow" in problem(response, 405)["remedy"]
        assert allowed in response.headers["Allow"]


# --- the parts behind


def endpoints(hub: Hub) -> list[tuple[str, str]]:
    """(method, path) of every operation that the OpenAPI document lists."""
    document = hub.app.test_client().get("/api/openapi.json").json
    fill = {"{key_id}": KEY, "{entry}": "A" * 22, "{size}": "1", "{n}": "1", "{path}": "0/000.p/1"}
    found = []
    for path, operations in document["paths"].items():
        for name, value in fill.items():
            path = path.replace(name, value)
        found += [
            (method.upper(), path) for method in operations if method in ("get", "post", "put", "delete", "patch")
        ]
    return found


def test_database_out_of_reach_is_told_by_every_endpoint(hub: Hub) -> None:
    key = hub.admit("brand-a")
    nowhere = as_role(hub.owner_url, "app").replace("host=", "host=/nonexistent")
    client = create_app(settings_for(nowhere, hub.home, "")).test_client()
    for method, path in endpoints(hub):
        response = client.open(path, method=method, headers={"Authorization": f"Bearer {key}"})
        assert problem(response, 503)["type"] == "/problems/unavailable"
        assert int(response.headers["Retry-After"]) > 0
    page = client.get("/sign-in", headers={"Accept": "text/html"})
    assert page.status_code == 200
    page = client.get("/audit/log/checkpoint", headers={"Accept": "text/html"})
    assert (page.status_code, page.mimetype) == (503, "text/html")


def test_connections_that_the_database_dropped_fail_once_and_then_work_again(hub: Hub, brand: FlaskClient) -> None:
    share(brand, 1)
    hub.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    headers = {"Idempotency-Key": "0123456789"}
    response = brand.post(SHARE, json=GOOD | {"tlp": "amber"}, headers=headers)
    problem(response, 503)
    assert int(response.headers["Retry-After"]) > 0
    assert brand.post(SHARE, json=GOOD | {"tlp": "amber"}, headers=headers).json["changed"] == 1


def test_disk_full_is_told_and_nothing_is_half_done(hub: Hub, brand: FlaskClient) -> None:
    """The database says so in the last statement of the exchange, when it is to be recorded."""
    definition = hub.sql("SELECT pg_get_functiondef('ledger_append'::regproc)")[0][0]
    head = str(definition).partition("LANGUAGE")[0]
    hub.sql(f"{head} LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no space' USING ERRCODE = '53100'; END $$")
    response = brand.post(SHARE, json=GOOD)
    problem(response, 503)
    assert int(response.headers["Retry-After"]) > 0
    assert hub.sql("SELECT count(*) FROM contribution") == hub.sql("SELECT count(*) FROM indicator") == [(0,)]


def test_fault_of_the_hub_is_a_problem_without_its_text(hub: Hub, brand: FlaskClient) -> None:
    hub.sql("ALTER TABLE contribution RENAME COLUMN stance TO word")
    document = problem(brand.post(SHARE, json=GOOD), 500)
    assert "stance" not in json.dumps(document)
    assert "request_id" in document["remedy"]


# --- the description


def test_openapi_document_lists_every_route_of_the_api_and_is_public(hub: Hub) -> None:
    document = hub.app.test_client().get("/api/openapi.json").json
    assert document["openapi"].startswith("3.")
    listed = {(path, method) for path, operations in document["paths"].items() for method in operations}
    for rule in hub.app.url_map.iter_rules():
        if not rule.rule.startswith(("/api/v1/", "/audit/")):
            continue
        path = rule.rule.replace("<int:", "<").replace("<path:", "<").replace("<", "{").replace(">", "}")
        for method in (rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"}:
            assert (path, method.lower()) in listed


def test_openapi_document_describes_errors_as_they_are(hub: Hub, brand: FlaskClient) -> None:
    document = hub.app.test_client().get("/api/openapi.json").json
    content = document["paths"][SHARE]["post"]["responses"]["422"]["content"]
    assert list(content) == ["application/problem+json"]
    schema = content["application/problem+json"]["schema"]["$ref"].rpartition("/")[2]
    fields = document["components"]["schemas"][schema]["properties"]
    assert set(brand.post(SHARE, json={}).json) == set(fields)
