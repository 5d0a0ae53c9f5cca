"""A right is chosen in a form by its name in the address, however many are newer, and stays chosen."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from hub.rights.service import read
from tests.conftest import HTML, Hub, csrf
from tests.web.listing_reports.reporting import verified_right
from tests.web.questions.asking import ask
from tests.web.rights.entered import enter
from tests.web.rights.test_platforms import alliance, asked, verify
from tests.web.test_buys.buying import plan

__all__ = ["alliance", "asked"]


@pytest.fixture
def older(alliance: Hub, monkeypatch: pytest.MonkeyPatch) -> str:
    """A verified right behind the newest, of which a form offers one."""
    monkeypatch.setattr(read, "MOST_CHOICES", 1)
    name = verified_right(alliance, "brand-a")
    verified_right(alliance, "brand-a", number="018765432")
    return name


def shown(client: FlaskClient, address: str) -> str:
    page = client.get(address, headers=HTML)
    assert page.status_code == 200
    return page.text


def chosen_in(page: str) -> list[str]:
    """The right that a form's choice stands at."""
    (choice,) = re.findall(r'<select[^>]* name="right".*?</select>', page, re.DOTALL)
    return re.findall(r'<option selected value="([^"]+)"', choice)


def forms(hub: Hub) -> list[str]:
    """Where a right is chosen."""
    (question,) = ask(hub.client("shop"), 1)
    buy = plan(hub.client("brand-a"))
    hub.sql("UPDATE test_buy SET state = 'signed', verdict = 'counterfeit', version = 9")
    return ["/reports/new?reason=no_such_model&", "/questions?", f"/questions/{question}?", f"/test-buys/{buy}?"]


def test_right_of_the_address_is_chosen_in_each_form_however_old_it_is(alliance: Hub, older: str) -> None:
    brand = alliance.signed_in("brand-a")
    for form in forms(alliance):
        assert chosen_in(shown(brand, f"{form}right={older}")) == [older], form
        assert f'value="{older}"' not in shown(brand, form), form


@pytest.mark.parametrize("named", ["A" * 22, "%00", "", "entered"])
def test_address_that_names_none_to_rely_on_chooses_none(alliance: Hub, older: str, named: str) -> None:
    name = enter(alliance.client("brand-a"), number="018111111") if named == "entered" else named
    brand = alliance.signed_in("brand-a")
    for form in forms(alliance):
        assert set(chosen_in(shown(brand, f"{form}right={name}"))) <= {""}, form


def test_right_of_another_brand_is_not_chosen(alliance: Hub, older: str) -> None:
    other = alliance.signed_in("brand-b")
    assert f'value="{older}"' not in shown(other, f"/reports/new?reason=no_such_model&right={older}")


@pytest.mark.parametrize(
    ("form", "sent"),
    [("/reports/new?reason=no_such_model", {"reason": "no_such_model"}), ("/questions", {"answer": "fake"})],
)
def test_it_stays_chosen_when_something_is_to_be_mended(
    alliance: Hub, older: str, form: str, sent: dict[str, Any]
) -> None:
    ask(alliance.client("shop"), 1)
    brand = alliance.signed_in("brand-a")
    given = {"csrf_token": csrf(shown(brand, form)), "right": older, **sent}
    refused = brand.post("/questions/answers" if "answer" in sent else form, data=given, headers=HTML)
    assert (refused.status_code, chosen_in(refused.text)) == (422, [older])


def test_page_of_a_right_leads_to_a_report_under_it(alliance: Hub, older: str) -> None:
    brand = alliance.signed_in("brand-a")
    assert f'href="/reports/new?right={older}"' in shown(brand, f"/rights/{older}")
    reasons = shown(brand, f"/reports/new?right={older}")
    assert f"/reports/new?reason=no_such_model&amp;right={older}" in reasons


def test_page_of_a_right_that_nobody_verified_leads_to_no_report(alliance: Hub) -> None:
    name = enter(alliance.client("brand-a"))
    assert "/reports/new?right=" not in shown(alliance.signed_in("brand-a"), f"/rights/{name}")
    assert "/reports/new?right=" not in shown(alliance.signed_in("ada"), f"/rights/{name}")


def test_test_buy_offers_what_some_platform_verified(alliance: Hub, asked: str) -> None:
    verify(alliance, asked)
    page = shown(alliance.signed_in("brand-a"), forms(alliance)[-1])
    assert f'value="{asked}"' in page
    assert "verified by some platforms alone" in page
