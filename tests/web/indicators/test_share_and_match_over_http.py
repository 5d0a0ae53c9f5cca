"""Sharing, withdrawing, matching and listing over HTTP, with row-level security on."""

import base64
import struct
from hashlib import sha256
from typing import Any

import pytest
from flask.testing import FlaskClient

from hub.web.pagination import seal_cursor
from tests.conftest import Hub

KEY = "example.e1.domain"
ROW = struct.Struct(">32sBBBxI")


def token(n: int) -> bytes:
    return sha256(n.to_bytes(4, "big")).digest()


def share(client: FlaskClient, *numbers: int, status: int = 200, headers: Any = None, **terms: Any) -> Any:
    body = {"key": KEY, "evidence_level": "E2", "tlp": "green"} | terms
    body["tokens"] = base64.b64encode(b"".join(map(token, numbers))).decode()
    response = client.post("/api/v1/contributions", json=body, headers=headers)
    assert response.status_code == status, response.text
    return response.json


def withdraw(client: FlaskClient, *numbers: int) -> Any:
    tokens = base64.b64encode(b"".join(map(token, numbers))).decode()
    response = client.post(
        "/api/v1/contributions/withdrawals", json={"key": KEY, "tokens": tokens, "reason": "mistaken"}
    )
    assert response.status_code == 200, response.text
    return response.json


def match(client: FlaskClient, *numbers: int) -> dict[int, Any]:
    response = client.post(
        f"/api/v1/keys/{KEY}/matches", data=b"".join(map(token, numbers)), content_type="application/octet-stream"
    )
    assert response.status_code == 200, response.text
    return {numbers[hit["n"]]: hit for hit in response.json["hits"]}


def listed(client: FlaskClient, cursor: str = "", limit: int = 50_000) -> tuple[dict[int, Any], str, bool, bool]:
    response = client.get(
        f"/api/v1/keys/{KEY}/list", query_string={"limit": limit} | ({"cursor": cursor} if cursor else {})
    )
    assert response.status_code == 200, response.text
    length = int.from_bytes(response.data[:4], "big")
    lines = response.data[4 : 4 + length].decode().split("\n")
    rows = response.data[4 + length :]
    assert base64.b64decode(lines[5]) == sha256(rows).digest()
    full, count, more = lines[4].split(" ")
    assert int(count) * 40 == len(rows)
    return {row[0]: row[1:] for row in ROW.iter_unpack(rows)}, lines[3], full == "full", more == "more"


@pytest.fixture
def members(hub: Hub) -> Hub:
    for code, kind in (("brand-a", "brand"), ("brand-b", "brand"), ("brand-c", "brand"), ("shop", "platform")):
        hub.admit(code, kind)
    return hub


def test_share_twice_changes_nothing(members: Hub) -> None:
    a = members.client("brand-a")
    first, second = share(a, 1, 2, 3), share(a, 1, 2, 3)
    assert (first["added"], first["changed"], first["unchanged"]) == (3, 0, 0)
    assert (second["added"], second["changed"], second["unchanged"]) == (0, 0, 3)


def test_share_of_one_token_twice_in_a_batch_counts_once(members: Hub) -> None:
    assert share(members.client("brand-a"), 1, 1, 2)["added"] == 2


def test_share_with_other_terms_changes(members: Hub) -> None:
    a = members.client("brand-a")
    share(a, 1, 2)
    assert share(a, 1, tlp="amber")["changed"] == 1


def test_match_of_e2_by_one_member_has_effect(members: Hub) -> None:
    share(members.client("brand-a"), 1, 2)
    hits = match(members.client("shop"), 5, 1)
    assert set(hits) == {1}
    assert hits[1]["members"] is None
    assert hits[1]["evidence_level"] == "E2"


def test_match_of_e1_by_one_member_has_no_effect(members: Hub) -> None:
    share(members.client("brand-a"), 1, evidence_level="E1")
    assert match(members.client("shop"), 1) == {}


def test_match_of_e1_by_two_members_has_effect(members: Hub) -> None:
    for code in ("brand-a", "brand-b"):
        share(members.client(code), 1, evidence_level="E1")
    assert set(match(members.client("shop"), 1)) == {1}


def test_match_shows_the_number_of_members_from_three_on(members: Hub) -> None:
    shown = []
    for code in ("brand-a", "brand-b", "brand-c"):
        share(members.client(code), 1)
        shown.append(match(members.client("shop"), 1)[1]["members"])
    assert shown == [None, None, 3]


def test_match_of_own_contribution_alone_is_none(members: Hub) -> None:
    a = members.client("brand-a")
    share(a, 1)
    assert match(a, 1) == {}


def test_match_after_withdrawal_is_gone_at_the_next_request(members: Hub) -> None:
    a, shop = members.client("brand-a"), members.client("shop")
    share(a, 1, 2)
    assert withdraw(a, 1, 9) | {"entry": ""} == {"entry": "", "withdrawn": 1, "unknown": 1}
    assert set(match(shop, 1, 2)) == {2}


def test_match_of_a_token_that_another_member_calls_legitimate_is_none(members: Hub) -> None:
    share(members.client("brand-a"), 1)
    share(members.client("brand-b"), 1, stance="legitimate")
    assert match(members.client("shop"), 1) == {}
    withdraw(members.client("brand-b"), 1)
    assert set(match(members.client("shop"), 1)) == {1}


def test_match_of_a_group_contribution_reaches_its_members_only(members: Hub) -> None:
    with members.operator() as actor:
        from hub.members import service

        service.join(actor, "watches", ["brand-a", "shop"])
    share(members.client("brand-a"), 1, tlp="red", sharing_groups=["watches"])
    assert set(match(members.client("shop"), 1)) == {1}
    assert match(members.client("brand-b"), 1) == {}


def test_share_red_without_a_group_is_refused_with_the_field(members: Hub) -> None:
    problem = share(members.client("brand-a"), 1, tlp="red", status=422)
    assert list(problem["errors"]) == ["sharing_groups"]


def test_share_to_a_group_one_is_not_in_is_refused_like_one_that_is_not(members: Hub) -> None:
    with members.operator() as actor:
        from hub.members import service

        service.join(actor, "watches", ["brand-b"])
    said = [share(members.client("brand-a"), 1, sharing_groups=[group], status=422) for group in ("watches", "nothing")]
    assert said[0]["detail"] == said[1]["detail"]


def test_share_under_an_unknown_key_is_not_found(members: Hub) -> None:
    assert share(members.client("brand-a"), 1, key="example.e9.domain", status=404)["type"] == "/problems/not-found"


def test_idempotency_key_with_another_body_is_refused(members: Hub) -> None:
    a, key = members.client("brand-a"), {"Idempotency-Key": "0123456789"}
    first = share(a, 1, headers=key)
    assert share(a, 1, headers=key) == first
    assert share(a, 2, headers=key, status=422)["type"] == "/problems/idempotency-key-reused"


def test_list_holds_what_match_finds(members: Hub) -> None:
    share(members.client("brand-a"), 1, 2)
    share(members.client("brand-b"), 3, evidence_level="E1")
    rows, _, full, more = listed(members.client("shop"))
    assert set(rows) == {token(1), token(2)}
    assert full
    assert not more


def test_list_since_a_cursor_gives_the_changes_only(members: Hub) -> None:
    a, shop = members.client("brand-a"), members.client("shop")
    share(a, *range(50))
    _, cursor, _, _ = listed(shop)
    share(a, 100)
    withdraw(a, 7)
    rows, cursor, full, _ = listed(shop, cursor)
    assert not full
    assert {key: row[0] for key, row in rows.items()} == {token(100): 1, token(7): 0}
    assert listed(shop, cursor)[0] == {}


def test_list_tells_of_a_dispute_by_a_member_the_reader_cannot_see(members: Hub) -> None:
    with members.operator() as actor:
        from hub.members import service

        service.join(actor, "secret", ["brand-b"])
    a, shop = members.client("brand-a"), members.client("shop")
    share(a, 1)
    _, cursor, _, _ = listed(shop)
    share(members.client("brand-b"), 1, stance="legitimate", tlp="red", sharing_groups=["secret"])
    assert {key: row[0] for key, row in listed(shop, cursor)[0].items()} == {token(1): 0}


def changed_since(reader: FlaskClient, cursor: str) -> dict[bytes, int]:
    """Token → 1 present or 0 gone, of what a list gives from a cursor on."""
    rows, _, full, _ = listed(reader, cursor)
    assert not full
    return {key: row[0] for key, row in rows.items()}


def test_list_tells_nothing_of_what_never_had_effect(members: Hub) -> None:
    """One member's word at E1 passes to nobody; that it was given, amended, taken back or denied is told to nobody."""
    a, b, shop = members.client("brand-a"), members.client("brand-b"), members.client("shop")
    share(a, 1, 2, 3, 4, evidence_level="E1")
    share(b, 5, stance="legitimate")
    share(a, 5)
    _, cursor, _, _ = listed(shop)
    share(a, 1, evidence_level="E1", tlp="amber")
    withdraw(a, 2)
    share(b, 3, stance="legitimate")
    share(a, 6, evidence_level="E1")
    share(a, 5, tlp="amber")
    withdraw(a, 5)
    share(shop, 7)
    assert changed_since(shop, cursor) == {}


def test_list_tells_nothing_of_what_had_effect_between_two_readings_only(members: Hub) -> None:
    a, b, shop = members.client("brand-a"), members.client("brand-b"), members.client("shop")
    share(a, 1, evidence_level="E1")
    _, cursor, _, _ = listed(shop)
    share(b, 1, 2, evidence_level="E2")
    withdraw(b, 1, 2)
    assert changed_since(shop, cursor) == {}


@pytest.mark.parametrize(
    "gone",
    [
        lambda a, _: withdraw(a, 1),
        lambda a, _: share(a, 1, evidence_level="E1"),
        lambda a, _: share(a, 1, stance="impersonated"),
        lambda _, b: share(b, 1, stance="legitimate"),
        lambda a, _: (share(a, 1, sellers=["s"]), withdraw(a, 1)),
        lambda a, b: (share(a, 1, evidence_level="E1"), share(b, 1, stance="legitimate"), withdraw(a, 1)),
    ],
    ids=["withdrawn", "less evidence", "another stance", "disputed", "amended, then withdrawn", "three times changed"],
)
def test_list_tells_that_what_had_effect_is_gone(members: Hub, gone: Any) -> None:
    a, b, shop = members.client("brand-a"), members.client("brand-b"), members.client("shop")
    share(a, 1)
    _, cursor, _, _ = listed(shop)
    gone(a, b)
    assert changed_since(shop, cursor) == {token(1): 0}


def test_list_tells_that_an_effect_of_two_is_gone_when_one_of_them_is(members: Hub) -> None:
    a, b, shop = members.client("brand-a"), members.client("brand-b"), members.client("shop")
    for each in (a, b):
        share(each, 1, evidence_level="E1")
    _, cursor, _, _ = listed(shop)
    withdraw(b, 1)
    assert changed_since(shop, cursor) == {token(1): 0}


def test_cursor_of_an_older_hub_starts_over(members: Hub) -> None:
    share(members.client("brand-a"), 1)
    number = members.sql("SELECT id FROM member WHERE code = 'shop'")[0][0]
    key_id = members.sql("SELECT id FROM token_key WHERE name = %s", KEY)[0][0]
    with members.app.app_context():
        old = seal_cursor([False, 1, 1, "0" * 16, ""], f"list {number} {key_id}")
    rows, _, full, _ = listed(members.client("shop"), old)
    assert (set(rows), full) == ({token(1)}, True)


def test_list_in_pages_gives_every_row_once(members: Hub) -> None:
    share(members.client("brand-a"), *range(25))
    shop, seen, cursor, more = members.client("shop"), [], "", True
    while more:
        rows, cursor, _, more = listed(shop, cursor, limit=10)
        seen += list(rows)
    assert sorted(seen) == sorted(token(n) for n in range(25))


def test_list_starts_over_when_a_member_is_suspended(members: Hub) -> None:
    share(members.client("brand-a"), 1)
    shop = members.client("shop")
    _, cursor, _, _ = listed(shop)
    with members.operator() as actor:
        from hub.members import service
        from hub.members.rules import MemberState

        service.move(actor, "brand-a", MemberState.SUSPENDED)
    rows, _, full, _ = listed(shop, cursor)
    assert full
    assert rows == {}


def test_cursor_of_another_member_is_refused(members: Hub) -> None:
    _, cursor, _, _ = listed(members.client("shop"))
    response = members.client("brand-a").get(f"/api/v1/keys/{KEY}/list", query_string={"cursor": cursor})
    assert response.status_code == 422


@pytest.mark.parametrize(
    ("body", "media", "status"),
    [
        (b"x" * 33, "application/octet-stream", 422),
        (b"", "application/octet-stream", 422),
        (b"x" * 32 * 20_001, "application/octet-stream", 413),
        (b"x" * 32, "text/plain", 415),
    ],
    ids=["length is no multiple of 32", "empty", "too many", "wrong media type"],
)
def test_match_body_that_is_none_is_refused_as_a_problem(members: Hub, body: bytes, media: str, status: int) -> None:
    response = members.client("shop").post(f"/api/v1/keys/{KEY}/matches", data=body, content_type=media)
    assert (response.status_code, response.mimetype) == (status, "application/problem+json")
    assert response.json["remedy"]
