"""Evaluation over HTTP: what is refused and loses nothing, what a retry costs, and what the client catches."""

import base64
import shutil
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub.epochs import service as epochs
from hub.members import service as members
from hub.tokens import Blinder, ProofError
from tests.conftest import Hub
from tests.web.evaluator.running import run_evaluator, running
from tests.web.indicators.test_share_and_match_over_http import share

KEY = "example.e1.domain"
IDENTITY = bytes(32)
NOT_CANONICAL = b"\xff" * 32
MOST = 4096


@pytest.fixture
def brand(hub: Hub) -> FlaskClient:
    hub.admit("brand-a")
    return hub.client("brand-a")


def public_key(client: FlaskClient, key: str = KEY) -> bytes:
    """The key as a member pins it from the directory."""
    lines = client.get("/api/v1/keys").text.splitlines()
    return base64.b64decode(next(line.split(" ")[1] for line in lines if line.startswith(f"{key} ")))


def blinded(client: FlaskClient, count: int = 1) -> bytes:
    return Blinder(public_key(client)).blind([b"shop %d" % n for n in range(count)])


def evaluate(client: FlaskClient, body: bytes, *, key: str = KEY, again: str | None = None) -> TestResponse:
    """One evaluation; `again` is its Idempotency-Key."""
    headers = {} if again is None else {"Idempotency-Key": again}
    return client.post(
        f"/api/v1/keys/{key}/evaluations", data=body, content_type="application/octet-stream", headers=headers
    )


def refused(response: TestResponse, status: int, slug: str) -> Any:
    """The problem document of a refusal."""
    assert (response.status_code, response.mimetype) == (status, "application/problem+json"), response.text
    assert response.json["type"] == f"/problems/{slug}"
    assert response.json["remedy"]
    return response.json


def used(client: FlaskClient, type: str = "domain") -> int:
    """What the member has used of its quota of a type."""
    quotas = client.get("/api/v1/me").json["quotas"]
    return next(quota["used"] for quota in quotas if quota["type"] == type)


def recorded(hub: Hub) -> int:
    """How many evaluations are on record."""
    return hub.sql("SELECT count(*) FROM ledger_entry WHERE action = 'token.evaluated'")[0][0]  # type: ignore[return-value]


@pytest.fixture
def dead_address() -> Iterator[str]:
    """An address of which it is certain that nobody answers."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


def test_evaluation_gives_two_members_the_same_token_for_the_same_identifier(hub: Hub) -> None:
    tokens, wires = [], []
    for code in ("brand-a", "brand-b"):
        hub.admit(code)
        client = hub.client(code)
        blinder = Blinder(public_key(client))
        wires.append(blinder.blind([b"one shop"]))
        tokens.append(blinder.finalise(evaluate(client, wires[-1]).data))
    assert tokens[0] == tokens[1]
    assert wires[0] != wires[1]


@pytest.mark.parametrize("size", [0, 1, 31, 33, 65], ids=lambda size: f"{size} bytes")
def test_body_that_is_no_run_of_elements_is_refused_and_costs_nothing(hub: Hub, brand: FlaskClient, size: int) -> None:
    problem = refused(evaluate(brand, b"\x07" * size), 422, "not-valid")
    assert list(problem["errors"]) == ["body"]
    assert (used(brand), recorded(hub)) == (0, 0)


def test_batch_of_the_limit_is_evaluated_and_one_more_is_too_large(hub: Hub, brand: FlaskClient) -> None:
    whole = blinded(brand, MOST)
    assert len(evaluate(brand, whole).data) == 64 + len(whole)
    problem = refused(evaluate(brand, whole + whole[:32]), 413, "too-large")
    assert "4,096" in problem["remedy"]
    assert (used(brand), recorded(hub)) == (MOST, 1)


def test_body_of_another_media_type_is_refused(brand: FlaskClient) -> None:
    response = brand.post(f"/api/v1/keys/{KEY}/evaluations", data=blinded(brand), content_type="text/plain")
    refused(response, 415, "media-type")
    assert used(brand) == 0


@pytest.mark.parametrize("element", [IDENTITY, NOT_CANONICAL], ids=["identity", "not canonical"])
@pytest.mark.parametrize("position", [0, 2])
def test_element_that_is_none_is_refused_with_its_position(brand: FlaskClient, element: bytes, position: int) -> None:
    good = blinded(brand, 3)
    body = good[: 32 * position] + element + good[32 * position + 32 :]
    problem = refused(evaluate(brand, body), 422, "not-valid")
    assert f"element {position}:" in problem["detail"]
    assert list(problem["errors"]) == ["body"]


def test_batch_with_a_bad_element_is_refused_again_when_it_is_repeated_and_costs_no_more(brand: FlaskClient) -> None:
    costs = []
    for _ in range(2):
        refused(evaluate(brand, IDENTITY, again="0123456789"), 422, "not-valid")
        costs.append(used(brand))
    assert costs[0] == costs[1]


def test_answer_made_with_another_key_is_caught_by_the_client(
    hub: Hub, make_hub: Callable[[str], Hub], brand: FlaskClient, home: Path, tmp_path: Path
) -> None:
    """The evaluator's seed was changed behind the members' backs: same key id, other key."""
    other = tmp_path / "other"
    (other / "evaluator").mkdir(parents=True, mode=0o700)
    shutil.copy2(home / "evaluator" / "bearer", other / "evaluator" / "bearer")
    assert run_evaluator("init", "--home", str(other), "--alliance", "example").returncode == 0
    blinder = Blinder(public_key(brand))
    body = blinder.blind([b"one shop"])
    with running(other, tmp_path / "log", "--workers", "1") as evaluator:
        changed = make_hub(f"http://127.0.0.1:{evaluator.port}")
        changed.keys = hub.keys
        answer = evaluate(changed.client("brand-a"), body)
    assert answer.status_code == 200
    with pytest.raises(ProofError):
        blinder.finalise(answer.data)


def test_repeat_under_the_same_idempotency_key_is_debited_and_recorded_once(hub: Hub, brand: FlaskClient) -> None:
    blinder = Blinder(public_key(brand))
    body = blinder.blind([b"one shop", b"another"])
    answers = [evaluate(brand, body, again="0123456789") for _ in range(3)]
    assert len({tuple(blinder.finalise(answer.data)) for answer in answers}) == 1
    assert len({answer.headers["Audit-Entry"] for answer in answers}) == 1
    assert (used(brand), recorded(hub)) == (2, 1)


def test_same_request_without_an_idempotency_key_is_debited_each_time(hub: Hub, brand: FlaskClient) -> None:
    body = blinded(brand, 2)
    for _ in range(2):
        evaluate(brand, body)
    assert (used(brand), recorded(hub)) == (4, 2)


def test_idempotency_key_used_for_another_body_is_refused(hub: Hub, brand: FlaskClient) -> None:
    evaluate(brand, blinded(brand), again="0123456789")
    refused(evaluate(brand, blinded(brand), again="0123456789"), 422, "idempotency-key-reused")
    assert (used(brand), recorded(hub)) == (1, 1)


def test_idempotency_key_used_for_another_token_key_is_refused(brand: FlaskClient) -> None:
    body = blinded(brand)
    evaluate(brand, body, again="0123456789")
    refused(evaluate(brand, body, key="example.e1.phone", again="0123456789"), 422, "idempotency-key-reused")
    assert used(brand, "phone") == 0


def test_idempotency_keys_of_two_members_are_apart(hub: Hub, brand: FlaskClient) -> None:
    hub.admit("brand-b")
    other = hub.client("brand-b")
    assert evaluate(brand, blinded(brand), again="0123456789").status_code == 200
    assert evaluate(other, blinded(brand), again="0123456789").status_code == 200
    assert (used(brand), used(other)) == (1, 1)


@pytest.mark.parametrize("key", ["short", "x" * 65, "tab\tinside", "schl\u00fcssel"])
def test_idempotency_key_of_another_form_is_refused(brand: FlaskClient, key: str) -> None:
    refused(evaluate(brand, blinded(brand), again=key), 422, "not-valid")
    assert used(brand) == 0


def test_repeats_at_the_same_moment_are_debited_once(hub: Hub, brand: FlaskClient) -> None:
    body = blinded(brand, 2)
    with ThreadPoolExecutor(4) as together:
        answers = list(
            together.map(lambda _: evaluate(hub.client("brand-a"), body, again="0123456789").status_code, range(8))
        )
    assert set(answers) <= {200, 409}
    assert 200 in answers
    assert (used(brand), recorded(hub)) == (2, 1)


def allow(hub: Hub, allowed: int) -> None:
    with hub.operator() as actor:
        epochs.declare_need(actor, members.find("brand-a"), "domain", allowed)


def test_quota_spent_is_told_with_what_is_left_and_takes_nothing(hub: Hub, brand: FlaskClient) -> None:
    allow(hub, 3)
    assert evaluate(brand, blinded(brand, 2)).status_code == 200
    response = evaluate(brand, blinded(brand, 2))
    problem = refused(response, 429, "quota-spent")
    assert int(response.headers["Retry-After"]) > 0
    assert problem["detail"].startswith("1 ")
    assert (used(brand), recorded(hub)) == (2, 1)
    assert evaluate(brand, blinded(brand, 1)).status_code == 200


def test_request_refused_for_its_quota_succeeds_under_the_same_idempotency_key_once_it_is_raised(
    hub: Hub, brand: FlaskClient
) -> None:
    allow(hub, 1)
    body = blinded(brand, 2)
    refused(evaluate(brand, body, again="0123456789"), 429, "quota-spent")
    allow(hub, 2)
    assert evaluate(brand, body, again="0123456789").status_code == 200
    assert used(brand) == 2


def test_quota_of_one_type_leaves_the_others_alone(hub: Hub, brand: FlaskClient) -> None:
    allow(hub, 0)
    refused(evaluate(brand, blinded(brand)), 429, "quota-spent")
    assert evaluate(brand, blinded(brand), key="example.e1.phone").status_code == 200


def test_quota_is_not_overspent_by_requests_at_the_same_moment(hub: Hub, brand: FlaskClient) -> None:
    allow(hub, 5)
    body = blinded(brand, 2)
    with ThreadPoolExecutor(4) as together:
        answers = list(together.map(lambda _: evaluate(hub.client("brand-a"), body).status_code, range(8)))
    assert sorted(answers) == [200] * 2 + [429] * 6
    assert used(brand) == 4


@pytest.mark.parametrize(
    "key", ["example.e9.domain", "example.e1.nothing", "other.e1.domain", "nothing", "example.e1.domain.x", "a\x00b"]
)
def test_key_that_there_is_none_of_is_not_found(brand: FlaskClient, key: str) -> None:
    refused(evaluate(brand, blinded(brand), key=key), 404, "not-found")


def test_evaluator_down_is_told_and_the_repeat_succeeds_debited_once(
    hub: Hub, make_hub: Callable[[str], Hub], brand: FlaskClient, dead_address: str
) -> None:
    """The same database, and at first an evaluator that does not answer."""
    down = make_hub(dead_address)
    down.keys = hub.keys
    blinder = Blinder(public_key(brand))
    body = blinder.blind([b"one shop"])
    for _ in range(2):
        response = evaluate(down.client("brand-a"), body, again="0123456789")
        problem = refused(response, 503, "unavailable")
        assert int(response.headers["Retry-After"]) > 0
        assert "Idempotency-Key" in problem["remedy"]
    answer = evaluate(brand, body, again="0123456789")
    assert len(blinder.finalise(answer.data)) == 1
    assert answer.headers["Audit-Entry"]
    assert (used(brand), recorded(hub)) == (1, 1)


def test_evaluator_down_leaves_everything_else_working(
    hub: Hub, make_hub: Callable[[str], Hub], brand: FlaskClient, dead_address: str
) -> None:
    down = make_hub(dead_address)
    down.keys = hub.keys
    client = down.client("brand-a")
    assert public_key(client) == public_key(brand)
    assert share(client, 1)["added"] == 1


def test_key_of_a_closing_epoch_still_evaluates_but_takes_no_contribution(hub: Hub, brand: FlaskClient) -> None:
    with hub.operator() as actor:
        epochs.open_epoch(actor, "e2")
    assert evaluate(brand, blinded(brand)).status_code == 200
    assert share(brand, 1, status=422)["type"] == "/problems/epoch-not-open"
    assert share(brand, 1, key="example.e2.domain")["added"] == 1
    listed = [line.split(" ") for line in brand.get("/api/v1/keys").text.splitlines() if line.startswith("example.e")]
    states = [(key.split(".")[1], state) for key, _, state in (line for line in listed if len(line) == 3)]
    assert states == [("e2", "open")] * 9 + [("e1", "closing")] * 9


def test_key_of_a_closed_epoch_evaluates_no_more_and_is_not_listed(hub: Hub, brand: FlaskClient) -> None:
    body = blinded(brand)
    hub.sql("UPDATE epoch SET state = 'closed'")
    problem = refused(evaluate(brand, body), 422, "epoch-not-open")
    assert "closed" in problem["detail"]
    assert KEY not in brand.get("/api/v1/keys").text
    assert used(brand) == 0
