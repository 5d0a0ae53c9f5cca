"""Every page with everything on it, and with nothing: it renders, and a screen reader finds its way."""

import re
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from flask.testing import FlaskClient

from hub.web.headers import HEADERS, STRICT_TRANSPORT
from tests.web.pages.sample import TEMPLATES, make_app

EACH = [(template, full) for template in TEMPLATES for full in (True, False)]
VOID = {"br", "hr", "img", "input", "link", "meta"}


class Outline(HTMLParser):
    """What the tests ask of a page: its elements with their attributes, and whether every one is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag in tags]


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return make_app().test_client()


def _page(client: FlaskClient, template: str, full: bool) -> str:
    response = client.get(f"/page/{template}" + ("?full=1" if full else ""))
    assert response.status_code == 200
    return response.text


@pytest.mark.parametrize(("template", "full"), EACH)
def test_page_is_well_formed_and_skips_no_heading_level(client: FlaskClient, template: str, full: bool) -> None:
    outline = Outline(_page(client, template, full))
    levels = [int(tag[1]) for tag, _ in outline.elements if re.fullmatch("h[1-6]", tag)]
    assert outline.open == []
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(deeper - level <= 1 for level, deeper in pairwise(levels))


@pytest.mark.parametrize(("template", "full"), EACH)
def test_page_has_each_id_once_and_points_only_to_ids_it_has(client: FlaskClient, template: str, full: bool) -> None:
    outline = Outline(_page(client, template, full))
    ids = Counter(attributes["id"] for _, attributes in outline.elements if "id" in attributes)
    pointed = {
        word
        for _, attributes in outline.elements
        for name in ("for", "aria-labelledby", "aria-describedby", "popovertarget")
        for word in (attributes.get(name) or "").split()
    }
    assert [id for id, times in ids.items() if times > 1] == []
    assert pointed - set(ids) == set()


@pytest.mark.parametrize(("template", "full"), EACH)
def test_page_has_its_landmarks_and_says_where_one_is(client: FlaskClient, template: str, full: bool) -> None:
    page = _page(client, template, full)
    outline = Outline(page)
    feet = 0 if 'class="alone"' in page else 1  # a page in front of the hub has none
    assert [len(outline.all(tag)) for tag in ("header", "main", "footer")] == [1, 1, feet]
    assert page.index('href="#content"') < page.index("<header")
    assert all("aria-label" in nav for nav in outline.all("nav"))


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_field_of_a_page_has_a_label(client: FlaskClient, template: str) -> None:
    outline = Outline(_page(client, template, True))
    labelled = {label["for"] for label in outline.all("label")}
    fields = [f for f in outline.all("input", "select", "textarea") if f.get("type") not in ("hidden", "submit")]
    assert {field["id"] for field in fields} == labelled


def test_text_from_outside_is_escaped(client: FlaskClient) -> None:
    assert "shared &lt;3&gt; indicators" in _page(client, "ledger/list.html", True)


def test_times_on_a_page_are_machine_readable(client: FlaskClient) -> None:
    times = Outline(_page(client, "indicators/contributions.html", True)).all("time")
    assert len(times) == 8
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?", time["datetime"] or "") for time in times)


def test_members_below_three_are_not_counted_out(client: FlaskClient) -> None:
    assert "fewer than 3" in _page(client, "matches/list.html", True)


def test_navigation_shows_only_what_the_role_may(client: FlaskClient) -> None:
    links = {link["href"] for link in Outline(_page(client, "insights/overview_auditor.html", False)).all("a")}
    assert "/ledger" in links
    assert not {"/contributions", "/history", "/matches"} & links


def test_a_filter_that_could_not_be_used_says_so_at_its_field(client: FlaskClient) -> None:
    (field,) = [f for f in Outline(_page(client, "indicators/history.html", True)).all("input") if f["type"] == "date"]
    assert (field["aria-invalid"], field["aria-describedby"]) == ("true", "filter-since-error")


def test_links_to_other_pages_of_a_list_keep_its_filter(client: FlaskClient) -> None:
    assert "/history?cursor=o&amp;type=phone" in _page(client, "indicators/history.html", True)


def test_not_found_has_one_body_whatever_was_asked(client: FlaskClient) -> None:
    assert client.get("/error/404?id=a").data == client.get("/error/404?id=b").data


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 429, 500, 502, 503, 418])
def test_error_page_keeps_its_status_and_needs_no_actor(client: FlaskClient, status: int) -> None:
    response = client.get(f"/error/{status}?id=9f2c")
    assert response.status_code == status
    assert ("9f2c" in response.text) == (status >= 500)


def test_page_is_not_kept_and_carries_every_header(client: FlaskClient) -> None:
    headers = client.get("/error/404?id=a").headers
    assert {name: headers[name] for name in HEADERS} == HEADERS
    assert headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in headers


def test_policy_allows_nothing_inline_and_nothing_from_outside() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert {word for word in policy.replace(";", " ").split() if word.startswith("'") or ":" in word} == {
        "'none'",
        "'self'",
    }


def test_transport_is_made_strict_over_https_only(client: FlaskClient) -> None:
    assert client.get("https://localhost/error/404?id=a").headers["Strict-Transport-Security"] == STRICT_TRANSPORT


def test_every_asset_of_a_page_is_there_and_kept_for_ever(client: FlaskClient) -> None:
    outline = Outline(_page(client, "insights/overview_brand.html", True))
    assets = {a["href"] for a in outline.all("link")} | {a["src"] for a in outline.all("script", "img")}
    for asset in assets:
        response = client.get(asset or "")
        assert (response.status_code, "immutable" in response.headers["Cache-Control"]) == (200, True), asset
        response.close()
