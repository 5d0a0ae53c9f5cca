"""The list of a member's sharing groups, as its systems read it."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from hub.members import service as members
from hub.members.group_rules import TO_ACCEPT, digest_of
from hub.members.service import CredentialTerms
from tests.conftest import Hub
from tests.web.members.groups import NEWER, TEXT, founded, invite, renew, three_brands
from tests.web.members.test_decisions import person


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    return three_brands(hub)


def listed(client: FlaskClient, **query: str) -> Any:
    answer = client.get("/api/v1/groups", query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_member_is_told_of_its_own_groups_alone(alliance: Hub) -> None:
    code = founded(alliance, "brand-b")
    assert listed(alliance.client("brand-b")) == {
        "groups": [
            {
                "code": code,
                "name": "Tents",
                "purpose": "Copies of our tents",
                "agreement_digest": digest_of(TEXT),
                "founder": False,
                "seats": 2,
                "seated": True,
                "invited_until": None,
                "accept_by": None,
            }
        ],
        "cursor": None,
    }
    assert listed(alliance.client("brand-c")) == {"groups": [], "cursor": None}


def test_invitation_and_acceptance_owed_are_told_with_their_last_moment(alliance: Hub) -> None:
    code = founded(alliance, "brand-b")
    invite(alliance, code, "brand-c")
    renew(alliance, code)
    ((renewed, until),) = alliance.sql("SELECT renewed_at, expires_at FROM sharing_group, group_invitation")
    assert (_moments(alliance, "brand-a"), _moments(alliance, "brand-b"), _moments(alliance, "brand-c")) == (
        (None, None),
        (None, (renewed + TO_ACCEPT).isoformat()),  # type: ignore[operator]  # a moment
        (until.isoformat(), None),  # type: ignore[attr-defined]  # a moment
    )
    assert listed(alliance.client("brand-b"))["groups"][0]["agreement_digest"] == digest_of(NEWER)


def _moments(alliance: Hub, who: str) -> tuple[str | None, str | None]:
    ((group,),) = (listed(alliance.client(who))["groups"],)
    return group["invited_until"], group["accept_by"]


def test_pages_of_the_list_hold_each_group_once(alliance: Hub) -> None:
    codes = sorted(founded(alliance) for _ in range(3))
    client, found, cursor = alliance.client("brand-a"), [], {}
    for _ in range(2):
        page = listed(client, limit="2", **cursor)
        found += [group["code"] for group in page["groups"]]
        cursor = {"cursor": page["cursor"]}
    assert (found, cursor) == (codes, {"cursor": None})


def test_cursor_of_another_member_is_refused(alliance: Hub) -> None:
    for _ in range(2):
        founded(alliance, "brand-b")
    cursor = listed(alliance.client("brand-a"), limit="1")["cursor"]
    answer = alliance.client("brand-b").get("/api/v1/groups", query_string={"cursor": cursor})
    assert (answer.status_code, answer.json["type"]) == (422, "/problems/not-valid")


def test_key_without_the_scope_reads_no_group(alliance: Hub) -> None:
    with person(alliance, "brand-a") as actor:
        key = members.issue_own_key(actor, CredentialTerms("Lists", 30, ["list:fetch"], []))
    client = alliance.app.test_client()
    answer = client.get("/api/v1/groups", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 403
