"""What a match is called says nothing of how many matches there are of others."""

import re

import pytest

from tests.conftest import Hub
from tests.web.indicators.test_share_and_match_over_http import match, share


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    """The shop has found two of brand-a's tokens."""
    for code, kind in (("brand-a", "brand"), ("shop", "platform"), ("bazaar", "platform")):
        hub.admit(code, kind)
    share(hub.client("brand-a"), 1, 2)
    return hub


def test_name_of_a_match_does_not_hold_its_number(alliance: Hub) -> None:
    names = {hit["match"] for hit in match(alliance.client("shop"), 1, 2).values()}
    assert len(names) == 2
    assert all(re.fullmatch(r"m_[A-Za-z0-9_-]{22}", name) for name in names), names
    numbers = [f"{number:x}" for (number,) in alliance.sql("SELECT id FROM match")]
    assert names.isdisjoint(f"m_{number}" for number in numbers)


def test_match_keeps_its_name_and_has_it_for_itself(alliance: Hub) -> None:
    first, again = (match(alliance.client("shop"), 1, 2) for _ in range(2))
    other = match(alliance.client("bazaar"), 1, 2)
    assert {n: hit["match"] for n, hit in first.items()} == {n: hit["match"] for n, hit in again.items()}
    assert len({hit["match"] for found in (first, other) for hit in found.values()}) == 4
