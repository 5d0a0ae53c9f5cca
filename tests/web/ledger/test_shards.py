"""The log ends a shard and begins the next: each names the other, nothing is lost between, and a crash costs nothing."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub import clock
from hub.db import db
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.ledger.jobs import year_end
from hub.ledger.rules import year_is_over
from hub.ledger.signed import ForkError
from hub.tree import tiles
from hub.tree.checkpoint import open_checkpoint
from hub.tree.note import Verifier
from hub.tree.seam import final_in, successor_in
from tests.web.indicators.test_share_and_match_over_http import KEY
from tests.web.ledger.recording import as_superuser
from tests.web.ledger.seams import Seams, seaming
from tests.web.ledger.witnessing import LOG

POINTS = (
    *("locked", "keyed", "leaves", "tiles", "state", "closed", "opened"),
    *("checked", "signed", "inserted", "published", "written", "replaced"),
)


class Killed(Exception):
    """The process ended here."""


@pytest.fixture
def log(owner_url: str, home: Path, evaluator_url: str, tmp_path: Path) -> Iterator[Seams]:
    with seaming(owner_url, home, evaluator_url, tmp_path / "home") as log:
        log.grow(3)
        yield log


def size(note: str) -> int:
    return int(note.split("\n")[1])


def leaves(log: Seams, prefix: str) -> list[bytes]:
    """All entries of a small shard, as anybody reads them."""
    count = size(log.read(f"{prefix}/checkpoint"))
    answer = log.hub.app.test_client().get(f"{prefix}/tile/{tiles.tile_path(None, 0, count)}")
    return tiles.decode_bundle(answer.data)


def test_each_shard_names_the_other_and_is_signed_by_its_own_key(log: Seams) -> None:
    after = log.close()
    first, second = log.shards()
    last, opening = leaves(log, LOG)[-1], leaves(log, after)[0]
    named = successor_in(last)
    assert named == Verifier.parse(str(second["vkey"]))
    assert named.name == second["origin"]
    assert final_in(opening) == log.read(f"{LOG}/checkpoint")
    stated, _ = open_checkpoint(log.read(f"{after}/checkpoint"), named.name, [named])
    assert stated.size == second["size"]
    assert first["vkey"] != second["vkey"]
    assert log.findings() == []


def test_list_tells_of_each_shard_where_it_is_and_how_far_it_goes(log: Seams) -> None:
    entries = size(log.note)
    (only,) = log.shards()
    assert (only["prefix"], only["state"], only["size"]) == ("audit/log/", "open", entries)
    log.close()
    first, second = log.shards()
    year = f"{datetime.now(UTC):%Y}"
    assert (first["state"], first["size"], second["first"]) == ("closed", size(log.note), size(log.note))
    assert (second["prefix"], second["origin"]) == (f"audit/log/{year}/", f"{log.hub.origin}/{year}")


def test_closed_shard_stays_what_it_is_while_the_next_grows(log: Seams) -> None:
    after = log.close()
    final = log.note
    bundle = leaves(log, LOG)
    log.grow(5)
    assert log.note == final == log.read(f"{LOG}/checkpoint/offered")
    assert leaves(log, LOG) == bundle
    assert size(log.read(f"{after}/checkpoint")) >= 6
    assert log.hub.app.test_client().get(f"{LOG}/tile/entries/000.p/{len(bundle) + 1}").status_code == 404


def test_second_close_in_a_year_has_a_name_of_its_own(log: Seams) -> None:
    log.close()
    log.grow()
    log.close()
    year = f"{datetime.now(UTC):%Y}"
    assert [each["prefix"] for each in log.shards()] == [
        "audit/log/",
        f"audit/log/{year}/",
        f"audit/log/{year}-2/",
    ]
    assert log.findings() == []


def test_asking_twice_closes_once(log: Seams) -> None:
    log.ask()
    log.ask()
    log.hub.sequence()
    assert len(log.shards()) == 2
    assert log.in_order().count("ledger.shard_closing") == 1


def test_shard_ends_with_its_year_by_itself(log: Seams) -> None:
    began = datetime.now(UTC)
    turn = datetime(began.year + 1, 1, 1, tzinfo=UTC)
    for moment, count in ((turn - timedelta(seconds=1), 1), (turn, 2), (turn + timedelta(days=1), 2)):
        with log.sequencer(now=lambda moment=moment: moment, due=year_is_over) as sequencer:
            while sequencer.step():
                pass
        assert len(log.shards()) == count
    assert log.shards()[-1]["prefix"] == f"audit/log/{turn.year}/"


def test_clock_that_goes_back_over_the_turn_closes_nothing(log: Seams) -> None:
    turn = datetime(datetime.now(UTC).year + 1, 1, 1, tzinfo=UTC)
    for moment in (turn, turn - timedelta(seconds=2), turn + timedelta(seconds=1)):
        with log.sequencer(now=lambda moment=moment: moment, due=year_is_over) as sequencer:
            while sequencer.step():
                pass
    assert len(log.shards()) == 2
    assert log.findings() == []


@pytest.mark.parametrize(("passed", "shards"), [(timedelta(), 1), (timedelta(days=366), 2)])
def test_year_is_not_over_for_a_clock_that_was_set_ahead_of_the_time_that_passed(
    log: Seams, monkeypatch: pytest.MonkeyPatch, passed: timedelta, shards: int
) -> None:
    due, now, ran = year_end(), clock.now() + timedelta(days=366), clock.running() + passed
    monkeypatch.setattr(clock, "running", lambda: ran)
    with log.sequencer(now=lambda: now, due=due) as sequencer:
        while sequencer.step():
            pass
    assert len(log.shards()) == shards


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("step", [1, 2])
def test_crash_while_closing_leaves_the_old_shard_or_the_new_one_and_going_on_ends_it(
    log: Seams, point: str, step: int
) -> None:
    log.hub.sequence()
    log.ask()
    before = log.in_order()
    passed = 0

    def at(name: str) -> None:
        nonlocal passed
        passed += name == point
        if name == point and passed == step:
            raise Killed

    killed = False
    with log.sequencer(at=at) as sequencer:
        try:
            while sequencer.step():
                pass
        except Killed:
            killed = True
    assert killed or step == 2
    log.hub.sequence()
    order = log.in_order()
    assert [each for each in order if each not in ("ledger.close", "ledger.open")] == [
        *before,
        "ledger.shard_closing",
    ]
    assert (order.count("ledger.close"), order.count("ledger.open"), len(log.shards())) == (1, 1, 2)
    assert log.findings() == []


def test_exchange_that_commits_while_the_shard_ends_is_in_the_next_one_once(log: Seams) -> None:
    log.ask()
    recorded = []

    def at(name: str) -> None:
        if name in ("closed", "opened"):
            thread = threading.Thread(target=lambda: recorded.append(record(log)))
            thread.start()
            thread.join()

    with log.sequencer(at=at) as sequencer:
        while sequencer.step():
            pass
    log.hub.sequence()
    assert len(set(recorded)) == 2
    first = log.shards()[1]["first"]
    for name in recorded:
        places = log.hub.sql("SELECT leaf_index >= %s FROM ledger_leaf WHERE entry_id = %s", first, ledger_id(name))
        assert places == [(True,)]


def record(log: Seams) -> str:
    with log.hub.operator() as actor:
        name = ledger.append(actor, Event.LIST_FETCHED, subject={"type": "key", "ref": KEY})
        db.session.commit()
    return name


def ledger_id(name: str) -> object:
    return ledger.parse_entry_id(name)


def test_two_sequencers_at_the_turn_close_once(log: Seams) -> None:
    turn = datetime(datetime.now(UTC).year + 1, 1, 1, tzinfo=UTC)
    ready = threading.Barrier(2)

    def work() -> None:
        with log.sequencer(now=lambda: turn, due=year_is_over) as sequencer:
            ready.wait()
            for _ in range(20):
                sequencer.step()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert log.in_order().count("ledger.close") == 1
    assert len(log.shards()) == 2
    assert log.findings() == []


def test_key_of_the_new_shard_is_rotated_by_itself(log: Seams) -> None:
    after = log.close()
    first = Verifier.parse(str(log.shards()[1]["vkey"]))
    new = log.rotate()
    assert new.name == first.name
    stated, note = open_checkpoint(log.read(f"{after}/checkpoint"), new.name, [first, new])
    assert stated.size > 1
    assert {first.vkey, new.vkey} == {*note.signed_by}
    assert log.findings() == []


def test_key_that_the_last_entry_does_not_name_opens_no_shard(log: Seams) -> None:
    log.ask()
    with log.sequencer() as sequencer:
        while not log.hub.sql("SELECT 1 FROM ledger_shard WHERE successor IS NOT NULL"):
            sequencer.step()
        as_superuser(log.hub, f"UPDATE ledger_shard SET successor = '{log.hub.signer.verifier.vkey}'")
        with pytest.raises(ForkError):
            sequencer.step()
    assert len(log.shards()) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_shard SET successor = successor || 'A' WHERE n = 1",
        "UPDATE ledger_shard SET origin = origin || '-3' WHERE n = 2",
        "UPDATE ledger_key SET shard = 1, until = now() WHERE shard = 2",
        "UPDATE ledger_tile SET shard = 3 WHERE shard = 2",
        "UPDATE ledger_state SET shard = 1",
    ],
)
def test_check_of_the_log_finds_what_was_changed_at_the_seam(log: Seams, statement: str) -> None:
    log.close()
    as_superuser(log.hub, statement)
    assert log.findings() != []
