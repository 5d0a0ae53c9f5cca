"""Documents of an application: wholly what they seem, sealed, and read by people of the office alone."""

import io
from collections.abc import Mapping

import pytest
from werkzeug.test import TestResponse

from hub.applications import service
from hub.applications.service.documents import clean_name, media_type
from tests.conftest import HTML, Hub
from tests.web.members.applying import applied, confirmed, key_of, letters, peopled, sent
from tests.web.members.documents import chunk, jpeg, pdf, png


@pytest.fixture
def office(hub: Hub) -> Hub:
    return peopled(hub)


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
    assert not any(b"mark of ours" in bytes(each) or b"Northpeak" in bytes(each) for each in stored)  # type: ignore[arg-type]  # rows are untyped


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
