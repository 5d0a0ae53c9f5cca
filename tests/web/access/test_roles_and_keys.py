"""What a role inside a member may, and the keys that its owners make: scoped, bound to networks, rotated, revoked."""

import re
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as some
from werkzeug.test import TestResponse

from hub import clock
from hub.access.grants import GRANTS, Role, granted, granted_to_client
from hub.access.permissions import Permission
from hub.access.tlp import MemberKind
from hub.db import db
from hub.members import service as members
from hub.members.rules import MOST_CREDENTIALS, OVERLAP_DAYS
from tests.conftest import HTML, Hub, csrf
from tests.web.indicators.test_share_and_match_over_http import KEY, share, token

ME = "/api/v1/me"


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    """A brand with a person in every role, and another brand."""
    hub.admit("brand-a")
    hub.admit("brand-b")
    for role in Role:
        hub.person("brand-a", role.value, role)
    hub.person("brand-b", "other")
    return hub


def made(client: FlaskClient, **fields: object) -> TestResponse:
    """The answer to the form for a key."""
    asked = {"name": "nightly", "days": 30, "scopes": ["member:self", "match:run"], "networks": ""} | fields
    return client.post("/credentials", data=asked | {"csrf_token": csrf(client.get("/credentials").text)}, headers=HTML)


def key_in(answer: TestResponse) -> str:
    found = re.search(r"ah_[A-Za-z0-9_-]{43}", answer.text)
    assert found is not None, answer.status
    return found[0]


def asks(hub: Hub, key: str, path: str = ME, address: str = "192.0.2.7") -> TestResponse:
    client = hub.app.test_client()
    return client.get(path, headers={"Authorization": f"Bearer {key}"}, environ_base={"REMOTE_ADDR": address})


def act(client: FlaskClient, pseudonym: str, what: str) -> TestResponse:
    """Rotate or revoke by the page's form."""
    token = csrf(client.get("/credentials").text)
    return client.post(f"/credentials/{pseudonym}/{what}", data={"csrf_token": token}, headers=HTML)


def pseudonyms(client: FlaskClient) -> list[str]:
    return re.findall(r"<code class=\"text-nowrap\">(p_[0-9a-f]{16})<", client.get("/credentials").text)


# --- roles


@given(some.sampled_from(MemberKind), some.sampled_from(Role))
def test_role_never_gives_what_the_kind_of_member_may_not(kind: MemberKind, role: Role) -> None:
    assert granted(kind, role) <= GRANTS[kind]


@given(some.sampled_from(MemberKind), some.lists(some.sampled_from([*Permission, "all", "*", ""])))
def test_scopes_never_give_more_than_the_kind_of_member_may_nor_the_making_of_keys(
    kind: MemberKind, scopes: list[str]
) -> None:
    may = granted_to_client(kind, scopes)
    assert may <= GRANTS[kind] & {Permission(scope) for scope in scopes if scope in set(Permission)}
    assert Permission.CREDENTIAL_MANAGE not in granted_to_client(kind, None)


PAGES = ("/", "/contributions", "/history", "/matches", "/ledger", "/grants", "/credentials")


@pytest.mark.parametrize("role", list(Role))
def test_role_opens_its_pages_and_shows_the_way_to_no_other(alliance: Hub, role: Role) -> None:
    client = alliance.signed_in(role.value)
    found = {page: client.get(page, headers=HTML).status_code for page in PAGES}
    closed = set() if role is Role.OWNER else {"/credentials"}
    assert found == {page: 403 if page in closed else 200 for page in PAGES}
    shown = client.get("/", headers=HTML).text
    assert {page for page in PAGES if f'<li><a href="{page}"' in shown} == set(PAGES) - closed


@pytest.mark.parametrize("role", [Role.ANALYST, Role.COUNSEL, Role.VIEWER])
@pytest.mark.parametrize("path", ["/credentials", "/credentials/{}/revocation", "/credentials/{}/rotation"])
def test_nobody_but_an_owner_makes_or_ends_a_key(alliance: Hub, role: Role, path: str) -> None:
    (key,) = pseudonyms(alliance.signed_in("owner"))
    client = alliance.signed_in(role.value)
    token = csrf(client.get("/ledger", headers=HTML).text)
    assert client.post(path.format(key), data={"csrf_token": token}, headers=HTML).status_code == 403
    assert pseudonyms(alliance.signed_in("owner")) == [key]


@pytest.mark.parametrize("role", list(Role))
def test_session_acts_through_pages_and_never_over_the_api(alliance: Hub, role: Role) -> None:
    """The API has no CSRF token: another site must not be able to share or match with a person's cookie."""
    client = alliance.signed_in(role.value)
    octets = "application/octet-stream"
    answers = [
        client.post("/api/v1/contributions", json={}),
        client.post(f"/api/v1/keys/{KEY}/matches", data=token(1), content_type=octets),
        client.post(f"/api/v1/keys/{KEY}/evaluations", data=token(1), content_type=octets),
        client.post("/api/v1/contributions/withdrawals", json={}),
    ]
    assert [answer.status_code for answer in answers] == [401] * 4


@pytest.mark.parametrize("role", [Role.COUNSEL, Role.VIEWER])
def test_reader_fetches_no_token_list(alliance: Hub, role: Role) -> None:
    assert alliance.signed_in(role.value).get(f"/api/v1/keys/{KEY}/list").status_code == 403


def test_role_taken_away_is_gone_at_the_next_request(alliance: Hub) -> None:
    client = alliance.signed_in("owner")
    assert client.get("/credentials").status_code == 200
    alliance.sql("UPDATE person SET role = 'viewer' WHERE email = 'owner@alliance-hub.org'")
    assert client.get("/credentials", headers=HTML).status_code == 403


# --- making a key


def test_key_made_by_an_owner_gets_in_and_is_shown_once(alliance: Hub) -> None:
    client = alliance.signed_in("owner")
    key = key_in(made(client))
    assert asks(alliance, key).json["member"] == "brand-a"
    assert key not in client.get("/credentials").text


def test_key_may_its_scopes_and_nothing_else(alliance: Hub) -> None:
    key = key_in(made(alliance.signed_in("owner"), scopes=["member:self"]))
    statuses = [asks(alliance, key, path).status_code for path in (ME, "/api/v1/keys", "/audit/entries")]
    assert statuses == [200, 403, 403]


def test_key_opens_no_page_of_keys(alliance: Hub) -> None:
    assert asks(alliance, alliance.keys["brand-a"], "/credentials").status_code == 403


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::7"])
def test_key_is_used_from_its_networks(alliance: Hub, address: str) -> None:
    key = key_in(made(alliance.signed_in("owner"), networks="192.0.2.0/24\n2001:db8::/32"))
    assert asks(alliance, key, address=address).status_code == 200


@pytest.mark.parametrize("address", ["192.0.3.7", "2001:db9::7", "10.0.0.1"])
def test_key_used_from_elsewhere_is_refused_and_its_owner_reads_of_it(alliance: Hub, address: str) -> None:
    owner = alliance.signed_in("owner")
    key = key_in(made(owner, networks="192.0.2.0/24 2001:db8::/32"))
    answer = asks(alliance, key, address=address)
    assert (answer.status_code, answer.json["type"]) == (403, "/problems/address-not-allowed")
    alliance.sequence()
    assert "was refused" in owner.get("/ledger?action=access.denied", headers=HTML).text
    assert "never" in owner.get("/credentials", headers=HTML).text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "Give it a name"),
        ({"name": "x" * 61}, "60"),
        ({"days": 0}, "from 1 to 365"),
        ({"days": 366}, "from 1 to 365"),
        ({"days": "soon"}, "Not a valid integer"),
        ({"scopes": []}, "Choose at least one"),
        ({"scopes": ["credential:manage"]}, "not a valid choice"),
        ({"scopes": ["member:administer"]}, "not a valid choice"),
        ({"networks": "192.0.2.0/24\n300.1.1.1"}, "Line 2: a network reads like"),
        ({"networks": "192.0.2.1/24"}, "Line 1: a network reads like"),
        ({"networks": "192.0.2.0/24 " * 21}, "At most 20 networks"),
    ],
)
def test_terms_beyond_the_rules_are_told_at_their_field_and_make_no_key(
    alliance: Hub, fields: dict[str, object], words: str
) -> None:
    client = alliance.signed_in("owner")
    answer = made(client, **fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert len(pseudonyms(client)) == 1


def test_form_without_its_csrf_token_makes_no_key(alliance: Hub) -> None:
    client = alliance.signed_in("owner")
    answer = client.post("/credentials", data={"name": "x", "days": 3, "scopes": ["member:self"]}, headers=HTML)
    assert answer.status_code == 400
    assert len(pseudonyms(client)) == 1


def test_member_with_the_most_keys_is_told_to_revoke_one(alliance: Hub) -> None:
    client = alliance.signed_in("owner")
    alliance.sql(
        "INSERT INTO credential (member_id, digest, pseudonym, created_at, expires_at)"
        " SELECT member_id, sha256(int8send(n)), 'p_' || lpad(n::text, 16, '0'), now(), now() + interval '1 day'"
        " FROM person, generate_series(2, %s) n WHERE email = 'owner@alliance-hub.org'",
        MOST_CREDENTIALS,
    )
    answer = made(client)
    assert answer.status_code == 422
    assert "revoke one" in answer.text


# --- ending and following a key


def test_key_revoked_with_one_click_is_refused_at_its_next_request(alliance: Hub) -> None:
    client = alliance.signed_in("owner")
    (pseudonym,) = pseudonyms(client)
    assert asks(alliance, alliance.keys["brand-a"]).status_code == 200
    assert act(client, pseudonym, "revocation").status_code == 303
    assert asks(alliance, alliance.keys["brand-a"]).status_code == 401
    assert pseudonyms(client) == []


def test_key_rotated_serves_beside_its_successor_for_the_overlap(alliance: Hub) -> None:
    client = alliance.signed_in("owner")
    old = key_in(made(client, networks="192.0.2.0/24", days=90))
    new = key_in(act(client, pseudonyms(client)[0], "rotation"))
    assert [asks(alliance, key).status_code for key in (old, new)] == [200, 200]
    assert asks(alliance, new, "/api/v1/keys").status_code == 403  # under the same scopes
    assert asks(alliance, new, address="10.0.0.1").status_code == 403  # and from the same networks
    with time_machine.travel(clock.now() + timedelta(days=OVERLAP_DAYS, minutes=1), tick=False):
        assert [asks(alliance, key).status_code for key in (old, new)] == [401, 200]


def test_rotation_never_lengthens_the_life_of_the_old_key(alliance: Hub) -> None:
    client = alliance.signed_in("owner")
    made(client, days=2)
    before = alliance.sql("SELECT max(expires_at) FROM credential WHERE name = 'nightly'")
    act(client, pseudonyms(client)[0], "rotation")
    assert alliance.sql("SELECT min(expires_at) FROM credential WHERE name = 'nightly'") == before


@pytest.mark.parametrize("what", ["revocation", "rotation"])
def test_key_of_another_member_reads_like_none(alliance: Hub, what: str) -> None:
    (theirs,) = pseudonyms(alliance.signed_in("other"))
    owner = alliance.signed_in("owner")
    answers = [act(owner, pseudonym, what) for pseudonym in (theirs, "p_0000000000000000")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].text == answers[1].text
    assert asks(alliance, alliance.keys["brand-b"]).status_code == 200


def test_service_refuses_to_manage_the_keys_of_another_member(alliance: Hub) -> None:
    with alliance.app.app_context():
        someone = alliance.actor("brand-a")
        with pytest.raises(PermissionError):
            members.revoke_credentials(someone, "brand-b")
        with pytest.raises(PermissionError):
            members.issue_credential(someone, "brand-b")
        db.session.rollback()


def test_every_act_on_a_key_is_in_the_record_without_the_key(alliance: Hub) -> None:
    client = alliance.signed_in("owner")
    keys = [key_in(made(client)), key_in(act(client, pseudonyms(client)[0], "rotation"))]
    act(client, pseudonyms(client)[0], "revocation")
    views = [bytes(view).decode() for (view,) in alliance.sql("SELECT view FROM ledger_part")]  # type: ignore[arg-type]
    told = [view for view in views if '"actor":"p_' in view and '"via":"ui"' in view and '"credential.' in view]
    assert len({view for view in told if '"role":"actor"' in view}) == 3
    assert not [key for key in keys for view in views if key in view]


def test_sharing_goes_on_with_a_key_of_the_right_scopes(alliance: Hub) -> None:
    alliance.keys["brand-a"] = key_in(made(alliance.signed_in("owner"), scopes=["contribution:share"]))
    assert share(alliance.client("brand-a"), 1)["added"] == 1
