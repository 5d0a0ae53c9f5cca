"""The pages over real data: signing in by the real form, and what each kind of member finds."""

import base64
import html
import re

import pytest

from hub.matches.service import match_name
from hub.members import service as members
from tests.conftest import Hub
from tests.web.indicators.test_share_and_match_over_http import KEY, match, share, token

PAGES = ("/", "/contributions", "/history", "/matches", "/ledger")


@pytest.fixture
def exchanged(hub: Hub) -> Hub:
    """A brand shared, a platform matched, all of it is in the log, and each has a person."""
    for code, kind in (("brand-a", "brand"), ("shop", "platform"), ("auditor", "auditor")):
        hub.admit(code, kind)
    for code in ("brand-a", "shop", "auditor", members.OFFICE):
        hub.person(code)
    share(hub.client("brand-a"), *range(60), sellers=["s_<b>x".replace("<b>", "")] * 60)
    match(hub.client("shop"), 1, 2, 3, 99)
    hub.sequence()
    return hub


@pytest.mark.parametrize("code", ["brand-a", "shop"])
@pytest.mark.parametrize("page", PAGES)
def test_page_of_a_sharing_member_shows(exchanged: Hub, code: str, page: str) -> None:
    response = exchanged.signed_in(code).get(page, headers={"Accept": "text/html"})
    assert response.status_code == 200
    assert "<h1" in response.text


@pytest.mark.parametrize("code", ["auditor", members.OFFICE])
def test_pages_of_what_is_shared_are_closed_to_those_who_may_not_read_it(exchanged: Hub, code: str) -> None:
    client = exchanged.signed_in(code)
    found = {page: client.get(page, headers={"Accept": "text/html"}).status_code for page in PAGES}
    assert found == {"/": 200, "/contributions": 403, "/history": 403, "/matches": 403, "/ledger": 200}


def test_contributions_in_pages_show_every_one_once(exchanged: Hub) -> None:
    client, address, rows = exchanged.signed_in("brand-a"), "/contributions", 0
    while address:
        text = client.get(address, headers={"Accept": "text/html"}).text
        rows += text.count('scope="row"')
        older = re.search(r'href="(/contributions\?cursor=[^"]+)" rel="next"', text)
        address = older[1] if older else ""
    assert rows == 60


def test_entry_of_another_member_reads_like_none(exchanged: Hub) -> None:
    brand, shop = exchanged.signed_in("brand-a"), exchanged.signed_in("shop")
    name = re.search(r'href="/ledger/([\w-]{22})"', brand.get("/ledger?action=contribution.shared").text)
    assert name is not None
    assert brand.get(f"/ledger/{name[1]}").status_code == 200
    assert brand.get(f"/ledger/{name[1]}/receipt").text.startswith("c2sp.org/tlog-proof@v1")
    answers = [shop.get(f"/ledger/{one}", headers={"Accept": "text/html"}) for one in (name[1], "A" * 22)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].text == answers[1].text


def matches_on(hub: Hub, address: str) -> list[list[str]]:
    """The matches that each page from an address on lists, in the order of the pages."""
    client, pages = hub.signed_in("shop"), []
    while address:
        text = client.get(address, headers={"Accept": "text/html"}).text
        pages.append(re.findall(r'class="mono">(m_[A-Za-z0-9_-]+)<', text))
        older = re.search(r'href="(/matches\?cursor=[^"]+)" rel="next"', text)
        address = html.unescape(older[1]) if older else ""
    return pages


def test_matches_in_pages_show_every_one_once_newest_first(exchanged: Hub) -> None:
    match(exchanged.client("shop"), *range(60))
    pages = matches_on(exchanged, "/matches")
    assert [len(page) for page in pages] == [50, 10]
    with exchanged.app.app_context():
        newest_first = [match_name(int(str(n))) for (n,) in exchanged.sql("SELECT id FROM match ORDER BY id DESC")]
    assert [name for page in pages for name in page] == newest_first


@pytest.mark.parametrize(("state", "count"), [("new", 2), ("withdrawn", 1), ("nonsense", 3)])
def test_matches_are_narrowed_by_whether_anything_stands_behind_them(exchanged: Hub, state: str, count: int) -> None:
    withdrawn = {"key": KEY, "reason": "mistaken", "tokens": base64.b64encode(token(2)).decode()}
    assert exchanged.client("brand-a").post("/api/v1/contributions/withdrawals", json=withdrawn).status_code == 200
    assert [len(page) for page in matches_on(exchanged, f"/matches?state={state}")] == [count]


@pytest.mark.parametrize(("type", "count"), [("domain", 3), ("phone", 0)])
def test_matches_are_narrowed_by_type(exchanged: Hub, type: str, count: int) -> None:
    assert [len(page) for page in matches_on(exchanged, f"/matches?type={type}")] == [count]


def test_contributions_that_end_soon_are_found_by_what_the_overview_links_to(exchanged: Hub) -> None:
    exchanged.sql("UPDATE contribution SET expires_on = current_date + 3 WHERE token = %s", token(7))
    client = exchanged.signed_in("brand-a")
    assert 'href="/contributions?state=expiring"' in client.get("/").text
    text = client.get("/contributions?state=expiring").text
    assert text.count('scope="row"') == 1
