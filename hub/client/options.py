"""Options that several commands share, and the help that says what they end with."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from hub.canonical import TYPES
from hub.canonical.country import country_code
from hub.canonical.refusal import RefusedError
from hub.client.console import Console
from hub.client.errors import EXIT_CODES, usage
from hub.client.intake import Source
from hub.client.session import Session, open_session
from hub.client.share import REASONS, TLP, Audience

Command = TypeVar("Command", bound=Callable[..., Any])

EXIT_HELP = "\b\nExit codes:\n" + "\n".join(f"  {code.value:>3}  {meaning}" for code, meaning in EXIT_CODES.items())


def examples(*lines: str) -> str:
    """The end of a command's help: commands as typed."""
    return "\b\nExamples:\n" + "".join(f"  {line}\n" for line in lines) + "\n"


@dataclass(frozen=True)
class Options:
    """The options given before the command."""

    profile: str | None
    patience: float
    acting_for: str | None = None

    def session(self, console: Console) -> AbstractContextManager[Session]:
        """Access to the hub, as the options say. Raises ClientError with a remedy."""
        return open_session(self.profile, console, self.patience, self.acting_for)

    def console(self, as_json: bool) -> Console:
        """Where a command's messages and result go."""
        return Console(as_json=as_json)


class Country(click.ParamType[str | None]):
    """An ISO 3166-1 code."""

    name = "country"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str | None:
        """The code in capitals."""
        try:
            return country_code(str(value))
        except RefusedError:
            self.fail(f"there is no country {value!r}; give an ISO 3166-1 code, e.g. CN, DE, US", param, ctx)


type_option = click.option(
    "--type",
    "kind",
    required=True,
    type=click.Choice(list(TYPES)),
    metavar="TYPE",
    help="Identifier type; `alliance types` lists them.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout; messages on stderr.")
file_argument = click.argument("file", type=click.Path(path_type=Path))


def reading_options(command: Command) -> Command:
    """How a file is to be read; the command takes the values as `**reading` for `source`."""
    for option in reversed(
        (
            click.option("--column", help="The identifiers' column: its heading, or its number from 1."),
            click.option("--country", type=Country(), help="Country of numbers that do not name their own, e.g. CN."),
            click.option("--sheet", help="Sheet of a workbook; the first if not given."),
            click.option("--encoding", help="Encoding of a text file, e.g. gb18030, cp1252; UTF-8 if not given."),
            click.option("--heading/--no-heading", default=None, help="Whether the first row is a heading."),
            click.option(
                "--bad-rows", type=click.Path(path_type=Path), help="Refused rows; FILE.bad.csv if not given."
            ),
        )
    ):
        command = option(command)
    return command


def audience_options(command: Command) -> Command:
    """To whom what is shared may pass; the command takes it as `audience`."""

    @wraps(command)
    def gathered(*args: Any, tlp: str, because: str | None, **given: Any) -> Any:
        if because and not given["all_sectors"]:
            raise usage("--because is the sentence to a reason", "give the reason too: --all-sectors REASON")
        named = {name: given.pop(name) for name in ("groups", "members", "platforms_only", "all_sectors", "show_us")}
        return command(*args, audience=Audience(tlp.lower(), note=because, **named), **given)

    for option in reversed(
        (
            click.option(
                "--tlp",
                required=True,
                type=click.Choice(TLP, case_sensitive=False),
                help="How far it may pass (TLP 2.0).",
            ),
            click.option(
                "--group", "groups", multiple=True, metavar="CODE", help="Only to this sharing group; repeatable."
            ),
            click.option("--member", "members", multiple=True, metavar="CODE", help="Only to this member; repeatable."),
            click.option("--platforms-only", is_flag=True, help="To platforms, and no brand."),
            click.option(
                "--all-sectors",
                type=click.Choice(REASONS),
                help="To other sectors than ours too, for this reason, which is recorded.",
            ),
            click.option("--because", metavar="SENTENCE", help="A sentence to that reason, for the record."),
            click.option("--show-us", is_flag=True, help="Show our code beside a match; otherwise we stay unnamed."),
        )
    ):
        gathered = option(gathered)
    return cast("Command", gathered)


def source(file: Path, kind: str, *, seller: str | None = None, **reading: Any) -> Source:
    """The source that the options describe."""
    return Source(
        path=file,
        type=kind,
        country=reading["country"],
        column=reading["column"],
        seller=seller,
        encoding=reading["encoding"],
        sheet=reading["sheet"],
        heading=reading["heading"],
        bad_rows=reading["bad_rows"],
    )
