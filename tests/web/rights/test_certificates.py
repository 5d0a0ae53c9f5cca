"""A copy of a file is handed to the register as a right's certificate: its verifier reads it, and nobody else."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from hub.access.actor import NotPermittedError
from hub.access.grants import Role
from hub.evidence import service as evidence
from hub.evidence.service import UnknownEvidenceError
from hub.members import service as members
from hub.rights import certificate_rules, jobs
from hub.rights import service as rights
from hub.rights.rules import ForbiddenMoveError
from tests.conftest import HTML, Hub, csrf
from tests.unit.evidence.files import PDF, WEBP
from tests.web.members.test_decisions import person
from tests.web.rights.entered import RIGHT, certify, enter, sentences, stored

OTHER = PDF.replace(b"Catalog", b"Catalogue")


@pytest.fixture
def alliance(hub: Hub) -> Hub:
    """Two brands and a platform; of the office Ada, who verifies, and Vic, who looks on."""
    for code, kind in (("brand-a", "brand"), ("brand-b", "brand"), ("shop", "platform")):
        hub.admit(code, kind)
        hub.person(code)
    with hub.operator() as actor:
        hub.keys["alliance"] = members.issue_credential(actor, "alliance")
    hub.person("alliance", "ada")
    hub.person("alliance", "vic", Role.VIEWER)
    return hub


def read(hub: Hub, who: str, name: str) -> bytes:
    with person(hub, who) as actor:
        return rights.certificate(actor, name).content


# --- handed in


def test_certificate_is_handed_in_and_its_digest_is_one_of_the_facts(alliance: Hub) -> None:
    client = alliance.client("brand-a")
    name = enter(client)
    before = client.get(f"/api/v1/rights/{name}").json
    certify(client, name)
    one = client.get(f"/api/v1/rights/{name}").json
    assert (before["certificate"], before["facts"]["certificate"]) == (None, None)
    assert one["facts"]["certificate"] == hashlib.sha256(PDF).hexdigest()
    assert (one["certificate"]["media"], one["certificate"]["size"]) == ("application/pdf", len(PDF))
    assert f"brand-a handed in a certificate of the IP right {name}, which is to be verified anew" in sentences(
        alliance, "brand-a"
    )


def test_what_was_verified_covers_the_certificate_that_was_seen(alliance: Hub) -> None:
    client = alliance.client("brand-a")
    name = enter(client)
    certify(client, name)
    with person(alliance, "ada") as actor:
        seen = rights.right(actor, name)[0].facts.digest
    certify(client, name, OTHER)
    with person(alliance, "ada") as actor, pytest.raises(ForbiddenMoveError, match="since you looked"):
        rights.verify(actor, name, seen)


def test_certificate_of_a_verified_right_is_verified_anew(alliance: Hub) -> None:
    client = alliance.client("brand-a")
    name = enter(client)
    with person(alliance, "ada") as actor:
        rights.verify(actor, name, rights.right(actor, name)[0].facts.digest)
    certify(client, name)
    assert client.get(f"/api/v1/rights/{name}").json["state"] == "entered"


def test_correction_keeps_the_certificate(alliance: Hub) -> None:
    client = alliance.client("brand-a")
    name = enter(client)
    certify(client, name)
    page = f"/rights/{name}/correction"
    owner = alliance.signed_in("brand-a")
    form = RIGHT | {"jurisdictions": "", "classes": "9", "csrf_token": csrf(owner.get(page, headers=HTML).text)}
    assert owner.post(page, data=form).status_code == 303
    assert client.get(f"/api/v1/rights/{name}").json["facts"]["certificate"] == hashlib.sha256(PDF).hexdigest()
    assert read(alliance, "ada", name) == PDF


@pytest.mark.parametrize(
    ("content", "file_name", "type", "words"),
    [
        (PDF, "listing.pdf", "listing", "stored as a certificate"),
        (WEBP, "photo.webp", "certificate", "a PDF, a PNG or a JPEG"),
        (b"%PDF-1.7\n" + bytes(certificate_rules.LARGEST) + PDF[9:], "long.pdf", "certificate", "at most 10 MB"),
    ],
)
def test_file_that_is_no_certificate_is_refused_by_its_field(
    alliance: Hub, content: bytes, file_name: str, type: str, words: str
) -> None:
    client = alliance.client("brand-a")
    name, file = enter(client), stored(client, content, file_name, type)
    answer = client.post(f"/api/v1/rights/{name}/certificate", json={"file": file})
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["file"])
    assert words in answer.json["detail"]
    assert client.get(f"/api/v1/rights/{name}").json["certificate"] is None


def test_file_of_another_member_is_none(alliance: Hub) -> None:
    name, file = enter(alliance.client("brand-a")), stored(alliance.client("brand-b"))
    answer = alliance.client("brand-a").post(f"/api/v1/rights/{name}/certificate", json={"file": file})
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["file"])


def test_members_certificates_take_so_much_room_and_no_more(alliance: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificate_rules, "MOST_KEPT", len(OTHER))
    client = alliance.client("brand-a")
    first, second = enter(client), enter(client, number="2")
    certify(client, first)
    certify(client, first, OTHER)
    answer = client.post(f"/api/v1/rights/{second}/certificate", json={"file": stored(client)})
    assert "withdraw rights that have ended" in answer.json["detail"]


# --- read


def test_who_verifies_reads_it_and_its_brand_is_told(alliance: Hub) -> None:
    name = enter(alliance.client("brand-a"))
    certify(alliance.client("brand-a"), name)
    assert read(alliance, "ada", name) == PDF
    told = f"alliance read the certificate of the IP right {name}"
    assert told in sentences(alliance, "brand-a")
    assert told in sentences(alliance, "alliance")


def test_its_brand_reads_it_and_nobody_is_told(alliance: Hub) -> None:
    client = alliance.client("brand-a")
    name = enter(client)
    certify(client, name)
    answer = client.get(f"/api/v1/rights/{name}/certificate")
    assert (answer.data, answer.mimetype) == (PDF, "application/pdf")
    assert f'filename="certificate-{name}.pdf"' in answer.headers["Content-Disposition"]
    assert not [each for each in sentences(alliance, "brand-a") if " read " in each]


def test_who_looks_on_in_the_office_sees_the_right_and_does_not_read_the_certificate(alliance: Hub) -> None:
    name = enter(alliance.client("brand-a"))
    certify(alliance.client("brand-a"), name)
    vic = alliance.signed_in("vic")
    page = vic.get(f"/rights/{name}", headers=HTML)
    assert hashlib.sha256(PDF).hexdigest() in page.text
    assert f"/rights/{name}/certificate" not in page.text
    assert vic.get(f"/rights/{name}/certificate", headers=HTML).status_code == 403


def test_no_other_member_reads_it(alliance: Hub) -> None:
    name = enter(alliance.client("brand-a"))
    certify(alliance.client("brand-a"), name)
    for code in ("brand-b", "shop"):
        assert alliance.client(code).get(f"/api/v1/rights/{name}/certificate").status_code == 404


def test_office_reads_the_copy_and_never_the_file_in_the_vault(alliance: Hub) -> None:
    name = enter(alliance.client("brand-a"))
    file = certify(alliance.client("brand-a"), name)
    with person(alliance, "ada") as actor, pytest.raises((NotPermittedError, UnknownEvidenceError)):
        evidence.content(actor, file)
    assert alliance.sql("SELECT count(*) FROM evidence_party") == [(0,)]


def test_right_without_certificate_has_none_to_read(alliance: Hub) -> None:
    name = enter(alliance.client("brand-a"))
    assert alliance.client("brand-a").get(f"/api/v1/rights/{name}/certificate").status_code == 404


def test_what_lies_in_the_database_is_sealed(alliance: Hub) -> None:
    name = enter(alliance.client("brand-a"))
    certify(alliance.client("brand-a"), name)
    ((sealed,),) = alliance.sql("SELECT sealed FROM ip_right_certificate")
    assert isinstance(sealed, bytes)
    assert b"Catalog" not in sealed


# --- kept, and deleted


def test_erasing_the_file_in_the_vault_does_not_take_it_from_the_register(alliance: Hub) -> None:
    client = alliance.client("brand-a")
    name = enter(client)
    file = certify(client, name)
    assert client.post(f"/api/v1/evidence/{file}/erasure", json={"reason": "not needed"}).status_code == 204
    assert read(alliance, "ada", name) == PDF


def test_withdrawn_rights_certificate_is_deleted(alliance: Hub) -> None:
    name = enter(alliance.client("brand-a"))
    certify(alliance.client("brand-a"), name)
    with person(alliance, "brand-a") as actor:
        rights.withdraw(actor, name)
    assert alliance.sql("SELECT count(*) FROM ip_right_certificate") == [(0,)]
    with person(alliance, "brand-a") as actor, pytest.raises(ForbiddenMoveError, match="withdrawn"):
        rights.certify(actor, name, "f_1")


def test_certificate_of_a_right_that_ended_long_ago_is_deleted_and_its_brand_is_told(alliance: Hub) -> None:
    client = alliance.client("brand-a")
    ended, living = enter(client, ends_on="2027-03-28"), enter(client, number="2")
    for each in (ended, living):
        certify(client, each)
    end = datetime(2027, 3, 28, 12, tzinfo=UTC)
    for days, count in ((180, 0), (181, 1), (182, 0)):
        with time_machine.travel(end + timedelta(days=days), tick=True), alliance.app.app_context():
            assert jobs.erase_lapsed_certificates() == count
    assert client.get(f"/api/v1/rights/{ended}").json["facts"]["certificate"] == hashlib.sha256(PDF).hexdigest()
    told = f"The IP right {ended} of brand-a ended long ago: its certificate is deleted"
    assert told in sentences(alliance, "brand-a")
    assert read(alliance, "ada", living) == PDF


# --- on the page


def test_certificate_is_handed_in_on_the_page_and_the_office_is_led_to_it(alliance: Hub) -> None:
    name = enter(alliance.client("brand-a"))
    file = stored(alliance.client("brand-a"))
    owner, page = alliance.signed_in("brand-a"), f"/rights/{name}"
    shown = owner.get(page, headers=HTML).text
    assert f'value="{file}"' in shown
    sent = {"csrf_token": csrf(shown), "file": file}
    told = owner.post(f"{page}/certificate", data=sent, headers=HTML, follow_redirects=True).text
    assert "The certificate is handed in." in told
    ada = alliance.signed_in("ada")
    assert f'href="{page}/certificate"' in ada.get(page, headers=HTML).text
    assert ada.get(f"{page}/certificate", headers=HTML).data == PDF


def test_what_is_no_file_of_the_vault_is_refused_on_the_page(alliance: Hub) -> None:
    page = f"/rights/{enter(alliance.client('brand-a'))}"
    owner = alliance.signed_in("brand-a")
    for file, words in (("f_1", "Name a file of your vault"), ("", "Choose a file of your vault")):
        sent = {"csrf_token": csrf(owner.get(page, headers=HTML).text), "file": file}
        assert words in owner.post(f"{page}/certificate", data=sent, headers=HTML, follow_redirects=True).text
