"""A page of this computer: what was found by our own reports and test buys, each to be shared with one click."""

from __future__ import annotations

import hmac
import secrets
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from hub.client.console import Console
from hub.client.errors import ClientError, ExitCode, usage
from hub.client.outcome import KINDS, Basis, Outcome, outcomes
from hub.client.session import Session
from hub.client.share import Audience

Sharing = Callable[[Session, Basis], None]
"""Shares the stores of a record; tells what came of it by the session's console."""
_MOST_BYTES = 4096
_TITLES: Mapping[str, tuple[str, str]] = {
    "report": ("Listing reports that a platform established", "None of these listing reports is established."),
    "test_buy": ("Signed test buys that found a counterfeit", "None of these test buys is signed as a counterfeit."),
}
"""Kind of record → what stands above the list, and in its place while it is empty."""
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_STYLE = """
:root { color-scheme: light dark; --line: light-dark(#dde4e2, #24383c); --quiet: light-dark(#52676a, #9fb4b6);
  --fill: light-dark(#0d6b66, #57c9ba); --on-fill: light-dark(#fff, #06201f); --bad: light-dark(#a8261c, #ff9d92);
  --good: light-dark(#1d6b3c, #7fd6a0); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 2rem 1rem 4rem; background: light-dark(#f5f7f6, #0d1719);
  color: light-dark(#17292d, #e3eceb); font: 1rem/1.5 "IBM Plex Sans", system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; }
h2 { font-size: 1.1rem; margin: 2.5rem 0 .75rem; }
ul { list-style: none; margin: 0; padding: 0; border: 1px solid var(--line); border-radius: .5rem;
  background: light-dark(#fff, #132124); }
li { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: center; padding: .75rem 1rem; }
li + li { border-top: 1px solid var(--line); }
li > * { flex: 0 1 auto; }
li > div { flex: 1 1 20rem; min-width: 0; overflow-wrap: anywhere; }
li:target { box-shadow: inset 4px 0 0 var(--fill); }
p { margin: .25rem 0; }
code { overflow-wrap: anywhere; font-size: .85rem; }
.quiet, time { color: var(--quiet); font-size: .9rem; }
.bad { color: var(--bad); white-space: pre-line; }
.good { color: var(--good); }
button { font: inherit; font-weight: 600; min-height: 2.75rem; padding: .25rem 1.25rem; border-radius: .375rem;
  cursor: pointer; border: 1px solid var(--fill); background: var(--fill); color: var(--on-fill); }
button.again { background: transparent; color: var(--fill); }
a { color: var(--fill); }
:focus-visible { outline: 3px solid var(--fill); outline-offset: 2px; }
"""


class _Heard(Console):
    """Keeps what sharing came to, for the page; the terminal shows it too, and asks nobody."""

    def __init__(self) -> None:
        super().__init__(as_json=True)
        self.said: list[str] = []
        self.came_to: Mapping[str, Any] = {}

    def say(self, text: str) -> None:
        """One more line."""
        self.said.append(text)
        super().say(text)

    def result(self, document: Mapping[str, Any], lines: Sequence[str]) -> None:
        """What it came to."""
        self.came_to = document
        for line in lines:
            self.say(line)


@dataclass
class Page:
    """What the page shows and does. `open` gives access to the hub, `share` shares what one record names.

    `told` holds what the clicks of this run came to; what was shared stands in the vault too. One click at a time.
    """

    open: Callable[[Console], AbstractContextManager[Session]]
    share: Sharing
    audience: Audience
    told: dict[Basis, tuple[bool, str]] = field(default_factory=dict)
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def shown(self, cursors: Mapping[str, str]) -> str:
        """The page as HTML; `cursors`: where each list goes on. Raises ClientError."""
        with self.open(Console(as_json=True)) as session:
            lists = [self._list(session, kind, cursors) for kind in KINDS]
            who = session.profile.acting_for or session.profile.member
        lines = [f"shared as: {who}", *self.audience.lines()]
        whom = "".join(f"<p>{escape(line[0].upper() + line[1:])}.</p>" for line in lines)
        return _whole(
            "<h1>Share what was found</h1><p>One click shares the stores of a record with the alliance: your computer"
            f" makes tokens of them, and no address leaves it.</p><div class=quiet>{whom}</div>{''.join(lists)}"
        )

    def click(self, basis: Basis) -> None:
        """Share what a record names, and keep what it came to for the page."""
        heard = _Heard()
        with self._turn:
            try:
                with self.open(heard) as session:
                    self.share(session, basis)
            except ClientError as error:
                self.told[basis] = (False, "\n".join([*heard.said, str(error)]))
                return
            new, words = _words(heard.came_to)
            if new or not self.told.get(basis, (False, ""))[0]:  # a second click takes nothing back from the first
                self.told[basis] = (True, words)

    def finish(self) -> None:
        """Wait for the click that is under way."""
        with self._turn:
            pass

    def _list(self, session: Session, kind: str, cursors: Mapping[str, str]) -> str:
        title, empty = _TITLES[kind]
        try:
            found, after = outcomes(session, kind, cursors.get(kind))
        except ClientError as error:
            if error.code is not ExitCode.REFUSED:
                raise
            return f"<h2>{title}</h2><p class=bad>{escape(str(error))}</p>"  # a key that may not read these reads those
        before = session.vault.outcomes(kind, [each.basis.name for each in found])
        rows = "".join(self._row(each, before.get(each.basis.name), cursors) for each in found)
        older = f"<p><a href='?{escape(urlencode({**cursors, kind: after}))}'>Older ones</a></p>" if after else ""
        return f"<h2>{title}</h2>{f'<ul>{rows}</ul>' if rows else f'<p class=quiet>{empty}</p>'}{older}"

    def _row(self, outcome: Outcome, before: tuple[str, int] | None, cursors: Mapping[str, str]) -> str:
        kind, name = outcome.basis.kind, escape(outcome.basis.name)
        told = self.told.get(outcome.basis)
        if told is not None:
            said = f"<p class={'good' if told[0] else 'bad'} role=status>{escape(told[1])}</p>"
        elif before is not None:
            refused = f" Refused: {before[1]}." if before[1] else ""
            said = f"<p class=good>Last shared on {escape(before[0][:10])}.{refused}</p>"
        else:
            said = ""
        if outcome.names_store:
            again = before is not None
            words = "Share again" if again else "Share"
            act = (
                f"<form method=post action='share?{escape(urlencode(cursors))}'>"
                f"<input type=hidden name=kind value='{kind}'><input type=hidden name=name value='{name}'>"
                f"<button {'class=again ' if again else ''}aria-label='{words}: {name}'>{words}</button></form>"
            )
        else:
            command = f"alliance share FILE --type phone {KINDS[kind].option} {name}"
            act = f"<p class=quiet>It names no store. What you know of the seller: <code>{command} --tlp …</code></p>"
        return (
            f"<li id='{name}'><div><p>{escape(outcome.words)}</p>"
            f"<p class=quiet><time>{escape(outcome.day)}</time> · {name}</p>{said}</div>{act}</li>"
        )


def _words(came_to: Mapping[str, Any]) -> tuple[int, str]:
    """How many stores were shared that were not so before, and what it came to in a sentence for people."""
    shared, rows = came_to["shared"], came_to["rows"]
    new = shared["added"] + shared["changed"]
    noun = "store" if new == 1 else "stores"
    told = f"Shared {new} {noun}." if new else "Nothing is new: all of its stores were shared before."
    return new, told + (f" Refused: {rows['bad']}, see {came_to['bad_rows_file']}." if rows["bad"] else "")


def _whole(body: str) -> str:
    return (
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>Share what was found</title>"
        "<meta name=viewport content='width=device-width'><link rel=stylesheet href=style.css></head>"
        f"<body><main>{body}</main></body></html>"
    )


class _Answering(BaseHTTPRequestHandler):
    """Answers those who know the secret of the address, at no name but this computer's own."""

    server_version, sys_version = "alliance", ""
    timeout = 30.0
    server: PageServer

    def do_GET(self) -> None:
        """The page, and how it looks."""
        self._tried(self._show)

    def do_POST(self) -> None:
        """A click."""
        self._tried(self._click)

    def _tried(self, what: Callable[[], None]) -> None:
        """Whatever fails is told in words; a traceback could show identifiers."""
        try:
            what()
        except ClientError as error:
            self._fail(HTTPStatus.BAD_GATEWAY, str(error))
        except ConnectionError:
            self.close_connection = True  # whoever asked has gone
        except (OSError, sqlite3.Error) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            self._fail(HTTPStatus.INTERNAL_SERVER_ERROR, f"{reason}\n  → check the disk, and click again")
        except Exception as error:
            self._fail(HTTPStatus.INTERNAL_SERVER_ERROR, f"a fault of this program ({type(error).__name__})")

    def _show(self) -> None:
        path, query = self._asked()
        if path == "style.css":
            self._answer(HTTPStatus.OK, _STYLE, "text/css")
        elif path == "":
            self._answer(HTTPStatus.OK, self.server.page.shown(query))
        else:
            self._nothing()

    def _click(self) -> None:
        path, query = self._asked()
        size = self.headers.get("Content-Length", "")
        if path != "share" or not size.isdecimal() or int(size) > _MOST_BYTES:
            self._nothing()
            return
        given = _first(self.rfile.read(int(size)).decode("ascii", "replace"))
        if given.get("kind") not in KINDS:
            self._nothing()
            return
        basis = Basis.named(given["kind"], given.get("name", ""))
        self.server.page.click(basis)
        self.send_response(HTTPStatus.SEE_OTHER)
        self.send_header("Location", f".?{urlencode(query)}#{basis.name}")
        self._end(b"")

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the address holds the secret."""

    def _asked(self) -> tuple[str | None, dict[str, str]]:
        """What is asked for below the secret, and where each list goes on; None: nothing of ours."""
        at = urlsplit(self.path)
        secret, slash, path = at.path.removeprefix("/").partition("/")
        here = self.headers.get("Host") in self.server.hosts
        known = hmac.compare_digest(secret.encode(), self.server.page.secret.encode())
        cursors = {kind: cursor for kind, cursor in _first(at.query).items() if kind in KINDS}
        return (path if here and known and slash else None), cursors

    def _nothing(self) -> None:
        self._answer(HTTPStatus.NOT_FOUND, "<!doctype html><title>Nothing</title><p>There is nothing here.")

    def _fail(self, status: HTTPStatus, words: str) -> None:
        self.close_connection = True
        said = f"<h1>This cannot be shown</h1><p class=bad>{escape(words)}</p><p><a href='.'>Try again</a></p>"
        self._answer(status, _whole(said))

    def _answer(self, status: HTTPStatus, body: str, kind: str = "text/html") -> None:
        octets = body.encode(errors="replace")  # the hub may tell halves of characters
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self._end(octets)

    def _end(self, body: bytes) -> None:
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _first(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query, max_num_fields=8).items()}


class PageServer(ThreadingHTTPServer):
    """A page on loopback alone; whoever has it calls its loop. Raises ClientError for a port that is taken."""

    daemon_threads = True  # a browser keeps connections open that it does not use

    def __init__(self, page: Page, port: int = 0) -> None:
        try:
            super().__init__(("127.0.0.1", port), _Answering)
        except OSError as error:
            raise usage(f"the port {port} is not free", "give another --port, or none") from error
        self.page = page
        self.hosts = {f"{name}:{self.server_port}" for name in ("127.0.0.1", "localhost")}
        """Names of this computer: under another it is a foreign page that asks (DNS rebinding)."""

    @property
    def url(self) -> str:
        """Its address, with the secret in it."""
        return f"http://127.0.0.1:{self.server_port}/{self.page.secret}/"
