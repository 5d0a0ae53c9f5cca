"""The log in one file: what is in it, for whom, and that a check of it ends as the check over the network does."""

import io
import json
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader

from hub.client.recorded import Recorded
from hub.client.vault import open_vault
from hub.tree.promise import TERM_SECONDS
from tests.conftest import Hub
from tests.web.indicators.test_share_and_match_over_http import match, share
from tests.web.ledger.rotating import later
from tests.web.ledger.test_client_witness import grow
from tests.web.ledger.typing_member import Typing, at_terminal, served
from tests.web.ledger.witnessing import enrolled

EXPORT = "/audit/export"


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    for code, kind in (("auditor", "auditor"), ("brand-a", "brand"), ("brand-b", "brand"), ("shop", "platform")):
        hub.admit(code, kind)
    share(hub.client("brand-a"), 1, 2)
    match(hub.client("shop"), 1)
    grow(hub, 300)
    return hub


@pytest.fixture
def url(alliance: Hub) -> Iterator[str]:
    with served(alliance) as url:
        yield url


@pytest.fixture
def member(alliance: Hub, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typing:
    return at_terminal(alliance, url, "brand-a", tmp_path, monkeypatch)


def exported(hub: Hub, code: str = "brand-a", query: str = "") -> zipfile.ZipFile:
    answer = hub.client(code).get(EXPORT + query)
    assert answer.status_code == 200, answer.text
    return zipfile.ZipFile(io.BytesIO(answer.data))


def about(bundle: zipfile.ZipFile) -> dict[str, object]:
    found: dict[str, object] = json.loads(bundle.read("bundle.json"))
    return found


# --- what is in it


def test_each_member_of_the_zip_is_what_its_address_answers(alliance: Hub) -> None:
    enrolled(alliance, "brand-a", "brand-b")[0].cosign()
    bundle, client = exported(alliance), alliance.client("brand-a")
    names = set(bundle.namelist()) - {"bundle.json", "audit/entries"}
    assert {name: bundle.read(name) for name in names} == {name: client.get(f"/{name}").data for name in names}
    assert bundle.read("audit/entries") == client.get("/audit/entries?limit=10000").data
    assert {name.split("/")[2] for name in names} == {"checkpoint", "checkpoints", "policy", "keys", "tile"}
    assert bundle.testzip() is None


def test_same_state_of_the_log_gives_the_same_bytes(alliance: Hub) -> None:
    first, second = (alliance.client("brand-a").get(EXPORT).data for _ in range(2))
    assert first == second


def test_span_begins_with_its_first_tile_and_ends_at_a_checkpoint(alliance: Hub) -> None:
    before = about(exported(alliance))["size"]
    grow(alliance, 300)
    bundle = exported(alliance, query=f"?from=270&to={before}")
    told = about(bundle)
    assert (told["first"], told["size"]) == (270, before)
    tiles = {name.removeprefix("audit/log/tile/") for name in bundle.namelist() if "/tile/" in name}
    width = int(str(before)) - 256
    assert tiles == {"1/000.p/1", f"0/001.p/{width}", f"entries/001.p/{width}"}
    indices = [json.loads(line)["index"] for line in bundle.read("audit/entries").splitlines()]
    assert 270 <= min(indices) <= max(indices) < int(str(before))


@pytest.mark.parametrize("query", ["?from=100000", "?to=100000", "?from=9&to=8", "?from=-1", "?to=x", "?from=2&to=2"])
def test_span_that_is_none_is_refused_with_its_reason(alliance: Hub, query: str) -> None:
    answer = alliance.client("brand-a").get(EXPORT + query)
    assert answer.status_code == 422, answer.text
    assert answer.json["errors"]


def test_nothing_is_exported_before_the_first_checkpoint(hub: Hub) -> None:
    hub.admit("brand-a")
    assert hub.client("brand-a").get(EXPORT).status_code == 404


def test_file_longer_than_allowed_is_refused_and_one_without_an_end_stops_there(
    alliance: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow(alliance)
    before, last = sizes(alliance)
    monkeypatch.setattr("hub.ledger.service.exports.MOST_EXPORTED", last - 1)
    assert about(exported(alliance))["size"] == before
    assert about(exported(alliance, query="?from=1"))["size"] == last
    assert alliance.client("brand-a").get(f"{EXPORT}?from=0&to={last}").status_code == 422


def sizes(hub: Hub) -> list[int]:
    return [int(str(size)) for (size,) in hub.sql("SELECT size FROM ledger_checkpoint ORDER BY size")]


def test_reader_that_others_wrote_reads_the_unpacked_folder(alliance: Hub, tmp_path: Path) -> None:
    exported(alliance).extractall(tmp_path)
    reader = TilesReader(LocalBackend(tmp_path / "audit" / "log"))
    signed = reader.get_checkpoint()
    assert reader.calculate_root_hash() == signed.root_hash
    found = "SELECT e.leaf FROM ledger_entry e JOIN ledger_leaf l ON l.entry_id = e.id WHERE leaf_index = 299"
    assert [(reader.get_entry(299),)] == alliance.sql(found)


# --- whose part is in it


def test_member_finds_its_own_part_alone(alliance: Hub) -> None:
    parts = {code: exported(alliance, code).read("audit/entries") for code in ("brand-a", "brand-b", "shop")}
    salts = {code: {json.loads(line)["salt"] for line in raw.splitlines()} for code, raw in parts.items()}
    assert all(salts.values())
    assert not salts["brand-a"] & salts["brand-b"] | salts["brand-b"] & salts["shop"] | salts["brand-a"] & salts["shop"]


def test_auditor_s_export_is_on_record_for_those_it_read(alliance: Hub) -> None:
    lines = exported(alliance, "auditor").read("audit/entries").splitlines()
    (told,) = alliance.client("shop").get("/audit/entries?action=audit.read").text.splitlines()
    read = json.loads(told)["view"]["counts"]["read"]
    assert 0 < read <= len(lines)


# --- checking it


def test_check_of_the_file_ends_as_the_check_over_the_network(member: Typing, tmp_path: Path) -> None:
    file = tmp_path / "log.zip"
    told = member.answer("export", file)
    offline = member.answer("verify", "--bundle", file)
    assert offline == member.answer("verify", "--full")
    assert offline["size"] == offline["new"] == told["size"]
    assert offline["views"] == offline["own"] > 300
    assert file.stat().st_mode & 0o777 == 0o600


def test_program_of_the_page_checks_the_file_with_the_key_alone(alliance: Hub, member: Typing, tmp_path: Path) -> None:
    file, program, policy = tmp_path / "log.zip", tmp_path / "verify.pyz", tmp_path / "policy"
    witnesses = enrolled(alliance, "brand-b", "shop")
    alliance.sequence()
    size, _ = (each.cosign("checkpoint") for each in witnesses)
    member("export", file)
    program.write_bytes(alliance.app.test_client().get("/ledger/verify/alliance-verify.pyz").data)
    policy.write_bytes(zipfile.ZipFile(file).read("audit/log/policy"))
    words = ["--vkey", alliance.signer.verifier.vkey, "--policy", policy, "--state", tmp_path / "state", "--json"]
    done = subprocess.run([sys.executable, "-I", program, file, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["size"], told["final"], told["tagged"]) == (size, {"size": size, "reached": True}, False)
    assert told["views"] == member.answer("verify")["views"]


def test_next_file_goes_on_where_the_last_check_ended(alliance: Hub, member: Typing, tmp_path: Path) -> None:
    first, second = tmp_path / "1.zip", tmp_path / "2.zip"
    size = member.answer("export", first)["size"]
    grow(alliance, 400)
    member("export", second, "--from", str(size))
    assert "were not looked at" in member("verify", "--bundle", second, code=2).err
    member("verify", "--bundle", first)
    assert member.answer("verify", "--bundle", second)["new"] >= 400
    member("verify")


def test_file_is_final_when_the_quorum_has_cosigned_it(alliance: Hub, member: Typing, tmp_path: Path) -> None:
    witnesses = enrolled(alliance, "brand-b", "shop")
    alliance.sequence()
    member("policy", "--take")
    file = tmp_path / "log.zip"
    member("export", file)
    assert member.answer("verify", "--bundle", file, code=3)["final"] == {"size": 0, "reached": False}
    size, _ = (each.cosign("checkpoint") for each in witnesses)
    member("export", file)
    assert member.answer("verify", "--bundle", file)["final"] == {"size": size, "reached": True}


def test_file_of_an_older_day_is_told_apart_from_nothing(alliance: Hub, member: Typing, tmp_path: Path) -> None:
    file = tmp_path / "log.zip"
    member("export", file)
    grow(alliance)
    member("verify")
    told = member("verify", "--bundle", file, code=30).err
    assert "rolled back" in told
    assert "exported before our last check" in told


def test_file_of_another_member_is_refused(alliance: Hub, member: Typing, tmp_path: Path) -> None:
    file = tmp_path / "log.zip"
    file.write_bytes(alliance.client("shop").get(EXPORT).data)
    assert "another member's part" in member("verify", "--bundle", file, code=2).err


def test_erased_view_is_accounted_for_in_the_file(alliance: Hub, member: Typing, tmp_path: Path) -> None:
    alliance.sql(
        "UPDATE ledger_part SET view = NULL, salt = NULL, erased_by = gen_random_uuid()"
        " WHERE entry_id = (SELECT entry_id FROM ledger_part p JOIN member m ON m.id = p.party"
        " WHERE m.code = 'brand-a' AND p.action = 'contribution.shared')"
    )
    file = tmp_path / "log.zip"
    member("export", file)
    pending = member.answer("verify", "--bundle", file)
    assert pending["erased"] == 1
    with later(timedelta(seconds=TERM_SECONDS)):
        grow(alliance)
        member("export", file)
        assert "no record of the erasure" in member("verify", "--bundle", file, code=40).err


@pytest.mark.parametrize(
    ("table", "column", "which"),
    [
        ("ledger_tile", "hashes", "level = 0 AND n = 0"),
        ("ledger_entry", "leaf", "id = (SELECT entry_id FROM ledger_leaf WHERE leaf_index = 200)"),
        ("ledger_part", "view", "entry_id = (SELECT entry_id FROM ledger_leaf WHERE leaf_index = 200)"),
    ],
)
def test_file_of_a_log_that_was_altered_is_noticed(
    alliance: Hub, member: Typing, tmp_path: Path, table: str, column: str, which: str
) -> None:
    file = tmp_path / "log.zip"
    alliance.sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    alliance.sql(f"UPDATE {table} SET {column} = set_byte({column}, 40, get_byte({column}, 40) # 1) WHERE {which}")
    member("export", file)
    member("verify", "--bundle", file, code=20)
    assert [each["code"] for each in member.evidence()] == [20]


def test_exchange_that_is_not_in_the_file_is_overdue(alliance: Hub, member: Typing, tmp_path: Path) -> None:
    file = tmp_path / "log.zip"
    member("verify")
    with open_vault(member.state) as vault:
        vault.note_exchange(Recorded("A" * 22, None), "match")
    with closing(sqlite3.connect(member.state / "vault.sqlite", isolation_level=None)) as journal:
        journal.execute("UPDATE journal SET at = '2020-01-01T00:00:00.000Z'")
    member("export", file)
    assert "are not in the log" in member("verify", "--bundle", file, code=10).err


def test_span_that_the_hub_refuses_leaves_no_file(member: Typing, tmp_path: Path) -> None:
    member("export", tmp_path / "log.zip", "--from", "999999", code=4)
    assert [path.name for path in tmp_path.glob("*.zip")] == []
