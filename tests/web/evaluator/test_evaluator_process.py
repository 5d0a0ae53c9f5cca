"""The evaluator as it runs: a process of its own under gunicorn."""

import http.client
import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from hub.tokens import Blinder
from tests.web.evaluator.running import KEY, RunningEvaluator, running

ELEMENT = bytes.fromhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76")  # RFC 9496, generator


def test_status_answers(evaluator: RunningEvaluator) -> None:
    assert evaluator.ask("GET", "/status").body == b"ok"


@pytest.mark.parametrize("count", [1, 4_096])
def test_batch_is_tokenised_with_the_published_key(evaluator: RunningEvaluator, count: int) -> None:
    blinder = Blinder(evaluator.ask("GET", f"/keys/{KEY}").body)
    blinded = blinder.blind([number.to_bytes(2, "big") for number in range(count)])
    assert len(blinder.finalise(evaluator.ask("POST", f"/evaluate/{KEY}", blinded).body)) == count


def test_all_workers_hold_the_same_keys(evaluator: RunningEvaluator) -> None:
    assert len({evaluator.ask("POST", f"/evaluate/{KEY}", ELEMENT).body[64:] for _ in range(20)}) == 1


def test_request_with_another_secret_is_refused(evaluator: RunningEvaluator) -> None:
    assert evaluator.ask("GET", f"/keys/{KEY}", bearer="guess").status == 401


def test_too_large_body_is_answered_not_cut_off(evaluator: RunningEvaluator) -> None:
    assert evaluator.ask("POST", f"/evaluate/{KEY}", ELEMENT * 4_097).status == 413


def test_body_in_chunks_is_refused_for_want_of_a_length(evaluator: RunningEvaluator) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", evaluator.port, timeout=60)
    headers = {"Authorization": f"Bearer {evaluator.bearer}"}
    connection.request("POST", f"/evaluate/{KEY}", iter([ELEMENT]), headers, encode_chunked=True)
    assert connection.getresponse().status == 411
    connection.close()


@pytest.mark.parametrize("length", ["-32", "+32", "0x20", "thirty-two"])
def test_length_that_is_no_number_is_refused(evaluator: RunningEvaluator, length: str) -> None:
    with socket.create_connection(("127.0.0.1", evaluator.port), timeout=60) as connection:
        head = f"POST /evaluate/{KEY} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {evaluator.bearer}\r\n"
        connection.sendall(f"{head}Content-Length: {length}\r\n\r\n".encode())
        assert connection.recv(12) == b"HTTP/1.1 400"


def test_type_outside_the_setting_has_no_key(home: Path, tmp_path: Path) -> None:
    with running(home, tmp_path / "log", "--workers", "1", "--types", "email,domain") as evaluator:
        assert evaluator.ask("GET", f"/keys/{KEY}").status == 404
        assert evaluator.ask("GET", "/keys/example.2026-1.domain").status == 200


def test_sigterm_ends_it_and_nothing_was_logged(home: Path, tmp_path: Path) -> None:
    with running(home, tmp_path / "log", "--workers", "1") as evaluator:
        for body in (ELEMENT, bytes(32), ELEMENT[:31]):
            evaluator.ask("POST", f"/evaluate/{KEY}", body)
        evaluator.ask("GET", f"/keys/{KEY}", bearer="guess")
        evaluator.process.send_signal(signal.SIGTERM)
        assert evaluator.process.wait(timeout=60) == 0
    assert (tmp_path / "log").read_text() == ""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waiting for a process that is no child needs Linux")
def test_worker_ends_when_its_master_is_killed(home: Path, tmp_path: Path) -> None:
    with running(home, tmp_path / "log", "--workers", "1") as evaluator:
        assert evaluator.ask("GET", "/status").status == 200
        (child,) = psutil.Process(evaluator.process.pid).children()
        worker = os.pidfd_open(child.pid)
        evaluator.process.kill()
        # A file descriptor of a process is readable from its end on; 60 s bound a failure, not the test.
        ended, _, _ = select.select([worker], [], [], 60)
    os.close(worker)
    assert ended == [worker]


def test_only_the_pure_package_is_imported() -> None:
    code = "import sys, hub.evaluator.__main__; print(*(name for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = done.stdout.split()
    ours = {".".join(name.split(".")[:2]) for name in modules if name.split(".")[0] == "hub"}
    assert ours == {"hub", "hub.tokens", "hub.evaluator"}
    assert not {"flask", "sqlalchemy", "psycopg", "requests"} & set(modules)
