"""The command that serves the page of outcomes."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import click

from hub.client.cli_files import share_stores
from hub.client.options import Options, audience_options, examples
from hub.client.outcome import Basis
from hub.client.outcome_page import Page, PageServer
from hub.client.session import Session
from hub.client.share import Audience, Terms


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Have SIGINT and SIGTERM raise KeyboardInterrupt, also where a shell started us with interrupts ignored."""
    before = {each: signal.signal(each, signal.default_int_handler) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handled in before.items():
            signal.signal(each, handled)


def page_of(options: Options, audience: Audience) -> Page:
    """The page whose clicks share with that audience."""

    def share(session: Session, basis: Basis) -> None:
        terms = Terms("infringing", basis.level, audience, basis=(basis.kind, basis.name))
        share_stores(session, basis, terms, yes=True)

    return Page(options.session, share, audience)


@click.command(
    epilog=examples(
        "alliance outcomes --tlp green",
        "alliance outcomes --tlp amber --group watches --port 8765",
    )
)
@audience_options
@click.option(
    "--port", type=click.IntRange(1024, 65535), metavar="PORT", help="Of this computer; a free one if not given."
)
@click.pass_obj
def outcomes(options: Options, /, audience: Audience, port: int | None) -> None:
    """Open a page of this computer that shares what was found with one click.

    It lists our listing reports that a platform established, and our signed test buys that found a counterfeit. A click
    on one shares the stores that it names, at E2 or E3: tokens are made here, as `alliance share` makes them. The page
    is there for this computer alone, at an address that nobody guesses, until Ctrl-C ends it.
    """
    console = options.console(as_json=False)
    with options.session(console) as session:
        session.me()  # a profile that does not serve is told here, and not on the page
    try:
        with PageServer(page_of(options, audience), port or 0) as server:
            console.result({}, [server.url])
            console.say("open this address in your browser; Ctrl-C ends it")
            try:
                with _ended_by_signals():
                    server.serve_forever()
            finally:
                server.page.finish()  # else the hub had what our vault does not know of
    except KeyboardInterrupt:
        console.say("ended")
