"""Whoever lets another member into a sharing group, or takes a seat, proves to be there; and all seats are told first."""

import pytest

from hub.members.group_rules import digest_of
from tests.conftest import HTML, Hub, csrf
from tests.web.members.groups import TEXT, founded, invite, seats, three_brands
from tests.web.members.test_agents import sentences
from tests.web.notices.noticing import feed, make


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    return three_brands(hub)


@pytest.mark.parametrize(
    ("who", "act", "fields"),
    [("brand-a", "invitations", {"code": "brand-c"}), ("brand-b", "seat", {"digest": digest_of(TEXT), "agreed": "y"})],
    ids=["invite", "accept"],
)
def test_who_was_not_there_lately_is_asked_before_a_group_grows(
    alliance: Hub, who: str, act: str, fields: dict[str, str]
) -> None:
    code = founded(alliance)
    invite(alliance, code, "brand-b")
    client = alliance.signed_in(who)
    token = csrf(client.get(f"/groups/{code}", headers=HTML).text)
    alliance.sql("UPDATE session SET fresh_at = now() - interval '11 minutes'")
    answer = client.post(f"/groups/{code}/{act}", data={**fields, "csrf_token": token}, headers=HTML)
    assert answer.location.startswith("/verify")
    assert alliance.sql("SELECT count(*) FROM group_invitation") == [(1,)]
    assert seats(alliance, code) == {"brand-a"}


def test_seats_and_who_is_invited_are_told_whom_it_is_before_it_sits(alliance: Hub) -> None:
    code = founded(alliance, "brand-b")
    invite(alliance, code, "brand-c")
    make(alliance)
    for who in ("brand-b", "brand-c"):
        assert feed(alliance, who)["notices"][-1]["event"] == "group.invited"
        assert sentences(alliance, who, "group.invited")[-1] == f"brand-c was invited to the sharing group {code}"
    assert seats(alliance, code) == {"brand-a", "brand-b"}
