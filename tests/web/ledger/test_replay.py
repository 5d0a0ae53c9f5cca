"""What was erased stays erased when a backup is put back: a journal beside the anchor says what to erase anew."""

import base64
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from hub.access.grants import Role
from hub.ledger import service as ledger
from hub.ledger.journal import ErasedPerson, ErasedView, add, journal_of, read
from hub.ledger.sequencer import Sequencer
from hub.manage.sequencing import erase_again
from hub.members import service as members
from tests.conftest import Hub, as_role, plain
from tests.web.indicators.test_share_and_match_over_http import match, share
from tests.web.ledger.recording import append_nothing, backup_of, reason
from tests.web.ledger.test_erasures import erased, named, proposed, told
from tests.web.ledger.test_faults import no_room
from tests.web.ledger.test_halt import halted
from tests.web.members.test_decisions import tried

RECORD = UUID(int=7)
VIEWS = "SELECT count(view) FROM ledger_part WHERE entry_id = (SELECT id FROM ledger_entry WHERE action = 'match.run')"
ANA = "SELECT count(*) FROM person WHERE email ILIKE 'ana@%%'"


@pytest.fixture
def office(hub: Hub) -> Hub:
    """An office of two, an exchange of two brands, and somebody of one of them."""
    hub.person(members.OFFICE, "ada")
    hub.person(members.OFFICE, "ben", Role.ANALYST)
    for code, kind in (("brand-a", "brand"), ("brand-b", "brand"), ("auditor", "auditor")):
        hub.admit(code, kind)
    hub.person("brand-a", "ana")
    share(hub.client("brand-a"), 1)
    match(hub.client("brand-b"), 1)
    hub.sequence()
    return hub


@pytest.fixture
def restored(office: Hub) -> Iterator[Hub]:
    """A backup, put back after an entry was erased and a person forgotten; the files beside it are of today."""
    with backup_of(office) as hub:
        assert erased(office, named(office)) == "done"
        ((pseudonym,),) = office.sql("UPDATE person SET active = false WHERE name = 'Ana' RETURNING pseudonym")
        assert erased(office, str(pseudonym)) == "done"
        for of in (lambda anchor: anchor, journal_of):
            of(hub.anchor).write_text(of(office.anchor).read_text())
        assert (hub.sql(VIEWS), hub.sql(ANA)) == ([(3,)], [(1,)])
        yield hub


def replayed(hub: Hub) -> tuple[int, int]:
    with hub.operator() as actor:
        return members.replay_erasures(actor)


def found(hub: Hub) -> set[str]:
    with hub.app.app_context():
        return {each.kind for each in ledger.check_log().findings}


def test_what_a_backup_brings_back_is_erased_anew(restored: Hub) -> None:
    assert replayed(restored) == (3, 1)
    assert (restored.sql(VIEWS), restored.sql(ANA)) == ([(0,)], [(0,)])


def test_done_again_it_changes_nothing(restored: Hub) -> None:
    replayed(restored)
    before = restored.sql("SELECT count(*) FROM ledger_entry")
    assert replayed(restored) == (0, 0)
    assert restored.sql("SELECT count(*) FROM ledger_entry") == before


def test_it_is_done_while_the_log_is_halted_and_each_party_finds_it_on_record_afterwards(restored: Hub) -> None:
    assert "was a backup restored?" in halted(restored)
    assert replayed(restored) == (3, 1)
    assert reason(restored) is not None
    restored.sql("DELETE FROM ledger_halt")
    restored.anchor.unlink()
    restored.sql("DELETE FROM ledger_checkpoint WHERE size < (SELECT max(size) FROM ledger_checkpoint)")
    restored.sequence()
    for code in ("brand-a", "brand-b", "auditor"):
        (record,) = told(restored, code, "audit.erase")
        assert record["subject"] == {"type": "entry", "ref": named(restored), "reason": "replayed"}, code
    assert told(restored, "brand-a", "audit.forget")[0]["subject"]["reason"] == "replayed"
    assert told(restored, "brand-b", "audit.forget") == []


def test_hub_that_starts_replays_first(restored: Hub) -> None:
    settings = restored.app.extensions["settings"]
    journal = restored.home / "ledger" / "anchor.erasures"
    environment = {
        "HUB_HOME": str(restored.home),
        "HUB_LEDGER_ORIGIN": settings.origin,
        "HUB_DATABASE_URL": restored.owner_url,
        "HUB_DATABASE_SEQUENCER_URL": as_role(restored.owner_url, "sequencer"),
    }
    erase_again(environment)
    assert restored.sql(VIEWS) == [(3,)]
    journal.write_text(journal_of(restored.anchor).read_text())
    try:
        erase_again(environment)
    finally:
        journal.unlink()
    assert (restored.sql(VIEWS), restored.sql(ANA)) == ([(0,)], [(0,)])


def test_check_of_the_log_finds_what_was_erased_and_is_there(restored: Hub) -> None:
    assert found(restored) == {"anchor", "revived"}
    replayed(restored)
    assert found(restored) == {"anchor"}


def test_application_may_not_replay(restored: Hub) -> None:
    halted(restored)
    with psycopg.connect(plain(as_role(restored.owner_url, "app")), autocommit=True) as connection:
        for action in ("audit.erase", "audit.forget"):
            with pytest.raises(psycopg.Error, match="halted"):
                append_nothing(connection, action)


# --- the journal


def test_journal_names_each_part_and_person_and_tells_nothing(office: Hub) -> None:
    erased(office, named(office))
    entry = UUID(bytes=base64.urlsafe_b64decode(named(office) + "=="))
    places = office.sql("SELECT n FROM ledger_part WHERE entry_id = %s ORDER BY n", entry)
    text = journal_of(office.anchor).read_text()
    assert sorted(read(journal_of(office.anchor))) == [(entry, n) for (n,) in places]
    assert re.fullmatch(r"(view [0-9a-f-]{36} [0-9]+ by [0-9a-f-]{36}\n)+", text)


def test_record_of_an_erasure_is_not_signed_before_the_journal_is_written(office: Hub) -> None:
    signed = office.sql("SELECT max(size) FROM ledger_checkpoint")
    assert tried(office, "ben", proposed(office, named(office))) == "done"
    with office.sequencer() as sequencer, no_room(), pytest.raises(OSError):
        sequencer.step()
    assert office.sql("SELECT max(size) FROM ledger_checkpoint") == signed
    assert office.sql("SELECT count(*) > 0 FROM ledger_pending") == [(True,)]
    office.sequence()
    assert len(read(journal_of(office.anchor))) == 3


def test_sequencer_killed_after_writing_it_writes_it_once_more_and_it_is_read_once(
    office: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = Sequencer._journal

    def killed(*given: Any) -> None:
        written(*given)
        raise OSError

    assert tried(office, "ben", proposed(office, named(office))) == "done"
    monkeypatch.setattr(Sequencer, "_journal", killed)
    with office.sequencer() as sequencer, pytest.raises(OSError):
        sequencer.step()
    monkeypatch.undo()
    office.sequence()
    assert journal_of(office.anchor).read_text().count("\n") == 6
    assert len(read(journal_of(office.anchor))) == 3


def test_line_that_a_crash_cut_off_is_passed_over_and_spoils_no_other(office: Hub) -> None:
    journal = office.anchor.with_suffix(".cut")
    one, two = ErasedView(UUID(int=1), 0), ErasedPerson("p_a123456789abcdef")
    add(journal, [(one, RECORD)])
    with journal.open("a") as file:
        file.write("view 00000000-0000-0000")
    add(journal, [(two, RECORD)])
    assert read(journal) == [one, two]
