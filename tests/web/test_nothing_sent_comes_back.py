"""Neither an answer nor the log of the web server repeats what was sent: it may be an identifier in the wrong place."""

import base64
import http.client
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from tests.conftest import ROOT, Hub, as_role
from tests.web.indicators.test_share_and_match_over_http import KEY, token

SHARE = "/api/v1/contributions"
WITHDRAW = "/api/v1/contributions/withdrawals"
OCTETS = "application/octet-stream"
GOOD = {"key": KEY, "evidence_level": "E2", "tlp": "green", "tokens": base64.b64encode(token(1)).decode()}
SENT = "sw0rdfish-of-sender"
"""Stands for an identifier that somebody sends where it does not belong."""


class Sent(NamedTuple):
    """A request that holds SENT in a place where it does not belong."""

    method: str
    path: str
    body: bytes = b""
    media: str = "application/json"
    headers: Mapping[str, str] = MappingProxyType({})


def hostile() -> list[Sent]:
    """SENT in every place of a request that can hold a text."""
    fields = [{name: SENT} for name in (*GOOD, "stance", "expires_on", "sellers")]
    fields += [{name: [SENT]} for name in (*GOOD, "sharing_groups")] + [{"sellers": [f"{SENT} <{SENT}>"]}]
    bodies = [json.dumps(GOOD | each) for each in fields] + [f'{{"{SENT}": ', SENT, f'"{SENT}"']
    withdrawal = json.dumps({"key": KEY, "tokens": GOOD["tokens"], "reason": SENT})
    octets = [(f"/api/v1/keys/{SENT}/matches", token(1).hex()[:32]), (f"/api/v1/keys/{KEY}/matches", SENT)]
    octets += [(f"/api/v1/keys/{KEY}/evaluations", SENT.ljust(32))]
    paths = [f"/api/v1/{SENT}", f"/{SENT}", f"/audit/receipts/{SENT}", f"/audit/log/tile/{SENT}", f"/static/{SENT}"]
    paths += [f"/api/v1/keys/{KEY}/list?{name}={SENT}" for name in ("cursor", "limit")]
    return [
        *(Sent("POST", SHARE, body.encode()) for body in bodies),
        Sent("POST", WITHDRAW, withdrawal.encode()),
        Sent("POST", SHARE, SENT.encode(), SENT),
        Sent("POST", SHARE, json.dumps(GOOD).encode(), headers={"Idempotency-Key": f"{SENT}\u00e9"}),
        *(Sent("POST", path, body.encode(), OCTETS) for path, body in octets),
        *(Sent("GET", path) for path in paths),
        Sent(SENT.upper(), SHARE),
        Sent("GET", "/api/v1/me", headers={"Authorization": f"Bearer {SENT}"}),
        Sent("GET", f"/{SENT}", headers={"Accept": "text/html"}),
    ]


def test_error_does_not_repeat_what_was_sent(hub: Hub) -> None:
    hub.admit("brand-a")
    brand = hub.client("brand-a")
    for one in hostile():
        answer = brand.open(one.path, method=one.method, data=one.body, content_type=one.media, headers=one.headers)
        assert 400 <= answer.status_code < 500, one
        assert SENT.lower() not in (answer.get_data().decode(errors="replace") + str(answer.headers)).lower(), one


@contextmanager
def served(hub: Hub, evaluator_url: str, log: Path, workers: int = 1) -> Iterator[int]:
    """The port of the real web server on the same database; what it says goes to `log`."""
    environment = os.environ | {
        "HUB_HOME": str(hub.home),
        "HUB_DATABASE_APP_URL": as_role(hub.owner_url, "app"),
        "HUB_EVALUATOR_URL": evaluator_url,
    }
    settings = ROOT / "hub" / "manage" / "gunicorn_settings.py"
    with socket.create_server(("127.0.0.1", 0)) as listener, log.open("wb") as output:
        command = [sys.executable, "-m", "gunicorn", "--config", str(settings), "--workers", str(workers)]
        web = subprocess.Popen(
            [*command, "--bind", f"fd://{listener.fileno()}"],
            env=environment,
            cwd=ROOT,
            pass_fds=[listener.fileno()],
            stdout=output,
            stderr=output,
        )
        port = listener.getsockname()[1]
    try:
        yield port
    finally:
        web.terminate()
        web.wait(60)


def over_the_wire(port: int, one: Sent, key: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": one.media, **one.headers}
        connection.request(one.method, one.path, one.body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_log_of_the_web_server_holds_nothing_that_was_sent(hub: Hub, evaluator_url: str, tmp_path: Path) -> None:
    """Good exchanges, refusals and faults of the hub; then its log is searched."""
    key, log = hub.admit("brand-a"), tmp_path / "web.log"
    share_one = Sent("POST", SHARE, json.dumps(GOOD | {"sellers": [SENT]}).encode())
    match_one = Sent("POST", f"/api/v1/keys/{KEY}/matches", token(1), OCTETS)
    with served(hub, evaluator_url, log) as port:
        answers = [over_the_wire(port, one, key) for one in (share_one, match_one, *hostile())]
        hub.sql("ALTER TABLE contribution RENAME COLUMN seller TO vendor")
        answers += [over_the_wire(port, one, key) for one in (share_one, match_one)]
        hub.sql("ALTER TABLE contribution RENAME COLUMN vendor TO seller")
        hub.sql("ALTER TABLE indicator ADD CHECK (length(token) < 32) NOT VALID")
        answers += [over_the_wire(port, share_one, key)]
    statuses = [status for status, _ in answers]
    assert {200, 401, 404, 405, 409, 422, 500} <= set(statuses)
    assert not any(SENT.encode() in body for _, body in answers)
    said = log.read_bytes()
    assert said.count(b'"request"') == len(answers)
    secret = base64.urlsafe_b64decode(key[3:] + "=")
    for value in (SENT.encode(), token(1), secret, key[3:].encode()):
        for spelled in (
            value,
            value.hex().encode(),
            base64.b64encode(value)[:-3],
            base64.urlsafe_b64encode(value)[:-3],
        ):
            assert spelled not in said
