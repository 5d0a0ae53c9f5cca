"""Killed at any moment, the log has neither gap nor duplicate nor a checkpoint that does not extend those before."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from hub.ledger.signing import Signers
from tests.conftest import as_role, plain
from tests.web.ledger.kills import POINTS, Log, run_kills, start
from tests.web.ledger.recording import append, new_id


@pytest.fixture
def log(owner_url: str, home: Path, tmp_path: Path) -> Log:
    """An empty log."""
    return Log(
        owner_url,
        Signers(home / "ledger", "kills.example/audit"),
        tmp_path / "anchor.note",
    )


def test_kills_leave_neither_gap_nor_duplicate_nor_inconsistent_checkpoint(
    log: Log, request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> None:
    kills = request.config.getoption("--kills")
    counted = run_kills(log, kills)
    assert all(counted.kills[point] for point in POINTS)
    assert counted.kills["random"] > 0
    record_property("counted", str(counted))


def _record(log: Log, count: int) -> None:
    with psycopg.connect(plain(as_role(log.owner_url, "app")), autocommit=True) as connection:
        for _ in range(count):
            append(connection, new_id())


def _until(true: Callable[[], bool]) -> None:
    for _ in range(1000):
        if true():
            return
        time.sleep(0.01)
    raise TimeoutError


def _work(log: Log, stops_at: str) -> None:
    def at(name: str) -> None:
        if name == stops_at:
            os.kill(os.getpid(), signal.SIGSTOP)

    with log.sequencer(at, patience=0.2) as sequencer:
        while True:
            sequencer.step()
            time.sleep(0.005)


@pytest.mark.parametrize("point", ["leaves", "signed", "published", "written"])
def test_sequencer_that_stands_still_is_taken_over_from(log: Log, point: str) -> None:
    """In a transaction, until the database ends it; outside of one, at once. Woken again, it does no harm."""

    def published() -> bool:
        with psycopg.connect(plain(log.owner_url)) as connection:
            row = connection.execute(
                "SELECT (SELECT max(size) FROM ledger_checkpoint) = (SELECT count(*) FROM ledger_entry)"
            ).fetchone()
        return row == (True,)

    _record(log, 3)
    stopped = start(_work, log, point)
    assert stopped.pid is not None
    try:
        _until(lambda: "T (stopped)" in Path(f"/proc/{stopped.pid}/status").read_text())
        _record(log, 3)
        other = start(_work, log, "")
        try:
            _until(published)
            os.kill(stopped.pid, signal.SIGCONT)
            _record(log, 3)
            _until(published)
        finally:
            other.kill()
            other.join()
    finally:
        stopped.kill()
        stopped.join()
    with log.sequencer(lambda _: None) as sequencer:
        sequencer.look()
        assert sequencer.step() == 0
