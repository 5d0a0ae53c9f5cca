"""A brand keeps its list of authorised sellers: all of a sheet or nothing, ended and not changed, read by itself alone."""

import threading
from datetime import timedelta
from io import BytesIO

import psycopg
import pytest
from openpyxl import Workbook

from hub import clock
from hub.access.actor import NotPermittedError
from hub.access.grants import Role
from hub.access.permissions import Permission
from hub.authorised_sellers import rules, service
from hub.authorised_sellers.rules import GivenSeller
from hub.members import service as members
from hub.members.service import AuthorisationTerms
from tests.conftest import HTML, Hub, csrf
from tests.web.access.test_three_nets import as_application, read_by
from tests.web.authorised_sellers.listing import API, SELLER, STORE, add, of_sellers
from tests.web.members.test_decisions import person

PAGE = "/authorised-sellers"
COUNT = "SELECT count(*) FROM authorised_seller"


def test_added_seller_is_read_back(alliance: Hub) -> None:
    name = add(alliance, url=f"{STORE}/?utm_source=mail#top", seller=f" {SELLER} ", last_day="2099-01-31")
    (one,) = alliance.client("brand-b").get(API).json["sellers"]
    assert (one["name"], one["url"], one["seller"], one["last_day"]) == (name, STORE, SELLER, "2099-01-31")
    assert (one["past"], one["by_agent"], one["ended_at"]) == (False, False, None)


def test_what_is_added_and_ended_is_on_record_without_a_value(alliance: Hub) -> None:
    name = add(alliance, seller=SELLER)
    alliance.client("brand-b").post(f"{API}/{name}/end")
    assert of_sellers(alliance, "brand-b") == [
        "brand-b put 1 seller on its list of authorised sellers",
        f"brand-b ended the entry {name} of its list of authorised sellers",
    ]
    assert of_sellers(alliance, "brand-a") == of_sellers(alliance, "shop") == []
    views = alliance.sql("SELECT convert_from(view, 'utf-8') FROM ledger_part WHERE view IS NOT NULL")
    assert not [view for (view,) in views if SELLER in str(view) or "/store/77" in str(view)]


def test_with_one_row_to_mend_none_is_added(alliance: Hub) -> None:
    rows = [{"url": STORE}, {"url": "https://me:secret@shop.example.com/1", "seller": "x" * 121}]
    refused = alliance.client("brand-b").post(API, json={"sellers": rows})
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["row 2"])
    assert len(refused.json["errors"]["row 2"]) == 2
    assert "secret" not in refused.text
    assert alliance.sql(COUNT) == [(0,)]


def test_store_that_stands_on_the_list_is_not_added_again(alliance: Hub) -> None:
    name = add(alliance)
    refused = alliance.client("brand-b").post(API, json={"sellers": [{"url": STORE}]})
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["row 1"])
    alliance.client("brand-b").post(f"{API}/{name}/end")
    assert add(alliance) != name


def test_two_additions_of_one_store_at_once_make_one_entry(alliance: Hub) -> None:
    statuses: list[int] = []

    def one() -> None:
        sent = alliance.client("brand-b").post(API, json={"sellers": [{"url": STORE}]})
        statuses.append(sent.status_code)

    both = [threading.Thread(target=one) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(statuses) == [201, 422]


def test_repeated_request_under_one_key_adds_once(alliance: Hub) -> None:
    client, key = alliance.client("brand-b"), {"Idempotency-Key": "a-key-of-this-test"}
    first, again = (client.post(API, json={"sellers": [{"url": STORE}]}, headers=key) for _ in range(2))
    assert first.json == again.json
    assert alliance.sql(COUNT) == [(1,)]


def test_list_that_is_full_takes_no_more(alliance: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST_SELLERS", 1)
    add(alliance)
    refused = alliance.client("brand-b").post(API, json={"sellers": [{"url": f"{STORE}1"}]})
    assert "end some entries first" in refused.text


def test_list_is_paged_by_cursor_newest_first(alliance: Hub) -> None:
    names = [add(alliance, url=f"{STORE}/{n}") for n in range(3)]
    client = alliance.client("brand-b")
    first = client.get(API, query_string={"limit": 2}).json
    rest = client.get(API, query_string={"limit": 2, "cursor": first["cursor"]}).json
    assert [each["name"] for each in (*first["sellers"], *rest["sellers"])] == names[::-1]
    assert rest["cursor"] is None


def test_ended_entry_leaves_the_list_and_is_kept_apart(alliance: Hub) -> None:
    name, client = add(alliance), alliance.client("brand-b")
    assert client.post(f"{API}/{name}/end").status_code == 200
    assert client.get(API).json["sellers"] == []
    assert [each["name"] for each in client.get(API, query_string={"ended": True}).json["sellers"]] == [name]
    assert client.post(f"{API}/{name}/end").status_code == 404


# --- who keeps and reads it


def test_entry_of_another_brand_is_answered_like_none_and_stays(alliance: Hub) -> None:
    name = add(alliance)
    there, none = (alliance.client("brand-a").post(f"{API}/{each}/end") for each in (name, "A" * 22))
    assert (there.status_code, there.json["detail"]) == (404, none.json["detail"])
    assert alliance.client("brand-a").get(API).json["sellers"] == []
    assert len(alliance.client("brand-b").get(API).json["sellers"]) == 1


@pytest.mark.parametrize("code", ["shop", "alliance", "agency"])
def test_platform_office_and_agent_by_itself_are_let_in_nowhere(alliance: Hub, code: str) -> None:
    add(alliance)
    assert alliance.client(code).get(API).status_code == 403
    assert alliance.client(code).post(API, json={"sellers": [{"url": STORE}]}).status_code == 403


def test_database_gives_a_list_to_its_brand_alone(alliance: Hub) -> None:
    add(alliance)
    seen = {}
    for code in ("brand-b", "brand-a", "shop", "agency", "alliance"):
        with as_application(alliance) as connection:
            read_by(connection, alliance, code)
            seen[code] = connection.execute(COUNT).fetchone()
    assert seen == {"brand-b": (1,), **dict.fromkeys(("brand-a", "shop", "agency", "alliance"), (0,))}


def test_database_lets_no_brand_add_to_another_list(alliance: Hub) -> None:
    add(alliance)
    with as_application(alliance) as connection:
        theirs = read_by(connection, alliance, "brand-b")
        read_by(connection, alliance, "brand-a")
        assert connection.execute("UPDATE authorised_seller SET ended_at = now()").rowcount == 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(
                "INSERT INTO authorised_seller (name, brand_id, url, host, digest, seller, by_agent, added_by, added_at)"
                " VALUES ('n', %s, 'u', 'h', '', '', false, 'p', now())",
                (theirs,),
            )


@pytest.mark.parametrize(
    ("role", "may"), [(Role.OWNER, True), (Role.ANALYST, True), (Role.COUNSEL, False), (Role.VIEWER, False)]
)
def test_owners_and_analysts_keep_the_list(alliance: Hub, role: Role, may: bool) -> None:
    alliance.person("brand-b", role.value, role)
    with person(alliance, role.value) as actor:
        if may:
            assert service.sellers(actor, ended=False, before=None, limit=9) == []
            assert service.add(actor, [GivenSeller(1, STORE)]).names
        else:
            with pytest.raises(NotPermittedError):
                service.sellers(actor, ended=False, before=None, limit=9)
            with pytest.raises(NotPermittedError):
                service.add(actor, [GivenSeller(1, STORE)])


def test_agent_keeps_the_list_of_a_brand_that_let_it(alliance: Hub) -> None:
    span = (clock.today(), clock.today() + timedelta(days=9))
    with person(alliance, "brand-b") as actor:
        members.give_authorisation(actor, "agency", AuthorisationTerms({Permission.SELLER_MANAGE}, *span))
    client = alliance.client("agency")
    client.environ_base["HTTP_ACTING_FOR"] = "brand-b"
    assert client.post(API, json={"sellers": [{"url": STORE}]}).status_code == 201
    assert alliance.client("brand-b").get(API).json["sellers"][0]["by_agent"] is True
    assert of_sellers(alliance, "agency") == [
        "agency, as the agent of brand-b, put 1 seller on its list of authorised sellers"
    ]


# --- on the page


def sent(hub: Hub, **fields: object) -> str:
    """What one reads after sending the form of the page."""
    owner = hub.signed_in("brand-b")
    token = csrf(owner.get(f"{PAGE}/new", headers=HTML).text)
    said = {"csrf_token": token, **fields}
    return owner.post(f"{PAGE}/new", data=said, headers=HTML, follow_redirects=True).text


def test_one_seller_is_added_on_the_page(alliance: Hub) -> None:
    told = sent(alliance, url=STORE, seller=SELLER, last_day="2099-01-31")
    assert "The seller is on your list." in told
    assert STORE in told
    assert f'href="{STORE}' not in told


def test_what_is_wrong_with_one_seller_is_said_at_its_field(alliance: Hub) -> None:
    told = sent(alliance, url=STORE, last_day="31.1.2099")
    assert 'id="last_day-error"' in told
    assert "Give the last day as 2026-01-31" in told
    assert alliance.sql(COUNT) == [(0,)]


def test_pasted_rows_are_added_all_of_them(alliance: Hub) -> None:
    told = sent(alliance, rows=f"{STORE}\n{STORE}/2\tNorthpeak\t2099-01-31")
    assert "2 sellers are on your list." in told


def test_pasted_rows_with_one_to_mend_are_listed_and_none_is_added(alliance: Hub) -> None:
    told = sent(alliance, rows=f"{STORE}\n\nnowhere")
    assert "What is to be mended" in told
    assert 'data-label="Row"><span>3</span>' in told
    assert alliance.sql(COUNT) == [(0,)]


def test_workbook_is_added_with_its_days(alliance: Hub) -> None:
    book, body = Workbook(), BytesIO()
    assert book.active is not None
    for row in (("Seller", "Store URL", "Last day"), (SELLER, STORE, clock.today())):
        book.active.append(row)
    book.save(body)
    body.seek(0)
    assert "The seller is on your list." in sent(alliance, rows="", sheet=(body, "sellers.xlsx"))
    assert alliance.sql("SELECT seller, last_day FROM authorised_seller") == [(SELLER, clock.today())]


def test_file_that_is_no_sheet_is_refused(alliance: Hub) -> None:
    assert "This is no text in UTF-8" in sent(alliance, rows="", sheet=(BytesIO(b"\xff\xd8\xff"), "photo.jpg"))


def test_entry_is_ended_on_the_page(alliance: Hub) -> None:
    name, owner = add(alliance), alliance.signed_in("brand-b")
    token = csrf(owner.get(PAGE, headers=HTML).text)
    done = owner.post(f"{PAGE}/{name}/end", data={"csrf_token": token}, headers=HTML, follow_redirects=True)
    assert "The entry is ended" in done.text
    assert STORE not in done.text
    assert STORE in owner.get(f"{PAGE}?ended=y", headers=HTML).text
