import os
import pty
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

from hub.client.cli import alliance
from hub.client.errors import EXIT_CODES, ExitCode
from tests.unit.client.typed import looked_at, typed, written_profile

PROGRAM = str(Path(sys.executable).with_name("alliance"))
TERMS = ("--type", "domain", "--evidence", "E2", "--tlp", "green")
COMMANDS = sorted(alliance.commands)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "list.txt"
    path.write_text("brand.shop\nno\n")
    return path


@pytest.mark.parametrize("command", [command for command in COMMANDS if command != "ledger"])
def test_help_shows_the_command_as_typed(command: str) -> None:
    ended = typed(command, "--help")
    assert (ended.code, "Examples:" in ended.out, f"alliance {command}" in ended.out.replace("\n", " ") or
            f" {command} " in ended.out) == (0, True, True)  # fmt: skip


@pytest.mark.parametrize("code", list(ExitCode))
def test_exit_code_is_documented_in_the_help(code: ExitCode) -> None:
    assert f"{code.value:>3}  {EXIT_CODES[code]}"[:60] in typed("--help").out


def test_json_is_all_there_is_on_stdout(file: Path) -> None:
    ended = looked_at(file, "domain")
    assert (ended.document["rows"]["good"], ended.out.count("\n"), ended.err) == (1, 1, "")


def test_error_leaves_stdout_empty(file: Path) -> None:
    ended = looked_at(file.with_name("nowhere.txt"), "domain")
    assert (ended.out, ended.err.startswith("alliance: ")) == ("", True)


def test_json_holds_no_identifier(file: Path) -> None:
    assert "brand.shop" not in looked_at(file, "domain").out


@pytest.mark.parametrize("words", [["share"], ["match", "x", "--type", "nothing"], ["nothing"], ["--patience", "x"]])
def test_words_that_make_no_command_end_with_2_and_no_traceback(words: list[str]) -> None:
    ended = typed(*words)
    assert (ended.code, "Traceback" in ended.err, ended.out) == (2, False, "")


def test_types_need_no_network() -> None:
    assert "phone" in typed("types", "--json").document


def many(tmp_path: Path, lines: int = 150_000) -> Path:
    path = tmp_path / "many.txt"
    path.write_text("".join(f"s{n}.shop\n" for n in range(lines)))
    return path


def test_long_work_in_a_pipe_is_told_in_plain_lines(tmp_path: Path) -> None:
    done = subprocess.run(
        [PROGRAM, "share", many(tmp_path), *TERMS, "--dry-run", "--json"], capture_output=True, text=True, check=True
    )
    assert done.stderr.splitlines() == ["reading many.txt: 100,000"]


def test_ctrl_c_in_the_middle_of_long_work_is_told_in_one_line(tmp_path: Path) -> None:
    command = [PROGRAM, "share", str(many(tmp_path, 600_000)), *TERMS, "--dry-run", "--json"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    ) as run:
        assert run.stderr is not None
        run.stderr.readline()
        os.killpg(run.pid, signal.SIGINT)
        out, said = run.communicate(timeout=60)
    assert (run.returncode, out, said.splitlines()[-1][:21]) == (130, b"", b"alliance: interrupted")


def test_work_that_ends_while_its_processes_still_start_says_nothing_of_them(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("no\n" * 4_100)
    done = subprocess.run([PROGRAM, "share", path, *TERMS, "--dry-run"], capture_output=True, text=True)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 2)


def test_long_work_on_a_terminal_is_told_by_a_bar(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    path = tmp_path / "[bold]list.txt"
    path.write_text("brand.shop\n" * 5_000)
    command = [PROGRAM, "share", str(path), *TERMS, "--dry-run", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, env=os.environ | {"TERM": "xterm"}) as run:
        os.close(theirs)
        drawn = b""
        try:
            while piece := os.read(ours, 4096):
                drawn += piece
        except OSError:
            pass
        os.close(ours)
        assert run.stdout is not None
        answer = run.stdout.read()
    assert (b"reading [bold]list.txt" in drawn, b"\x1b[" in drawn, answer[:1]) == (True, True, b"{")


def test_terminal_is_asked_before_sharing_and_no_means_no(file: Path, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    env = os.environ | {"TERM": "xterm", "ALLIANCE_STATE": str(tmp_path / "state")}
    command = [PROGRAM, "--profile", str(written_profile(tmp_path)), "--patience", "0", "share", str(file), *TERMS]
    with subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, env=env) as run:
        os.close(theirs)
        heard = b""
        while b"[Y/n]" not in heard:
            heard += os.read(ours, 4096)
        os.write(ours, b"n\n")
        try:
            while piece := os.read(ours, 4096):
                heard += piece
        except OSError:
            pass
        os.close(ours)
    assert (run.returncode, b"nothing was shared" in heard) == (130, True)


def test_hub_that_cannot_be_reached_ends_with_75(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLIANCE_STATE", str(tmp_path / "state"))
    ended = typed("--profile", written_profile(tmp_path), "--patience", "0", "share", file, *TERMS)
    last = ended.err.strip().splitlines()[-2:]
    assert ended.code == 75
    assert last[0] == "alliance: the hub cannot be reached"
    assert last[1].startswith("  → check the network")


def test_id_that_begins_with_a_dash_is_an_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLIANCE_STATE", str(tmp_path / "state"))
    for id in ("-URYFUTf3HMgqnSoqCPcEg", "--RYFUTf3HMgqnSoqCPcEg"):
        assert typed("--profile", written_profile(tmp_path), "--patience", "0", "ledger", "receipt", id).code == 75


def test_full_disk_under_the_output_is_told_in_words(file: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [PROGRAM, "share", file, *TERMS, "--dry-run"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, "No space left" in done.stderr, "Traceback" in done.stderr) == (75, True, False)


def test_reader_of_the_output_that_has_gone_is_no_error(file: Path) -> None:
    done = subprocess.run(
        f"{shlex.quote(PROGRAM)} share {shlex.quote(str(file))} {' '.join(TERMS)} --dry-run | true",
        shell=True,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert done.stderr == ""


def test_result_file_that_is_the_source_is_refused(file: Path, tmp_path: Path) -> None:
    ended = typed("--profile", written_profile(tmp_path), "match", file, "--type", "domain", "--out", file)
    assert (ended.code, "--out" in ended.err, file.read_text()) == (2, True, "brand.shop\nno\n")


def test_result_file_that_is_a_device_is_refused(file: Path, tmp_path: Path) -> None:
    ended = typed("--profile", written_profile(tmp_path), "match", file, "--type", "domain", "--out", "/dev/null")
    assert (ended.code, "no file" in ended.err, Path("/dev/null").is_char_device()) == (2, True, True)


def test_every_command_answers_as_click_and_in_one_program() -> None:
    assert all(isinstance(command, click.Command) for command in alliance.commands.values())
