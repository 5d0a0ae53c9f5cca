"""What goes wrong without anybody's doing: late commits, broken rows, full disks, files that cannot be written."""

import os
import resource
import secrets
import subprocess
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from hub import clock
from hub.tree.checkpoint import CheckpointBody
from hub.tree.note import split_note
from tests.conftest import Hub, plain
from tests.web.indicators.test_share_and_match_over_http import share, token
from tests.web.ledger.recording import APPEND, append, application, as_superuser, new_id, reason, record, sealed
from tests.web.ledger.test_log_over_http import grow
from tests.web.test_every_error_is_a_problem import GOOD, SHARE


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    """A brand; all of it is in the log."""
    hub.admit("brand-a")
    hub.sequence()
    return hub


def in_tree(hub: Hub) -> set[object]:
    """The entries that have a leaf."""
    return {row[0] for row in hub.sql("SELECT entry_id FROM ledger_leaf")}


def quarantined(hub: Hub) -> dict[object, str]:
    """The entries put aside, and why."""
    return {row[0]: str(row[1]) for row in hub.sql("SELECT entry_id, reason FROM ledger_quarantine")}


def test_late_committer_is_never_passed_by(alliance: Hub) -> None:
    """It took its number in the outbox before others that were integrated meanwhile."""
    late = new_id()
    with application(alliance) as connection:
        append(connection, late)
        others = {record(alliance) for _ in range(3)}
        alliance.sequence()
        assert others <= in_tree(alliance)
        assert late not in in_tree(alliance)
    alliance.sequence()
    assert late in in_tree(alliance)


def test_burst_after_a_quiet_time_is_not_read_whole_for_each_batch(alliance: Hub) -> None:
    """PostgreSQL keeps the plan of a statement that it has run often, and it ran often while hardly anything waited."""
    burst, batches = 12_000, 3
    with psycopg.connect(plain(alliance.owner_url), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE ledger_pending, ledger_leaf")  # as it is, as soon as there were a few
    with alliance.sequencer() as sequencer:
        for _ in range(12):
            record(alliance)
            sequencer.step()
        put(alliance, burst)
        before = read(alliance)
        assert [sequencer.step() for _ in range(batches)] == [5000, 5000, 2000]
        sequencer.connection.execute("SELECT pg_stat_force_next_flush()")
        sequencer.connection.commit()
    assert read(alliance) - before < burst


def put(hub: Hub, count: int) -> None:
    """Record so many entries at once."""
    ids = [new_id() for _ in range(count)]
    with psycopg.connect(plain(hub.owner_url)) as connection, connection.cursor() as cursor:
        with cursor.copy("COPY ledger_entry (id, at, action, leaf) FROM STDIN") as copy:
            for id in ids:
                copy.write_row((id, clock.now(), "list.fetched", sealed(id).leaf))
        cursor.execute("INSERT INTO ledger_pending (entry_id) SELECT unnest(%s::uuid[])", (ids,))


def read(hub: Hub) -> int:
    """The rows of the outbox, and of the tree, that were read because all of them were."""
    return int(
        str(
            hub.sql(
                "SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE relname IN ('ledger_pending', 'ledger_leaf')"
            )[0][0]
        )
    )


def test_entry_twice_in_the_outbox_cannot_be(alliance: Hub) -> None:
    id = record(alliance)
    with pytest.raises(psycopg.errors.UniqueViolation):
        alliance.sql("INSERT INTO ledger_pending (entry_id) VALUES (%s)", id)


def test_entry_that_is_in_the_tree_and_in_the_outbox_again_is_put_aside(alliance: Hub) -> None:
    id = record(alliance)
    alliance.sequence()
    alliance.sql("INSERT INTO ledger_pending (entry_id) VALUES (%s)", id)
    other = record(alliance)
    alliance.sequence()
    assert other in in_tree(alliance)
    assert "in the tree already" in quarantined(alliance)[id]
    assert alliance.sql("SELECT count(*) FROM ledger_leaf WHERE entry_id = %s", id) == [(1,)]


@pytest.mark.parametrize("leaf", [b"", b"not a leaf", b"{}", bytes(70_000), sealed(UUID(int=7)).leaf])
def test_row_that_is_no_leaf_is_put_aside_and_holds_up_no_other(alliance: Hub, leaf: bytes) -> None:
    before, poison, after = record(alliance), record(alliance, leaf), record(alliance)
    alliance.sequence()
    assert {before, after} <= in_tree(alliance)
    assert poison not in in_tree(alliance)
    assert list(quarantined(alliance)) == [poison]
    assert alliance.sql("SELECT count(*) FROM ledger_pending") == [(0,)]
    assert reason(alliance) is None


@pytest.mark.parametrize("action", ["audit.erase", "audit.forget"])
def test_record_of_an_erasure_that_the_sequencer_could_not_read_is_refused(alliance: Hub, action: str) -> None:
    told = (action, "allowed", "api", b"leaf", *([each] for each in (1, 0, "actor", "brand-a", b"no JSON", bytes(32))))
    with application(alliance) as connection, pytest.raises(psycopg.errors.InvalidTextRepresentation):
        connection.execute(APPEND, (new_id(), clock.now(), *told))


def test_outbox_row_without_an_entry_is_put_aside(alliance: Hub) -> None:
    id = UUID(int=9)
    alliance.sql("INSERT INTO ledger_pending (entry_id) VALUES (%s)", id)
    alliance.sequence()
    assert "there is no entry" in quarantined(alliance)[id]


# --- the anchor


def anchored(hub: Hub) -> int:
    """The size that the anchor states."""
    return CheckpointBody.parse(split_note(hub.anchor.read_text())[0]).size


def newest(hub: Hub) -> object:
    """The size of the newest checkpoint."""
    return hub.sql("SELECT max(size) FROM ledger_checkpoint")[0][0]


@contextmanager
def no_room() -> Iterator[None]:
    """No file of this process may grow (RLIMIT_FSIZE), as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_anchor_that_cannot_be_written_is_one_checkpoint_behind_and_nothing_further_is_signed(alliance: Hub) -> None:
    was = anchored(alliance)
    record(alliance)
    for _ in range(3):
        with alliance.sequencer() as sequencer, no_room(), pytest.raises(OSError):
            sequencer.step()
        record(alliance)
    assert anchored(alliance) == was
    assert alliance.sql("SELECT count(*) FROM ledger_checkpoint WHERE size > %s", was) == [(1,)]
    assert reason(alliance) is None
    alliance.sequence()
    assert anchored(alliance) == newest(alliance)
    assert alliance.sql("SELECT count(*) FROM ledger_entry") == alliance.sql("SELECT count(*) FROM ledger_leaf")


@contextmanager
def small_disk(hub: Hub, table: str) -> Iterator[Callable[[], None]]:
    """The table lies on a disk of its own, of 4 MiB; what is given enlarges it."""
    ((folder,),) = hub.sql("SHOW data_directory")
    data, name = Path(str(folder)), f"small_{secrets.token_hex(4)}"
    disk = data.parent / name
    disk.mkdir()
    _mount(disk, f"size=4m,mode=700,uid={data.stat().st_uid}")
    try:
        hub.sql(f"CREATE TABLESPACE {name} LOCATION '{disk}'")
        hub.sql(f"ALTER TABLE {table} SET TABLESPACE {name}")
        yield lambda: _mount(disk, "remount,size=16m")
        hub.sql(f"ALTER TABLE {table} SET TABLESPACE pg_default")
        hub.sql(f"DROP TABLESPACE {name}")
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)
        disk.rmdir()


def _mount(disk: Path, how: str) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", how, "tmpfs", str(disk)], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone may mount a disk")
def test_exchange_for_which_the_disk_has_no_room_is_refused_whole_and_done_once_there_is(alliance: Hub) -> None:
    client = alliance.client("brand-a")
    share(client, 1)
    fill = (
        "INSERT INTO ledger_entry SELECT gen_random_uuid(), now(), 'filler.row', decode(repeat('00', {0}), 'hex')"
        " FROM generate_series(1, {1})"
    )
    body = GOOD | {"tokens": b64encode(token(2)).decode()}
    with small_disk(alliance, "ledger_entry") as enlarge:
        for row in (fill.format(1900, 100), fill.format(10, 1)):
            with pytest.raises(psycopg.errors.DiskFull):
                as_superuser(alliance, *[row] * 2000)
        recorded = alliance.sql("SELECT count(*) FROM ledger_pending")
        assert [client.post(SHARE, json=body).status_code for _ in range(3)] == [503] * 3
        assert alliance.sql("SELECT count(*) FROM contribution") == [(1,)]
        assert alliance.sql("SELECT count(*) FROM ledger_pending") == recorded
        enlarge()
        as_superuser(alliance, "DELETE FROM ledger_entry WHERE action = 'filler.row'")
        assert client.post(SHARE, json=body).status_code == 200
    alliance.sequence()
    assert alliance.sql("SELECT count(*) FROM ledger_entry") == alliance.sql("SELECT count(*) FROM ledger_leaf")


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone may mount a disk")
def test_batch_for_which_the_disk_has_no_room_stays_in_the_outbox_and_nothing_is_signed(alliance: Hub) -> None:
    signed = newest(alliance)
    with small_disk(alliance, "ledger_leaf") as enlarge:
        fill = (
            "INSERT INTO ledger_leaf SELECT 1000000 + m.top + n, gen_random_uuid(), sha256('')"
            " FROM (SELECT max(leaf_index) % 1000000 AS top FROM ledger_leaf) m, generate_series(1, {}) n"
        )
        for rows in (1000, 1):
            with pytest.raises(psycopg.errors.DiskFull):
                as_superuser(alliance, *[fill.format(rows)] * 1000)
        waiting = {record(alliance) for _ in range(200)}
        with alliance.sequencer() as sequencer, pytest.raises(psycopg.errors.DiskFull):
            sequencer.step()
        assert waiting <= {row[0] for row in alliance.sql("SELECT entry_id FROM ledger_pending")}
        assert (newest(alliance), reason(alliance)) == (signed, None)
        enlarge()
        as_superuser(alliance, "DELETE FROM ledger_leaf WHERE leaf_index > 1000000")
        alliance.sequence()
    assert waiting <= in_tree(alliance)


def test_anchor_left_behind_by_a_crash_is_moved_at_the_next_step(alliance: Hub) -> None:
    was = alliance.anchor.read_text()
    grow(alliance, 2)
    alliance.anchor.write_text(was)
    alliance.sequence()
    assert anchored(alliance) == newest(alliance)


def test_sequencer_that_stood_still_moves_no_anchor_back(alliance: Hub) -> None:
    was = alliance.anchor.read_text()
    grow(alliance, 2)
    with alliance.sequencer() as sequencer:
        sequencer._move_anchor(was)
    assert anchored(alliance) == newest(alliance)
