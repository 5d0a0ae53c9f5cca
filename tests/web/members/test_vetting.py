"""An application is vetted and kept by people of the office alone, and no longer than it is of use."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
import time_machine

from hub import clock
from hub.access.actor import NotPermittedError
from hub.applications import rules, service
from hub.applications.rules import ApplicationState, Item
from hub.members import service as members
from tests.conftest import HTML, Hub, csrf
from tests.web.access.test_three_nets import as_application, count, read_by, refused_all
from tests.web.members.applying import FACTS, applied, letters, peopled, posted, sent, ticked
from tests.web.members.documents import pdf


@pytest.fixture
def office(hub: Hub) -> Hub:
    return peopled(hub)


def state(office: Hub, name: str) -> str:
    return str(office.sql("SELECT state FROM application WHERE name = %s", name)[0][0])


def test_application_is_vetted_with_its_last_item_and_no_more_once_one_is_taken_back(office: Hub) -> None:
    name = applied(office)
    items = [*Item]
    ticked(office, name, *items[:-1])
    assert state(office, name) == "applied"
    ticked(office, name, items[-1], who="ben")
    assert state(office, name) == "vetted"
    posted(office.signed_in("ben"), f"/applications/{name}/items/sector/removal", f"/applications/{name}")
    assert state(office, name) == "applied"


def test_tick_stands_with_who_and_how_they_know(office: Hub) -> None:
    name = applied(office)
    ticked(office, name, Item.SECTOR)
    page = office.signed_in("ben").get(f"/applications/{name}", headers=HTML).text
    ((pseudonym,),) = office.sql("SELECT pseudonym FROM person WHERE email = 'ada@alliance-hub.org'")
    assert str(pseudonym) in page
    assert "Seen in the register" in page


def test_every_tick_is_on_record_without_its_note(office: Hub) -> None:
    name = applied(office)
    ticked(office, name, *Item)
    client = office.signed_in("ben")
    posted(client, f"/applications/{name}/items/sector/removal", f"/applications/{name}")
    rows = office.sql("SELECT action, count(*) FROM ledger_entry WHERE action LIKE 'application.%%' GROUP BY 1")
    assert dict(rows) == {  # type: ignore[arg-type]  # rows are untyped
        "application.received": 1,
        "application.ticked": 5,
        "application.vetted": 1,
        "application.unticked": 1,
    }
    views = str([bytes(row[0]) for row in office.sql("SELECT view FROM ledger_part")])  # type: ignore[arg-type]  # rows are untyped
    assert "Seen in the register" not in views
    assert "Northpeak" not in views


def test_item_is_ticked_once_so_that_nobody_takes_over_a_colleagues_tick(office: Hub) -> None:
    name = applied(office)
    ticked(office, name, Item.SECTOR)
    answer = posted(
        office.signed_in("ben"), f"/applications/{name}/items/sector", f"/applications/{name}", words="Mine now"
    )
    assert "ticked already" in answer.text
    assert office.sql("SELECT note FROM vetted_item") == [("Seen in the register",)]


def test_tick_without_a_word_on_how_one_knows_is_not_taken(office: Hub) -> None:
    name = applied(office)
    client = office.signed_in("ada")
    for words in ("", "   ", "x" * 501):
        posted(client, f"/applications/{name}/items/sector", f"/applications/{name}", words=words)
    assert office.sql("SELECT count(*) FROM vetted_item") == [(0,)]


def test_refusal_writes_the_reason_to_the_contact(office: Hub) -> None:
    name = applied(office)
    page = f"/applications/{name}"
    assert "is refused" in posted(office.signed_in("ada"), f"{page}/refusal", page, words="No right is in force.").text
    letter = letters(office)[-1]
    assert (letter.to, state(office, name)) == (FACTS["contact_email"], "refused")
    assert "No right is in force." in letter.text


def test_settled_application_is_vetted_no_more(office: Hub) -> None:
    name = applied(office)
    page = f"/applications/{name}"
    client = office.signed_in("ada")
    token = csrf(client.get(page, headers=HTML).text)
    posted(client, f"{page}/refusal", page, words="No right is in force.")
    for path in (f"{page}/items/sector", f"{page}/items/sector/removal", f"{page}/refusal"):
        told = client.post(path, data={"csrf_token": token, "words": "x"}, headers=HTML, follow_redirects=True)
        assert "was refused already" in told.text
    assert [letter.to for letter in letters(office)].count(FACTS["contact_email"]) == 2


def test_viewer_of_the_office_reads_and_does_not_vet(office: Hub) -> None:
    name = applied(office, (pdf(), "a.pdf"))
    client = office.signed_in("vic")
    page = client.get(f"/applications/{name}", headers=HTML)
    assert page.status_code == 200
    assert "How you know" not in page.text
    token = csrf(page.text)
    for path in ("items/sector", "items/sector/removal", "refusal"):
        answer = client.post(f"/applications/{name}/{path}", data={"csrf_token": token, "words": "x"}, headers=HTML)
        assert answer.status_code == 403


def test_person_of_a_member_reaches_no_page_of_applications(office: Hub) -> None:
    name = applied(office, (pdf(), "a.pdf"))
    client = office.signed_in("ana")
    for path in ("/applications", f"/applications/{name}", f"/applications/{name}/documents/1"):
        assert client.get(path, headers=HTML).status_code == 403


def test_neither_a_key_nor_a_job_of_the_office_reads_or_vets(office: Hub) -> None:
    name = applied(office, (pdf(), "a.pdf"))
    with office.operator() as actor:
        office.keys["office"] = members.issue_credential(actor, members.OFFICE)
    assert office.client("office").get(f"/applications/{name}").status_code == 403
    with office.operator() as actor:
        for act in (
            lambda: service.applications(actor),
            lambda: service.application(actor, name),
            lambda: service.document(actor, name, 1),
            lambda: service.tick(actor, name, Item.SECTOR, "seen"),
            lambda: service.untick(actor, name, Item.SECTOR),
            lambda: service.refuse(actor, name, "no"),
        ):
            with pytest.raises(NotPermittedError):
                act()


def test_unconfirmed_application_is_not_there_for_the_office(office: Hub) -> None:
    sent(office)
    ((name,),) = office.sql("SELECT name FROM application")
    client = office.signed_in("ada")
    there = client.get(f"/applications/{name}", headers=HTML)
    nowhere = client.get("/applications/a_nothing", headers=HTML)
    assert (there.status_code, there.text) == (404, nowhere.text)


def test_what_is_no_item_and_no_document_is_not_found(office: Hub) -> None:
    name = applied(office)
    client = office.signed_in("ada")
    assert client.get(f"/applications/{name}/documents/1", headers=HTML).status_code == 404
    assert posted(client, f"/applications/{name}/items/shoes", f"/applications/{name}", words="x").status_code == 404


def test_list_is_filtered_and_paged(office: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.web.pagination.PAGE", 2)
    names = [applied(office, legal_name=f"Peak {n}", contact_email=f"a{n}@northpeak.org") for n in range(3)]
    client = office.signed_in("ada")
    first = client.get("/applications", headers=HTML).text
    assert [n for n in range(3) if f"Peak {n}" in first] == [1, 2]
    older = re.search(r'href="(/applications\?cursor=[^"]+)"', first)
    assert older is not None
    second = client.get(older[1].replace("&amp;", "&"), headers=HTML).text
    assert [n for n in range(3) if f"Peak {n}" in second] == [0]
    ticked(office, names[0], *Item)
    vetted = client.get("/applications?state=vetted", headers=HTML).text
    assert [n for n in range(3) if f"Peak {n}" in vetted] == [0]


def test_what_came_to_nothing_is_forgotten_with_its_documents(office: Hub) -> None:
    refused = applied(office, (pdf(), "a.pdf"))
    posted(office.signed_in("ada"), f"/applications/{refused}/refusal", f"/applications/{refused}", words="No right.")
    kept = applied(office, (pdf(), "a.pdf"), contact_email="c@northpeak.org")
    sent(office, contact_email="d@northpeak.org")
    with time_machine.travel(clock.now() + rules.KEPT_REFUSED + timedelta(days=1)), office.app.app_context():
        assert service.forget_applications() == 2
        assert service.forget_applications() == 0
    assert office.sql("SELECT name FROM application") == [(kept,)]
    assert office.sql("SELECT application FROM application_document") == [(kept,)]


def test_nothing_is_forgotten_early(office: Hub) -> None:
    refused = applied(office)
    posted(office.signed_in("ada"), f"/applications/{refused}/refusal", f"/applications/{refused}", words="No right.")
    with time_machine.travel(clock.now() + rules.KEPT_REFUSED - timedelta(days=1)), office.app.app_context():
        assert service.forget_applications() == 0


@pytest.fixture
def reading(office: Hub) -> Iterator[psycopg.Connection[Any]]:
    """The application's connection, on a database with an application, a document and a tick."""
    name = applied(office, (pdf(), "a.pdf"))
    ticked(office, name, Item.SECTOR)
    sent(office, contact_email="d@northpeak.org")
    with as_application(office) as connection:
        yield connection


TABLES = ("application", "application_document", "vetted_item")


def rows(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """How many rows of each table the reader sees."""
    return {table: count(connection, table) for table in TABLES}


def test_database_shows_applications_to_the_office_alone_and_confirmed_ones_only(
    office: Hub, reading: psycopg.Connection[Any]
) -> None:
    assert rows(reading) == dict.fromkeys(TABLES, 0)
    read_by(reading, office, "brand-a")
    assert rows(reading) == dict.fromkeys(TABLES, 0)
    read_by(reading, office, members.OFFICE)
    assert rows(reading) == dict.fromkeys(TABLES, 1)


REFUSED = (
    "INSERT INTO application (name, state, legal_name, kind, country, facts, applied_at, confirmed_at)"
    " VALUES ('a_x', 'vetted', 'x', 'brand', 'DE', 'x', now(), now())",
    "INSERT INTO application (name, state, legal_name, kind, country, facts, applied_at, confirmed_at)"
    " VALUES ('a_x', 'applied', 'x', 'brand', 'DE', 'x', now(), now())",
    "INSERT INTO application_document (application, number, name, media, size, sealed)"
    " VALUES ('a_x', 2, 'x', 'x', 1, 'x')",
    "INSERT INTO vetted_item (application, item, note, ticked_by, ticked_at) VALUES ('a_x', 'right', 'x', 'p_x', now())",
    "SELECT digest FROM application",
    "DELETE FROM application",
    "DELETE FROM application_document",
    "UPDATE application_document SET sealed = 'x'",
    "UPDATE application SET facts = 'x'",
)


def test_database_itself_refuses_a_member_what_is_the_offices(office: Hub, reading: psycopg.Connection[Any]) -> None:
    read_by(reading, office, "brand-a")
    refused_all(reading, REFUSED)


def test_states_are_those_of_the_moves() -> None:
    assert set(rules.MOVES) == set(ApplicationState)
    assert set(rules.ITEMS) == set(Item)
