"""Brand and platform write to each other about a report, with files; nobody else reads it, and no person is named."""

import re
from typing import Any

import psycopg
import pytest
from flask.testing import FlaskClient

from hub.access.grants import Role
from hub.dialogue.rules import LONGEST_TEXT
from tests.conftest import HTML, Hub, csrf
from tests.unit.evidence.files import JPEG, PDF
from tests.web.access.test_acting_for import of
from tests.web.access.test_three_nets import as_application, read_by
from tests.web.evidence.storing import erased, stored
from tests.web.evidence.storing import read as content
from tests.web.listing_reports.reporting import API, answer, file

ASKED = "The seller shows this invoice. Is the dealer yours?"


@pytest.fixture
def name(alliance: Hub, right: str) -> str:
    """A report of brand-a to the shop."""
    return file(alliance.client("brand-a"), right)


def say(client: FlaskClient, name: str, text: str = ASKED, *files: str, **headers: str) -> Any:
    return client.post(f"{API}/{name}/messages", json={"text": text, "files": files}, headers=headers)


def read(hub: Hub, name: str, code: str, **query: Any) -> list[dict[str, Any]]:
    found = hub.client(code).get(f"{API}/{name}/messages", query_string=query)
    assert found.status_code == 200, found.text
    messages: list[dict[str, Any]] = found.json["messages"]
    return messages


def test_both_parties_read_the_thread_oldest_first(alliance: Hub, name: str) -> None:
    assert say(alliance.client("shop"), name).status_code == 201
    assert say(alliance.client("brand-a"), name, "No.\r\nWe never sold to it.").status_code == 201
    for code in ("brand-a", "shop"):
        told = [(each["member"], each["text"], each["own"]) for each in read(alliance, name, code)]
        assert told == [
            ("shop", ASKED, code == "shop"),
            ("brand-a", "No.\nWe never sold to it.", code == "brand-a"),
        ]


def test_other_party_sees_the_member_and_no_person(alliance: Hub, name: str) -> None:
    say(alliance.client("shop"), name)
    assert [bool(each["by"]) for code in ("shop", "brand-a") for each in read(alliance, name, code)] == [True, False]
    ((by,),) = alliance.sql("SELECT by FROM message")
    page = alliance.signed_in("brand-a").get(f"/reports/{name}", headers=HTML).text
    assert (ASKED in page, str(by) in page) == (True, False)


@pytest.mark.parametrize("code", ["brand-b", "bazaar"])
def test_who_is_no_party_neither_reads_nor_writes(alliance: Hub, name: str, code: str) -> None:
    say(alliance.client("shop"), name)
    client = alliance.client(code)
    assert client.get(f"{API}/{name}/messages").status_code == 404
    assert say(client, name).status_code == 404
    assert alliance.sql("SELECT count(*) FROM message") == [(1,)]


def test_query_without_a_where_gives_messages_to_their_two_parties(alliance: Hub, name: str) -> None:
    say(alliance.client("shop"), name)
    with as_application(alliance) as connection:
        for code, rows in (("brand-a", 1), ("shop", 1), ("brand-b", 0), ("bazaar", 0), ("alliance", 0)):
            read_by(connection, alliance, code)
            assert len(connection.execute("SELECT FROM message").fetchall()) == rows, code


def test_nobody_writes_in_the_name_of_another_nor_changes_what_was_said(alliance: Hub, name: str) -> None:
    say(alliance.client("shop"), name)
    with as_application(alliance) as connection:
        read_by(connection, alliance, "bazaar")
        forged = (
            "INSERT INTO message (name, record_kind, record_ref, from_id, to_id, by, text, files, at)"
            " SELECT 'x', 'listing_report', %s, s.id, b.id, 'p', 'x', '{}', now() FROM member s, member b"
            " WHERE s.code = 'shop' AND b.code = 'brand-a'"
        )
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(forged, (name,))
        read_by(connection, alliance, "shop")
        for changed in ("UPDATE message SET text = 'x'", "DELETE FROM message"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(changed)  # type: ignore[call-overload]  # one of two of ours


def test_message_is_on_record_of_both_by_its_report_and_without_its_words(alliance: Hub, name: str) -> None:
    sent = say(alliance.client("shop"), name)
    alliance.sequence()
    assert sent.headers["Audit-Entry"] == sent.json["entry"]
    for code in ("brand-a", "shop"):
        (told,) = of(alliance, code, "message.sent")
        assert (told["subject"], told["purpose"]) == (
            {"type": "report", "ref": name},
            "listing report",
        )
        assert ASKED not in str(told)
    assert of(alliance, "brand-b", "message.sent") == []


# --- files


def test_other_party_reads_a_file_from_the_message_on(alliance: Hub, name: str) -> None:
    kept = stored(alliance.client("shop"), PDF, "invoice.pdf", type="correspondence")["name"]
    assert content(alliance.client("brand-a"), kept).status_code == 404
    assert say(alliance.client("shop"), name, ASKED, kept).status_code == 201
    assert content(alliance.client("brand-a"), kept).data == PDF
    assert read(alliance, name, "brand-a")[0]["files"] == [{"name": kept, "file_name": "invoice.pdf"}]
    assert content(alliance.client("brand-b"), kept).status_code == 404


def test_file_of_a_message_is_its_owners_to_erase(alliance: Hub, name: str) -> None:
    kept = stored(alliance.client("shop"), PDF, "invoice.pdf")["name"]
    say(alliance.client("shop"), name, ASKED, kept)
    assert erased(alliance.client("shop"), kept).status_code == 204
    assert read(alliance, name, "brand-a")[0]["files"] == [{"name": kept, "file_name": ""}]
    assert alliance.signed_in("brand-a").get(f"/reports/{name}", headers=HTML).status_code == 200


def test_file_that_is_not_ones_own_is_not_shown(alliance: Hub, name: str) -> None:
    theirs = stored(alliance.client("brand-b"), JPEG, "a.jpg")["name"]
    own = stored(alliance.client("shop"), PDF, "a.pdf")["name"]
    for each in (theirs, "f_" + "A" * 20, "x", "f_\x00" + "A" * 19):
        refused = say(alliance.client("shop"), name, ASKED, own, each)
        assert (refused.status_code, list(refused.json["errors"])) == (422, ["files"])
    counts = "SELECT (SELECT count(*) FROM message), (SELECT count(*) FROM evidence_party)"
    assert alliance.sql(counts) == [(0, 0)]


# --- bounds


@pytest.mark.parametrize(
    "text", ["", "  \n ", "x" * (LONGEST_TEXT + 1), "a\x00b", "a\x1b[2Jb", "\u202egnorw", "\ud800"]
)
def test_text_is_held_to_the_rules(alliance: Hub, name: str, text: str) -> None:
    refused = say(alliance.client("shop"), name, text)
    assert refused.status_code in {400, 422}
    assert alliance.sql("SELECT count(*) FROM message") == [(0,)]


def test_longest_text_is_taken_whatever_its_letters(alliance: Hub, name: str) -> None:
    text = "真" * (LONGEST_TEXT - 5) + "\n\t👩‍🔬x"
    assert say(alliance.client("shop"), name, text[:LONGEST_TEXT]).status_code == 201
    assert read(alliance, name, "brand-a")[0]["text"] == text[:LONGEST_TEXT]


def test_more_than_ten_files_are_refused(alliance: Hub, name: str) -> None:
    assert say(alliance.client("shop"), name, ASKED, *("f_" + "A" * 20,) * 11).status_code == 422


def test_message_repeated_under_its_key_is_sent_once(alliance: Hub, name: str) -> None:
    sent = [say(alliance.client("shop"), name, **{"Idempotency-Key": "0123456789"}).json["name"] for _ in range(2)]
    assert (len(set(sent)), alliance.sql("SELECT count(*) FROM message")) == (1, [(1,)])


def test_thread_is_read_on_by_cursor(alliance: Hub, name: str) -> None:
    for n in range(5):
        say(alliance.client("shop"), name, f"message {n}")
    client, seen, cursor = alliance.client("brand-a"), [], None
    while True:
        found = client.get(f"{API}/{name}/messages", query_string={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        seen += [each["text"] for each in found.json["messages"]]
        if (cursor := found.json["cursor"]) is None:
            break
    assert seen == [f"message {n}" for n in range(5)]


def test_cursor_of_another_report_is_refused(alliance: Hub, right: str, name: str) -> None:
    other = file(alliance.client("brand-a"), right, listings=[{"url": "https://shop.example.com/other"}])
    for n in range(2):
        say(alliance.client("shop"), other, f"message {n}")
    cursor = alliance.client("shop").get(f"{API}/{other}/messages", query_string={"limit": 1}).json["cursor"]
    answered = alliance.client("shop").get(f"{API}/{name}/messages", query_string={"cursor": cursor})
    assert answered.status_code == 422


# --- who writes


def test_viewer_reads_and_does_not_write(alliance: Hub, name: str) -> None:
    say(alliance.client("shop"), name)
    alliance.person("brand-a", "vera", Role.VIEWER)
    vera = alliance.signed_in("vera")
    page = vera.get(f"/reports/{name}", headers=HTML).text
    assert (ASKED in page, "Send the message" in page) == (True, False)
    sent = {"csrf_token": csrf(page), "text": "x"}
    assert vera.post(f"/reports/{name}/messages", data=sent, headers=HTML).status_code == 403
    assert alliance.sql("SELECT count(*) FROM message") == [(1,)]


def test_withdrawn_report_may_still_be_written_about(alliance: Hub, name: str) -> None:
    assert answer(alliance, name, "withdraw").status_code == 200
    assert say(alliance.client("shop"), name).status_code == 201


# --- on the page


def test_person_writes_on_the_page_and_shows_a_file(alliance: Hub, name: str) -> None:
    kept = stored(alliance.client("shop"), PDF, "invoice.pdf")["name"]
    shop, page = alliance.signed_in("shop"), f"/reports/{name}"
    form = shop.get(page, headers=HTML).text
    assert kept in form
    token = csrf(form)
    lacking = shop.post(f"{page}/messages", data={"csrf_token": token, "text": ""}, headers=HTML)
    assert (lacking.status_code, "Write something" in lacking.text) == (422, True)
    strange = shop.post(
        f"{page}/messages", data={"csrf_token": token, "text": "keep <this>", "files": "f_" + "A" * 20}, headers=HTML
    )
    assert (strange.status_code, "keep &lt;this&gt;" in strange.text) == (422, True)
    sent = {"csrf_token": token, "text": "first line\r\nsecond <line>", "files": kept}
    assert shop.post(f"{page}/messages", data=sent, headers=HTML).status_code == 303
    read_there = alliance.signed_in("brand-a").get(page, headers=HTML).text
    assert "first line\nsecond &lt;line&gt;" in read_there
    assert f'href="/evidence/{kept}"' in read_there
    assert content(alliance.client("brand-a"), kept).data == PDF


def test_page_shows_the_last_messages_and_leads_to_the_earlier(
    alliance: Hub, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.dialogue.section.PAGE", 2)
    for n in range(5):
        say(alliance.client("shop"), name, f"message {n}.")
    client, address, seen = alliance.signed_in("brand-a"), f"/reports/{name}", []
    while address:
        page = client.get(address, headers=HTML).text
        seen.append([n for n in range(5) if f"message {n}." in page])
        address = "".join(re.findall(r'href="([^"#]+\?messages=[^"#]+)#', page))
    assert seen == [[3, 4], [1, 2], [0]]
