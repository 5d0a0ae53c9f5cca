"""A page of the analyst's own computer: one click shares what was found, as tokens that its client makes."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import expect

from hub.access.grants import CLIENT
from hub.access.permissions import Permission
from hub.client.cli_outcomes import page_of
from hub.client.errors import ClientError, ExitCode
from hub.client.http import HubConnection
from hub.client.options import Options
from hub.client.outcome import KINDS, Basis, Outcome
from hub.client.outcome_page import Page, PageServer
from hub.client.share import Audience
from tests.conftest import HTML, Hub
from tests.unit.client.typed import typed
from tests.web.indicators.test_outcomes import HOST, Client, alliance, client, report
from tests.web.indicators.test_outcomes_of_test_buys import photo, test_buy
from tests.web.listing_reports.reporting import file, review, verified_right
from tests.web.pages.browsers import IN_BROWSER, chromium

__all__ = ["alliance", "client", "photo", "report", "test_buy"]
GREEN = Audience("green")
BUTTON = re.compile(r"<button.*?>(.*?)</button>")


@contextmanager
def opened(folder: Path, audience: Audience = GREEN) -> Iterator[PageServer]:
    """The page of brand-a, until the end of the block."""
    with PageServer(page_of(Options(str(folder / "brand-a.profile"), 0.0), audience)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def server(client: Client, tmp_path: Path) -> Iterator[PageServer]:
    with opened(tmp_path) as server:
        yield server


def click(server: PageServer, kind: str, name: str) -> requests.Response:
    """Click on the button of a record; the page that comes then."""
    return requests.post(f"{server.url}share", {"kind": kind, "name": name}, timeout=60)


def without_limit(get: Any) -> Any:
    """The client's GET, with no word of how much is asked for."""
    return lambda hub, path, params=None: get(hub, path, {k: v for k, v in (params or {}).items() if k != "limit"})


def shared(hub: Hub) -> list[tuple[object, ...]]:
    return hub.sql("SELECT report, test_buy, evidence_level, tlp FROM contribution ORDER BY evidence_level, token")


def judged(hub: Hub, right: str, decision: str, decided: Sequence[int] = (1,), **other: Any) -> str:
    """A report of one store, decided so."""
    sentence = "The pictures show the goods of the right holder."
    why = {"refusal": "not_infringing", "sentence": sentence} if decision == "rejected" else {}
    listings = [{"url": f"https://{HOST}/store/{decision}", "target": "store", "seller": "x"}]
    name = file(hub.client("brand-a"), right, **{"listings": listings, **other})
    review(hub, name, "take")
    assert review(hub, name, "judge", decision=decision, listings=[*decided], **why).status_code == 200
    return name


# --- what it shows and does


def test_page_lists_what_was_found_and_nothing_else(
    alliance: Hub, report: str, test_buy: str, server: PageServer
) -> None:
    rejected = judged(alliance, verified_right(alliance, "brand-a", number="018999998"), "rejected")
    text = requests.get(server.url, timeout=60).text
    assert report in text
    assert test_buy in text
    assert rejected not in text
    assert BUTTON.findall(text) == ["Share", "Share"]
    assert "TLP:GREEN" in text


def test_page_names_no_address_of_a_store(alliance: Hub, report: str, test_buy: str, server: PageServer) -> None:
    for text in (requests.get(server.url, timeout=60).text, click(server, "report", report).text):
        assert HOST not in text


def test_one_click_shares_the_stores_upon_the_record_at_its_level(
    alliance: Hub, report: str, test_buy: str, server: PageServer
) -> None:
    assert "Shared 2 stores." in click(server, "report", report).text
    assert "Shared 1 store." in click(server, "test_buy", test_buy).text
    assert [row[:3] for row in shared(alliance)] == [(report, None, 2), (report, None, 2), (None, test_buy, 3)]
    for table in ("contribution", "indicator"):
        assert HOST not in str(alliance.sql(f"SELECT t::text FROM {table} t"))


def test_click_shares_with_the_audience_that_the_page_was_opened_for(
    alliance: Hub, report: str, client: Client, tmp_path: Path
) -> None:
    with opened(tmp_path, Audience("amber", platforms_only=True, show_us=True)) as server:
        assert "platforms, of our sector" in requests.get(server.url, timeout=60).text
        click(server, "report", report)
    rows = alliance.sql("SELECT tlp, platforms_only, shows_contributor FROM contribution")
    assert rows == [(3, True, True)] * 2


def test_second_click_shares_nothing_and_takes_nothing_back(alliance: Hub, report: str, server: PageServer) -> None:
    click(server, "report", report)
    assert "Shared 2 stores." in click(server, "report", report).text
    assert len(shared(alliance)) == 2


def test_click_after_the_command_finds_nothing_new(
    alliance: Hub, report: str, client: Client, server: PageServer
) -> None:
    client("share", "--report", report, "--tlp", "green", "--yes")
    assert "Nothing is new" in click(server, "report", report).text


def test_what_was_shared_is_known_to_the_next_page(alliance: Hub, report: str, client: Client, tmp_path: Path) -> None:
    client("share", "--report", report, "--tlp", "green", "--yes")
    with opened(tmp_path) as server:
        text = requests.get(server.url, timeout=60).text
    assert "Last shared on 20" in text
    assert BUTTON.findall(text) == ["Share again"]


def test_record_that_names_no_store_has_the_command_to_type_and_no_button(alliance: Hub, server: PageServer) -> None:
    right = verified_right(alliance, "brand-a")
    listings = [{"url": f"https://{HOST}/item/7", "target": "listing", "seller": "x"}]
    name = judged(alliance, right, "established", listings=listings)
    text = requests.get(server.url, timeout=60).text
    assert f"alliance share FILE --type phone --report {name}" in text
    assert BUTTON.findall(text) == []
    text = click(server, "report", name).text
    assert "no store that its platform established" in text
    assert "give a FILE" in text
    assert shared(alliance) == []


def test_list_goes_on_with_older_ones(
    alliance: Hub, report: str, server: PageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = judged(alliance, verified_right(alliance, "brand-a", number="018999998"), "established")
    monkeypatch.setattr("hub.client.outcome._PAGE", 1)
    first = requests.get(server.url, timeout=60).text
    assert (newer in first, report in first) == (True, False)
    (older,) = re.findall(r"href='(\?report=[^']*)'", first)
    second = requests.get(server.url + older, timeout=60).text
    assert (newer in second, report in second) == (False, True)
    (action,) = re.findall(r"action='(share\?[^']*)'", second)
    after = requests.post(server.url + action, {"kind": "report", "name": report}, timeout=60)
    assert "Shared 2 stores." in after.text


def test_key_that_may_not_read_test_buys_shares_reports(alliance: Hub, report: str, server: PageServer) -> None:
    scopes = [each.value for each in CLIENT - {Permission.TESTBUY_READ}]
    alliance.sql("UPDATE credential SET scopes = %s", scopes)
    text = requests.get(server.url, timeout=60).text
    assert BUTTON.findall(text) == ["Share"]
    assert "which role permits it" in text
    assert "Shared 2 stores." in click(server, "report", report).text


def test_store_that_is_refused_is_counted_and_kept_in_a_file_with_its_reason(
    alliance: Hub, client: Client, tmp_path: Path
) -> None:
    """As the canonical forms of a later version refuse what an earlier one took."""
    right = verified_right(alliance, "brand-a")
    listings = [{"url": f"https://{HOST}/store/{n}", "target": "store", "seller": f"seller {n}"} for n in (1, 2)]
    name = judged(alliance, right, "established", listings=listings, decided=[1, 2])
    alliance.sql("UPDATE reported_listing SET url = 'https://nowhere' WHERE n = 2")
    for _ in range(2):
        with opened(tmp_path) as server:
            text = click(server, "report", name).text
            assert f"Refused: 1, see report-{name}.bad.csv." in text
    with opened(tmp_path) as server:
        assert "Refused: 1." in requests.get(server.url, timeout=60).text
    assert len(shared(alliance)) == 1


def test_end_waits_for_the_click_that_is_under_way() -> None:
    """Else the hub would have what our vault does not know of."""
    began, may_end, ended = (threading.Event() for _ in range(3))

    def share(*_: object) -> None:
        began.set()
        assert may_end.wait(60)
        raise ClientError(ExitCode.REFUSED, "no")

    page = Page(lambda _: nullcontext(None), share, GREEN)  # type: ignore[arg-type,return-value]  # no hub is asked
    threads = [threading.Thread(target=page.click, args=[Basis("report", "A")])]
    threads.append(threading.Thread(target=lambda: (page.finish(), ended.set())))
    threads[0].start()
    assert began.wait(60)
    threads[1].start()
    assert not ended.wait(0.2)
    may_end.set()
    assert ended.wait(60)
    assert page.told == {Basis("report", "A"): (False, "no")}
    for thread in threads:
        thread.join()


def test_hub_that_cannot_be_reached_is_told_and_nothing_is_lost(
    alliance: Hub, report: str, server: PageServer, tmp_path: Path
) -> None:
    profile = tmp_path / "brand-a.profile"
    right = profile.read_text()
    profile.write_text(re.sub(r"http://127.0.0.1:\d+", "http://127.0.0.1:1", right))
    answer = requests.get(server.url, timeout=60)
    assert (answer.status_code, "cannot be reached" in answer.text) == (502, True)
    profile.write_text(right)
    assert requests.get(server.url, timeout=60).status_code == 200


# --- who else would like to click


def test_address_without_its_secret_shows_and_does_nothing(alliance: Hub, report: str, server: PageServer) -> None:
    root = server.url.rsplit("/", 2)[0]
    for path in ("", "/", "/share", "/style.css", f"/{'A' * 43}/", f"/{'A' * 43}/share", f"/{server.page.secret}"):
        assert requests.get(root + path, timeout=60).status_code == 404
        sent = requests.post(root + path, {"kind": "report", "name": report}, timeout=60)
        assert sent.status_code == 404
    assert shared(alliance) == []


@pytest.mark.parametrize("host", ["alliance.example", "127.0.0.1", "127.0.0.1:1", "[::1]:80"])
def test_foreign_name_that_leads_here_is_not_answered(
    alliance: Hub, report: str, server: PageServer, host: str
) -> None:
    headers = {"Host": host}
    assert requests.get(server.url, headers=headers, timeout=60).status_code == 404
    body = {"kind": "report", "name": report}
    assert requests.post(f"{server.url}share", body, headers=headers, timeout=60).status_code == 404
    assert shared(alliance) == []


@pytest.mark.parametrize(
    "body", [b"", b"kind=report", b"kind=other&name=a", b"kind=report&name=a/b", b"\xff\xfe", b"x" * 5000, b"&" * 4000]
)
def test_odd_click_shares_nothing_and_the_page_stays(alliance: Hub, server: PageServer, body: bytes) -> None:
    assert requests.post(f"{server.url}share", body, timeout=60).status_code >= 400
    assert requests.get(server.url, timeout=60).status_code == 200
    assert shared(alliance) == []


def test_page_may_be_framed_by_nobody_and_loads_nothing_from_elsewhere(server: PageServer) -> None:
    headers = requests.get(server.url, timeout=60).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'; form-action 'self'")
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"


ANYTHING = st.text(st.characters(), max_size=300)
"""Halves of characters too."""


@given(words=ANYTHING, began=ANYTHING)
def test_whatever_the_hub_tells_is_shown_as_text(words: str, began: str) -> None:
    """The row of a record whose goods and moment a hostile hub made up."""
    page = page_of(Options(None, 0.0), GREEN)
    row = page._row(Outcome(Basis("test_buy", "AAAA"), words, began, True), None, {"report": "c"})
    tags = re.findall(r"<(/?[a-z]+)", row)
    assert tags == ["li", "div", "p", "/p", "p", "time", "/time", "/p", "/div", "form", "input", "input", "button",
                    "/button", "/form", "/li"]  # fmt: skip
    plain = page._row(Outcome(Basis("test_buy", "AAAA"), "", "", True), None, {"report": "c"})
    assert row.count("'") == plain.count("'")


def test_halves_of_characters_that_the_hub_tells_are_shown_as_marks(
    alliance: Hub, test_buy: str, server: PageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = KINDS["test_buy"].told
    odd = replace(KINDS["test_buy"], told=lambda line: told(line | {"goods": "\ud800 bag"}))
    monkeypatch.setitem(KINDS, "test_buy", odd)  # type: ignore[arg-type]  # a dictionary that is only read
    answer = requests.get(server.url, timeout=60)
    assert (answer.status_code, "? bag" in answer.text) == (200, True)


def test_list_that_is_longer_than_was_asked_for_is_a_false_answer(
    alliance: Hub, report: str, server: PageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.client.outcome._PAGE", 0)
    monkeypatch.setattr("hub.client.http.HubConnection.get", without_limit(HubConnection.get))
    answer = requests.get(server.url, timeout=60)
    assert (answer.status_code, "STOP" in answer.text) == (502, True)


# --- as typed


def test_port_that_is_taken_is_told(client: Client, server: PageServer) -> None:
    assert "is not free" in client("outcomes", "--tlp", "green", "--port", str(server.server_port), code=2).err


def test_profile_that_does_not_serve_is_told_at_once(tmp_path: Path) -> None:
    assert typed("--profile", tmp_path / "none.profile", "outcomes", "--tlp", "green").code == 2


@contextmanager
def typed_page(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command as it is typed, and the address that it told; whatever comes, it is gone at the end of the block."""
    words = ["--profile", str(folder / "brand-a.profile"), "outcomes", "--tlp", "green"]
    command = [str(Path(sys.executable).with_name("alliance")), *words]
    piped: dict[str, Any] = dict.fromkeys(("stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, cwd=folder, env=os.environ, text=True, **piped) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_command_that_is_asked_to_end_succeeds(
    alliance: Hub, client: Client, tmp_path: Path, number: signal.Signals
) -> None:
    """Also where a shell started it in the background, and so with interrupts ignored."""
    ignored = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with typed_page(tmp_path) as (process, url):
            assert requests.get(url, timeout=60).status_code == 200
            process.send_signal(number)
            assert "ended" in process.communicate(timeout=60)[1]
            assert process.returncode == 0
    finally:
        signal.signal(signal.SIGINT, ignored)


class TestInABrowser:
    pytestmark = IN_BROWSER

    def test_analyst_opens_the_page_clicks_once_and_ends_it(
        self, alliance: Hub, report: str, client: Client, tmp_path: Path
    ) -> None:
        with typed_page(tmp_path) as (process, url), chromium() as browser:
            page = browser.new_page()
            page.goto(url)
            page.get_by_role("button", name=f"Share: {report}").click()
            expect(page.get_by_role("status")).to_have_text("Shared 2 stores.")
            expect(page.get_by_role("button", name=f"Share again: {report}")).to_be_visible()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        assert HOST not in out + err
        assert shared(alliance) == [(report, None, 2, 2)] * 2


def test_reports_page_names_the_page_to_open(alliance: Hub, report: str) -> None:
    command = "alliance outcomes --tlp green"
    assert command in alliance.signed_in("brand-a").get(f"/reports/{report}", headers=HTML).text
    assert command not in alliance.signed_in("shop").get(f"/reports/{report}", headers=HTML).text
