"""The pages of IP rights: a brand's people enter and correct, people of the office give their word."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from hub.access.grants import Role
from tests.conftest import HTML, Hub, csrf
from tests.web.rights.entered import RIGHT, enter

FORM = RIGHT | {"jurisdictions": "", "classes": "9, 25"}


@pytest.fixture
def office(hub: Hub) -> Hub:
    """A brand and its owner; a person of the office who may verify, and one who looks on."""
    hub.admit("brand-a")
    hub.person("brand-a")
    hub.person("alliance", "ada")
    hub.person("alliance", "vic", Role.VIEWER)
    return hub


def send(client: FlaskClient, page: str, address: str, **fields: Any) -> str:
    """Send a form of a page; returns the text that one is led to."""
    fields["csrf_token"] = csrf(client.get(page, headers=HTML).text)
    return client.post(address, data=fields, headers=HTML, follow_redirects=True).text


def test_right_is_entered_on_the_page_and_stands_in_the_register(office: Hub) -> None:
    owner = office.signed_in("brand-a")
    told = send(owner, "/rights/new", "/rights/new", **FORM)
    assert "The right is entered." in told
    assert "Waits for the office" in told
    assert "018123456" in owner.get("/rights", headers=HTML).text


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"classes": "46"}, "Name classes of the Nice classification, 1 to 45"),
        ({"classes": "nine"}, "Classes read like 9, 25, 42"),
        ({"title": ""}, "Say what it is called"),
        ({"ends_on": "2019-01-01"}, "Its last day is before its first"),
        ({"office": "EPO"}, "EPO registers no trade mark"),
        ({"office": "nowhere"}, "Not a valid choice"),
    ],
)
def test_what_a_rule_refuses_is_said_at_its_field(office: Hub, other: dict[str, str], words: str) -> None:
    told = send(office.signed_in("brand-a"), "/rights/new", "/rights/new", **FORM | other)
    assert words in told
    assert office.sql("SELECT count(*) FROM ip_right") == [(0,)]


def test_second_entry_of_a_number_names_the_first(office: Hub) -> None:
    name = enter(office.client("brand-a"))
    told = send(office.signed_in("brand-a"), "/rights/new", "/rights/new", **FORM)
    assert f"You have entered this number already: see the right {name}" in told


def test_correction_begins_with_what_stands_there(office: Hub) -> None:
    name = enter(office.client("brand-a"))
    owner, address = office.signed_in("brand-a"), f"/rights/{name}/correction"
    assert 'value="018123456"' in owner.get(address, headers=HTML).text
    told = send(owner, address, address, **FORM | {"title": "ACME PLUS"})
    assert "The office verifies it anew" in told
    assert "ACME PLUS" in told


def test_office_verifies_from_its_queue(office: Hub) -> None:
    name = enter(office.client("brand-a"))
    ada, page = office.signed_in("ada"), f"/rights/{name}"
    assert f'href="{page}"' in ada.get("/rights?state=entered", headers=HTML).text
    ((digest,),) = {
        tuple(part.split('"')[0] for part in ada.get(page, headers=HTML).text.split('name="digest" value="')[1:])
    }
    assert "The right is verified." in send(ada, page, f"{page}/verification", digest=digest)
    assert f'href="{page}"' not in ada.get("/rights?state=entered", headers=HTML).text


def test_digest_of_other_facts_verifies_nothing(office: Hub) -> None:
    page = f"/rights/{enter(office.client('brand-a'))}"
    told = send(office.signed_in("ada"), page, f"{page}/verification", digest="0" * 64)
    assert "Its member has corrected this right since you looked" in told
    assert office.sql("SELECT state FROM ip_right") == [("entered",)]


def test_refusal_needs_a_reason_and_its_member_reads_it(office: Hub) -> None:
    page = f"/rights/{enter(office.client('brand-a'))}"
    ada = office.signed_in("ada")
    assert "Say what its member should mend" in send(ada, page, f"{page}/refusal", reason=" ")
    assert "no control characters" in send(ada, page, f"{page}/refusal", reason="a\x00b")
    assert "its member reads why" in send(ada, page, f"{page}/refusal", reason="Another owner.")
    assert "Another owner." in office.signed_in("brand-a").get(page, headers=HTML).text


def test_who_looks_on_in_the_office_gives_no_word(office: Hub) -> None:
    page = f"/rights/{enter(office.client('brand-a'))}"
    vic = office.signed_in("vic")
    assert "Your word on it" not in vic.get(page, headers=HTML).text
    token = csrf(vic.get(page, headers=HTML).text)
    assert vic.post(f"{page}/refusal", data={"csrf_token": token, "reason": "no"}).status_code == 403


def test_withdrawn_right_offers_no_further_act(office: Hub) -> None:
    page = f"/rights/{enter(office.client('brand-a'))}"
    owner = office.signed_in("brand-a")
    told = send(owner, page, f"{page}/withdrawal")
    assert "The right is withdrawn." in told
    assert "Change it" not in told
    assert owner.get(f"{page}/correction", headers=HTML).status_code == 404


def test_filters_keep_to_a_state_and_a_type(office: Hub) -> None:
    enter(office.client("brand-a"))
    owner = office.signed_in("brand-a")
    found = {
        query: "018123456" in owner.get(f"/rights?{query}", headers=HTML).text
        for query in ("state=entered", "state=verified", "type=design", "state=entered&type=trade-mark", "state=%00")
    }
    assert found == {
        **dict.fromkeys(("state=entered", "state=entered&type=trade-mark", "state=%00"), True),
        **dict.fromkeys(("state=verified", "type=design"), False),
    }
