"""Every exchange is on record before it is answered; what cannot be recorded does not happen."""

import base64
import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from hub.tokens import Blinder
from tests.conftest import TEMPLATE, Hub
from tests.web.indicators.test_share_and_match_over_http import KEY, match, share, token

OCTETS = "application/octet-stream"
TOKENS = base64.b64encode(token(1)).decode()
EXCHANGES = ("share", "withdraw", "match", "evaluate", "list")
TRACES = (
    "contribution",
    "indicator",
    "match",
    "sighting",
    "quota",
    "idempotency_key",
    "contribution_tally",
    "ledger_entry",
)


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    hub.admit("brand-a")
    hub.admit("brand-b")
    share(hub.client("brand-b"), 1, 2)
    return hub


def exchange(hub: Hub, what: str, again: str | None = None) -> TestResponse:
    """One exchange of brand-a; `again` is its Idempotency-Key."""
    client = hub.client("brand-a")
    public = next(line for line in client.get("/api/v1/keys").text.splitlines() if line.startswith(KEY)).split(" ")[1]
    ways: dict[str, tuple[str, str, dict[str, Any]]] = {
        "share": (
            "POST",
            "/api/v1/contributions",
            {"json": {"key": KEY, "evidence_level": "E2", "tlp": "green", "tokens": TOKENS}},
        ),
        "withdraw": (
            "POST",
            "/api/v1/contributions/withdrawals",
            {"json": {"key": KEY, "tokens": TOKENS, "reason": "mistaken"}},
        ),
        "match": ("POST", f"/api/v1/keys/{KEY}/matches", {"data": token(1), "content_type": OCTETS}),
        "evaluate": (
            "POST",
            f"/api/v1/keys/{KEY}/evaluations",
            {"data": Blinder(base64.b64decode(public)).blind([b"one shop"]), "content_type": OCTETS},
        ),
        "list": ("GET", f"/api/v1/keys/{KEY}/list", {}),
    }
    method, path, how = ways[what]
    return client.open(path, method=method, headers={"Idempotency-Key": again} if again else {}, **how)


def state(hub: Hub) -> dict[str, list[tuple[object, ...]]]:
    """All that an exchange could change."""
    return {table: hub.sql(f"SELECT * FROM {table} ORDER BY 1, 2") for table in TRACES}


def test_exchange_names_the_entry_that_records_it(alliance: Hub) -> None:
    actions = {}
    for what in EXCHANGES:
        response = exchange(alliance, what)
        assert response.status_code == 200, response.text
        id = base64.urlsafe_b64decode(response.headers["Audit-Entry"] + "==")
        rows = alliance.sql(
            "SELECT e.action FROM ledger_entry e JOIN ledger_pending q ON q.entry_id = e.id"
            " JOIN ledger_part p ON p.entry_id = e.id JOIN member m ON m.id = p.party"
            " WHERE uuid_send(e.id) = %s AND m.code = 'brand-a'",
            id,
        )
        actions[what] = rows[0][0]
        assert alliance.client("brand-a").get(f"/audit/receipts/{response.headers['Audit-Entry']}").status_code == 202
    assert actions == {
        "share": "contribution.shared",
        "withdraw": "contribution.withdrawn",
        "match": "match.run",
        "evaluate": "token.evaluated",
        "list": "list.fetched",
    }


def test_what_a_part_is_asked_for_by_is_what_its_view_says(alliance: Hub) -> None:
    for what in EXCHANGES:
        exchange(alliance, what)
    roles = set()
    for view, *beside in alliance.sql("SELECT view, action, outcome, role, via, acting FROM ledger_part"):
        told = json.loads(bytes(view))  # type: ignore[arg-type]  # of a column that holds bytes
        assert beside == [told[name] for name in ("action", "outcome", "role", "via", "member")]
        roles.add((told["role"], told["member"] is None))
    assert roles == {("actor", False), ("counterparty", False), ("owner", True)}


def test_exchange_names_its_entry_in_the_body_too(alliance: Hub) -> None:
    for what in ("share", "withdraw", "match"):
        response = exchange(alliance, what)
        assert response.json["entry"] == response.headers["Audit-Entry"]


@pytest.mark.parametrize("what", ["share", "withdraw"])
def test_exchange_repeated_under_its_key_names_the_same_entry_and_is_recorded_once(alliance: Hub, what: str) -> None:
    before = len(alliance.sql("SELECT id FROM ledger_entry"))
    names = {exchange(alliance, what, again="0123456789").headers["Audit-Entry"] for _ in range(2)}
    assert len(names) == 1
    assert len(alliance.sql("SELECT id FROM ledger_entry")) == before + 1


@pytest.mark.parametrize("what", EXCHANGES)
def test_exchange_that_cannot_be_recorded_does_not_happen(alliance: Hub, what: str) -> None:
    """The application's role may no longer call the one function that records; nothing else is amiss."""
    if what == "withdraw":
        exchange(alliance, "share")
    before = state(alliance)
    alliance.sql(f"REVOKE EXECUTE ON FUNCTION ledger_append FROM {TEMPLATE}_app")
    response = exchange(alliance, what, again="0123456789")
    assert (response.status_code, response.mimetype) == (500, "application/problem+json")
    assert "Audit-Entry" not in response.headers
    assert state(alliance) == before
    alliance.sql(f"GRANT EXECUTE ON FUNCTION ledger_append TO {TEMPLATE}_app")
    assert exchange(alliance, what, again="abcdefghij").status_code == 200


def test_exchange_that_is_refused_leaves_no_entry(alliance: Hub) -> None:
    brand = alliance.client("brand-a")
    before = state(alliance)
    share(brand, 1, tlp="red", status=422)
    share(brand, 1, sharing_groups=["nothing"], status=422)
    brand.post(f"/api/v1/keys/{KEY}/matches", data=b"x", content_type=OCTETS)
    assert state(alliance) == before


def test_match_without_a_hit_is_recorded_too(alliance: Hub) -> None:
    before = len(alliance.sql("SELECT id FROM ledger_entry WHERE action = 'match.run'"))
    assert match(alliance.client("brand-a"), 77) == {}
    assert len(alliance.sql("SELECT id FROM ledger_entry WHERE action = 'match.run'")) == before + 1
