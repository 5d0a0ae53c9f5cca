"""The parties of a record write to each other about it, with files; nobody else reads it, and no person is named."""

import re

import psycopg
import pytest

from hub.access.grants import Role
from hub.dialogue.rules import LONGEST_TEXT
from tests.conftest import HTML, Hub, csrf
from tests.unit.evidence.files import JPEG, PDF
from tests.web.access.test_acting_for import of
from tests.web.access.test_three_nets import as_application, read_by
from tests.web.dialogue.threads import ASKED, TALKS, Talk, Thread
from tests.web.evidence.storing import erased, stored
from tests.web.evidence.storing import read as content


@pytest.fixture(params=TALKS, ids=[talk.kind.value for talk in TALKS])
def talk(request: pytest.FixtureRequest) -> Talk:
    """Each kind of record that has a thread."""
    found: Talk = request.param
    return found


@pytest.fixture
def thread(alliance: Hub, right: str, talk: Talk) -> Thread:
    """A record of brand-a and the shop, about which nothing is said yet."""
    return Thread(alliance, talk, talk.begun(alliance, right, 1))


def sent(hub: Hub) -> int:
    """How many messages there are."""
    ((count,),) = hub.sql("SELECT count(*) FROM message")
    assert isinstance(count, int)
    return count


def test_both_parties_read_the_thread_oldest_first(thread: Thread) -> None:
    writer, reader = thread.talk.writer, thread.talk.reader
    assert thread.write().status_code == 201
    assert thread.write("No.\r\nWe never sold to it.", by=reader).status_code == 201
    for code in (writer, reader):
        told = [(each["member"], each["text"], each["own"]) for each in thread.read(code)]
        assert told == [
            (writer, ASKED, code == writer),
            (reader, "No.\nWe never sold to it.", code == reader),
        ]


def test_other_party_sees_the_member_and_no_person(alliance: Hub, thread: Thread) -> None:
    thread.write()
    assert [bool(each["by"]) for code in (thread.talk.writer, "") for each in thread.read(code)] == [True, False]
    ((by,),) = alliance.sql("SELECT by FROM message")
    page = thread.shown()
    assert (ASKED in page, str(by) in page) == (True, False)


@pytest.mark.parametrize("code", ["brand-b", "bazaar"])
def test_who_is_no_party_neither_reads_nor_writes(alliance: Hub, thread: Thread, code: str) -> None:
    thread.write()
    assert alliance.client(code).get(f"{thread.api}/messages").status_code == 404
    assert thread.write(by=code).status_code == 404
    assert sent(alliance) == 1


def test_query_without_a_where_gives_messages_to_their_two_parties(alliance: Hub, thread: Thread) -> None:
    thread.write()
    with as_application(alliance) as connection:
        for code, rows in (("brand-a", 1), ("shop", 1), ("brand-b", 0), ("bazaar", 0), ("alliance", 0)):
            read_by(connection, alliance, code)
            assert len(connection.execute("SELECT FROM message").fetchall()) == rows, code


def test_nobody_writes_in_the_name_of_another_nor_changes_what_was_said(alliance: Hub, thread: Thread) -> None:
    thread.write()
    with as_application(alliance) as connection:
        read_by(connection, alliance, "bazaar")
        forged = (
            "INSERT INTO message (name, record_kind, record_ref, from_id, to_id, by, text, files, at)"
            " SELECT 'x', %s, %s, s.id, b.id, 'p', 'x', '{}', now() FROM member s, member b"
            " WHERE s.code = 'shop' AND b.code = 'brand-a'"
        )
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(forged, (thread.talk.kind.value, thread.name))
        read_by(connection, alliance, thread.talk.writer)
        for changed in ("UPDATE message SET text = 'x'", "DELETE FROM message"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(changed)  # type: ignore[call-overload]  # one of two of ours


def test_message_is_on_record_of_both_by_its_subject_and_without_its_words(alliance: Hub, thread: Thread) -> None:
    answered = thread.write()
    alliance.sequence()
    assert answered.headers["Audit-Entry"] == answered.json["entry"]
    for code in ("brand-a", "shop"):
        (told,) = of(alliance, code, thread.talk.event)
        assert (told["subject"], told["purpose"]) == (
            {"type": thread.talk.subject, "ref": thread.name},
            thread.talk.kind.value.replace("_", " "),
        )
        assert ASKED not in str(told)
    assert of(alliance, "brand-b", thread.talk.event) == []


# --- files


def test_other_party_reads_a_file_from_the_message_on(alliance: Hub, thread: Thread) -> None:
    writer, reader = thread.talk.writer, alliance.client(thread.talk.reader)
    kept = stored(alliance.client(writer), PDF, "invoice.pdf", type="correspondence")["name"]
    assert content(reader, kept).status_code == 404
    assert thread.write(ASKED, kept).status_code == 201
    assert content(reader, kept).data == PDF
    assert thread.read()[0]["files"] == [{"name": kept, "file_name": "invoice.pdf"}]
    for code in ("brand-b", "bazaar"):
        assert content(alliance.client(code), kept).status_code == 404
    assert f'href="{thread.page}"' in alliance.signed_in(writer).get(f"/evidence/{kept}", headers=HTML).text


def test_file_of_a_message_is_its_owners_to_erase(alliance: Hub, thread: Thread) -> None:
    owner = alliance.client(thread.talk.writer)
    kept = stored(owner, PDF, "invoice.pdf")["name"]
    thread.write(ASKED, kept)
    assert erased(owner, kept).status_code == 204
    assert thread.read()[0]["files"] == [{"name": kept, "file_name": ""}]
    assert ASKED in thread.shown()


def test_file_that_is_not_ones_own_is_not_shown(alliance: Hub, thread: Thread) -> None:
    theirs = stored(alliance.client("brand-b"), JPEG, "a.jpg")["name"]
    own = stored(alliance.client(thread.talk.writer), PDF, "a.pdf")["name"]
    for each in (theirs, "f_" + "A" * 20, "x", "f_\x00" + "A" * 19):
        refused = thread.write(ASKED, own, each)
        assert (refused.status_code, list(refused.json["errors"])) == (422, ["files"])
    counts = "SELECT (SELECT count(*) FROM message), (SELECT count(*) FROM evidence_party)"
    assert alliance.sql(counts) == [(0, 0)]


# --- bounds


@pytest.mark.parametrize(
    "text", ["", "  \n ", "x" * (LONGEST_TEXT + 1), "a\x00b", "a\x1b[2Jb", "\u202egnorw", "\ud800"]
)
def test_text_is_held_to_the_rules(alliance: Hub, thread: Thread, text: str) -> None:
    assert thread.write(text).status_code in {400, 422}
    assert sent(alliance) == 0


def test_longest_text_is_taken_whatever_its_letters(thread: Thread) -> None:
    text = "真" * (LONGEST_TEXT - 5) + "\n\t👩‍🔬x"
    assert thread.write(text[:LONGEST_TEXT]).status_code == 201
    assert thread.read()[0]["text"] == text[:LONGEST_TEXT]


def test_more_than_ten_files_are_refused(thread: Thread) -> None:
    assert thread.write(ASKED, *("f_" + "A" * 20,) * 11).status_code == 422


def test_message_repeated_under_its_key_is_sent_once(alliance: Hub, thread: Thread) -> None:
    names = {thread.write(**{"Idempotency-Key": "0123456789"}).json["name"] for _ in range(2)}
    assert (len(names), sent(alliance)) == (1, 1)


def test_thread_is_read_on_by_cursor(alliance: Hub, thread: Thread) -> None:
    for n in range(5):
        thread.write(f"message {n}")
    client, seen, cursor = alliance.client(thread.talk.reader), [], None
    while True:
        asked = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        found = client.get(f"{thread.api}/messages", query_string=asked)
        seen += [each["text"] for each in found.json["messages"]]
        if (cursor := found.json["cursor"]) is None:
            break
    assert seen == [f"message {n}" for n in range(5)]


def test_cursor_of_another_record_is_refused(alliance: Hub, right: str, thread: Thread) -> None:
    other = Thread(alliance, thread.talk, thread.talk.begun(alliance, right, 2))
    for n in range(2):
        other.write(f"message {n}")
    client = alliance.client(thread.talk.writer)
    cursor = client.get(f"{other.api}/messages", query_string={"limit": 1}).json["cursor"]
    assert client.get(f"{thread.api}/messages", query_string={"cursor": cursor}).status_code == 422


# --- who writes


def test_viewer_reads_and_does_not_write(alliance: Hub, thread: Thread) -> None:
    thread.write()
    alliance.person("brand-a", "vera", Role.VIEWER)
    vera = alliance.signed_in("vera")
    page = vera.get(thread.page, headers=HTML).text
    assert (ASKED in page, "Send the message" in page) == (True, False)
    form = {"csrf_token": csrf(page), "text": "x"}
    assert vera.post(f"{thread.page}/messages", data=form, headers=HTML).status_code == 403
    assert sent(alliance) == 1


# --- on the page


def test_person_writes_on_the_page_and_shows_a_file(alliance: Hub, thread: Thread) -> None:
    kept = stored(alliance.client(thread.talk.writer), PDF, "invoice.pdf")["name"]
    client, address = alliance.signed_in(thread.talk.writer), f"{thread.page}/messages"
    form = client.get(thread.page, headers=HTML).text
    assert kept in form
    token = {"csrf_token": csrf(form)}
    lacking = client.post(address, data=token | {"text": ""}, headers=HTML)
    assert (lacking.status_code, "Write something" in lacking.text) == (422, True)
    strange = client.post(address, data=token | {"text": "keep <this>", "files": "f_" + "A" * 20}, headers=HTML)
    assert (strange.status_code, "keep &lt;this&gt;" in strange.text) == (422, True)
    said = token | {"text": "first line\r\nsecond <line>", "files": kept}
    assert client.post(address, data=said, headers=HTML).status_code == 303
    read_there = thread.shown()
    assert "first line\nsecond &lt;line&gt;" in read_there
    assert f'href="/evidence/{kept}"' in read_there
    assert content(alliance.client(thread.talk.reader), kept).data == PDF


def test_page_shows_the_last_messages_and_leads_to_the_earlier(thread: Thread, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.dialogue.section.PAGE", 2)
    for n in range(5):
        thread.write(f"message {n}.")
    address, seen = thread.page, []
    while address:
        page = thread.shown(address)
        seen.append([n for n in range(5) if f"message {n}." in page])
        address = "".join(re.findall(r'href="([^"#]+\?messages=[^"#]+)#', page))
    assert seen == [[3, 4], [1, 2], [0]]
