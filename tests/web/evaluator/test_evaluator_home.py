"""The evaluator's files: how they are made, and what it refuses to start with."""

import shutil
from pathlib import Path

import pytest

from hub import canonical
from hub.evaluator.__main__ import TYPES
from tests.web.evaluator.running import ALLIANCE, run_evaluator

FILES = ("seed.sealed", "passphrase", "bearer")


@pytest.fixture
def own_home(home: Path, tmp_path: Path) -> Path:
    """A copy that the test may spoil."""
    shutil.copytree(home, tmp_path / "home")
    return tmp_path / "home"


def contents(home: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (home / "evaluator").iterdir()}


def test_init_makes_three_files_for_their_owner_only(home: Path) -> None:
    assert {path.name: path.stat().st_mode & 0o777 for path in (home / "evaluator").iterdir()} == dict.fromkeys(
        FILES, 0o600
    )
    assert (home / "evaluator").stat().st_mode & 0o777 == 0o700


def test_init_again_changes_nothing(own_home: Path) -> None:
    before = contents(own_home)
    assert run_evaluator("init", "--home", str(own_home), "--alliance", ALLIANCE).returncode == 0
    assert contents(own_home) == before


def test_init_for_another_alliance_is_refused(own_home: Path) -> None:
    before = contents(own_home)
    done = run_evaluator("init", "--home", str(own_home), "--alliance", "other")
    assert (done.returncode, contents(own_home)) == (2, before)
    assert "is of the alliance example" in done.stderr


@pytest.mark.parametrize("name", ["seed.sealed", "bearer"])
def test_init_completes_what_a_crash_left(own_home: Path, name: str) -> None:
    before = contents(own_home)
    (own_home / "evaluator" / name).unlink()
    assert run_evaluator("init", "--home", str(own_home), "--alliance", ALLIANCE).returncode == 0
    after = contents(own_home)
    assert [kept for kept in FILES if after[kept] == before[kept]] == [kept for kept in FILES if kept != name]


def test_init_does_not_replace_a_lost_passphrase(own_home: Path) -> None:
    (own_home / "evaluator/passphrase").unlink()
    done = run_evaluator("init", "--home", str(own_home), "--alliance", ALLIANCE)
    assert (done.returncode, (own_home / "evaluator/passphrase").exists()) == (2, False)
    assert "restore it from a backup" in done.stderr


def test_init_with_a_name_that_is_none_makes_nothing(tmp_path: Path) -> None:
    done = run_evaluator("init", "--home", str(tmp_path / "home"), "--alliance", "Not a name")
    assert (done.returncode, list(tmp_path.iterdir())) == (2, [])


@pytest.mark.parametrize("name", FILES)
def test_missing_file_stops_the_start(own_home: Path, name: str) -> None:
    (own_home / "evaluator" / name).unlink()
    done = run_evaluator("--home", str(own_home))
    assert done.returncode == 2
    assert f"{name} cannot be read (No such file or directory): run init" in done.stderr


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_file_open_to_others_stops_the_start(own_home: Path, name: str, mode: int) -> None:
    (own_home / "evaluator" / name).chmod(mode)
    done = run_evaluator("--home", str(own_home))
    assert done.returncode == 2
    assert f"{name} is open to others than its owner: chmod 600" in done.stderr


def test_wrong_passphrase_stops_the_start_without_being_shown(own_home: Path) -> None:
    (own_home / "evaluator/passphrase").write_text("wrong-guess")
    done = run_evaluator("--home", str(own_home))
    assert done.returncode == 2
    assert "the passphrase is wrong" in done.stderr
    assert "wrong-guess" not in done.stderr


@pytest.mark.parametrize("name", ["passphrase", "bearer"])
@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe"])
def test_secret_that_is_empty_or_no_text_stops_the_start(own_home: Path, name: str, content: bytes) -> None:
    (own_home / "evaluator" / name).write_bytes(content)
    done = run_evaluator("--home", str(own_home))
    assert (done.returncode, name in done.stderr) == (2, True)


def test_passphrase_is_read_from_where_the_environment_says(own_home: Path, tmp_path: Path) -> None:
    elsewhere = (own_home / "evaluator/passphrase").rename(tmp_path / "mounted")
    done = run_evaluator(
        "init", "--home", str(own_home), "--alliance", ALLIANCE, HUB_EVALUATOR_PASSPHRASE_FILE=str(elsewhere)
    )
    assert (done.returncode, (own_home / "evaluator/passphrase").exists()) == (0, False)


@pytest.mark.parametrize(
    "arguments", [["init"], ["--alliance", "example"], ["--workers", "0"], ["--workers", "two"], ["--types", "a,,b"]]
)
def test_command_line_that_makes_no_sense_is_refused(home: Path, arguments: list[str]) -> None:
    assert run_evaluator("--home", str(home), *arguments).returncode == 2


def test_types_with_keys_are_those_that_can_be_canonicalised() -> None:
    assert set(TYPES) == set(canonical.TYPES)
