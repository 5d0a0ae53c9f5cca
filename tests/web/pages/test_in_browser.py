"""Every page in a real browser: accessible, with nothing that the policy blocks and nothing wider than the screen."""

import shutil
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import make_server

from tests.web.pages.sample import TEMPLATES, make_app

CHROMIUM = shutil.which("chromium")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]
SEATS: dict[str, dict[str, Any]] = {
    "light and wide": {"color_scheme": "light", "viewport": {"width": 1440, "height": 900}},
    "dark and narrow": {"color_scheme": "dark", "viewport": {"width": 320, "height": 800}},
}
ADDRESSES = (*(f"/page/{template}{query}" for template in TEMPLATES for query in ("?full=1", "")), "/error/503?id=a")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no `chromium` on this machine: the pages were not tried in a browser"),
]


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, make_app(), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.mark.parametrize("seat", SEATS)
def test_page_is_accessible_blocked_nowhere_and_fits_the_screen(browser: Browser, site: str, seat: str) -> None:
    context = browser.new_context(**SEATS[seat], reduced_motion="reduce")
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    faults = []
    for address in ADDRESSES:
        page.goto(site + address)
        violations = Axe().run(page).response["violations"]
        faults += [f"{address}: {v['id']} {[node['target'] for node in v['nodes']]}" for v in violations]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            faults.append(f"{address}: wider than the screen")
    context.close()
    assert faults == []
    assert [words for words in said if "status of 503" not in words] == []


def test_chosen_theme_is_there_before_the_first_paint_of_the_next_page(browser: Browser, site: str) -> None:
    context = browser.new_context(color_scheme="light")
    page = context.new_page()
    page.goto(f"{site}/page/{TEMPLATES[0]}")
    toggle = page.get_by_role("button", name="Theme: system")
    toggle.click()
    page.get_by_role("button", name="Theme: light").click()
    page.goto(f"{site}/page/{TEMPLATES[1]}", wait_until="commit")
    page.wait_for_selector("html[data-bs-theme=dark] body", state="attached")
    ground = page.evaluate("getComputedStyle(document.documentElement).colorScheme")
    context.close()
    assert ground == "dark"


def test_without_javascript_the_page_follows_the_system_and_the_menu_opens(browser: Browser, site: str) -> None:
    context = browser.new_context(**SEATS["dark and narrow"], java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/page/{TEMPLATES[0]}")
    toggle = page.locator("[data-theme-toggle]").is_visible()
    page.get_by_role("button", name="Menu").press("Enter")
    link = page.get_by_role("link", name="Ledger", exact=True).is_visible()
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    context.close()
    assert (toggle, link, paper) == (False, True, "rgb(13, 23, 25)")
