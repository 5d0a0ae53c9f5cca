"""A hub behind a real server, and Chromium with an authenticator that verifies its person."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from tests.conftest import Hub
from tests.web.pages.test_in_browser import QUIET

CHROMIUM = shutil.which("chromium")
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    **dict.fromkeys(("hasResidentKey", "hasUserVerification", "isUserVerified", "automaticPresenceSimulation"), True),
}
IN_BROWSER = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no `chromium` on this machine: this was not tried"),
]


@contextmanager
def served(hub: Hub) -> Iterator[str]:
    """The hub at an address that passkeys can be made for, which it holds to be its own."""
    server = make_server("127.0.0.1", 0, hub.app, threaded=True)
    url = f"http://localhost:{server.server_port}"
    moved(hub, url)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield url
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def moved(hub: Hub, url: str) -> None:
    """Have the hub hold itself to be at an address."""
    hub.app.extensions["settings"] = replace(hub.app.extensions["settings"], url=url)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        try:
            yield browser
        finally:
            browser.close()


def with_authenticator(browser: Browser) -> Page:
    """A page of a person of its own; `page.said` is what the console told."""
    page = browser.new_context().new_page()
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    page.said = []  # type: ignore[attr-defined]
    page.on("console", lambda message: page.said.append(message.text))  # type: ignore[attr-defined]
    return page
