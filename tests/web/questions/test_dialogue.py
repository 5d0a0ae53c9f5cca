"""Platform and brand write to each other about a question, with files; nobody else reads it, and no person is named."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from hub.access.grants import Role
from hub.access.permissions import Permission
from tests.conftest import HTML, Hub, csrf
from tests.unit.evidence.files import JPEG, PDF
from tests.web.access.test_acting_for import of
from tests.web.access.test_three_nets import as_application, read_by
from tests.web.evidence.storing import read as content
from tests.web.evidence.storing import stored
from tests.web.listing_reports.reporting import API as REPORTS
from tests.web.listing_reports.reporting import file
from tests.web.members.test_agents import give, terms
from tests.web.notices.noticing import feed, make
from tests.web.questions.asking import API, answer, ask, fake, withdraw

ASKED = "Which of the three seams do you mean?"


@pytest.fixture
def name(alliance: Hub) -> str:
    """A question of the shop to brand-a."""
    return ask(alliance.client("shop"))[0]


def say(client: FlaskClient, name: str, text: str = ASKED, *files: str, **headers: str) -> Any:
    return client.post(f"{API}/{name}/messages", json={"text": text, "files": files}, headers=headers)


def read(hub: Hub, name: str, code: str) -> list[dict[str, Any]]:
    found = hub.client(code).get(f"{API}/{name}/messages")
    assert found.status_code == 200, found.text
    messages: list[dict[str, Any]] = found.json["messages"]
    return messages


def test_both_parties_read_the_thread_oldest_first(alliance: Hub, name: str) -> None:
    assert say(alliance.client("brand-a"), name).status_code == 201
    assert say(alliance.client("shop"), name, "The second.").status_code == 201
    for code in ("brand-a", "shop"):
        told = [(each["member"], each["text"], each["own"]) for each in read(alliance, name, code)]
        assert told == [("brand-a", ASKED, code == "brand-a"), ("shop", "The second.", code == "shop")]


def test_other_party_sees_the_member_and_no_person(alliance: Hub, name: str) -> None:
    say(alliance.client("brand-a"), name)
    assert [bool(each["by"]) for code in ("brand-a", "shop") for each in read(alliance, name, code)] == [True, False]
    ((by,),) = alliance.sql("SELECT by FROM message")
    page = alliance.signed_in("shop").get(f"/questions/{name}", headers=HTML).text
    assert (ASKED in page, str(by) in page) == (True, False)


@pytest.mark.parametrize("code", ["brand-b", "bazaar"])
def test_who_is_no_party_neither_reads_nor_writes(alliance: Hub, name: str, code: str) -> None:
    say(alliance.client("brand-a"), name)
    client = alliance.client(code)
    assert client.get(f"{API}/{name}/messages").status_code == 404
    assert say(client, name).status_code == 404
    assert alliance.sql("SELECT count(*) FROM message") == [(1,)]


def test_query_without_a_where_gives_messages_to_their_two_parties(alliance: Hub, name: str) -> None:
    say(alliance.client("brand-a"), name)
    with as_application(alliance) as connection:
        for code, rows in (("brand-a", 1), ("shop", 1), ("brand-b", 0), ("bazaar", 0), ("alliance", 0)):
            read_by(connection, alliance, code)
            assert len(connection.execute("SELECT FROM message").fetchall()) == rows, code


def test_thread_of_a_question_is_none_of_a_report_of_the_same_parties(alliance: Hub, right: str, name: str) -> None:
    report = file(alliance.client("brand-a"), right)
    say(alliance.client("brand-a"), name)
    assert alliance.client("shop").get(f"{REPORTS}/{report}/messages").json["messages"] == []
    assert alliance.client("shop").get(f"{REPORTS}/{name}/messages").status_code == 404


def test_cursor_of_another_question_is_refused(alliance: Hub) -> None:
    one, other = ask(alliance.client("shop"), 2)
    for n in range(2):
        say(alliance.client("shop"), other, f"message {n}")
    cursor = alliance.client("shop").get(f"{API}/{other}/messages", query_string={"limit": 1}).json["cursor"]
    answered = alliance.client("shop").get(f"{API}/{one}/messages", query_string={"cursor": cursor})
    assert answered.status_code == 422


def test_message_repeated_under_its_key_is_sent_once(alliance: Hub, name: str) -> None:
    sent = [say(alliance.client("shop"), name, **{"Idempotency-Key": "0123456789"}).json["name"] for _ in range(2)]
    assert (len(set(sent)), alliance.sql("SELECT count(*) FROM message")) == (1, [(1,)])


def test_message_is_on_record_of_both_by_its_question_and_without_its_words(alliance: Hub, name: str) -> None:
    sent = say(alliance.client("brand-a"), name)
    alliance.sequence()
    assert sent.headers["Audit-Entry"] == sent.json["entry"]
    for code in ("brand-a", "shop"):
        (told,) = of(alliance, code, "question.message_sent")
        assert told["subject"] == {"type": "question", "ref": name}
        assert ASKED not in str(told)
    assert of(alliance, "brand-b", "question.message_sent") == []


def test_other_party_is_told_under_questions_and_led_to_the_thread(alliance: Hub, name: str) -> None:
    say(alliance.client("brand-a"), name)
    make(alliance)
    last = feed(alliance, "shop")["notices"][-1]
    assert (last["event"], last["topic"], last["acts"]) == ("question.message_sent", "questions", True)
    page = alliance.signed_in("shop").get("/notices", headers=HTML).text
    assert f'href="/questions/{name}"' in page


@pytest.mark.parametrize("ended", ["answered", "withdrawn"])
def test_question_that_has_ended_may_still_be_written_about(alliance: Hub, right: str, name: str, ended: str) -> None:
    if ended == "answered":
        assert answer(alliance.client("brand-a"), [name], **fake(right)).status_code == 200
    else:
        assert withdraw(alliance.client("shop"), name).status_code == 200
    assert say(alliance.client("shop"), name).status_code == 201


# --- files


def test_other_party_reads_a_file_from_the_message_on(alliance: Hub, name: str) -> None:
    kept = stored(alliance.client("brand-a"), PDF, "seam.pdf", type="correspondence")["name"]
    assert content(alliance.client("shop"), kept).status_code == 404
    assert say(alliance.client("brand-a"), name, ASKED, kept).status_code == 201
    assert content(alliance.client("shop"), kept).data == PDF
    assert read(alliance, name, "shop")[0]["files"] == [{"name": kept, "file_name": "seam.pdf"}]
    assert content(alliance.client("bazaar"), kept).status_code == 404
    shown = alliance.signed_in("brand-a").get(f"/evidence/{kept}", headers=HTML).text
    assert f'href="/questions/{name}"' in shown


def test_file_that_is_not_ones_own_is_not_shown(alliance: Hub, name: str) -> None:
    theirs = stored(alliance.client("brand-b"), JPEG, "a.jpg")["name"]
    refused = say(alliance.client("shop"), name, ASKED, theirs)
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["files"])
    counts = "SELECT (SELECT count(*) FROM message), (SELECT count(*) FROM evidence_party)"
    assert alliance.sql(counts) == [(0, 0)]


# --- who writes


def test_viewer_reads_and_does_not_write(alliance: Hub, name: str) -> None:
    say(alliance.client("shop"), name)
    alliance.person("brand-a", "vera", Role.VIEWER)
    vera = alliance.signed_in("vera")
    page = vera.get(f"/questions/{name}", headers=HTML).text
    assert (ASKED in page, "Send the message" in page) == (True, False)
    sent = {"csrf_token": csrf(page), "text": "x"}
    assert vera.post(f"/questions/{name}/messages", data=sent, headers=HTML).status_code == 403
    assert alliance.sql("SELECT count(*) FROM message") == [(1,)]


def test_agent_that_may_answer_for_the_brand_writes_for_it(alliance: Hub, name: str) -> None:
    assert say(alliance.client("agency"), name).status_code in {403, 404}
    give(alliance, "agency", terms(Permission.QUESTION_ANSWER, Permission.QUESTION_READ))
    for_brand = {"Acting-For": "brand-a"}
    assert say(alliance.client("agency"), name, **for_brand).status_code == 201
    assert [each["member"] for each in read(alliance, name, "shop")] == ["brand-a"]


def test_person_writes_on_the_page_and_shows_a_file(alliance: Hub, name: str) -> None:
    kept = stored(alliance.client("brand-a"), PDF, "seam.pdf")["name"]
    brand, page = alliance.signed_in("brand-a"), f"/questions/{name}"
    form = brand.get(page, headers=HTML).text
    assert kept in form
    token = csrf(form)
    lacking = brand.post(f"{page}/messages", data={"csrf_token": token, "text": ""}, headers=HTML)
    assert (lacking.status_code, "Write something" in lacking.text) == (422, True)
    sent = {"csrf_token": token, "text": "first line\r\nsecond <line>", "files": kept}
    assert brand.post(f"{page}/messages", data=sent, headers=HTML).status_code == 303
    read_there = alliance.signed_in("shop").get(page, headers=HTML).text
    assert "first line\nsecond &lt;line&gt;" in read_there
    assert f'href="/evidence/{kept}"' in read_there
