"""Three nets: each holds with the other two switched off.

The gate is switched off by letting past whoever is somebody; the policy by making every question it is asked a yes and
every WHERE true; row-level security by connecting as the database's owner, whom it does not bind.
"""

import base64
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import ColumnElement, true

from hub.access.actor import Actor
from hub.access.gate import marks
from hub.access.grants import Role
from hub.access.permissions import Permission
from hub.indicators import policy as indicators_policy
from hub.indicators.service.effect import _effective_among
from hub.indicators.service.sight import _sighted
from hub.ledger import policy as ledger_policy
from hub.matches import policy as matches_policy
from hub.matches import service as matches
from hub.members import policy as members_policy
from hub.members import service as members
from hub.members import sign_in
from tests.conftest import HTML, Hub
from tests.web.access.test_access_matrix import ARGUMENTS, routes
from tests.web.indicators.test_share_and_match_over_http import KEY, listed, match, share

POLICIES = (indicators_policy, ledger_policy, matches_policy, members_policy)
WRITTEN_OUT = (_effective_among, _sighted, matches._kept)
"""Statements kept from one call to the next; a policy is part of them."""
LIST = f"/api/v1/keys/{KEY}/list"


@pytest.fixture
def exchanged(hub: Hub) -> Hub:
    """A brand shared two indicators with all and one within a group; a platform outside of it, an auditor, a viewer."""
    for code, kind in (("brand-a", "brand"), ("brand-b", "brand"), ("shop", "platform"), ("auditor", "auditor")):
        hub.admit(code, kind)
    with hub.operator() as actor:
        members.join(actor, "watches", ["brand-a", "brand-b"])
    share(hub.client("brand-a"), 1, 2)
    share(hub.client("brand-a"), 3, tlp="red", sharing_groups=["watches"])
    return hub


@pytest.fixture
def without_gate() -> Callable[[Flask], None]:
    """Switches an application's gate off: whoever is somebody gets everywhere."""

    def switch_off(app: Flask) -> None:
        def let_past() -> None:
            someone = sign_in.identify()
            if someone is not None:
                g.actor = someone

        hooks = app.before_request_funcs[None]
        (at,) = [n for n, hook in enumerate(hooks) if hook.__module__ == "hub.access.gate"]
        hooks[at] = let_past

    return switch_off


@pytest.fixture
def without_policy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every yes/no is yes, every WHERE is true, and no command refuses its actor."""
    monkeypatch.setattr(Actor, "must", lambda *_: None)
    switched = []
    for policy in POLICIES:
        for name, rule in inspect.getmembers(policy, inspect.isfunction):
            if rule.__module__ == policy.__name__:
                answer = rule.__annotations__["return"]
                assert answer in (bool, ColumnElement[bool]), name
                monkeypatch.setattr(policy, name, (lambda *_: True) if answer is bool else (lambda *_: true()))
                switched.append(name)
    assert "visible_to" in switched
    for statement in WRITTEN_OUT:
        statement.cache_clear()
    yield
    for statement in WRITTEN_OUT:
        statement.cache_clear()


@pytest.fixture
def as_owner(exchanged: Hub) -> Hub:
    """The same hub, its application connected as the owner, under no row-level security."""
    assert exchanged.sql("SELECT count(*) FROM contribution") == [(3,)]
    return Hub(exchanged.owner_app, exchanged.owner_app, exchanged.owner_url, exchanged.home, exchanged.keys)


def matched(hub: Hub, code: str) -> set[int]:
    """Which of the three tokens a member finds."""
    return set(match(hub.client(code), 1, 2, 3))


def listing(hub: Hub, code: str) -> int:
    """The rows of the token list that a member gets."""
    return len(listed(hub.client(code))[0])


# --- the gate alone


def test_gate_alone_lets_nobody_past_a_mark_whose_role_does_not_grant_it(
    as_owner: Hub, without_policy: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_owner.app.config["WTF_CSRF_ENABLED"] = False  # or its refusal would stand before the gate's
    got_in = []
    mark = marks(as_owner.app)
    seats: dict[str, tuple[frozenset[Permission], FlaskClient]] = {"nobody": (frozenset(), as_owner.app.test_client())}
    for code in ("brand-a", "auditor"):
        with as_owner.app.app_context():
            seats[code] = (as_owner.actor(code).permissions, as_owner.client(code))
    for method, rule in routes(as_owner.app):
        needed = mark[rule.endpoint]
        for seat, (granted, client) in seats.items():
            if not isinstance(needed, Permission) or needed in granted:
                continue
            with as_owner.app.test_request_context():
                built = rule.build({name: ARGUMENTS[name] for name in rule.arguments}, append_unknown=False)
            assert built is not None
            answer = client.open(built[1], method=method, headers={"Accept": "application/json"})
            if answer.status_code not in {302, 401, 403}:
                got_in.append((seat, method, rule.rule, answer.status_code))
    assert got_in == []


# --- the policy alone


def test_policy_alone_keeps_a_member_to_what_may_reach_it(as_owner: Hub, without_gate: Callable[[Flask], None]) -> None:
    without_gate(as_owner.app)
    found = {code: matched(as_owner, code) for code in ("brand-b", "shop")}
    assert found == {"brand-b": {1, 2, 3}, "shop": {1, 2}}
    assert {code: listing(as_owner, code) for code in ("brand-b", "shop")} == {"brand-b": 3, "shop": 2}


def test_policy_alone_refuses_commands_that_a_role_does_not_grant(
    as_owner: Hub, without_gate: Callable[[Flask], None]
) -> None:
    without_gate(as_owner.app)
    auditor = as_owner.client("auditor")
    octets = {"data": bytes(32), "content_type": "application/octet-stream"}
    refused = {
        "share": auditor.post("/api/v1/contributions", json=_terms()),
        "withdraw": auditor.post(
            "/api/v1/contributions/withdrawals", json={"key": KEY, "tokens": _terms()["tokens"], "reason": "mistaken"}
        ),
        "match": auditor.post(f"/api/v1/keys/{KEY}/matches", **octets),  # type: ignore[arg-type]
        "evaluate": auditor.post(f"/api/v1/keys/{KEY}/evaluations", **octets),  # type: ignore[arg-type]
        "list": auditor.get(LIST),
        "contributions": auditor.get("/contributions", headers=HTML),
        "matches": auditor.get("/matches", headers=HTML),
    }
    assert {what: answer.status_code for what, answer in refused.items()} == dict.fromkeys(refused, 403)
    assert as_owner.sql("SELECT count(*) FROM contribution") == [(3,)]
    assert as_owner.sql("SELECT count(*) FROM quota") == [(0,)]


def test_policy_alone_refuses_a_viewer_the_keys_of_its_member(
    as_owner: Hub, without_gate: Callable[[Flask], None]
) -> None:
    as_owner.person("brand-a", "viewer", Role.VIEWER)
    as_owner.app.config["WTF_CSRF_ENABLED"] = False
    without_gate(as_owner.app)
    client = as_owner.signed_in("viewer")
    asked = {"name": "mine", "days": 30, "scopes": ["match:run"], "networks": ""}
    assert client.post("/credentials", data=asked, headers=HTML).status_code == 403
    assert as_owner.sql("SELECT count(*) FROM credential WHERE name = 'mine'") == [(0,)]


# --- the database alone


def test_row_level_security_alone_keeps_a_member_to_what_may_reach_it(
    exchanged: Hub, without_gate: Callable[[Flask], None], without_policy: None
) -> None:
    without_gate(exchanged.app)
    found = {code: matched(exchanged, code) for code in ("brand-b", "shop", "auditor")}
    assert found == {"brand-b": {1, 2, 3}, "shop": {1, 2}, "auditor": set()}
    assert {code: listing(exchanged, code) for code in ("brand-b", "shop")} == {"brand-b": 3, "shop": 2}


def test_row_level_security_alone_refuses_what_a_kind_of_member_does_not_do(
    exchanged: Hub, without_gate: Callable[[Flask], None], without_policy: None
) -> None:
    without_gate(exchanged.app)
    assert exchanged.client("auditor").post("/api/v1/contributions", json=_terms()).status_code >= 400
    assert exchanged.sql("SELECT count(*) FROM contribution") == [(3,)]


def test_row_level_security_alone_shows_nobody_anothers_matches_or_record(
    exchanged: Hub, without_gate: Callable[[Flask], None], without_policy: None
) -> None:
    matched(exchanged, "shop")
    exchanged.sequence()
    without_gate(exchanged.app)
    page = exchanged.client("brand-b").get("/matches", headers=HTML).text
    assert "m_" not in page
    entries = exchanged.client("brand-b").get("/audit/entries").text
    own = exchanged.sql(
        "SELECT count(*) FROM ledger_party_leaf WHERE party = (SELECT id FROM member WHERE code = 'brand-b')"
    )
    assert len(entries.splitlines()) == own[0][0]


def _terms() -> dict[str, Any]:
    return {
        "key": KEY,
        "evidence_level": "E2",
        "tlp": "green",
        "tokens": base64.b64encode(bytes(32)).decode(),
    }


def test_all_three_on_the_same_reader_finds_the_same(exchanged: Hub) -> None:
    assert {code: matched(exchanged, code) for code in ("brand-b", "shop")} == {"brand-b": {1, 2, 3}, "shop": {1, 2}}
