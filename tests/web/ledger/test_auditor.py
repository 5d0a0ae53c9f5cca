"""The auditor reads everybody's record, and everybody whose record it read is told so."""

import json
import re
from collections import Counter
from html import unescape
from typing import Any

import psycopg
import pytest
from flask.testing import FlaskClient

from tests.conftest import HTML, TEMPLATE, Hub, as_role, plain
from tests.web.indicators.test_share_and_match_over_http import match, share

AUDITORS = "SELECT * FROM read_by_auditor((SELECT array_agg(id) FROM ledger_entry))"
DOWNLOADS = ("/ledger/download?as=csv", "/ledger/download?as=ndjson")
OF_A_MEMBER = "SELECT * FROM entries_of_member('brand-a', {}, 99)".format(", ".join(["NULL"] * 8))


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    """An auditor, two brands, a platform; one brand shared and was matched, the other stayed apart."""
    for code, kind in (("auditor", "auditor"), ("brand-a", "brand"), ("brand-b", "brand"), ("shop", "platform")):
        hub.admit(code, kind)
        hub.person(code)
    share(hub.client("brand-a"), 1, 2)
    match(hub.client("shop"), 1)
    hub.sequence()
    return hub


def read(client: FlaskClient, **query: Any) -> list[dict[str, Any]]:
    answer = client.get("/audit/entries", query_string=query)
    assert answer.status_code == 200, answer.text
    return [json.loads(line)["view"] for line in answer.text.splitlines()]


def told(hub: Hub, code: str) -> list[tuple[str, str, int]]:
    """What each record of a reading says to a member, newest first: its role, the auditor, the count."""
    found = read(hub.client(code), action="audit.read", **{"from": "2000-01-01"})
    return [(view["role"], view["member"], view["counts"]["read"]) for view in found]


def concerned(hub: Hub) -> dict[str, int]:
    """Member → how many of the entries that the auditor has a part in concern it, but for records of readings."""
    return dict(
        hub.sql(
            "SELECT m.code, count(*) FROM ledger_part p JOIN member m ON m.id = p.party"
            " WHERE m.kind <> 'auditor' AND p.action <> 'audit.read' AND EXISTS (SELECT FROM ledger_part own"
            " JOIN member a ON a.id = own.party WHERE own.entry_id = p.entry_id AND a.code = 'auditor') GROUP BY 1"
        )  # type: ignore[arg-type]
    )


def matched(hub: Hub) -> str:
    """The entry of the match, as addresses write it."""
    name = "translate(encode(uuid_send(id), 'base64'), '+/=', '-_')"
    return str(hub.sql(f"SELECT {name} FROM ledger_entry WHERE action = 'match.run'")[0][0])


# --- whom it is told


def test_reading_is_told_to_each_member_read_with_the_number_of_its_own_entries(alliance: Hub) -> None:
    expected = concerned(alliance)
    seen = read(alliance.client("auditor"))
    assert {code: told(alliance, code) for code in ("brand-a", "brand-b", "shop")} == {
        code: [("counterparty", "auditor", expected[code])] for code in ("brand-a", "brand-b", "shop")
    }
    assert ("actor", "auditor", len(seen)) in told(alliance, "auditor")


def test_member_reads_that_the_auditor_read_its_entries_as_a_sentence(alliance: Hub) -> None:
    count = concerned(alliance)["brand-b"]
    read(alliance.client("auditor"))
    page = alliance.signed_in("brand-b").get("/ledger?action=audit.read", headers=HTML).text
    assert f"The auditor auditor read {count} entries that concern you" in page


def test_one_entry_read_is_told_to_those_it_concerns_and_to_no_other(alliance: Hub) -> None:
    entry = matched(alliance)
    assert alliance.signed_in("auditor").get(f"/ledger/{entry}", headers=HTML).status_code == 200
    counts = {code: told(alliance, code) for code in ("brand-a", "brand-b", "shop")}
    one = [("counterparty", "auditor", 1)]
    assert counts == {"brand-a": one, "shop": one, "brand-b": []}


@pytest.mark.parametrize("address", ["/", "/ledger", *DOWNLOADS, "/audit/entries"])
def test_each_way_to_read_is_told(alliance: Hub, address: str) -> None:
    client = alliance.signed_in("auditor")
    assert client.get(address, headers=HTML if address in {"/", "/ledger"} else {}).status_code == 200
    assert [member for _, member, _ in told(alliance, "brand-a")] == ["auditor"]


def test_receipt_shows_nothing_of_a_view_and_tells_nobody(alliance: Hub) -> None:
    entry = matched(alliance)
    assert alliance.client("auditor").get(f"/audit/receipts/{entry}").status_code == 200
    assert told(alliance, "brand-a") == []


def test_reading_what_it_read_is_told_to_nobody(alliance: Hub) -> None:
    auditor = alliance.client("auditor")
    read(auditor, action="contribution.shared")
    before = alliance.sql("SELECT count(*) FROM ledger_entry")
    for _ in range(3):
        assert len(read(auditor, action="audit.read")) == 1
    assert alliance.sql("SELECT count(*) FROM ledger_entry") == before


def test_reading_that_cannot_be_recorded_shows_nothing(alliance: Hub) -> None:
    alliance.sql(f"REVOKE EXECUTE ON FUNCTION ledger_append FROM {TEMPLATE}_app")
    answer = alliance.client("auditor").get("/audit/entries?action=match.run")
    assert answer.status_code == 500
    assert "match.run" not in answer.text


def test_readings_of_the_others_are_told_to_nobody(alliance: Hub) -> None:
    for code in ("brand-a", "brand-b", "shop"):
        read(alliance.client(code))
        alliance.signed_in(code).get("/ledger", headers=HTML)
    assert alliance.sql("SELECT count(*) FROM ledger_entry WHERE action = 'audit.read'") == [(0,)]


# --- what it may ask for


def test_auditor_asks_for_the_entries_of_one_member(alliance: Hub) -> None:
    auditor = alliance.client("auditor")
    found = {
        code: Counter(view["action"] for view in read(auditor, member=code) if view["action"] != "audit.read")
        for code in ("brand-a", "brand-b", "shop")
    }
    of_all = {
        code: Counter(
            action
            for (action,) in alliance.sql(
                "SELECT action FROM ledger_part JOIN member m ON m.id = party WHERE m.code = %s AND action <> 'audit.read'"
                " AND at >= (SELECT min(at) FROM ledger_part p JOIN member a ON a.id = p.party WHERE a.code = 'auditor')",
                code,
            )
        )
        for code in found
    }
    assert found == of_all
    assert [view["action"] for view in read(auditor, member="brand-a", role="owner")] == ["match.run"]
    assert read(auditor, member="brand-a", action="match.run", outcome="denied") == []
    assert read(auditor, member="nobody") == []


def test_auditor_chooses_among_the_members_by_their_names(alliance: Hub) -> None:
    alliance.sql("UPDATE member SET name = 'Northpeak & Sons' WHERE code = 'brand-a'")
    page = alliance.signed_in("auditor").get("/ledger?member=shop", headers=HTML).text
    offered = re.findall(r'<option value="([^"]*)"', page.split('id="filter-member"')[1].split("</select>")[0])
    others = sorted(str(code) for (code,) in alliance.sql("SELECT code FROM member WHERE kind <> 'auditor'"))
    assert offered == ["", *others]
    assert '<option value="brand-a">Northpeak &amp; Sons (brand-a)</option>' in page
    assert '<option value="shop" selected>' in page


def test_pages_of_the_auditor_keep_to_the_member_chosen(alliance: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.web.pagination.PAGE", 1)
    client, address, seen = alliance.signed_in("auditor"), "/ledger?member=shop", []
    while address:
        seen.append(client.get(address, headers=HTML).text)
        address = unescape("".join(re.findall(r'href="([^"]+)" rel="next"', seen[-1])))
    assert len(seen) > 1
    assert ["matched 1 identifier" in page for page in seen].count(True) == 1
    assert not [page for page in seen if "shared 2 indicators" in page]


def test_member_that_is_none_of_those_offered_is_no_choice(alliance: Hub) -> None:
    page = alliance.signed_in("auditor").get("/ledger?member=nobody", headers=HTML).text
    assert "shared 2 indicators" in page


def test_page_of_a_member_offers_no_other_member(alliance: Hub) -> None:
    page = alliance.signed_in("brand-a").get("/ledger?member=shop", headers=HTML).text
    assert "brand-b" not in page


# --- the database


@pytest.mark.parametrize("statement", [AUDITORS, OF_A_MEMBER])
def test_functions_answer_an_auditor_alone(alliance: Hub, statement: str) -> None:
    found = {}
    for code in ("auditor", "brand-a", "brand-b", "shop", None):
        with psycopg.connect(plain(as_role(alliance.owner_url, "app"))) as connection:
            if code is not None:
                key = alliance.keys[code].encode()
                connection.execute("SELECT * FROM credential_holder(sha256(%s), now(), NULL)", (key,))
            found[code] = bool(connection.execute(statement).fetchall())  # type: ignore[call-overload]
    assert found == {"auditor": True, "brand-a": False, "brand-b": False, "shop": False, None: False}


def test_auditor_is_told_nothing_of_entries_it_has_no_part_in(hub: Hub) -> None:
    hub.admit("brand-a")
    share(hub.client("brand-a"), 1)
    hub.admit("auditor", "auditor")
    hub.sequence()
    asked = read(hub.client("auditor"), member="brand-a")
    assert [view["action"] for view in asked if view["action"] == "contribution.shared"] == []
