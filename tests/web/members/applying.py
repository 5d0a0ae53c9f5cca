"""An organisation that applies, as tests let it."""

import io
import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub import mail
from hub.access.grants import Role
from hub.applications.rules import Item
from hub.members import service as members
from tests.conftest import HTML, Hub, csrf

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


def ticked(office: Hub, name: str, *items: Item, who: str = "ada") -> None:
    client = office.signed_in(who)
    for item in items:
        posted(client, f"/applications/{name}/items/{item}", f"/applications/{name}", words="Seen in the register")


def peopled(hub: Hub) -> Hub:
    """An office of two who vet and one who looks on, and a brand."""
    for who, role in (("ada", Role.OWNER), ("ben", Role.ANALYST), ("vic", Role.VIEWER)):
        hub.person(members.OFFICE, who, role)
    hub.admit("brand-a")
    hub.person("brand-a", "ana")
    return hub
