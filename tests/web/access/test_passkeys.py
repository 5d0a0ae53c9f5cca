"""Passkeys in a real browser with a virtual authenticator, over real HTTP."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from hub.members import service as members
from hub.members.rules import MOST_ATTEMPTS
from tests.conftest import PASSWORD, Hub
from tests.web.pages.browsers import IN_BROWSER, chromium, moved, served, with_authenticator

pytestmark = IN_BROWSER


@pytest.fixture
def site(hub: Hub) -> Iterator[str]:
    """A real server with Ana, who has no second factor yet."""
    hub.admit("brand-a")
    hub.person("brand-a", "ana")
    hub.sql("DELETE FROM factor")
    with served(hub) as url:
        yield url


@pytest.fixture
def page() -> Iterator[Page]:
    """A browser's page, with an authenticator that verifies its person."""
    with chromium() as browser:
        yield with_authenticator(browser)


def with_password(page: Page, site: str) -> None:
    page.goto(f"{site}/sign-in")
    page.get_by_label("E-mail address").fill("ana@alliance-hub.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def enrolled(page: Page, site: str) -> None:
    """Sign in with the password and make a passkey, as one must at first."""
    with_password(page, site)
    page.get_by_role("link", name="Add a passkey instead").click()
    page.get_by_role("button", name="Make it").click()
    page.get_by_role("link", name="I have kept them").click()
    page.get_by_role("heading", name="Overview").wait_for()


def signed_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="Sign in").wait_for()


def heading(page: Page) -> str:
    return page.locator("h1").inner_text()


def test_passkey_made_at_first_sign_in_signs_in_alone_and_as_second_step(page: Page, site: str, hub: Hub) -> None:
    enrolled(page, site)
    signed_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_role("heading", name="Overview").wait_for()
    signed_out(page)
    with_password(page, site)
    assert heading(page) == "Second step"
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_role("heading", name="Overview").wait_for()
    assert page.said == []  # type: ignore[attr-defined]  # nothing that the policy blocks
    assert hub.sql("SELECT kind, counter > 1, used_at IS NOT NULL FROM factor WHERE kind = 'passkey'") == [
        ("passkey", True, True)
    ]


def test_passkey_signs_in_however_often_strangers_guessed_at_the_password_beside_it(
    page: Page, site: str, hub: Hub
) -> None:
    enrolled(page, site)
    signed_out(page)
    with hub.app.app_context():
        assert [members.may_try("ana@alliance-hub.org", "127.0.0.1") for _ in range(MOST_ATTEMPTS + 1)][-1] is False
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_role("heading", name="Overview").wait_for()


def test_passkey_answer_given_at_another_address_signs_nobody_in(page: Page, site: str, hub: Hub) -> None:
    enrolled(page, site)
    signed_out(page)
    moved(hub, "https://hub.example")  # the same hub, to which the browser's word is now that of another site
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_role("alert").filter(has_text="does not belong to this page").wait_for()
    assert heading(page) == "Sign in"


def test_passkey_answer_sent_again_signs_nobody_in(page: Page, site: str) -> None:
    enrolled(page, site)
    signed_out(page)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data) if request.post_data else None)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_role("heading", name="Overview").wait_for()
    signed_out(page)
    (form,) = [each for each in sent if "credential=" in each and "email=" not in each]
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Referer": f"{site}/sign-in"}
    fresh = page.locator("[data-passkey] [name=csrf_token]").first.get_attribute("value")
    form = "&".join(f"csrf_token={fresh}" if part.startswith("csrf_token=") else part for part in form.split("&"))
    page.request.post(f"{site}/passkeys/sign-in", data=form, headers=headers)
    page.goto(f"{site}/")
    assert heading(page) == "Sign in"


def test_person_shut_out_is_not_let_in_by_a_passkey(page: Page, site: str, hub: Hub) -> None:
    enrolled(page, site)
    signed_out(page)
    hub.sql("UPDATE person SET active = false")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_role("alert").filter(has_text="not known here").wait_for()
    assert heading(page) == "Sign in"
