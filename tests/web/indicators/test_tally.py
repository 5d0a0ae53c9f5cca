"""The tally of a member's contributions, with two of its exchanges under way at once."""

from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import sha256
from itertools import combinations
from typing import Any

import psycopg
import pytest

from hub.indicators.service import own
from tests.conftest import Hub, plain

Connection = psycopg.Connection[Any]
KEY = "SELECT id FROM token_key WHERE name = 'example.e1.domain'"
MEMBER = "SELECT id FROM member WHERE code = 'brand-a'"


@pytest.fixture
def two(hub: Hub) -> Iterator[tuple[Connection, Connection]]:
    """Connections that count into shares of their own; a lock that they had to wait for is an error."""
    hub.admit("brand-a", "brand")
    with ExitStack() as stack:
        made = [stack.enter_context(psycopg.connect(plain(hub.owner_url))) for _ in range(8)]
        pairs = (pair for pair in combinations(made, 2) if len({each.info.backend_pid % 16 for each in pair}) == 2)
        first, second = next(pairs)
        second.execute("SET lock_timeout = '2s'")
        second.commit()
        yield first, second


def put(connection: Connection, n: int) -> None:
    token = sha256(bytes([n])).digest()
    connection.execute(f"INSERT INTO indicator (key_id, token) VALUES (({KEY}), %s)", (token,))
    connection.execute(
        "INSERT INTO contribution (key_id, token, member_id, stance, evidence_level, tlp, shared_at, expires_on, state)"
        f" VALUES (({KEY}), %s, ({MEMBER}), 'infringing', 2, 2, now(), current_date + 300, 'active')",
        (token,),
    )


def counted(hub: Hub) -> list[int]:
    with hub.app.test_request_context():
        return [each.count for each in own.own_counts(hub.actor("brand-a"))]


def test_neither_waits_for_the_commit_of_the_other(hub: Hub, two: tuple[Connection, Connection]) -> None:
    for n, each in enumerate(two):
        put(each, n)
    for each in two:
        each.commit()
    assert counted(hub) == [2]


def test_what_one_counted_another_takes_away(hub: Hub, two: tuple[Connection, Connection]) -> None:
    first, second = two
    put(first, 1)
    first.commit()
    second.execute("UPDATE contribution SET state = 'withdrawn'")
    second.commit()
    assert counted(hub) == []
