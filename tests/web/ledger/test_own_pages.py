"""A member's own entries by what they are about: on the page, as NDJSON and as CSV, page by page."""

import csv
import io
import json
import re
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from hub import clock
from hub.db import db
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.ledger.service import OwnEntry
from tests.conftest import HTML, Hub
from tests.web.indicators.test_share_and_match_over_http import KEY, match, share

CSV = {"Accept": "text/csv"}


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    """A brand that shared, was refused something, and was matched; a platform; all but the last event in the tree."""
    for code, kind in (("brand-a", "brand"), ("shop", "platform")):
        hub.admit(code, kind)
    share(hub.client("brand-a"), 1, 2)
    match(hub.client("shop"), 1)
    hub.client("brand-a").get("/applications")
    hub.sequence()
    share(hub.client("brand-a"), 3)
    return hub


def read(client: FlaskClient, **query: Any) -> list[dict[str, Any]]:
    answer = client.get("/audit/entries", query_string=query)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def told(entries: list[dict[str, Any]]) -> list[str]:
    return [each["view"]["action"] for each in entries]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def recorded(hub: Hub, count: int) -> None:
    """Events of brand-a, without the cost of an exchange for each."""
    with hub.app.app_context():
        for _ in range(count):
            ledger.append(
                hub.actor("brand-a"), Event.LIST_FETCHED, subject={"type": "key", "ref": KEY}, counts={"returned": 0}
            )
        db.session.commit()


# --- filters


@pytest.mark.parametrize(
    ("query", "actions"),
    [
        ({"action": "contribution.shared"}, ["contribution.shared"] * 2),
        ({"role": "owner"}, ["match.run"]),
        ({"role": "actor", "via": "api"}, ["contribution.shared", "access.denied", "contribution.shared"]),
        ({"outcome": "denied"}, ["access.denied"]),
        ({"member": "brand-a", "outcome": "allowed"}, ["contribution.shared"] * 2),
        ({"member": "shop"}, []),
        ({"action": "match.run", "role": "actor"}, []),
    ],
)
def test_filter_gives_what_it_names_newest_first(alliance: Hub, query: dict[str, str], actions: list[str]) -> None:
    assert told(read(alliance.client("brand-a"), **query)) == actions


def test_days_bound_what_is_given_both_included(alliance: Hub) -> None:
    client, today = alliance.client("brand-a"), clock.today()
    every = len(read(client, role="actor")) + len(read(client, role="owner")) + len(read(client, role="counterparty"))
    day = timedelta(days=1)
    for since, until, count in (
        (today, today, every),
        (today - day, today, every),
        (today - day, today - day, 0),
        (today + day, today + day, 0),
        ("0001-01-01", "9999-12-31", every),
    ):
        assert len(read(client, **{"from": since, "to": until})) == count, (since, until)


def test_entry_that_waits_for_the_tree_is_given_by_a_filter(alliance: Hub) -> None:
    newest, older = read(alliance.client("brand-a"), action="contribution.shared")
    assert newest["index"] is None
    assert older["index"] is not None


@pytest.mark.parametrize(
    "query",
    [
        {"action": "no.such"},
        {"outcome": "x"},
        {"role": "auditor'"},
        {"via": "x"},
        {"member": "a\0b"},
        {"member": "' OR 1"},
        {"from": "yesterday"},
        {"to": "2026-02-30"},
        {"cursor": "x"},
        {"after": 3, "action": "match.run"},
        {"limit": 10_001},
    ],
)
def test_filter_that_is_none_is_refused_as_a_problem(alliance: Hub, query: dict[str, str]) -> None:
    answer = alliance.client("brand-a").get("/audit/entries", query_string=query)
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")


# --- pages


def test_pages_by_the_cursor_give_each_entry_once(alliance: Hub) -> None:
    recorded(alliance, 7)
    client, address, found = alliance.client("brand-a"), "/audit/entries?limit=2&action=list.fetched", []
    while address:
        answer = client.get(address)
        found += [json.loads(line)["id"] for line in answer.text.splitlines()]
        link = re.fullmatch(r'<([^>]+)>; rel="next"', answer.headers.get("Link", ""))
        address = link[1] if link else ""
    assert len(found) == len(set(found)) == 7


def test_cursor_of_another_member_is_refused(alliance: Hub) -> None:
    recorded(alliance, 3)
    link = alliance.client("brand-a").get("/audit/entries?limit=1&action=list.fetched").headers["Link"]
    answer = alliance.client("shop").get(link[1 : link.index(">")])
    assert answer.status_code == 422


# --- sheets


def test_csv_holds_the_same_entries_as_ndjson(alliance: Hub) -> None:
    client = alliance.client("brand-a")
    answer = client.get("/audit/entries", headers=CSV)
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    views = [each["view"] for each in read(client)]
    given = [(row["at"], row["action"], row["outcome"], row["role"], row["member"]) for row in rows(answer.text)]
    assert given == [
        (view["at"], view["action"], view["outcome"], view["role"], view["member"] or "") for view in views
    ]


def test_cell_that_begins_like_a_formula_is_shown_by_a_spreadsheet_and_not_run() -> None:
    """An entry's id may begin with a minus; the `=` of a view's text never begins a cell, and is guarded all the same."""
    view = {"action": "list.fetched", "role": "actor", "subject": {"ref": "x;=1+1"}, "counts": {"returned": 0}}
    entry = OwnEntry(
        7, UUID(bytes=b"\xf8" * 16), clock.now(), "list.fetched", b"", 0, json.dumps(view).encode(), b"", None
    )
    (row,) = rows("".join(ledger.sheet([entry])))
    assert entry.name.startswith("-")
    assert (row["entry"], row["subject"]) == (f"'{entry.name}", "ref: x;'=1+1")


# --- the page


def listed(client: FlaskClient, query: str = "") -> list[str]:
    """The sentences on the page."""
    text = client.get(f"/ledger{query}", headers=HTML).text
    return [unescape(each) for each in re.findall(r'data-label="What"><span>([^<]+)<', text)]


def test_page_lists_by_the_same_filters(alliance: Hub) -> None:
    alliance.person("brand-a")
    client = alliance.signed_in("brand-a")
    assert all("shared" in each for each in listed(client, "?action=contribution.shared"))
    assert [each[:8] for each in listed(client, "?role=owner")] == ["A member"]
    assert ["was refused" in each for each in listed(client, "?outcome=denied")] == [True]
    assert listed(client, "?from=2000-01-01&to=2000-01-02") == []
    assert len(listed(client)) == len(read(client, **{"from": "2000-01-01"}))


def test_page_says_which_day_it_cannot_use(alliance: Hub) -> None:
    alliance.person("brand-a")
    client = alliance.signed_in("brand-a")
    assert "Write the day as" in client.get("/ledger?from=soon", headers=HTML).text
    assert "comes before the first" in client.get("/ledger?from=2026-02-01&to=2026-01-01", headers=HTML).text
    assert client.get("/ledger/download?as=csv&from=soon", headers=HTML).status_code == 400


def test_download_holds_what_the_filter_chooses(alliance: Hub) -> None:
    alliance.person("brand-a")
    client = alliance.signed_in("brand-a")
    answer = client.get("/ledger/download?as=csv&action=contribution.shared")
    assert re.fullmatch(r'attachment; filename="ledger-[\d-]{10}\.csv"', answer.headers["Content-Disposition"])
    assert [row["action"] for row in rows(answer.text)] == ["contribution.shared"] * 2
    lines = client.get("/ledger/download?as=ndjson&role=owner").text.splitlines()
    assert told([json.loads(line) for line in lines]) == ["match.run"]


def test_download_that_is_fetched_slowly_holds_no_transaction_open(
    alliance: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.ledger.service.own.CHUNK", 3)
    alliance.person("brand-a")
    recorded(alliance, 8)
    answer = alliance.signed_in("brand-a").get("/ledger/download?as=ndjson", buffered=False)
    lines = answer.iter_encoded()
    for _ in range(5):
        next(lines)
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%%'"
        assert alliance.sql(waiting) == [(0,)]
    answer.close()


def test_download_of_more_than_is_held_at_once_gives_each_entry_once(
    alliance: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.ledger.service.own.CHUNK", 3)
    monkeypatch.setattr("hub.ledger.service.own.MOST_AT_ONCE", 9)
    alliance.person("brand-a")
    recorded(alliance, 8)
    client = alliance.signed_in("brand-a")
    names = [row["entry"] for row in rows(client.get("/ledger/download?as=csv&action=list.fetched").text)]
    assert len(names) == len(set(names)) == 8
    assert len(rows(client.get("/ledger/download?as=csv").text)) == 9
