"""Each answer that records an exchange bears the hub's signed promise for it."""

import base64
import time
from typing import Any

import pytest
from flask.testing import FlaskClient

from hub.app import service_signer
from hub.tree.leaf import parse_leaf
from hub.tree.merkle import leaf_hash
from hub.tree.promise import TERM_SECONDS, Promise, from_header
from tests.conftest import Hub
from tests.web.indicators.test_share_and_match_over_http import KEY, token
from tests.web.ledger.test_log_over_http import entries

TOKENS = {"key": KEY, "tokens": base64.b64encode(token(1)).decode()}
OCTETS = {"data": token(1), "content_type": "application/octet-stream"}


@pytest.fixture
def client(hub: Hub) -> FlaskClient:
    hub.admit("brand-a", "brand")
    return hub.client("brand-a")


def opened(hub: Hub, answer: Any) -> Promise:
    """What an answer promises, under the key that a member's profile pins."""
    signer = service_signer(hub.app.extensions["settings"]).verifier
    return Promise.open(from_header(answer.headers["Audit-Promise"]), hub.origin, signer)


def shared(client: FlaskClient, **headers: str) -> Any:
    terms = {"evidence_level": "E2", "tlp": "green"}
    return client.post("/api/v1/contributions", json=TOKENS | terms, headers=headers)


def test_answer_to_an_exchange_bears_the_promise_of_its_entry(hub: Hub, client: FlaskClient) -> None:
    withdrawal = TOKENS | {"reason": "mistaken"}
    answers = {
        "share": shared(client),
        "match": client.post(f"/api/v1/keys/{KEY}/matches", **OCTETS),
        "list": client.get(f"/api/v1/keys/{KEY}/list"),
        "withdraw": client.post("/api/v1/contributions/withdrawals", json=withdrawal),
    }
    for act, answer in answers.items():
        promised = opened(hub, answer)
        assert promised.entry == answer.headers["Audit-Entry"], act
        assert 0 < promised.deadline - time.time() <= TERM_SECONDS, act


def test_promised_leaf_is_the_one_in_the_log(hub: Hub, client: FlaskClient) -> None:
    promised = opened(hub, shared(client))
    hub.sequence()
    leaf = base64.b64decode(entries(client)[-1]["leaf"])
    id = base64.urlsafe_b64encode(parse_leaf(leaf).id).decode().rstrip("=")
    assert (promised.entry, promised.leaf_hash) == (id, leaf_hash(leaf))


def test_repeated_request_gets_the_same_promise(client: FlaskClient) -> None:
    first, again = (shared(client, **{"Idempotency-Key": "the-same-key"}) for _ in range(2))
    assert first.headers["Audit-Promise"] == again.headers["Audit-Promise"]


def test_answer_that_records_nothing_promises_nothing(client: FlaskClient) -> None:
    assert "Audit-Promise" not in client.get("/api/v1/me").headers
