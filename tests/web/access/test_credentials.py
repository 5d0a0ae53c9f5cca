"""Credentials over HTTP: whose key gets in, who is kept out and with which words, and from which request on."""

import base64
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub import clock
from hub.members import service as members
from hub.members.rules import MemberState
from tests.conftest import Hub
from tests.web.indicators.test_share_and_match_over_http import KEY, match, share, token

OCTETS = "application/octet-stream"
ME = "/api/v1/me"
SHARE = {"key": KEY, "evidence_level": "E2", "tlp": "green", "tokens": base64.b64encode(token(1)).decode()}
WITHDRAW = {"key": KEY, "reason": "mistaken", "tokens": SHARE["tokens"]}
EXCHANGES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "share": ("POST", "/api/v1/contributions", {"json": SHARE}),
    "withdraw": ("POST", "/api/v1/contributions/withdrawals", {"json": WITHDRAW}),
    "match": ("POST", f"/api/v1/keys/{KEY}/matches", {"data": token(1), "content_type": OCTETS}),
    "evaluate": ("POST", f"/api/v1/keys/{KEY}/evaluations", {"data": token(1), "content_type": OCTETS}),
    "list": ("GET", f"/api/v1/keys/{KEY}/list", {}),
    "keys": ("GET", "/api/v1/keys", {}),
}
OWN = {
    "me": ("GET", ME, {}),
    "entries": ("GET", "/audit/entries", {}),
    "receipt": ("GET", f"/audit/receipts/{'A' * 22}", {}),
}


def asked(client: FlaskClient, how: tuple[str, str, dict[str, Any]]) -> TestResponse:
    method, path, body = how
    return client.open(path, method=method, **body)


def problem(response: TestResponse, status: int, slug: str) -> Any:
    """The problem document; asserts its form (RFC 9457), its status and its type."""
    assert (response.status_code, response.mimetype) == (status, "application/problem+json"), response.text
    document = response.json
    assert (document["type"], document["status"]) == (f"/problems/{slug}", status)
    assert all(document[field] for field in ("title", "detail", "remedy", "request_id"))
    return document


def nothing_happened(hub: Hub) -> bool:
    """No exchange left a trace in any table that one would write to."""
    tables = ("contribution", "indicator", "match", "sighting", "quota", "idempotency_key")
    return not any(hub.sql(f"SELECT count(*) FROM {table}")[0][0] for table in tables)


def test_request_without_a_key_is_answered_401(hub: Hub) -> None:
    client = hub.app.test_client()
    for how in (EXCHANGES | OWN).values():
        response = asked(client, how)
        problem(response, 401, "not-signed-in")
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert nothing_happened(hub)


MALFORMED = (
    *("Bearer", "Bearer ", "Bearer ah_short", f"Bearer ah_{'A' * 43}", "Bearer ah_\u00e9", "Basic YTpi"),
    *("Token {key}", "{key}", "Bearer {key}x", "Bearer {key} {key}", "Bearer {key},", "bearer={key}"),
)


def test_header_that_holds_no_known_key_is_answered_like_none_at_all(hub: Hub) -> None:
    key = hub.admit("brand-a")
    client = hub.app.test_client()
    without = problem(client.get(ME), 401, "not-signed-in")
    for header in MALFORMED:
        answer = client.get(ME, headers={"Authorization": header.format(key=key)})
        assert problem(answer, 401, "not-signed-in") | {"request_id": ""} == without | {"request_id": ""}, header


def test_scheme_is_read_in_any_case(hub: Hub) -> None:
    key = hub.admit("brand-a")
    assert hub.app.test_client().get(ME, headers={"Authorization": f"BEARER {key}"}).json["member"] == "brand-a"


def test_key_with_one_character_changed_is_unknown(hub: Hub) -> None:
    key = hub.admit("brand-a")
    for at in range(3, len(key)):
        changed = key[:at] + ("A" if key[at] != "A" else "B") + key[at + 1 :]
        problem(hub.app.test_client().get(ME, headers={"Authorization": f"Bearer {changed}"}), 401, "not-signed-in")


def test_revoked_key_is_unknown_at_the_next_request(hub: Hub) -> None:
    hub.admit("brand-a")
    client = hub.client("brand-a")
    assert client.get(ME).status_code == 200
    with hub.operator() as actor:
        assert members.revoke_credentials(actor, "brand-a") == 1
    problem(client.get(ME), 401, "not-signed-in")


def test_key_issued_after_a_revocation_gets_in(hub: Hub) -> None:
    hub.admit("brand-a")
    with hub.operator() as actor:
        members.revoke_credentials(actor, "brand-a")
        hub.keys["brand-a"] = members.issue_credential(actor, "brand-a")
    assert hub.client("brand-a").get(ME).status_code == 200


def test_expired_key_is_told_so_and_lets_nothing_through(hub: Hub) -> None:
    hub.admit("brand-a")
    with hub.operator() as actor:
        hub.keys["brand-a"] = members.issue_credential(actor, "brand-a", days=30)
    client = hub.client("brand-a")
    assert client.get(ME).status_code == 200
    with time_machine.travel(clock.now() + timedelta(days=31), tick=False):
        assert "hub member credential" in problem(client.get(ME), 401, "credential-expired")["remedy"]
        problem(asked(client, EXCHANGES["share"]), 401, "credential-expired")
    assert nothing_happened(hub)


def test_suspended_member_is_refused_at_the_very_next_request_and_let_in_again(hub: Hub) -> None:
    hub.admit("brand-a")
    client = hub.client("brand-a")
    share(client, 1)
    for state, status in ((MemberState.SUSPENDED, 403), (MemberState.ADMITTED, 200), (MemberState.PROBATION, 200)):
        with hub.operator() as actor:
            members.move(actor, "brand-a", state)
        assert client.get(ME).status_code == status


@pytest.mark.parametrize(
    ("state", "status", "slug"),
    [(MemberState.SUSPENDED, 403, "member-not-active"), (MemberState.LEFT, 401, "not-signed-in")],
)
def test_member_out_of_standing_may_do_nothing(hub: Hub, state: MemberState, status: int, slug: str) -> None:
    hub.admit("brand-a")
    with hub.operator() as actor:
        members.move(actor, "brand-a", state)
    for how in (EXCHANGES | OWN).values():
        problem(asked(hub.client("brand-a"), how), status, slug)
    assert nothing_happened(hub)


def test_suspended_members_word_has_no_effect_until_it_is_reinstated(hub: Hub) -> None:
    hub.admit("brand-a")
    hub.admit("shop", "platform")
    share(hub.client("brand-a"), 1)
    found = []
    for state in (MemberState.SUSPENDED, MemberState.ADMITTED):
        with hub.operator() as actor:
            members.move(actor, "brand-a", state)
        found.append(set(match(hub.client("shop"), 1)))
    assert found == [set(), {1}]


@pytest.mark.parametrize("kind", ["auditor", "authority", "administration"])
def test_exchange_is_not_for_those_who_only_check_enforce_or_administer(hub: Hub, kind: str) -> None:
    if kind == "administration":
        with hub.operator() as actor:
            hub.keys["someone"] = members.issue_credential(actor, members.OFFICE)
    else:
        hub.admit("someone", kind)
    client = hub.client("someone")
    for how in EXCHANGES.values():
        problem(asked(client, how), 403, "not-permitted")
    assert client.get(ME).json["kind"] == kind
    assert nothing_happened(hub)


@pytest.mark.parametrize("kind", ["brand", "platform"])
def test_exchange_is_open_to_brands_and_platforms(hub: Hub, kind: str) -> None:
    hub.admit("someone", kind)
    client = hub.client("someone")
    done = {what: asked(client, how).status_code for what, how in EXCHANGES.items()}
    assert done == dict.fromkeys(EXCHANGES, 200) | {"evaluate": 422}  # a hash is hardly ever a group element


def test_key_is_kept_as_a_digest_only(hub: Hub) -> None:
    key = hub.admit("brand-a")
    kept = str(hub.sql("SELECT * FROM credential"))
    assert key not in kept
    assert base64.urlsafe_b64decode(key[3:] + "=").hex() not in kept


def test_key_in_the_address_or_the_body_gets_nobody_in(hub: Hub) -> None:
    key = hub.admit("brand-a")
    client = hub.app.test_client()
    for query in ({"api_key": key}, {"key": key}, {"access_token": key}):
        problem(client.get(ME, query_string=query), 401, "not-signed-in")
    problem(client.post("/api/v1/contributions", json=SHARE | {"api_key": key}), 401, "not-signed-in")
