"""From the public page to the first exchange, in a real browser, with a suspension on the way."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from hub.access.grants import Role
from hub.applications.rules import ITEMS
from hub.members import service as members
from tests.conftest import HTML, PASSWORD, Hub, code_now
from tests.web.members.applying import FACTS
from tests.web.members.letters import letters
from tests.web.pages.browsers import IN_BROWSER, chromium, served, with_authenticator

pytestmark = IN_BROWSER
PHRASE = "four words that stand alone"


@dataclass
class Scene:
    """The hub, where it is served, and a browser that holds a window for each person."""

    hub: Hub
    url: str
    browser: Browser
    folder: Path

    def letter(self, to: str) -> str:
        """Where the newest letter to an address leads."""
        text = letters(self.hub, to)[0].text
        return next(word for word in text.split() if word.startswith(self.url))

    def of_office(self, who: str) -> Page:
        """A person of the office at a window, signed in with password and code."""
        page = self.browser.new_context().new_page()
        page.goto(f"{self.url}/sign-in")
        page.get_by_label("E-mail address").fill(f"{who}@alliance-hub.org")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.get_by_label("Code").fill(code_now())
        page.get_by_role("button", name="Go on").click()
        page.get_by_role("heading", name="Overview").wait_for()
        return page

    def alliance(self, key: str, *words: str) -> subprocess.CompletedProcess[str]:
        """What the members' command says with --json."""
        environment = {
            **os.environ,
            "ALLIANCE_URL": self.url,
            "ALLIANCE_API_KEY": key,
            "ALLIANCE_STATE": str(self.folder / "state"),
        }
        command = [str(Path(sys.executable).with_name("alliance")), *words, "--json"]
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=60, check=False
        )


@pytest.fixture
def scene(hub: Hub, tmp_path: Path) -> Iterator[Scene]:
    """An alliance whose office has two people, and a platform in it."""
    hub.person(members.OFFICE, "ada", Role.OWNER)
    hub.person(members.OFFICE, "ben", Role.ANALYST)
    hub.admit("shop", "platform")
    with served(hub) as url, chromium() as browser:
        yield Scene(hub, url, browser, tmp_path)


def apply(scene: Scene) -> None:
    page = scene.browser.new_context().new_page()
    page.goto(f"{scene.url}/apply")
    for name, value in FACTS.items():
        field = page.locator(f"[name={name}]")
        field.select_option(value) if name in {"kind", "sector", "right_type"} else field.fill(value)
    page.get_by_role("button", name="Send the application").click()
    page.goto(scene.letter(FACTS["contact_email"]))
    page.get_by_role("button", name="Confirm the application").click()
    page.get_by_role("heading", name="Your application is in").wait_for()


def vet(page: Page, url: str) -> None:
    page.goto(f"{url}/applications")
    page.get_by_role("link", name=FACTS["legal_name"]).click()
    for title, _ in ITEMS.values():
        page.get_by_label(f"How you know: {title}").fill("Looked up.")
        page.get_by_role("button", name=f"Tick {title}").click()
        page.locator("button", has_text=f"Take back: {title}").wait_for()
    page.get_by_label("Code").fill("northpeak")
    page.locator("#why").fill("All items are met.")
    page.get_by_role("button", name="Propose to admit").click()
    page.get_by_text("second person").first.wait_for()


def admit(page: Page, url: str) -> None:
    page.goto(f"{url}/decisions")
    page.get_by_role("button", name="Approve").click()
    page.get_by_text("approved and carried out").wait_for()


def join(scene: Scene) -> Page:
    """The new owner follows the invitation, chooses a password and enrols a passkey."""
    page = with_authenticator(scene.browser)
    page.goto(scene.letter(FACTS["contact_email"]))
    page.get_by_label("Password").fill(PHRASE)
    page.get_by_role("button", name="Accept").click()
    page.get_by_label("E-mail address").fill(FACTS["contact_email"])
    page.get_by_label("Password", exact=True).fill(PHRASE)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("link", name="Add a passkey instead").click()
    page.get_by_role("button", name="Make it").click()
    page.get_by_role("link", name="I have kept them").click()
    page.get_by_role("heading", name="Overview").wait_for()
    return page


def key_of(page: Page, url: str) -> str:
    page.goto(f"{url}/credentials")
    page.locator("[name=name]").fill("our analyst's laptop")
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.locator("form button[type=submit]", has_text="Make the key").click()
    return page.locator("code.once").inner_text()


def share(scene: Scene, key: str, evidence: str) -> subprocess.CompletedProcess[str]:
    terms = ("--type", "domain", "--evidence", evidence, "--tlp", "green", "--yes")
    return scene.alliance(key, "share", "sellers.txt", *terms)


def stand(page: Page, url: str, button: str) -> None:
    page.goto(f"{url}/members/northpeak")
    page.locator("#reason").fill("Asked for by its owner.")
    page.get_by_role("button", name=button, exact=True).click()
    page.get_by_text("northpeak is ").wait_for()


def test_applicant_becomes_a_member_that_shares_and_a_suspension_stops_all_of_it_at_once(scene: Scene) -> None:
    ada, ben = scene.of_office("ada"), scene.of_office("ben")
    apply(scene)
    vet(ada, scene.url)
    admit(ben, scene.url)
    owner = join(scene)
    key = key_of(owner, scene.url)
    (scene.folder / "sellers.txt").write_text("cheap-tents.com\nmore-tents.com\n")
    shared = share(scene, key, "E2")
    assert shared.returncode == 0, shared.stderr
    assert scene.hub.sql("SELECT count(*) FROM contribution WHERE state = 'active'") == [(2,)]

    stand(ada, scene.url, "Suspend")
    owner.goto(f"{scene.url}/contributions")
    owner.get_by_role("heading", name="Sign in").wait_for()
    refused = share(scene, key, "E3")
    assert (refused.returncode, "suspended" in refused.stderr) == (4, True)
    assert scene.hub.sql("SELECT count(*) FROM contribution WHERE evidence_level = 3") == [(0,)]

    stand(ada, scene.url, "Reinstate on probation")
    owner.get_by_role("button", name="Sign in with a passkey").click()
    owner.get_by_role("heading", name="Contributions").wait_for()
    again = share(scene, key, "E3")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)

    scene.hub.sequence()
    record = scene.hub.signed_in("ada").get("/ledger", headers=HTML).text
    assert "northpeak was admitted to the alliance" in record
