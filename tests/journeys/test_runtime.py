"""Starting and stopping a whole hub: what is killed comes back, and nothing is left behind. Real processes."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import requests

from hub.manage.home import HomeError, running_environment
from hub.manage.runtime import free_port

SMALL_HUB = Path(__file__).with_name("small_hub.py")
PATIENCE = 60.0  # seconds; only a limit, for a machine that is busy with other things
# A word of the command line that only this part's first process has.
MARKS = {
    "postgres": "-D",
    "evaluator": "hub.evaluator",
    "worker": "worker",
    "sequencer": "sequence",
    "web": "gunicorn",
}


class RunningHub:
    """A small hub that was started from another folder, and what it says line by line."""

    def __init__(self, home: Path, mode: str = "serve", **env: str) -> None:
        self.home = home
        self.port = free_port()
        self.process = subprocess.Popen(
            [sys.executable, str(SMALL_HUB), mode],
            cwd="/",
            env={**os.environ, "HUB_HOME": str(home), "HUB_PORT": str(self.port), "HUB_WEB_WORKERS": "1", **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def read_until(self, words: str) -> str:
        """The lines up to the one that holds `words`, which must come before the hub ends."""
        assert self.process.stdout is not None
        heard = ""
        for line in self.process.stdout:
            heard += line
            if words in line:
                return heard
        raise AssertionError(f"the hub ended without saying {words!r}:\n{heard}")

    def part(self, name: str) -> psutil.Process:
        """The first process of a part."""
        children = psutil.Process(self.process.pid).children()
        return next(child for child in children if MARKS[name] in child.cmdline())

    def everything(self) -> list[psutil.Process]:
        """The supervisor, and all processes that descend from it."""
        supervisor = psutil.Process(self.process.pid)
        return [supervisor, *supervisor.children(recursive=True)]

    def finish(self) -> tuple[int, str]:
        """The exit code, and what was said since the last `read_until`."""
        said, _ = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, said


def still_running(processes: list[psutil.Process], seconds: float = PATIENCE) -> list[psutil.Process]:
    """Which of them have not ended when the time is up."""
    _, left = psutil.wait_procs([one for one in processes if one.is_running()], timeout=seconds)
    return [one for one in left if one.status() != psutil.STATUS_ZOMBIE]


Start = Callable[..., RunningHub]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts hubs, by default in a home whose path has a space, and ends those that still run."""
    started: list[RunningHub] = []

    def begin(home: Path = tmp_path / "a home", mode: str = "serve", **env: str) -> RunningHub:
        started.append(RunningHub(home, mode, **env))
        return started[-1]

    yield begin
    for hub in started:
        if hub.process.poll() is None:
            hub.process.terminate()
        hub.process.communicate(timeout=PATIENCE)


@pytest.fixture(scope="module")
def shared_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """One with the hub's own programs, for tests that leave it running."""
    hub = RunningHub(tmp_path_factory.mktemp("hub") / "a home", "real")
    hub.read_until("playing on")
    yield hub
    hub.process.terminate()
    hub.process.communicate(timeout=PATIENCE)


@pytest.mark.parametrize("name", ["evaluator", "worker", "sequencer", "web"])
def test_part_killed_is_started_again(shared_hub: RunningHub, name: str) -> None:
    victim = shared_hub.part(name)
    family = [victim, *victim.children(recursive=True)]
    victim.kill()
    shared_hub.read_until(f"{name} ended unexpectedly (killed by SIGKILL)")
    shared_hub.read_until(f"{name} runs again")
    assert shared_hub.part(name).pid != victim.pid
    assert still_running(family) == []


def test_database_killed_is_started_again_and_the_pages_with_it(start: Start) -> None:
    hub = start(mode="real")
    hub.read_until("playing on")
    hub.part("postgres").kill()
    hub.read_until("postgres ended unexpectedly (killed by SIGKILL)")
    hub.read_until("postgres runs again")
    assert requests.get(f"http://127.0.0.1:{hub.port}/", timeout=PATIENCE).ok


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("evaluator", set()),
        ("worker", {"HUB_DATABASE_APP_URL"}),
        ("sequencer", {"HUB_DATABASE_SEQUENCER_URL"}),
        ("web", {"HUB_DATABASE_APP_URL"}),
    ],
)
def test_part_knows_no_other_database_role(shared_hub: RunningHub, name: str, known: set[str]) -> None:
    told = shared_hub.part(name).environ()
    assert {key for key in told if key.startswith("HUB_DATABASE")} == known
    owner = running_environment(shared_hub.home)["HUB_DATABASE_URL"]
    assert owner not in told.values()


def test_operators_commands_find_the_running_hub(shared_hub: RunningHub) -> None:
    assert running_environment(shared_hub.home)["HUB_PORT"] == str(shared_hub.port)


def test_supervisor_killed_leaves_no_process(start: Start) -> None:
    hub = start()
    hub.read_until("playing on")
    everything = hub.everything()
    hub.process.kill()
    assert still_running(everything) == []


def test_supervisor_killed_hub_starts_again_on_the_same_home(start: Start, tmp_path: Path) -> None:
    killed = start()
    killed.read_until("playing on")
    killed.process.kill()
    killed.process.wait()
    start().read_until("playing on")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_hub_asked_to_stop_leaves_no_process_and_succeeds(start: Start, number: signal.Signals) -> None:
    hub = start()
    hub.read_until("playing on")
    everything = hub.everything()
    hub.process.send_signal(number)
    code, said = hub.finish()
    assert (code, "stopped" in said, still_running(everything, 0)) == (0, True, [])


def test_hub_asked_to_stop_while_starting_leaves_no_process(start: Start) -> None:
    hub = start(SMALL_HUB_BROKEN="worker")
    hub.read_until("worker ended unexpectedly")
    everything = hub.everything()
    hub.process.send_signal(signal.SIGINT)
    assert (hub.finish()[0], still_running(everything, 0)) == (0, [])


def test_hub_stopped_is_not_found_by_operators_commands(start: Start) -> None:
    hub = start()
    hub.read_until("playing on")
    hub.process.terminate()
    hub.finish()
    with pytest.raises(HomeError, match="make run"):
        running_environment(hub.home)


def test_part_that_cannot_start_stops_the_hub_and_shows_its_log(start: Start) -> None:
    hub = start(SMALL_HUB_BROKEN="worker")
    code, said = hub.finish()
    assert code == 1
    assert "worker ended again and again (exit code 1)" in said
    assert "this part is broken" in said


def test_port_taken_is_said_before_anything_is_started(start: Start, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, said = start(HUB_PORT=str(port)).finish()
    assert code == 2
    assert all(words in said for words in (f"port {port}", f"make run PORT={port + 1}", "HUB_PORT"))
    assert not (tmp_path / "a home" / "database").exists()


def test_second_start_on_the_same_home_names_the_first(start: Start) -> None:
    first = start()
    first.read_until("playing on")
    code, said = start().finish()
    assert code == 2
    assert all(words in said for words in (f"process {first.process.pid}", "HUB_HOME=", "PORT="))


def test_home_with_a_long_path_and_commas_runs_and_leaves_no_socket_folder(start: Start, tmp_path: Path) -> None:
    hub = start(home=tmp_path / ("a long name, " * 9))
    hub.read_until("playing on")
    folder = Path((hub.home / "run" / "postgres-socket").read_text())
    hub.process.terminate()
    hub.finish()
    assert (folder.parent, folder.exists()) == (Path("/tmp"), False)


@pytest.mark.parametrize(("play", "expected"), [("succeeds", 0), ("fails", 1)])
def test_demo_ends_with_its_play_and_removes_its_home(start: Start, play: str, expected: int) -> None:
    hub = start(mode="demo", SMALL_HUB_PLAY=play)
    heard = hub.read_until("playing on")
    home = Path(heard.split("playing on ")[1].strip())
    assert home.parent == Path(tempfile.gettempdir())
    code, _ = hub.finish()
    assert (code, home.exists()) == (expected, False)


def test_example_that_fails_leaves_the_hub_running(start: Start) -> None:
    hub = start(SMALL_HUB_PLAY="fails")
    hub.read_until("example did not succeed (exit code 1)")
    assert all(hub.part(name).is_running() for name in MARKS)
