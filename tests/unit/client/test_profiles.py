import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.client.typed import NOBODY, Ended, profile_document, typed, written_profile


def status(*before: str | Path) -> Ended:
    return typed(*before, "--patience", "0", "status")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ALLIANCE_STATE", str(tmp_path / "state"))
    return tmp_path


def test_good_profile_leads_to_the_hub(folder: Path) -> None:
    ended = status("--profile", written_profile(folder))
    assert (ended.code, "the hub cannot be reached" in ended.err) == (75, True)


def test_profile_that_others_can_read_is_refused_with_what_mends_it(folder: Path) -> None:
    path = written_profile(folder)
    path.chmod(0o640)
    ended = status("--profile", path)
    assert (ended.code, "mode 0640" in ended.err, f"chmod 600 {path}" in ended.err) == (2, True, True)


@pytest.mark.parametrize("field", ["url", "member", "alliance", "api_key", "service_vkey", "tag_key", "ledger", "keys"])
def test_missing_field_is_named(folder: Path, field: str) -> None:
    path = written_profile(folder, **{field: None})
    ended = status("--profile", path)
    assert (ended.code, f"“{field}”" in ended.err, "administrator" in ended.err) == (2, True, True)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "it is not JSON"),
        (b"url = x", "it is not JSON"),
        (b"[" * 100_000, "it is not JSON"),
        (b"[]", "not a profile of version 1"),
        (json.dumps(profile_document() | {"version": 2}).encode(), "not a profile of version 1"),
        (b"\xff\xfe\x00", "is not text"),
    ],
)
def test_file_that_is_no_profile_is_told_apart(folder: Path, content: bytes, what: str) -> None:
    path = written_profile(folder)
    path.write_bytes(content)
    ended = status("--profile", path)
    assert (ended.code, what in ended.err) == (2, True)


def test_profile_that_is_not_there_is_named(folder: Path) -> None:
    ended = status("--profile", folder / "nobody.profile")
    assert (ended.code, "nobody.profile" in ended.err) == (2, True)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("hub.example.org", "is not a web address"),
        ("http://[", "is not a web address"),
        ("http://127.0.0.1:hub", "is not a web address"),
        ("http://hub.example.org", "in clear text"),
        ("https://me:secret@hub.example.org", "is not a web address"),
    ],
)
def test_address_that_is_none_is_told_without_it(folder: Path, url: str, words: str) -> None:
    ended = status("--profile", written_profile(folder, url))
    assert (ended.code, words in ended.err, "secret" in ended.err) == (2, True, False)


@pytest.mark.parametrize("key", ["two\nlines", "schlüssel", " ", "a b"])
def test_key_that_is_none_is_told_without_it(folder: Path, key: str) -> None:
    ended = status("--profile", written_profile(folder, api_key=key))
    assert (ended.code, "the API key holds characters" in ended.err, key in ended.err.replace("API key", "")) == (
        2, True, key == " ",
    )  # fmt: skip


def test_without_a_profile_the_ways_to_give_one_are_listed(folder: Path) -> None:
    ended = status()
    ways = ("--profile FILE", "ALLIANCE_PROFILE", "ALLIANCE_URL", "ALLIANCE_API_KEY")
    assert (ended.code, all(way in ended.err for way in ways)) == (2, True)


def test_variables_stand_above_the_profile(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLIANCE_URL", NOBODY)
    ended = status("--profile", written_profile(folder, "https://hub.invalid"))
    assert ended.code == 75


def other_things(folder: Path) -> None:
    folder.mkdir(mode=0o755)
    (folder / "report.docx").touch()


def test_state_folder_that_holds_other_things_and_is_open_to_others_is_left_alone(folder: Path) -> None:
    other_things(folder / "state")
    ended = status("--profile", written_profile(folder))
    assert (ended.code, "ALLIANCE_STATE" in ended.err) == (2, True)
    assert (folder / "state").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("way", ["option", "variable"])
def test_state_of_each_brand_that_an_agent_acts_for_is_kept_apart(
    folder: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written_profile(folder)
    for brand in ("brand-a", "brand-b"):
        monkeypatch.setenv("ALLIANCE_FOR", brand if way == "variable" else "brand-z")
        status("--profile", path, *(("--for", brand) if way == "option" else ()))
    kept = [each for each in (folder / "state").iterdir() if each.is_dir()]
    assert sorted(each.name for each in kept) == ["for-brand-a", "for-brand-b"]
    assert {each.stat().st_mode & 0o777 for each in kept} == {0o700}


def test_code_of_a_brand_that_is_none_is_refused_before_anything_is_sent(folder: Path) -> None:
    ended = status("--profile", written_profile(folder), "--for", "Brand\nA")
    assert (ended.code, "no code of a brand" in ended.err) == (2, True)


def secrets_of(document: dict[str, Any]) -> list[str]:
    return [document["api_key"], document["tag_key"]]


def test_no_message_holds_a_secret_of_the_profile(folder: Path) -> None:
    said = ""
    for spoilt in profile_document():
        said += status("--profile", written_profile(folder, **{spoilt: "?"})).err
    said += status("--profile", written_profile(folder)).err
    assert [secret for secret in secrets_of(profile_document()) if secret in said] == []
