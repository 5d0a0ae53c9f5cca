"""The API keeps to its own description, whoever asks: schemathesis makes the requests, from the OpenAPI document.

For every operation and every kind of key: no server error, no status and no media type that the document does not name,
no answer of another form, and nothing for whom the reviewed table (matrix.txt) has refused.
"""

import base64
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from hub.access.tlp import MemberKind
from hub.epochs import service as epochs
from hub.members import service as members
from hub.members.rules import MemberState
from tests.conftest import Hub, fresh_database, hub_on
from tests.web.access.test_access_matrix import ARGUMENTS, TABLE
from tests.web.rights.entered import RIGHT

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
KINDS = ("brand", "platform", "authority", "auditor", "agent")
SEATS = ("nobody", *(f"key:{code}" for code in (*KINDS, "office", "suspended", "expired")))
OPERATIONS = (
    *("GET /api/v1/me", "GET /api/v1/groups", "GET /api/v1/keys"),
    *("GET /api/v1/rights", "POST /api/v1/rights", "GET /api/v1/rights/{name}"),
    *("GET /api/v1/rights/{name}/certificate", "POST /api/v1/rights/{name}/certificate"),
    *(f"POST /api/v1/rights/{{name}}/{each}" for each in ("askings", "correction", "withdrawal")),
    *("POST /api/v1/rights/{name}/verification", "POST /api/v1/rights/{name}/refusal", "POST /api/v1/rights/sheet"),
    *(
        "GET /api/v1/authorised-sellers",
        "POST /api/v1/authorised-sellers",
        "POST /api/v1/authorised-sellers/{name}/end",
    ),
    *("GET /api/v1/listing-reports", "POST /api/v1/listing-reports", "GET /api/v1/listing-reports/{name}"),
    *(f"POST /api/v1/listing-reports/{{name}}/{each}" for each in ("answers", "reviews", "messages")),
    "GET /api/v1/listing-reports/{name}/messages",
    *("GET /api/v1/questions", "POST /api/v1/questions", "GET /api/v1/questions/{name}", "GET /api/v1/answer-rates"),
    *(f"POST /api/v1/questions/{each}" for each in ("answers", "withdrawals", "{name}/messages")),
    "GET /api/v1/questions/{name}/messages",
    *("GET /api/v1/notices", "GET /api/v1/clocks", "GET /api/v1/marketplaces", "GET /api/v1/counter-notices/answers"),
    *("GET /api/v1/strikes", "GET /api/v1/statements", "GET /api/v1/listing-reports/{name}/statements/{n}"),
    *("GET /api/v1/test-buys", "POST /api/v1/test-buys", "GET /api/v1/test-buys/{name}"),
    "POST /api/v1/test-buys/{name}/commands",
    *("GET /api/v1/evidence", "POST /api/v1/evidence", "GET /api/v1/evidence/{name}"),
    *("GET /api/v1/evidence/{name}/content", "POST /api/v1/evidence/{name}/erasure"),
    *("POST /api/v1/contributions", "POST /api/v1/contributions/withdrawals"),
    *(f"{what} /api/v1/keys/{{key_id}}/{name}" for what, name in (("POST", "evaluations"), ("GET", "list"))),
    *("POST /api/v1/keys/{key_id}/matches", "GET /audit/entries", "GET /audit/receipts/{entry}", "GET /audit/export"),
    *("GET /audit/log/checkpoint", "GET /audit/log/checkpoints/{size}", "GET /audit/log/tile/{path}"),
    *("GET /audit/log/checkpoint/final", "GET /audit/log/checkpoint/offered"),
    *("GET /audit/log/keys", "GET /audit/log/policy", "GET /audit/log/shards"),
    *(
        f"GET /audit/log/{{shard}}/{what}"
        for what in ("checkpoint", "checkpoint/final", "checkpoint/offered", "checkpoints/{size}", "tile/{path}")
    ),
    *("GET /audit/log/{shard}/keys", "GET /audit/log/{shard}/policy"),
    *("GET /audit/witnesses", "POST /audit/witnesses", "POST /audit/witnesses/removal", "POST /audit/cosignatures"),
    "GET /audit/health",
    *("POST /audit/disputes", "GET /audit/disputes/{name}"),
)
KNOWN = {"size": 0, "path": "0/000", "shard": "2027"}
TOKENS = base64.b64encode(bytes(range(32))).decode()
BODIES: Mapping[str, Any] = {
    "POST /api/v1/contributions": {
        "key": ARGUMENTS["key_id"],
        "evidence_level": "E2",
        "tlp": "green",
        "stance": "infringing",
        "tokens": TOKENS,
    },
    "POST /api/v1/evidence": b"words",
    "POST /api/v1/evidence/{name}/erasure": {"reason": "not needed"},
    "POST /api/v1/rights/{name}/certificate": {"file": "f_1"},
    "POST /api/v1/rights/sheet": b"copyright\t\t\tA song\tAcme GmbH\tDE",
    "POST /api/v1/rights/{name}/askings": {"platform": "platform"},
    "POST /api/v1/rights/{name}/verification": {"digest": "0" * 64},
    "POST /api/v1/rights/{name}/refusal": {"reason": "The register names another owner."},
    **dict.fromkeys(("POST /api/v1/rights", "POST /api/v1/rights/{name}/correction"), RIGHT),
    "POST /api/v1/authorised-sellers": {"sellers": [{"url": "https://shop.example.com/store/1", "seller": "Shop"}]},
    "POST /api/v1/listing-reports": {
        "platform": "platform",
        "right": "A" * 22,
        "reason": "design",
        "listings": [{"url": "https://shop.example.com/1"}],
        "dry_run": True,
    },
    "POST /api/v1/questions": {
        "brand": "brand",
        "words": "Is this one of yours or not?",
        "day": "2026-01-31",
        "time_zone": "UTC",
        "listings": [{"url": "https://shop.example.com/1"}],
        "dry_run": True,
    },
    "POST /api/v1/test-buys": {
        "platform": "platform",
        "url": "https://shop.example.com/1",
        "goods": "Watch",
        "currency": "EUR",
        "budget": 100,
    },
    "POST /api/v1/test-buys/{name}/commands": {"command": "cancel", "version": 1},
    "POST /api/v1/questions/answers": {"questions": ["A" * 22], "answer": "genuine"},
    "POST /api/v1/questions/withdrawals": {"questions": ["A" * 22]},
    "POST /api/v1/contributions/withdrawals": {"key": ARGUMENTS["key_id"], "tokens": TOKENS, "reason": "mistaken"},
    "POST /api/v1/keys/{key_id}/evaluations": bytes(32),
    "POST /api/v1/keys/{key_id}/matches": bytes(range(32)),
}
"""What serves, where schemathesis by itself finds only what does not."""
EACH = 8
"""Requests for an operation from a seat."""


@dataclass
class Described:
    """A hub, its description, and a key for each seat."""

    hub: Hub
    schema: Any
    keys: Mapping[str, str]
    addresses: Iterator[str]
    """Each of a network of its own, as the limit of those the hub does not know counts by network."""


@pytest.fixture(scope="module")
def described(cluster: str, home: Path, evaluator_url: str) -> Iterator[Described]:
    """A hub with a member of every kind; none is held up by its limit of requests."""
    with fresh_database(cluster) as url, hub_on(url, home, evaluator_url) as hub:
        keys = _keys(hub)
        hub.sequence()
        networks = (f"{10 + (n >> 16)}.{n >> 8 & 255}.{n & 255}.1" for n in itertools.count())
        schema = schemathesis.openapi.from_wsgi("/api/openapi.json", hub.app)
        for path in schema.raw_schema["paths"].values():
            for operation in path.values():
                if "responses" in operation:
                    operation.pop("security", None)  # the seats bring their keys; schemathesis would take some away
        yield Described(hub, schema, keys, networks)


def _keys(hub: Hub) -> dict[str, str]:
    for kind in KINDS:
        hub.admit(kind, kind)
    with hub.operator() as actor:
        epochs.open_epoch(actor, "e1")
        hub.keys["office"] = members.issue_credential(actor, members.OFFICE)
        members.admit(actor, "suspended", MemberKind.BRAND, "suspended")
        for code in ("suspended", "brand"):
            hub.keys["expired" if code == "brand" else code] = members.issue_credential(actor, code)
        members.move(actor, "suspended", MemberState.SUSPENDED)
        for code in (*KINDS, members.OFFICE):
            members.set_limit(actor, code, 100_000)
    newest = "id = (SELECT max(id) FROM credential WHERE member_id = (SELECT id FROM member WHERE code = 'brand'))"
    hub.sql(f"UPDATE credential SET expires_at = now() - interval '1 day' WHERE {newest}")
    return {f"key:{code}": key for code, key in hub.keys.items()}


def refusals() -> dict[tuple[str, str], str]:
    """(operation, seat) → the status with which the reviewed table refuses."""
    heading, *rows = TABLE.read_text().splitlines()
    seats, found = heading.split()[2:-1], {}
    for row in rows:
        method, rule, *cells, _ = row.split()
        path = rule.replace("<int:", "{").replace("<path:", "{").replace("<", "{").replace(">", "}")
        found |= {(f"{method} {path}", seat): cell for seat, cell in zip(seats, cells, strict=True)}
    return {place: cell for place, cell in found.items() if cell in {"401", "403"}}


REFUSED = refusals()


def test_every_operation_of_the_document_is_tried(described: Described) -> None:
    paths = described.schema.raw_schema["paths"]
    found = {f"{method.upper()} {path}" for path, each in paths.items() for method in each if method != "parameters"}
    assert found == set(OPERATIONS)


@pytest.mark.parametrize("named", OPERATIONS)
def test_answers_are_those_of_the_document_and_the_table(described: Described, named: str) -> None:
    described.hub.sql("DELETE FROM ledger_pending")  # nothing is late: no sequencer works here
    method, path = named.split()
    operation = described.schema[path][method]
    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    cases = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in modes))
    for seat in SEATS:
        asked(described, named, cases, seat)


def asked(described: Described, named: str, cases: Any, seat: str) -> None:
    """Make some requests of one operation from one seat, and hold each answer against document and table."""

    @settings(
        max_examples=EACH,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[*HealthCheck],
    )
    @given(case=cases, known=st.booleans())
    def ask(case: Any, known: bool) -> None:
        if known:
            case.path_parameters = {name: KNOWN.get(name, ARGUMENTS[name]) for name in case.path_parameters}
            case.body = BODIES.get(named, case.body)
        case.headers.pop("Authorization", None)
        key = {"Authorization": f"Bearer {described.keys[seat]}"} if seat in described.keys else None
        answer = case.call(headers=key, environ_base={"REMOTE_ADDR": next(described.addresses)})
        case.validate_response(answer, checks=CHECKS)
        assert answer.status_code != 429, "a limit stands before what is asked"
        if (named, seat) in REFUSED:
            assert str(answer.status_code) in {REFUSED[named, seat], "404"}, (seat, answer.status_code)

    ask()
