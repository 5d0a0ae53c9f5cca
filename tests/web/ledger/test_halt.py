"""Where the log is not what was signed, nothing is signed, nothing exchanged, and verifying goes on."""

import threading
from datetime import timedelta

import psycopg
import pytest
import time_machine

from hub import clock
from hub.ledger import jobs
from hub.ledger.events import WHILE_HALTED, Event
from hub.ledger.sequencer import ClockBehindError, HaltedError
from hub.ledger.signed import ForkError
from hub.members import service as members
from hub.members.jobs import tell_of_halt
from tests.conftest import HTML, TEMPLATE, Hub, as_role, plain
from tests.web.indicators.test_share_and_match_over_http import share
from tests.web.ledger.recording import append_nothing, as_superuser, backup_of, reason
from tests.web.ledger.test_disputes import EVIDENCE
from tests.web.ledger.test_log_over_http import grow
from tests.web.ledger.test_no_event_no_exchange import EXCHANGES, exchange, state
from tests.web.ledger.witnessing import enrolled


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    """Two brands that shared; all of it is in the log."""
    hub.admit("brand-a")
    hub.admit("brand-b")
    share(hub.client("brand-b"), 1, 2)
    hub.sequence()
    return hub


def halt(hub: Hub, reason: str = "because") -> None:
    """Halt the log."""
    hub.sql("SELECT ledger_stop('sequencer', %s, now())", reason)


def halted(hub: Hub) -> str:
    """Why the sequencer halts the log at its next step, at which it signs nothing."""
    signed = hub.sql("SELECT size FROM ledger_checkpoint")
    with hub.sequencer() as sequencer, pytest.raises(ForkError):
        sequencer.step()
    assert hub.sql("SELECT size FROM ledger_checkpoint") == signed
    found = reason(hub)
    assert found is not None
    return found


# --- while it is halted


@pytest.mark.parametrize("what", EXCHANGES)
def test_every_exchange_is_refused_and_nothing_of_it_happens(alliance: Hub, what: str) -> None:
    if what == "withdraw":
        exchange(alliance, "share")
    before = state(alliance)
    halt(alliance)
    response = exchange(alliance, what)
    assert (response.status_code, response.json["type"]) == (503, "/problems/ledger-halted")
    assert int(response.headers["Retry-After"]) > 0
    assert state(alliance) == before


def test_exchange_repeated_after_the_halt_is_done(alliance: Hub) -> None:
    halt(alliance)
    assert exchange(alliance, "share", again="0123456789").status_code == 503
    alliance.sql("DELETE FROM ledger_halt")
    assert exchange(alliance, "share", again="0123456789").status_code == 200


def test_log_is_read_and_verified_all_the_same(alliance: Hub) -> None:
    halt(alliance)
    everybody, brand = alliance.app.test_client(), alliance.client("brand-a")
    for path in ("/audit/log/checkpoint", "/audit/log/tile/0/000.p/1", "/audit/log/tile/entries/000.p/1"):
        assert everybody.get(path).status_code == 200, path
    assert brand.get("/audit/entries").text.count("\n") > 0
    assert brand.get("/api/v1/me").status_code == 200


def test_office_and_auditors_sign_in_and_are_told_on_every_page_and_others_are_not(alliance: Hub) -> None:
    alliance.admit("auditor", "auditor")
    for code in (members.OFFICE, "auditor", "brand-a"):
        alliance.person(code)
    ways = {code: alliance.signed_in(code) for code in (members.OFFICE, "auditor", "brand-a")}
    assert not any("record is halted" in client.get("/agreement", headers=HTML).text for client in ways.values())
    halt(alliance, "the tree was changed")
    alliance.signed_in(members.OFFICE)
    told = {
        code: "the tree was changed" in client.get("/agreement", headers=HTML).text for code, client in ways.items()
    }
    assert told == {members.OFFICE: True, "auditor": True, "brand-a": False}


def test_auditor_reads_meanwhile_and_who_was_read_finds_it_on_record_afterwards(alliance: Hub) -> None:
    alliance.admit("auditor", "auditor")
    alliance.person("auditor")
    share(alliance.client("brand-b"), 3)
    auditor, brand = alliance.signed_in("auditor"), alliance.client("brand-b")
    halt(alliance)
    assert auditor.get("/ledger", headers=HTML).status_code == 200
    alliance.sql("DELETE FROM ledger_halt")
    alliance.sequence()
    assert brand.get("/audit/entries?action=audit.read").text.count("\n") == 1


def test_dispute_is_filed_meanwhile(alliance: Hub) -> None:
    halt(alliance)
    answer = alliance.client("brand-a").post("/audit/disputes", data=EVIDENCE, content_type="application/json")
    assert answer.status_code == 200, answer.text


def test_office_is_written_to_once_for_each_alarm(alliance: Hub) -> None:
    alliance.person(members.OFFICE, "ada")
    with alliance.app.app_context():
        assert tell_of_halt() == 0
    halt(alliance)
    for letters in (1, 0):
        with alliance.app.app_context():
            assert tell_of_halt() == letters
    alliance.sql("INSERT INTO ledger_quarantine VALUES (gen_random_uuid(), 'no leaf', now())")
    with alliance.app.app_context():
        assert tell_of_halt() == 1
    assert alliance.sql("SELECT count(*) FROM letter") == [(2,)]


def test_database_records_what_leads_out_of_a_halt_and_nothing_else(alliance: Hub) -> None:
    halt(alliance)
    taken = set()
    with psycopg.connect(plain(as_role(alliance.owner_url, "app")), autocommit=True) as connection:
        for event in Event:
            try:
                append_nothing(connection, event.value)
            except psycopg.Error as error:
                assert error.sqlstate == "LH001"  # noqa: PT017
            else:
                taken.add(event)
    assert taken == WHILE_HALTED


def test_first_reason_stands(alliance: Hub) -> None:
    halt(alliance, "the first")
    halt(alliance, "the second")
    assert reason(alliance) == "the first"


def test_sequencer_takes_and_signs_nothing(alliance: Hub) -> None:
    share(alliance.client("brand-a"), 7)
    halt(alliance)
    before = alliance.sql("SELECT count(*) FROM ledger_pending")
    with alliance.sequencer() as sequencer, pytest.raises(HaltedError):
        sequencer.step()
    assert alliance.sql("SELECT count(*) FROM ledger_pending") == before != [(0,)]


# --- what halts it


def test_tile_that_was_altered_halts(alliance: Hub) -> None:
    share(alliance.client("brand-a"), 7)
    as_superuser(alliance, "UPDATE ledger_tile SET hashes = set_byte(hashes, 0, 255 - get_byte(hashes, 0))")
    assert "does not extend" in halted(alliance)


def test_state_that_was_altered_halts_without_a_new_entry(alliance: Hub) -> None:
    alliance.sql("UPDATE ledger_state SET root = decode(repeat('00', 32), 'hex')")
    assert "do not hash" in halted(alliance)


def test_leaf_that_was_altered_before_it_was_signed_halts(alliance: Hub) -> None:
    share(alliance.client("brand-a"), 7)
    with alliance.sequencer() as sequencer:
        sequencer._integrate()
    as_superuser(
        alliance,
        "UPDATE ledger_entry SET leaf = leaf || ' ' WHERE id = (SELECT entry_id FROM ledger_leaf"
        " ORDER BY leaf_index DESC LIMIT 1)",
    )
    assert "is not what its tile says" in halted(alliance)


def test_cosignature_of_a_checkpoint_that_is_gone_halts_at_the_start(alliance: Hub) -> None:
    (one,) = enrolled(alliance, "brand-a")
    alliance.sequence()
    size = one.cosign()
    alliance.anchor.unlink()
    alliance.sql("DELETE FROM ledger_checkpoint WHERE size = %s", size)
    alliance.sql("DELETE FROM ledger_checkpoint WHERE size < (SELECT max(size) FROM ledger_checkpoint)")
    jobs.look(plain(as_role(alliance.owner_url, "sequencer")), alliance.signers, alliance.anchor)
    assert f"a witness has cosigned {size} entries" in str(reason(alliance))


def test_anchor_that_is_gone_halts_and_the_first_is_written(alliance: Hub) -> None:
    assert alliance.anchor.exists()
    alliance.anchor.unlink()
    alliance.sequence()  # signed once: as if we had crashed before the anchor was written
    assert alliance.anchor.exists()
    grow(alliance, 1)
    alliance.anchor.unlink()
    assert "anchor is missing" in halted(alliance)


def test_anchor_of_another_log_halts(alliance: Hub) -> None:
    alliance.anchor.write_bytes(b"\xff not a note")
    assert "not what we signed" in halted(alliance)


def test_restored_backup_is_refused_before_the_first_exchange(alliance: Hub) -> None:
    """At the start, and without anything new to sign."""
    with backup_of(alliance) as restored:
        grow(alliance, 3)
        restored.anchor.write_text(alliance.anchor.read_text())
        url = plain(as_role(restored.owner_url, "sequencer"))
        jobs.look(url, restored.signers, restored.anchor)
        assert "was a backup restored?" in str(reason(restored))
        assert exchange(restored, "share").status_code == 503


def test_backup_restored_under_a_running_hub_is_refused_also_when_it_has_grown_past_the_anchor(alliance: Hub) -> None:
    with backup_of(alliance) as restored:
        grow(alliance, 3)
        restored.anchor.write_text(alliance.anchor.read_text())
        share(restored.client("brand-a"), 5)
        for n in range(9):
            share(restored.client("brand-a"), 10 + n)
        assert "was a backup restored?" in halted(restored)


def test_other_database_of_the_same_size_is_refused(alliance: Hub) -> None:
    with backup_of(alliance) as other:
        grow(alliance, 3)
        grow(other, 3)
        other.anchor.write_text(alliance.anchor.read_text())
        assert "does not extend the anchor" in halted(other)


def test_sequencers_process_lives_on_and_goes_on_once_the_halt_is_lifted(
    alliance: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "LOOK_AGAIN", 0.01)
    monkeypatch.setattr(jobs, "PAUSE", 0.01)
    halt(alliance)
    stop = threading.Event()
    url = plain(as_role(alliance.owner_url, "sequencer"))
    running = threading.Thread(target=jobs.sequence, args=(url, alliance.signers, alliance.anchor, stop))
    running.start()
    try:
        alliance.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s AND datname = current_database()",
            f"{TEMPLATE}_sequencer",
        )
        alliance.sql("DELETE FROM ledger_halt")
        share(alliance.client("brand-a"), 9)
        for _ in range(500):
            if alliance.sql("SELECT count(*) FROM ledger_pending") == [(0,)]:
                break
            stop.wait(0.02)
        assert alliance.sql("SELECT count(*) FROM ledger_pending") == [(0,)]
        assert running.is_alive()
    finally:
        stop.set()
        running.join(10)


# --- the clock


def test_clock_behind_the_newest_checkpoint_refuses_the_start_and_halts_nothing(alliance: Hub) -> None:
    url = plain(as_role(alliance.owner_url, "sequencer"))
    with time_machine.travel(clock.now() - timedelta(hours=1), tick=False), pytest.raises(ClockBehindError):
        jobs.look(url, alliance.signers, alliance.anchor)
    with time_machine.travel(clock.now() - timedelta(minutes=1), tick=False):
        jobs.look(url, alliance.signers, alliance.anchor)
    assert reason(alliance) is None


def test_times_of_checkpoints_never_go_back_and_the_order_is_that_of_the_index(alliance: Hub) -> None:
    for hours in (0, 30, -30, 0):
        with time_machine.travel(clock.now() + timedelta(hours=hours)):
            grow(alliance, 2)
    times = [row[0] for row in alliance.sql("SELECT at FROM ledger_checkpoint ORDER BY size")]
    assert times == sorted(times)  # type: ignore[type-var]
    recorded = [
        row[0]
        for row in alliance.sql(
            "SELECT at FROM ledger_entry e JOIN ledger_leaf l ON l.entry_id = e.id ORDER BY leaf_index"
        )
    ]
    assert recorded != sorted(recorded)  # type: ignore[type-var]
    grow(alliance, 1)
    assert reason(alliance) is None
