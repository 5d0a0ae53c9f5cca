"""The page of notices: what is read by one person is unread for the next, and the count costs one query."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from hub.access.grants import Role
from tests.conftest import HTML, Hub, csrf
from tests.web.notices.noticing import make, send
from tests.web.notices.test_making import reported

COUNT = '<span class="tally">'


@pytest.fixture
def desk(alliance: Hub, right: str) -> Hub:
    """A brand, two of whose people are told of what a platform did, and of its right."""
    alliance.person("brand-a", "vera", Role.VIEWER)
    make(alliance)
    for who in ("brand-a", "vera"):
        client = alliance.signed_in(who)
        ((newest,),) = alliance.sql("SELECT max(place) FROM notice")
        send(client, "/notices", "/notices/read/all", place=newest)
    reported(alliance, right)
    make(alliance)
    return alliance


def unread(hub: Hub, who: str) -> str:
    """What stands beside the way to the notices."""
    text = hub.signed_in(who).get("/", headers=HTML).text
    return text.partition(COUNT)[2].partition("<")[0]


def test_unread_notices_are_counted_on_every_page_and_listed_newest_first(desk: Hub) -> None:
    assert unread(desk, "brand-a") == "2"
    text = desk.signed_in("brand-a").get("/notices", headers=HTML).text
    assert text.index("returned the listing report") < text.index("took the listing report")
    ((name,),) = desk.sql("SELECT name FROM listing_report")
    assert f'href="/reports/{name}"' in text


def test_what_one_person_has_read_is_unread_for_the_next(desk: Hub) -> None:
    ((place,),) = desk.sql("SELECT max(place) FROM notice WHERE topic = 'reports' AND acts AND member_id ="
                           " (SELECT id FROM member WHERE code = 'brand-a')")  # fmt: skip
    client = desk.signed_in("brand-a")
    send(client, "/notices", "/notices/read", place=place)
    send(client, "/notices", "/notices/read", place=place)  # read twice
    assert (unread(desk, "brand-a"), unread(desk, "vera")) == ("1", "2")
    left = client.get("/notices?show=unread", headers=HTML).text
    assert "took the listing report" in left
    assert "returned the listing report" not in left


def test_all_are_read_up_to_what_was_shown_and_a_later_one_is_not(desk: Hub, right: str) -> None:
    vera = desk.signed_in("vera")
    ((newest,),) = desk.sql("SELECT max(place) FROM notice")
    text = vera.get("/notices", headers=HTML).text
    reported(desk, right)
    make(desk)
    vera.post("/notices/read/all", data={"place": newest, "csrf_token": csrf(text)}, headers=HTML)
    assert (unread(desk, "vera"), unread(desk, "brand-a")) == ("2", "4")
    ((rows,),) = desk.sql("SELECT count(*) FROM notice_read")
    assert rows == 0


def test_place_of_another_member_or_of_nothing_marks_nothing(desk: Hub) -> None:
    ((other,),) = desk.sql(
        "SELECT max(place) FROM notice WHERE member_id = (SELECT id FROM member WHERE code = 'shop')"
        " AND place NOT IN (SELECT place FROM notice JOIN member m ON m.id = member_id WHERE code = 'brand-a')"
    )
    client = desk.signed_in("brand-a")
    for place in (other, 10**15):
        send(client, "/notices", "/notices/read", place=place)
    assert unread(desk, "brand-a") == "2"
    assert desk.sql("SELECT count(*) FROM notice_read") == [(0,)]


@pytest.mark.parametrize("place", ["", "-1", "x", str(2**70)])
def test_place_that_is_none_is_refused(desk: Hub, place: str) -> None:
    client = desk.signed_in("brand-a")
    token = csrf(client.get("/notices", headers=HTML).text)
    answer = client.post("/notices/read", data={"place": place, "csrf_token": token}, headers=HTML)
    assert answer.status_code == 400


def test_filter_keeps_to_a_topic(desk: Hub) -> None:
    client = desk.signed_in("brand-a")
    assert "listing report" not in client.get("/notices?topic=rights", headers=HTML).text
    assert "listing report" in client.get("/notices?topic=reports", headers=HTML).text
    assert "listing report" in client.get("/notices?topic=%00nonsense", headers=HTML).text


def test_more_than_a_page_is_led_on(desk: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.web.pagination.PAGE", 1)
    text = desk.signed_in("brand-a").get("/notices", headers=HTML).text
    assert "returned the listing report" in text
    assert 'class="next"' in text


def test_many_unread_are_counted_to_a_hundred(desk: Hub) -> None:
    desk.sql(
        "INSERT INTO notice SELECT member_id, 100000 + n, entry_id, topic, acts, at"
        " FROM (SELECT * FROM notice WHERE topic = 'reports' LIMIT 1) one, generate_series(1, 500) n"
    )
    counts = {unread(desk, who) for who in ("brand-a", "shop")}
    assert "99+" in counts


def test_count_costs_one_query_by_an_index(desk: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: Counter[str] = Counter()
    execute: Callable[..., Any] = psycopg.Cursor.execute

    def counting(cursor: Any, query: Any, *rest: Any, **named: Any) -> Any:
        sent[str(query)] += 1
        return execute(cursor, query, *rest, **named)

    client = desk.signed_in("brand-a")
    monkeypatch.setattr(psycopg.Cursor, "execute", counting)
    client.get("/grants", headers=HTML)
    about = [(query, times) for query, times in sent.items() if "notice" in query]
    assert [times for _, times in about] == [1]
    monkeypatch.undo()
    desk.sql("ANALYZE notice")
    desk.sql("SET enable_seqscan = off")
    with psycopg.connect(desk.owner_url.replace("+psycopg", "")) as connection:
        connection.execute("SET enable_seqscan = off")
        plan = connection.execute("EXPLAIN " + about[0][0], {"member": 1, "reader": 1, "param_1": 100}).fetchall()  # type: ignore[call-overload]
    assert "Seq Scan" not in str(plan)


def test_key_reads_the_page_and_keeps_nothing(desk: Hub) -> None:
    text = desk.client("brand-a").get("/notices", headers=HTML).text
    assert "returned the listing report" in text
    assert "Mark as read" not in text
