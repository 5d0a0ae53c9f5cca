"""An erased file is gone: the key first, then what it opened; and what nobody can open does not stay."""

import os
from datetime import timedelta

import pytest
import time_machine

from hub import clock
from hub.evidence import jobs
from hub.evidence.rules import TYPES, EvidenceType
from tests.conftest import Hub
from tests.unit.evidence.files import JPEG, PDF
from tests.web.access.test_acting_for import of
from tests.web.evidence.storing import ADDRESS, erased, file_of, lying, read, show, stored
from tests.web.evidence.test_storing import suspended, vault

__all__ = ["vault"]


def test_erased_file_is_gone_for_owner_and_parties(vault: Hub) -> None:
    client, name = vault.client("brand-a"), stored(vault.client("brand-a"))["name"]
    show(vault, "brand-a", name, "shop")
    assert erased(client, name, "a private photo").status_code == 204
    assert [read(vault.client(code), name).status_code for code in ("brand-a", "shop")] == [404, 404]
    assert vault.sql("SELECT sealed_key, reason FROM evidence") == [(None, "a private photo")]
    assert not file_of(vault, name).exists()


def test_parties_are_told_that_it_was_erased_and_not_why(vault: Hub) -> None:
    name = stored(vault.client("brand-a"))["name"]
    show(vault, "brand-a", name, "shop")
    erased(vault.client("brand-a"), name, "a private photo")
    assert of(vault, "shop", "evidence.erased")[0]["subject"] == {"type": "evidence", "ref": name}
    assert of(vault, "brand-b", "evidence.erased") == []
    told = vault.client("shop").get(f"{ADDRESS}/{name}").json
    assert told is not None
    assert (told["reason"], told["file_name"], told["erased_at"] is None) == ("", "", False)


def test_erased_file_is_erased_once(vault: Hub) -> None:
    client, name = vault.client("brand-a"), stored(vault.client("brand-a"))["name"]
    assert [erased(client, name).status_code for _ in range(2)] == [204, 404]
    assert len(of(vault, "brand-a", "evidence.erased")) == 1


@pytest.mark.parametrize("reason", ["", "  a ", "x" * 301, "a\x1b[2Jb"])
def test_reason_is_asked_for(vault: Hub, reason: str) -> None:
    client, name = vault.client("brand-a"), stored(vault.client("brand-a"))["name"]
    assert erased(client, name, reason).status_code == 422
    assert read(client, name).status_code == 200


def test_key_put_back_without_its_file_opens_nothing(vault: Hub) -> None:
    client, name = vault.client("brand-a"), stored(vault.client("brand-a"))["name"]
    ((sealed,),) = vault.sql("SELECT sealed_key FROM evidence")
    erased(client, name)
    vault.sql("UPDATE evidence SET sealed_key = %s, erased_at = NULL", sealed)  # as an old backup of the database would
    assert read(client, name).status_code == 500


# --- retention


@pytest.mark.parametrize("type", EvidenceType)
def test_file_is_kept_to_its_last_day_and_erased_on_the_next(vault: Hub, type: EvidenceType) -> None:
    name = stored(vault.client("brand-a"), type=type.value)["name"]
    last = clock.now() + TYPES[type][1]
    for moment, gone in ((last, 0), (last + timedelta(days=1), 1)):
        with time_machine.travel(moment, tick=False), vault.app.app_context():
            assert jobs.erase_expired_evidence() == gone
        assert file_of(vault, name).exists() is (gone == 0)


def test_end_of_retention_is_on_record_of_owner_and_parties(vault: Hub) -> None:
    name = stored(vault.client("brand-a"))["name"]
    show(vault, "brand-a", name, "shop")
    stored(vault.client("brand-b"), JPEG, "a.jpg")
    vault.sql("UPDATE evidence SET expires_on = current_date - 1 WHERE name = %s", name)
    with vault.app.app_context():
        assert [jobs.erase_expired_evidence() for _ in range(2)] == [1, 0]
    assert [len(of(vault, code, "evidence.expired")) for code in ("brand-a", "shop", "brand-b")] == [1, 1, 0]


def test_retention_ends_for_a_member_out_of_standing_too(vault: Hub) -> None:
    name = stored(vault.client("brand-a"))["name"]
    suspended(vault)
    vault.sql("UPDATE evidence SET expires_on = current_date - 1")
    with vault.app.app_context():
        assert jobs.erase_expired_evidence() == 1
    assert not file_of(vault, name).exists()


# --- what a crash leaves


def test_what_no_row_speaks_of_goes_after_a_day(vault: Hub) -> None:
    kept = stored(vault.client("brand-a"))["name"]
    crashed, unfinished, young = "f_crashed", ".f_halfway", "f_young"
    for name in (crashed, unfinished, young):
        path = file_of(vault, name.lstrip(".")).with_name(name)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"sealed")
    old = (clock.now() - timedelta(days=2)).timestamp()
    for name in (kept, crashed, unfinished):
        os.utime(file_of(vault, name.lstrip(".")).with_name(name), (old, old))
    with vault.app.app_context():
        jobs.remove_orphaned_files()
    assert {kept, crashed, unfinished, young} & lying(vault) == {kept, young}
    assert read(vault.client("brand-a"), kept).data == PDF


def test_file_whose_removal_a_crash_prevented_goes_too(vault: Hub) -> None:
    name = stored(vault.client("brand-a"))["name"]
    vault.sql("UPDATE evidence SET sealed_key = NULL, erased_at = now()")
    old = (clock.now() - timedelta(days=2)).timestamp()
    os.utime(file_of(vault, name), (old, old))
    with vault.app.app_context():
        assert jobs.remove_orphaned_files() >= 1
    assert name not in lying(vault)
