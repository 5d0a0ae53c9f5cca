"""The office's pages of members: standing changes with a reason, and nothing of what members share is on them."""

import re

import pytest

from hub.access.grants import Role
from hub.members import service as members
from hub.members.rules import MemberState
from tests.conftest import HTML, Hub, csrf
from tests.web.access.test_three_nets import as_application, count, read_by
from tests.web.indicators.test_share_and_match_over_http import share
from tests.web.members.applying import posted


@pytest.fixture
def office(hub: Hub) -> Hub:
    """An office of two, two brands and a platform; one brand has an owner and a viewer."""
    hub.person(members.OFFICE, "ada")
    hub.person(members.OFFICE, "vic", Role.VIEWER)
    for code, kind in (("brand-a", "brand"), ("brand-b", "brand"), ("shop", "platform")):
        hub.admit(code, kind, "toys" if code == "brand-b" else None)
    hub.person("brand-a", "ana")
    hub.person("brand-a", "vera", Role.VIEWER)
    return hub


def moved(office: Hub, code: str, state: str, reason: str = "Its keys leaked.") -> str:
    """The page that answers a change of standing."""
    return posted(
        office.signed_in("ada"), f"/members/{code}/standing", f"/members/{code}", state=state, reason=reason
    ).text


def standing(office: Hub, code: str) -> object:
    return office.sql("SELECT state FROM member WHERE code = %s", code)[0][0]


def test_list_is_filtered_by_kind_state_and_sector(office: Hub) -> None:
    with office.operator() as actor:
        members.move(actor, "shop", MemberState.SUSPENDED)
    client = office.signed_in("ada")
    found = {}
    for query in ("", "kind=brand", "state=suspended", "sector=toys", "kind=brand&state=suspended", "kind=nonsense"):
        page = client.get(f"/members?{query}", headers=HTML).text
        found[query] = re.findall(r'<a href="/members/([a-z-]+)"', page)
    everybody = ["alliance", "brand-a", "brand-b", "shop"]
    assert found == {
        "": everybody,
        "kind=brand": ["brand-a", "brand-b"],
        "state=suspended": ["shop"],
        "sector=toys": ["brand-b"],
        "kind=brand&state=suspended": [],
        "kind=nonsense": everybody,
    }


def test_list_goes_on_by_cursor_and_keeps_its_filter(office: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.web.pagination.PAGE", 1)
    client = office.signed_in("ada")
    first = client.get("/members?kind=brand", headers=HTML).text
    onward = re.search(r'href="(/members\?cursor=[^"]+)"', first)
    assert onward is not None
    second = client.get(onward[1].replace("&amp;", "&"), headers=HTML).text
    assert re.findall(r'<a href="/members/([a-z-]+)"', first + second) == ["brand-a", "brand-b"]


def test_cursor_of_another_list_is_refused(office: Hub) -> None:
    assert office.signed_in("ada").get("/members?cursor=AAAA", headers=HTML).status_code == 422


def test_page_shows_owners_and_counts_the_rest(office: Hub) -> None:
    page = office.signed_in("ada").get("/members/brand-a", headers=HTML).text
    assert "ana@alliance-hub.org" in page
    assert "1 owner" in page
    assert "1 viewer" in page
    assert "vera@alliance-hub.org" not in page


def test_page_says_nothing_of_what_a_member_shares(office: Hub) -> None:
    client = office.signed_in("ada")
    before = [client.get(path, headers=HTML).text for path in ("/members", "/members/brand-a")]
    share(office.client("brand-a"), 1, 2, 3)
    after = [client.get(path, headers=HTML).text for path in ("/members", "/members/brand-a")]
    plain = [re.sub(r'value="[^"]+"', "", page) for page in (*before, *after)]
    assert plain[:2] == plain[2:]


def test_member_is_suspended_and_reinstated_with_reasons_that_stay(office: Hub) -> None:
    assert "brand-a is suspended now" in moved(office, "brand-a", "suspended")
    assert office.client("brand-a").get("/api/v1/me").status_code == 403
    page = moved(office, "brand-a", "admitted", "New keys were issued.")
    assert office.client("brand-a").get("/api/v1/me").status_code == 200
    assert "Its keys leaked." in page
    assert "New keys were issued." in page


def test_record_holds_the_digest_of_the_reason_and_not_the_reason(office: Hub) -> None:
    moved(office, "brand-a", "suspended")
    views = str([bytes(row[0]) for row in office.sql("SELECT view FROM ledger_part")])  # type: ignore[arg-type]
    assert "keys leaked" not in views
    assert '"digest"' in views


def test_member_marked_as_left_is_shut_out_and_has_no_way_back(office: Hub) -> None:
    page = moved(office, "brand-a", "left")
    assert "Change the standing" not in page
    assert office.sql("SELECT count(*) FROM credential WHERE revoked_at IS NULL AND member_id = 2") == [(0,)]
    client = office.signed_in("ada")
    token = csrf(client.get("/members/brand-b", headers=HTML).text)
    fields = {"csrf_token": token, "state": "admitted", "reason": "x"}
    told = client.post("/members/brand-a/standing", data=fields, headers=HTML, follow_redirects=True)
    assert "cannot become" in told.text


@pytest.mark.parametrize(
    ("state", "reason"), [("suspended", ""), ("suspended", "   "), ("suspended", "x" * 501), ("gone", "x"), ("", "x")]
)
def test_change_without_a_reason_or_a_state_there_is_moves_nobody(office: Hub, state: str, reason: str) -> None:
    moved(office, "brand-a", state, reason)
    assert standing(office, "brand-a") == "admitted"


def test_office_itself_is_not_moved(office: Hub) -> None:
    client = office.signed_in("ada")
    assert "Change the standing" not in client.get("/members/alliance", headers=HTML).text
    token = csrf(client.get("/members/brand-b", headers=HTML).text)
    fields = {"csrf_token": token, "state": "suspended", "reason": "x"}
    client.post("/members/alliance/standing", data=fields, headers=HTML)
    assert standing(office, "alliance") == "admitted"


def test_change_asks_who_is_there_once_more(office: Hub) -> None:
    client = office.signed_in("ada")
    token = csrf(client.get("/members/brand-a", headers=HTML).text)
    office.sql("UPDATE session SET fresh_at = now() - interval '11 minutes'")
    fields = {"csrf_token": token, "state": "suspended", "reason": "x"}
    answer = client.post("/members/brand-a/standing", data=fields, headers=HTML)
    assert answer.location.startswith("/verify?")
    assert standing(office, "brand-a") == "admitted"


def test_viewer_of_the_office_and_people_of_members_reach_no_page_of_members(office: Hub) -> None:
    for who in ("vic", "ana", "vera"):
        client = office.signed_in(who)
        token = csrf(client.get("/grants", headers=HTML).text)
        for path in ("/members", "/members/brand-b", "/decisions"):
            assert client.get(path, headers=HTML).status_code == 403, (who, path)
        for path in ("/members/brand-b/standing", "/decisions/d_1/approval", "/decisions/d_1/refusal"):
            assert client.post(path, data={"csrf_token": token}, headers=HTML).status_code == 403, (who, path)


def test_what_does_not_exist_is_not_found(office: Hub) -> None:
    client = office.signed_in("ada")
    assert client.get("/members/nobody", headers=HTML).status_code == 404
    assert posted(client, "/decisions/d_nothing/approval", "/members/brand-a").status_code == 404


def test_reasons_are_the_offices_alone_in_the_database(office: Hub) -> None:
    moved(office, "brand-a", "suspended")
    with as_application(office) as connection:
        read_by(connection, office, "brand-a")
        assert count(connection, "member_move") == 0
        read_by(connection, office, members.OFFICE)
        assert count(connection, "member_move") == 1
