"""What several tests of access share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.access.everybody import Everybody, everybody


@pytest.fixture(scope="session")
def all_there_is(cluster: str, home: Path, evaluator_url: str) -> Iterator[Everybody]:
    """The hub with everybody in it, built once a test process: a test that asks for it shares nothing."""
    with everybody(cluster, home, evaluator_url) as made:
        yield made
