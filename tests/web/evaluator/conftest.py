"""One evaluator for the tests of this folder, in a home of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.evaluator.running import ALLIANCE, RunningEvaluator, run_evaluator, running


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with fresh secrets. Tests do not change it."""
    folder = tmp_path_factory.mktemp("home")
    assert run_evaluator("init", "--home", str(folder), "--alliance", ALLIANCE).returncode == 0
    return folder


@pytest.fixture(scope="session")
def evaluator(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEvaluator]:
    """An evaluator that serves all tests of this folder."""
    with running(home, tmp_path_factory.mktemp("log") / "evaluator.log", "--workers", "2") as evaluator:
        yield evaluator
