"""A platform asks brands about its own listings, one question each; what is to be mended is said row by row."""

import threading
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient

from hub import clock
from tests.conftest import HTML, Hub, csrf
from tests.unit.evidence.files import PNG
from tests.web.evidence.storing import erased, stored
from tests.web.evidence.storing import read as read_file
from tests.web.listing_reports.reporting import HOST, named_market
from tests.web.questions.asking import API, WORDS, ask, read, said, sentences, state, withdraw

COUNT = "SELECT count(*) FROM question"


def faults(client: FlaskClient, **other: Any) -> list[tuple[Any, str]]:
    """Row and code of what is to be mended."""
    looked = client.post(API, json=said(dry_run=True, **other))
    assert looked.status_code == 200, looked.text
    return [(each["row"], each["code"]) for each in looked.json["faults"]]


def test_each_listing_has_a_question_of_its_own_that_both_parties_read(alliance: Hub) -> None:
    names = ask(alliance.client("shop"), 2)
    for code in ("shop", "brand-a"):
        shown = read(alliance, names[1], code)
        assert (shown["question"]["url"], shown["question"]["words"]) == (f"https://{HOST}/item/2", WORDS)
        assert shown["question"]["state"] == "asked"
    assert sentences(alliance, "brand-a")[0].startswith("shop asked you about 2 listings")
    assert sentences(alliance, "shop")[0].startswith("shop asked a brand about 2 listings")


def test_deadline_is_the_end_of_a_day_in_the_platforms_time_zone(alliance: Hub) -> None:
    day = clock.today() + timedelta(days=5)
    (name,) = ask(alliance.client("shop"), day=str(day), time_zone="Asia/Kathmandu")
    shown = read(alliance, name)
    assert (shown["day"], shown["time_zone"]) == (str(day), "Asia/Kathmandu")
    assert shown["question"]["due_at"] == f"{day}T18:15:00+00:00"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"brand": "nobody"}, "brand"),
        ({"brand": "bazaar"}, "brand"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"day": "2026-01-01"}, "day"),
        ({"day": "2099-01-01"}, "day"),
        ({"day": "tomorrow"}, "day"),
        ({"listings": [{"url": "x"}] * 201}, "listings"),
    ],
)
def test_what_is_wrong_with_the_whole_request_is_named(alliance: Hub, wrong: dict[str, Any], field: str) -> None:
    refused = alliance.client("shop").post(API, json=said(**wrong))
    assert refused.status_code == 422
    assert field in refused.json["errors"]
    assert alliance.sql(COUNT) == [(0,)]


def test_what_is_to_be_mended_is_said_by_row(alliance: Hub) -> None:
    rows = [
        {"url": f"https://{HOST}/item/1"},
        {"url": f"http://www.{HOST}/item/1?utm_source=x#top"},
        {"url": "https://other.example.org/1"},
        {"url": "not an address"},
        {"url": f"https://{HOST}/item/2", "words": "Yours?"},
        {"url": f"https://{HOST}/item/3", "pictures": ["f_" + "a" * 20]},
    ]
    client = alliance.client("shop")
    expected = [(2, "twice"), (3, "other_platform"), (5, "not_a_question"), (6, "not_yours")]
    found = faults(client, listings=rows)
    assert [each for each in found if each[0] != 4] == expected
    assert 4 in dict(found)
    refused = client.post(API, json=said(listings=rows))
    assert (refused.status_code, set(refused.json["errors"])) == (422, {f"row {n}" for n in (2, 3, 4, 5, 6)})
    assert alliance.sql(COUNT) == [(0,)]


def test_listing_of_another_platforms_marketplace_is_asked_of_by_nobody_else(alliance: Hub) -> None:
    assert (None, "no_sites") in faults(alliance.client("bazaar"))


def test_listing_has_one_open_question_to_a_brand_at_a_time(alliance: Hub) -> None:
    client = alliance.client("shop")
    (name,) = ask(client)
    assert faults(client) == [(1, "asked_already")]
    assert faults(client, brand="brand-b") == []
    assert withdraw(client, name).status_code == 200
    assert faults(client) == []


def test_of_two_that_ask_the_same_at_once_one_is_asked(alliance: Hub) -> None:
    statuses: list[int] = []

    def one() -> None:
        statuses.append(alliance.client("shop").post(API, json=said()).status_code)

    both = [threading.Thread(target=one) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert (statuses.count(200), alliance.sql(COUNT)) == (1, [(1,)])
    assert set(statuses) <= {200, 409, 422}


def test_request_repeated_under_its_key_is_asked_once(alliance: Hub) -> None:
    body, once = said(2), {"Idempotency-Key": "question-1"}
    answers = [alliance.client("shop").post(API, json=body, headers=once) for _ in range(2)]
    assert answers[0].json == answers[1].json
    assert answers[0].headers["Audit-Entry"] == answers[1].headers["Audit-Entry"]
    assert alliance.sql(COUNT) == [(2,)]


def test_brand_reads_the_pictures_and_another_does_not(alliance: Hub) -> None:
    picture = stored(alliance.client("shop"), PNG, "photo.png")["name"]
    (name,) = ask(alliance.client("shop"), listings=[{"url": f"https://{HOST}/1", "pictures": [picture]}])
    assert read(alliance, name)["pictures"] == [picture]
    assert f'href="/evidence/{picture}"' in alliance.signed_in("brand-a").get(f"/questions/{name}", headers=HTML).text
    statuses = [read_file(alliance.client(code), picture).status_code for code in ("brand-a", "brand-b", "bazaar")]
    assert statuses == [200, 404, 404]


def test_file_that_is_no_picture_or_another_members_or_erased_is_refused(alliance: Hub) -> None:
    shop = alliance.client("shop")
    paper = stored(shop)["name"]
    theirs = stored(alliance.client("bazaar"), PNG, "photo.png")["name"]
    gone = stored(shop, PNG, "photo.png")["name"]
    assert erased(shop, gone).status_code == 204
    rows = [{"url": f"https://{HOST}/{n}", "pictures": [each]} for n, each in enumerate((paper, theirs, gone))]
    assert faults(shop, listings=rows) == [(1, "not_yours"), (2, "not_yours"), (3, "not_yours")]


@pytest.mark.parametrize("code", ["brand-a", "bazaar", "alliance"])
def test_who_is_no_platform_with_it_does_not_see_to_the_platforms_questions(alliance: Hub, code: str) -> None:
    (name,) = ask(alliance.client("shop"))
    assert withdraw(alliance.client(code), name).status_code in {403, 422}
    assert alliance.client("brand-a").post(API, json=said()).status_code == 403


# --- on the page


def fields(client: FlaskClient, **other: Any) -> dict[str, Any]:
    token = csrf(client.get("/questions/new", headers=HTML).text)
    asked = {name: each for name, each in said().items() if name != "listings"}
    return {"csrf_token": token, **asked, "rows": f"https://{HOST}/item/1", **other}


def test_platform_pastes_mends_and_asks_on_the_page(alliance: Hub) -> None:
    shop = alliance.signed_in("shop")
    rows = "\n".join(f"https://{HOST}/item/{n}" for n in (1, 2, 2))
    looked = shop.post("/questions/new", data=fields(shop, rows=rows, check="y"), headers=HTML)
    assert (looked.status_code, "this is row 2 once more" in looked.text) == (200, True)
    sent = shop.post("/questions/new", data=fields(shop, rows=rows.rpartition("\n")[0], ask="y"), headers=HTML)
    assert (sent.status_code, alliance.sql(COUNT)) == (303, [(2,)])
    assert f"https://{HOST}/item/2" in shop.get("/questions", headers=HTML).text


def test_rows_of_a_sheet_stand_in_the_form_to_be_mended(alliance: Hub) -> None:
    shop = alliance.signed_in("shop")
    sheet = f"Link,Question\nhttps://{HOST}/item/1,Is this model one of yours?\nhttps://a.example.org/2,\n".encode()
    sent = fields(shop, check="y", words="", sheet=(BytesIO(sheet), "rows.csv"))
    looked = shop.post("/questions/new", data=sent, headers=HTML).text
    assert "on no marketplace of yours" in looked
    assert f"https://{HOST}/item/1\tIs this model one of yours?" in looked


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"brand": "nobody"}, "of no brand"), ({"day": "2026-01-01"}, "1 to 30 days"), ({"day": ""}, "Give a day")],
)
def test_page_says_what_is_wrong_and_keeps_what_was_typed(alliance: Hub, wrong: dict[str, str], words: str) -> None:
    shop = alliance.signed_in("shop")
    sent = shop.post("/questions/new", data=fields(shop, ask="y", **wrong), headers=HTML)
    assert (sent.status_code, words in sent.text, WORDS in sent.text) == (422, True, True)


def test_brands_in_standing_are_chosen_by_their_names(alliance: Hub) -> None:
    alliance.sql("UPDATE member SET name = 'Northpeak & Sons' WHERE code = 'brand-a'")
    alliance.sql("UPDATE member SET state = 'suspended' WHERE code = 'brand-b'")
    text = alliance.signed_in("shop").get("/questions/new", headers=HTML).text
    assert '<option value="brand-a">Northpeak &amp; Sons</option>' in text
    assert 'value="brand-b"' not in text
    assert 'value="bazaar"' not in text


def test_questions_are_filtered_by_whom_they_are_with(alliance: Hub) -> None:
    named_market(alliance, "bazaar", "bazaar.example.com")
    (name,) = ask(alliance.client("shop"), 1)
    for who, mine, other in (
        ("shop", "brand=brand-a", "brand=brand-b"),
        ("brand-a", "platform=shop", "platform=bazaar"),
    ):
        client = alliance.signed_in(who)
        assert name in client.get(f"/questions?{mine}", headers=HTML).text
        assert name not in client.get(f"/questions?{other}", headers=HTML).text


def test_platform_withdraws_what_is_ticked(alliance: Hub) -> None:
    names = ask(alliance.client("shop"), 3)
    shop = alliance.signed_in("shop")
    token = csrf(shop.get("/questions", headers=HTML).text)
    sent = {"csrf_token": token, "question": names[:2]}
    assert shop.post("/questions/withdrawals", data=sent, headers=HTML).status_code == 303
    assert [state(alliance, name) for name in names] == ["withdrawn", "withdrawn", "asked"]
    assert "You need no answer any more?" in shop.get(f"/questions/{names[2]}", headers=HTML).text
