"""An organisation applies without an account: bounded, and proved by mail."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from hub import clock
from hub.applications import rules, service
from hub.applications.forms import ApplicationForm
from hub.applications.rules import Facts
from tests.conftest import HTML, Hub
from tests.web.members.applying import FACTS, applied, confirmed, key_of, letters, peopled, sent
from tests.web.members.documents import pdf


@pytest.fixture
def office(hub: Hub) -> Hub:
    return peopled(hub)


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


def test_site_that_applies_from_many_networks_of_ipv6_waits_and_another_does_not(hub: Hub) -> None:
    def from_network(n: int, site: str = "2001:db8:1") -> int:
        return sent(hub, f"{site}:{n:x}::1", contact_email=f"a{n}@northpeak.org").status_code

    assert [from_network(n) for n in range(1, 12)] == [303] * 10 + [429]
    assert from_network(12, "2001:db8:2") == 303


def test_applications_that_nobody_confirms_close_the_page_to_nobody(hub: Hub) -> None:
    with hub.app.app_context():
        for n in range(300):
            service.apply(facts(contact_email=f"a{n}@northpeak.org"), f"203.0.{n // 5}.1")
    assert sent(hub, "198.51.100.1").status_code == 303


def test_application_beyond_what_the_office_gets_in_a_day_is_confirmed_the_next_one(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST_CONFIRMED", 1)
    applied(hub)
    sent(hub, contact_email="b@northpeak.org")
    key = key_of(letters(hub)[-1])
    answer = confirmed(hub, key, (pdf(), "register.pdf"))
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "86400")
    assert "confirm it again tomorrow" in answer.text
    with time_machine.travel(clock.now() + timedelta(days=1, minutes=1)):
        assert confirmed(hub, key, (pdf(), "register.pdf")).status_code == 303


def test_confirmation_that_is_not_taken_counts_for_nothing(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST_CONFIRMED", 1)
    sent(hub)
    key = key_of(letters(hub)[-1])
    assert [confirmed(hub, key, (b"no document", "a.pdf")).status_code for _ in range(2)] == [422, 422]
    assert confirmed(hub, key).status_code == 303


def test_strangers_are_written_to_so_often_a_day_by_everybody_together(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST_OF_ALL", 2)
    answers = [sent(hub, f"198.51.{n}.1", contact_email=f"a{n}@northpeak.org").status_code for n in range(3)]
    assert answers == [303, 303, 429]
    assert len(letters(hub)) == 2


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
