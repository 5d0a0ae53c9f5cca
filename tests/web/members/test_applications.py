"""An organisation applies without an account: bounded, proved by mail, and read by people of the office alone."""

import importlib
import io
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import psycopg
import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub import clock, mail
from hub.access.actor import NotPermittedError
from hub.access.grants import Role
from hub.applications import rules, service
from hub.applications.forms import ApplicationForm
from hub.applications.rules import ApplicationState, Facts, Item
from hub.applications.service.documents import clean_name, media_type
from hub.members import service as members
from tests.conftest import HTML, Hub, csrf
from tests.web.access.test_three_nets import as_application, count, read_by, refused_all
from tests.web.members.documents import chunk, jpeg, pdf, png

FACTS = {
    "legal_name": "Northpeak Outdoor GmbH",
    "register": "Handelsregister München",
    "register_number": "HRB 118",
    "country": "de",
    "kind": "brand",
    "sector": "sport",
    "website": "https://www.northpeak.example.org",
    "contact_name": "Ada Berg",
    "contact_email": "ada@northpeak.org",
    "contact_role": "Counsel",
    "second_name": "Ben Tal",
    "second_email": "ben@northpeak.org",
    "appeal_email": "objections@northpeak.org",
    "right_type": "trade-mark",
    "right_office": "EUIPO",
    "right_number": "EM four",
    "purpose": "We find copies of our tents.",
}


def sent(hub: Hub, address: str = "192.0.2.1", **other: str) -> TestResponse:
    """The answer to the form, filled in by a browser at an address."""
    client = hub.app.test_client()
    client.environ_base["REMOTE_ADDR"] = address
    token = csrf(client.get("/apply", headers=HTML).text)
    return client.post("/apply", data={**FACTS, **other, "csrf_token": token}, headers=HTML)


def letters(hub: Hub) -> list[mail.Letter]:
    with hub.app.app_context():
        return [each.letter for each in reversed(mail.kept_letters(before=None, limit=100))]


def key_of(letter: mail.Letter) -> str:
    found = re.search(r"/apply/confirmation/(\S+)", letter.text)
    assert found is not None
    return found[1]


def confirmed(hub: Hub, key: str, *files: tuple[bytes, str]) -> TestResponse:
    """The answer to the confirmation, with files of these contents and names."""
    client = hub.app.test_client()
    page = client.get(f"/apply/confirmation/{key}", headers=HTML)
    given: dict[str, Any] = {"csrf_token": csrf(page.text) if page.status_code == 200 else ""}
    given["documents"] = [(io.BytesIO(content), name) for content, name in files]
    return client.post(f"/apply/confirmation/{key}", data=given, headers=HTML)


def applied(hub: Hub, *files: tuple[bytes, str], **other: str) -> str:
    """The name of an application that was sent and confirmed."""
    assert sent(hub, **other).status_code == 303
    assert confirmed(hub, key_of(letters(hub)[-1]), *files).status_code == 303
    ((name,),) = hub.sql("SELECT name FROM application ORDER BY number DESC LIMIT 1")
    return str(name)


def posted(client: FlaskClient, path: str, page: str, **fields: str) -> TestResponse:
    """The answer to a form on a page."""
    token = csrf(client.get(page, headers=HTML).text)
    return client.post(path, data={**fields, "csrf_token": token}, headers=HTML, follow_redirects=True)


@pytest.fixture
def office(hub: Hub) -> Hub:
    """An office of two who vet and one who looks on, and a brand."""
    for who, role in (("ada", Role.OWNER), ("ben", Role.ANALYST), ("vic", Role.VIEWER)):
        hub.person(members.OFFICE, who, role)
    hub.admit("brand-a")
    hub.person("brand-a", "ana")
    return hub


# --- applying


def test_application_waits_unseen_until_its_address_is_proved(office: Hub) -> None:
    assert sent(office).location == "/apply/sent"
    key = key_of(letters(office)[-1])
    assert "Nobody has applied yet" in office.signed_in("ada").get("/applications", headers=HTML).text
    confirmed(office, key)
    assert "Northpeak Outdoor GmbH" in office.signed_in("ada").get("/applications", headers=HTML).text


def test_confirmation_is_on_record(office: Hub) -> None:
    applied(office)
    assert office.sql("SELECT count(*) FROM ledger_entry WHERE action = 'application.received'") == [(1,)]


def test_letter_goes_to_the_contact_and_repeats_nothing_that_was_typed(office: Hub) -> None:
    sent(office)
    (letter,) = letters(office)
    assert letter.to == FACTS["contact_email"]
    assert [value for value in FACTS.values() if len(value) > 5 and value in letter.text + letter.subject] == []


def test_answer_is_the_same_for_an_organisation_and_an_address_that_are_known(office: Hub) -> None:
    first = sent(office)
    again = sent(office)
    member = sent(office, legal_name="Brand-A", contact_email="ana@alliance-hub.org")
    told = {(each.status_code, each.location, each.text) for each in (first, again, member)}
    assert len(told) == 1


def test_link_serves_once(office: Hub) -> None:
    sent(office)
    key = key_of(letters(office)[-1])
    assert confirmed(office, key).status_code == 303
    for answer in (confirmed(office, key), office.app.test_client().get(f"/apply/confirmation/{key}", headers=HTML)):
        assert answer.status_code == 404
        assert "no longer serves" in answer.text


def test_two_confirmations_at_once_make_one(office: Hub) -> None:
    sent(office)
    key = key_of(letters(office)[-1])

    def tried(_: int) -> str:
        with office.app.app_context():
            try:
                service.confirm(key, [service.Upload("a.pdf", pdf())])
            except service.UnknownApplicationError:
                return "gone"
            return "done"

    with ThreadPoolExecutor(2) as together:
        assert sorted(together.map(tried, range(2))) == ["done", "gone"]
    assert office.sql("SELECT count(*) FROM application_document") == [(1,)]


def test_link_that_lay_too_long_serves_no_more(office: Hub) -> None:
    sent(office)
    key = key_of(letters(office)[-1])
    with time_machine.travel(clock.now() + rules.KEPT_UNCONFIRMED + timedelta(minutes=1)):
        assert confirmed(office, key).status_code == 404


def test_key_of_nothing_is_told_what_a_used_one_is(office: Hub) -> None:
    sent(office)
    key = key_of(letters(office)[-1])
    confirmed(office, key)
    client = office.app.test_client()
    pages = {client.get(f"/apply/confirmation/{each}", headers=HTML).text for each in (key, "A" * 43, "x", "é")}
    assert len(pages) == 1


def test_link_alone_confirms_nothing_until_the_button_is_pressed(office: Hub) -> None:
    sent(office)
    key = key_of(letters(office)[-1])
    assert office.app.test_client().get(f"/apply/confirmation/{key}", headers=HTML).status_code == 200
    assert office.sql("SELECT count(*) FROM application WHERE confirmed_at IS NOT NULL") == [(0,)]


WRONG: list[tuple[str, str, str]] = [
    ("legal_name", "", "Give the name in the register"),
    ("legal_name", "   ", "Give the name in the register"),
    ("legal_name", "x" * 121, "At most 120"),
    ("legal_name", "North\npeak", "control characters"),
    ("legal_name", "North\u202epeak", "control characters"),
    ("contact_name", "Ada\r\nBcc: eve@example.org", "control characters"),
    ("contact_email", "ada@northpeak.org\r\nBcc: eve@example.org", "control characters"),
    ("contact_email", "ada@northpeak.org, eve@example.org", "name@example.org"),
    ("contact_email", "Ada <ada@northpeak.org>", "name@example.org"),
    ("contact_email", "a" * 300 + "@example.org", "At most 254"),
    ("second_email", "ADA@northpeak.org", "another person"),
    ("appeal_email", "nobody", "name@example.org"),
    ("country", "Germany", "Two letters"),
    ("country", "ZZ", "Two letters"),
    ("kind", "administration", "Not a valid choice"),
    ("sector", "weapons", "Not a valid choice"),
    ("website", "javascript:alert(1)", "https://www.example.org"),
    ("website", "https://", "https://www.example.org"),
    ("right_type", "", "in force"),
    ("right_number", "", "in force"),
    ("right_type", "plant", "Not a valid choice"),
    ("purpose", "", "Say what you want"),
    ("purpose", "x" * 2001, "At most 2,000"),
]


@pytest.mark.parametrize(
    ("field", "value", "words"), WRONG, ids=[f"{name} {n}" for n, (name, _, _) in enumerate(WRONG)]
)
def test_field_beyond_the_rules_is_refused_at_the_field(field: str, value: str, words: str) -> None:
    app = Flask("form")
    app.config.update(SECRET_KEY="of a test", WTF_CSRF_ENABLED=False)
    with app.test_request_context(method="POST", data={**FACTS, field: value}):
        form = ApplicationForm()
        assert not form.validate()
    assert any(words in said for said in form[field].errors)
    assert {each.name for each in form if each.errors} == {field}


def test_what_is_wrong_is_said_on_the_page_and_no_letter_is_written(hub: Hub) -> None:
    answer = sent(hub, contact_email="ada@northpeak.org\r\nBcc: eve@example.org")
    assert answer.status_code == 422
    assert 'id="contact_email-error">' in answer.text
    assert letters(hub) == []


def test_platform_applies_without_a_right(hub: Hub) -> None:
    assert sent(hub, kind="platform", right_type="", right_office="", right_number="").status_code == 303


def test_form_without_its_token_is_not_taken(hub: Hub) -> None:
    answer = hub.app.test_client().post("/apply", data=FACTS, headers=HTML)
    assert answer.status_code == 422
    assert "cookie" in answer.text
    assert letters(hub) == []


def test_form_that_is_too_large_is_not_read(hub: Hub) -> None:
    answer = hub.app.test_client().post("/apply", data={**FACTS, "purpose": "x" * 70_000}, headers=HTML)
    assert answer.status_code == 413
    assert "too large" in answer.text


def test_body_without_a_length_is_read_no_further_than_the_bound(hub: Hub) -> None:
    endless = io.BytesIO(b"purpose=" + b"x" * 1_000_000)
    answer = hub.app.test_client().post(
        "/apply",
        input_stream=endless,
        content_type="application/x-www-form-urlencoded",
        headers={**HTML, "Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
    )
    assert (answer.status_code, endless.tell()) == (422, rules.LONGEST_FORM)


def test_network_that_applies_too_often_waits_and_another_does_not(hub: Hub) -> None:
    answers = [sent(hub, contact_email=f"a{n}@northpeak.org").status_code for n in range(6)]
    assert answers == [303] * 5 + [429]
    assert "Retry-After" in sent(hub, "192.0.2.200").headers
    assert sent(hub, "198.51.100.1", contact_email="b@northpeak.org").status_code == 303
    with time_machine.travel(clock.now() + timedelta(days=1, minutes=1)):
        assert sent(hub).status_code == 303


def test_network_stays_bounded_after_old_spans_are_forgotten(hub: Hub) -> None:
    from hub.limits.service import forget

    for n in range(5):
        sent(hub, contact_email=f"a{n}@northpeak.org")
    with time_machine.travel(clock.now() + timedelta(hours=5)):
        with hub.app.app_context():
            forget()
        assert sent(hub).status_code == 429


def test_many_at_once_get_no_further_than_one_after_the_other(hub: Hub) -> None:
    def tried(n: int) -> bool:
        with hub.app.app_context():
            try:
                service.apply(facts(contact_email=f"a{n}@northpeak.org"), "192.0.2.1")
            except service.TooManyApplicationsError:
                return False
            return True

    with ThreadPoolExecutor(8) as together:
        assert sum(together.map(tried, range(16))) == rules.MOST_OF_A_NETWORK


def test_address_is_written_to_a_few_times_a_day_from_whatever_networks(hub: Hub) -> None:
    answers = [sent(hub, f"198.51.{n}.1") for n in range(5)]
    assert {answer.location for answer in answers} == {"/apply/sent"}
    assert len(letters(hub)) == rules.MOST_TO_AN_ADDRESS
    assert hub.sql("SELECT count(*) FROM application") == [(rules.MOST_TO_AN_ADDRESS,)]


def facts(**other: str) -> Facts:
    return Facts(**{**FACTS, "country": "DE", **other})


@pytest.mark.parametrize("name", Facts.__dataclass_fields__)
def test_facts_hold_no_control_character_whoever_made_them(name: str) -> None:
    with pytest.raises(ValueError, match="control characters"):
        facts(**{name: "a\x00b"})


# --- documents


def shown(office: Hub, name: str, number: int = 1, who: str = "ada") -> TestResponse:
    return office.signed_in(who).get(f"/applications/{name}/documents/{number}", headers=HTML)


GOOD = ((pdf(), "application/pdf", ".pdf"), (png(), "image/png", ".png"), (jpeg(), "image/jpeg", ".jpg"))


def test_documents_come_back_as_files_that_may_do_nothing(office: Hub) -> None:
    name = applied(office, *[(content, f"extract{suffix}") for content, _, suffix in GOOD])
    client = office.signed_in("ada")
    for number, (content, media, suffix) in enumerate(GOOD, 1):
        answer = client.get(f"/applications/{name}/documents/{number}", headers=HTML)
        assert answer.data == content
        assert answer.headers["Content-Type"] == media
        named = f"extract{suffix}"
        disposition = f"attachment; filename=\"{named}\"; filename*=UTF-8''{named}"
        assert answer.headers["Content-Disposition"] == disposition
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer.headers["Cache-Control"] == "no-store"


def test_document_is_sealed_in_the_database(office: Hub) -> None:
    applied(office, (pdf(b"% a mark of ours\n"), "a.pdf"))
    stored = office.sql("SELECT sealed, facts FROM application_document, application")[0]
    assert not any(b"mark of ours" in bytes(each) or b"Northpeak" in bytes(each) for each in stored)  # type: ignore[arg-type]


def test_reading_a_document_is_on_record(office: Hub) -> None:
    shown(office, applied(office, (pdf(), "a.pdf")))
    assert office.sql("SELECT count(*) FROM ledger_entry WHERE action = 'application.document_read'") == [(1,)]


NAMES: Mapping[str, str] = {
    "../../etc/passwd": "passwd.pdf",
    "C:\\Users\\ada\\extract.pdf": "extract.pdf",
    ".htaccess": "htaccess.pdf",
    "certificate.png": "certificate.pdf",
    "a.pdf.exe": "a pdf.pdf",
    'x"; filename="evil.html': "x filename evil.pdf",
    "\u202egnp.exe": "gnp.pdf",
    "...": "document.pdf",
    "x" * 300 + ".pdf": "x" * 75 + ".pdf",
}


@pytest.mark.parametrize("name", NAMES)
def test_name_of_a_document_is_cleaned_and_ends_as_what_it_is(name: str) -> None:
    assert clean_name(name, "application/pdf") == NAMES[name]


def test_line_break_in_a_name_makes_no_header(office: Hub) -> None:
    sent(office)
    with office.app.app_context():
        service.confirm(key_of(letters(office)[-1]), [service.Upload("a\r\nSet-Cookie: x=y.pdf", pdf())])
    ((name,),) = office.sql("SELECT name FROM application")
    headers = shown(office, str(name)).headers
    assert "Set-Cookie" not in {key for key, value in headers if "x=y" in value}
    assert "\r" not in headers["Content-Disposition"]


BAD: Mapping[str, bytes] = {
    "nothing": b"",
    "a page": b"<html><script>alert(1)</script>",
    "a program": b"MZ" + bytes(100),
    "a zip": b"PK\x03\x04" + bytes(100),
    "a picture with moving parts": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "a PDF behind a page": b"<script>alert(1)</script>" + pdf(),
    "a PDF with a page behind it": pdf() + b"<script>alert(1)</script>",
    "a PDF that is a zip too": pdf(b"PK\x05\x06" + bytes(18)),
    "a PDF without an end": pdf()[:-20],
    "a PNG with a zip behind it": png() + b"PK\x03\x04",
    "a PNG that is a PDF too": png(chunk(b"tEXt", b"Comment\0" + pdf())),
    "a PNG with a wrong checksum": png()[:-1] + b"x",
    "a PNG cut short": png()[:-12],
    "a PNG in name only": b"\x89PNG\r\n\x1a\n<script>",
    "a JPEG with a page behind it": jpeg() + b"<script>alert(1)</script>",
    "a JPEG with something between two ends": jpeg() + b"<script>\xff\xd9",
    "a JPEG that is a PDF too": jpeg(pdf()),
    "a JPEG in name only": b"\xff\xd8\xff<script>\xff\xd9",
}


@pytest.mark.parametrize("what", BAD)
def test_file_that_is_not_wholly_what_is_taken_is_refused(what: str) -> None:
    with pytest.raises(service.DocumentError):
        media_type(BAD[what])


def test_refused_file_leaves_nothing_behind_and_the_link_goes_on_serving(office: Hub) -> None:
    sent(office)
    key = key_of(letters(office)[-1])
    assert confirmed(office, key, (pdf(), "good.pdf"), (b"<script>", "bad.pdf")).status_code == 422
    assert office.sql("SELECT count(*) FROM application_document") == [(0,)]
    assert confirmed(office, key, (pdf(), "good.pdf")).status_code == 303


def test_file_of_more_than_ten_megabytes_is_refused() -> None:
    room = service.LARGEST_DOCUMENT - len(pdf()) - 2
    assert media_type(pdf(b"%" + b" " * room + b"\n")) == "application/pdf"
    with pytest.raises(service.DocumentError, match="at most 10 MB"):
        media_type(pdf(b"%" + b" " * (room + 1) + b"\n"))


def test_file_of_ten_megabytes_comes_back_whole(office: Hub) -> None:
    large = pdf(b"%" + b" " * (service.LARGEST_DOCUMENT - len(pdf()) - 2) + b"\n")
    sent(office)
    with office.app.app_context():
        service.confirm(key_of(letters(office)[-1]), [service.Upload("large.pdf", large)])
    ((name,),) = office.sql("SELECT name FROM application")
    assert shown(office, str(name)).data == large


def test_six_files_are_one_too_many(office: Hub) -> None:
    sent(office)
    answer = confirmed(office, key_of(letters(office)[-1]), *[(pdf(), f"{n}.pdf") for n in range(6)])
    assert answer.status_code == 422
    assert "At most 5 files" in answer.text


def test_upload_that_is_too_large_is_not_read(office: Hub) -> None:
    sent(office)
    key = key_of(letters(office)[-1])
    client = office.app.test_client()
    body = io.BytesIO(b"x")
    answer = client.post(
        f"/apply/confirmation/{key}",
        input_stream=body,
        content_type="multipart/form-data; boundary=x",
        headers=HTML,
        environ_overrides={"CONTENT_LENGTH": str(service.LARGEST_UPLOAD + 1)},
    )
    assert answer.status_code == 413
    assert body.tell() == 0


def test_upload_without_a_good_key_is_not_read(office: Hub) -> None:
    body = io.BytesIO(b"x" * 100)
    answer = office.app.test_client().post(
        f"/apply/confirmation/{'A' * 43}",
        input_stream=body,
        content_type="multipart/form-data; boundary=x",
        headers=HTML,
    )
    assert (answer.status_code, body.tell()) == (404, 0)


def test_confirmation_without_its_token_is_not_taken(office: Hub) -> None:
    sent(office)
    key = key_of(letters(office)[-1])
    assert office.app.test_client().post(f"/apply/confirmation/{key}", headers=HTML).status_code == 422
    assert office.sql("SELECT confirmed_at FROM application") == [(None,)]


# --- vetting


def ticked(office: Hub, name: str, *items: Item, who: str = "ada") -> None:
    client = office.signed_in(who)
    for item in items:
        posted(client, f"/applications/{name}/items/{item}", f"/applications/{name}", words="Seen in the register")


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
    assert dict(rows) == {  # type: ignore[arg-type]
        "application.received": 1,
        "application.ticked": 5,
        "application.vetted": 1,
        "application.unticked": 1,
    }
    views = str([bytes(row[0]) for row in office.sql("SELECT view FROM ledger_part")])  # type: ignore[arg-type]
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
    monkeypatch.setattr(importlib.import_module("hub.applications.pages.office"), "PAGE", 2)
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


# --- retention and the database's own net


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
