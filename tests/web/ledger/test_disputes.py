"""A member whose check of the log failed puts the evidence before the auditor, and nobody else reads it."""

from hashlib import sha256
from typing import Any

import pytest

from hub.ledger.service.disputes import MOST_A_DAY
from tests.conftest import Hub
from tests.web.ledger.test_log_over_http import entries

EVIDENCE = b'{"v":1,"code":30,"what":"the log was rolled back","now":"a note"}'


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    for code, kind in (("brand-a", "brand"), ("brand-b", "brand"), ("auditor", "auditor")):
        hub.admit(code, kind)
    return hub


def filed(hub: Hub, evidence: bytes = EVIDENCE) -> Any:
    return hub.client("brand-a").post("/audit/disputes", data=evidence, content_type="application/json")


def test_dispute_is_recorded_with_the_digest_of_its_evidence(alliance: Hub) -> None:
    answer = filed(alliance)
    alliance.sequence()
    for code in ("brand-a", "auditor"):
        view = entries(alliance.client(code))[-1]["view"]
        assert view["subject"] == {
            "type": "dispute",
            "ref": answer.json["dispute"],
            "digest": sha256(EVIDENCE).hexdigest(),
        }, code
    assert "dispute" not in str(entries(alliance.client("brand-b")))


def test_evidence_is_read_by_who_filed_it_and_the_auditor_alone(alliance: Hub) -> None:
    alliance.admit("office-x", "administration")
    name = filed(alliance).json["dispute"]
    read = {}
    for code in ("brand-a", "auditor", "brand-b", "office-x"):
        answer = alliance.client(code).get(f"/audit/disputes/{name}")
        read[code] = answer.data if answer.status_code == 200 else answer.status_code
    assert read == {"brand-a": EVIDENCE, "auditor": EVIDENCE, "brand-b": 404, "office-x": 404}


def test_member_learns_that_the_auditor_read_its_evidence(alliance: Hub) -> None:
    name = filed(alliance).json["dispute"]
    for code in ("brand-a", "brand-b", "auditor"):
        alliance.client(code).get(f"/audit/disputes/{name}")
    alliance.sequence()
    views = [each["view"] for each in entries(alliance.client("brand-a"))]
    assert [each["subject"] for each in views if each["action"] == "audit.read"] == [{"type": "dispute", "ref": name}]


@pytest.mark.parametrize(
    ("evidence", "status"),
    [
        (b"{}", 422),
        (b'{"v":2,"code":30,"what":"x"}', 422),
        (b'{"v":1,"code":5,"what":"x"}', 422),
        (b'{"v":1,"code":30,"what":""}', 422),
        (b"[]", 422),
        (b"no JSON", 400),
        (b'{"v":1,"code":30,"what":"x","now":"' + b"x" * 262_144 + b'"}', 413),
    ],
)
def test_what_is_no_evidence_is_refused(alliance: Hub, evidence: bytes, status: int) -> None:
    assert filed(alliance, evidence).status_code == status
    assert alliance.sql("SELECT count(*) FROM ledger_dispute") == [(0,)]


def test_member_that_files_without_end_is_refused(alliance: Hub) -> None:
    alliance.sql(
        "INSERT INTO ledger_dispute (name, party, at, code, evidence)"
        " SELECT 'x_' || n, id, now(), 10, '{}' FROM member, generate_series(1, %s) AS n WHERE code = 'brand-a'",
        MOST_A_DAY,
    )
    assert (filed(alliance).status_code, filed(alliance).headers["Retry-After"]) == (429, "3600")
