"""Commands that read a member's file: share, withdraw, match, join; and list."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import click

from hub import clock
from hub.canonical import TYPES
from hub.client import withdraw as withdrawing
from hub.client.console import Console
from hub.client.errors import ClientError, ExitCode, usage
from hub.client.intake import Intake, Source, opened
from hub.client.options import (
    Options,
    audience_options,
    examples,
    file_argument,
    json_option,
    reading_options,
    source,
    type_option,
)
from hub.client.out_file import refuse_out, replacing
from hub.client.outcome import ADDRESS, SELLER, STORES, Basis, basis_of, stores_of
from hub.client.session import Session
from hub.client.share import Audience, Terms, share_spool
from hub.client.workers import Assignment, Workers

_LEVELS = ("E1", "E2", "E3", "E4")
_STANCES = ("infringing", "legitimate", "impersonated")
_NO_KEY = bytes(32)


def _nothing_usable(intake: Intake) -> ClientError:
    if intake.preview.read == 0:
        return ClientError(
            ExitCode.NOTHING_USABLE,
            f"no {intake.preview.unit} of the file holds an identifier",
            "check which file was meant, and --column or --sheet",
        )
    return ClientError(
        ExitCode.NOTHING_USABLE,
        f"no row of the file is usable ({intake.preview.bad:,} refused)",
        "mend the rows by the reasons above; check --type, --column, --country and --encoding",
    )


def _settle(intake: Intake, session: Session) -> str | None:
    """Show the preview, put the refused rows in their file and return its path.

    Raises ClientError when no row is good.
    """
    for line in intake.preview.lines():
        session.console.say(line)
    kept = intake.bad_rows.keep()
    if kept is not None:
        session.console.say(f"refused rows, with what mends them: {kept}")
    if intake.preview.good == 0:
        raise _nothing_usable(intake)
    return None if kept is None else str(kept)


def _only_look(given: Source, console: Console, audience: Audience) -> None:
    """Show what would be shared; no profile, no network, no file."""
    with (
        Workers(Assignment(given.type, given.country, _NO_KEY), console.say) as workers,
        opened(given, workers, console, _NO_KEY, only_look=True) as intake,
    ):
        document = {"dry_run": True, **intake.preview.document(), "audience": audience.document()}
        console.result(document, [*intake.preview.lines(), *audience.lines()])
        if intake.preview.good == 0:
            raise _nothing_usable(intake)


@click.command(
    epilog=examples(
        "alliance share sellers.txt --type domain --evidence E2 --tlp green --dry-run",
        "alliance share sellers.xlsx --type phone --country CN --column Mobile --seller Shop --evidence E3 --tlp amber",
        "alliance share stores.txt --type store_url --evidence E3 --tlp red --group watches --member platform-x",
        "alliance share toys.csv --type domain --evidence E4 --tlp green --all-sectors safety --show-us",
        "alliance share sellers.csv.bad.csv --type email --evidence E2 --tlp green --yes --json",
        "alliance share --report 4FxgVCqhPjMIIKNBz6yoeQ --tlp green",
        "alliance share sellers.csv --type phone --report 4FxgVCqhPjMIIKNBz6yoeQ --tlp green",
        "alliance share --test-buy 9kQy2b1WmVtXo0aLZr5u3A --tlp green",
    )
)
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--type", "kind", type=click.Choice(list(TYPES)), help="Identifier type of the file's column.")
@click.option("--evidence", type=click.Choice(_LEVELS), help="E1 seen online … E4 established by a court.")
@click.option(
    "--report", metavar="NAME", help="Our listing report that a platform established: its stores, or FILE, at E2."
)
@click.option(
    "--test-buy", metavar="NAME", help="Our signed test buy that found a counterfeit: its store, or FILE, at E3."
)
@audience_options
@click.option("--seller", metavar="COLUMN", help="Column with your own name of the seller; it leaves as a pseudonym.")
@click.option("--stance", type=click.Choice(_STANCES), default="infringing", show_default=True)
@click.option("--expires", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Last day, e.g. 2027-06-30.")
@reading_options
@click.option("--dry-run", is_flag=True, help="Only read and show what would be shared; needs no network.")
@click.option("--yes", is_flag=True, help="Do not ask before sharing.")
@json_option
@click.pass_obj
def share(
    options: Options,
    /,
    file: Path | None,
    kind: str | None,
    evidence: str | None,
    report: str | None,
    test_buy: str | None,
    audience: Audience,
    seller: str | None,
    stance: str,
    expires: datetime | None,
    dry_run: bool,
    yes: bool,
    as_json: bool,
    **reading: Any,
) -> None:
    """Share the identifiers in FILE (text, CSV, XLSX or Parquet) with the alliance.

    Good rows are shared; refused ones go to FILE.bad.csv with their reasons, to be mended and shared again. The same
    file twice changes nothing, and an interrupted run resumes. Ten million lines of text take 350 MB of memory; a sheet
    of a workbook may have 1,048,576 rows, as in Excel. With --report or --test-buy, FILE may be left out: then the
    stores that the platform established, or that of the test buy, are shared.
    """
    if expires is not None and expires.date() <= clock.today():
        raise usage("--expires is not after today", "give a later day")
    basis = basis_of({"report": report, "test_buy": test_buy}, evidence, stance)
    kind, evidence = _what(file, kind, evidence, basis)
    console = options.console(as_json)
    if dry_run:
        if file is None:
            raise usage("--dry-run needs no network, and so looks at a FILE", "leave it out: you are asked before")
        _only_look(source(file, kind, seller=seller, **reading), console, audience)
        return
    upon = (basis.kind, basis.name) if basis else None
    terms = Terms(stance, evidence, audience, expires.date() if expires else None, upon)
    with options.session(console) as session:
        if file is not None:
            _share(session, source(file, kind, seller=seller, **reading), terms, yes)
            return
        assert basis is not None  # without a FILE there is one, as _what has asked
        share_stores(session, basis, terms, yes=yes)


def share_stores(session: Session, basis: Basis, terms: Terms, *, yes: bool) -> None:
    """Share the stores that one of our own records names, and keep that it was done. Raises ClientError."""
    with stores_of(session, basis) as sheet:
        bad_rows = Path(f"{basis.kind.replace('_', '-')}-{basis.name}.bad.csv")
        given = Source(sheet, STORES, column=ADDRESS, seller=SELLER, heading=True, bad_rows=bad_rows)
        refused = _share(session, given, terms, yes)
    session.vault.keep_outcome(basis.kind, basis.name, refused)


def _what(file: Path | None, kind: str | None, evidence: str | None, basis: Basis | None) -> tuple[str, str]:
    """The type and the evidence level. Raises ClientError for options that do not go together."""
    if basis is not None:
        kind, evidence = kind or (STORES if file is None else None), basis.level
    if file is None and (basis is None or kind != STORES):
        raise usage("what is to be shared?", "give a FILE, or --report or --test-buy alone for the stores of one")
    if kind is None or evidence is None:
        raise usage("--type and --evidence say what FILE holds", "give both; upon a record the type is enough")
    return kind, evidence


def _share(session: Session, given: Source, terms: Terms, yes: bool) -> int:
    """Read a file, show what is in it, ask, and share its good rows; how many were refused. Raises ClientError."""
    console = session.console
    with (
        Workers(session.assignment(given.type, given.country), console.say) as workers,
        opened(
            given, workers, console, session.vault.local_key, folder=session.folder, labels=session.vault.name_sellers
        ) as intake,
    ):
        bad_rows = _settle(intake, session)
        for line in terms.audience.lines():
            console.say(line)
        if not yes and not console.agreed(f"share {intake.preview.good:,} identifiers as {terms.stance}?"):
            raise ClientError(ExitCode.INTERRUPTED, "nothing was shared", "run the same command again and agree")
        shared = share_spool(session, intake.spool, terms, given.type, workers)
        document = {
            "dry_run": False,
            **intake.preview.document(),
            "bad_rows_file": bad_rows,
            "shared": shared.document(),
        }
        resumed = f", {shared.resumed:,} shared before the interruption" if shared.resumed else ""
        told = f"{shared.added:,} added, {shared.changed:,} changed, {shared.unchanged:,} unchanged{resumed}"
        console.result(document, [f"shared under {shared.key_id}: {told}"])
        return intake.preview.bad


@click.command(
    epilog=examples(
        "alliance withdraw mistaken.txt --type domain --reason mistaken",
        'alliance withdraw --seller "Shop 77" --type phone --reason settled',
    )
)
@click.argument("file", type=click.Path(path_type=Path), required=False)
@type_option
@click.option("--reason", required=True, type=click.Choice(withdrawing.REASONS))
@click.option(
    "--seller", "label", metavar="NAME", help="Instead of FILE: all that was shared from here under this seller."
)
@reading_options
@json_option
@click.pass_obj
def withdraw(
    options: Options, /, file: Path | None, kind: str, reason: str, label: str | None, as_json: bool, **reading: Any
) -> None:
    """Take back our word on the identifiers in FILE; it has no effect from the next request on."""
    if (file is None) == (label is None):
        raise usage("what is to be withdrawn?", "give either FILE or --seller NAME")
    console = options.console(as_json)
    with options.session(console) as session:
        if file is None:
            result = withdrawing.withdraw_seller(session, str(label), kind, reason)
            document: dict[str, Any] = {}
        else:
            given = source(file, kind, **reading)
            with (
                Workers(session.assignment(kind, given.country), console.say) as workers,
                opened(given, workers, console, session.vault.local_key, folder=session.folder) as intake,
            ):
                document = {**intake.preview.document(), "bad_rows_file": _settle(intake, session)}
                result = withdrawing.withdraw_file(session, intake.spool, kind, reason, workers)
        told = f"withdrawn: {result.withdrawn:,}; no active contribution of ours: {result.unknown:,}"
        console.result({**document, "withdrawn": result.document()}, [told])


@click.command(epilog=examples("alliance match shops.csv --type domain --column Website --out hits.csv"))
@file_argument
@type_option
@click.option("--out", type=click.Path(path_type=Path), help="Result file; FILE.hits.csv if not given.")
@reading_options
@json_option
@click.pass_obj
def match(options: Options, /, file: Path, kind: str, out: Path | None, as_json: bool, **reading: Any) -> None:
    """Match the identifiers in FILE at the hub; the result goes to FILE.hits.csv.

    The hub learns how many were asked and which of them matched; `alliance list` and `alliance join` keep that at home.
    """
    from hub.client.match import match_spool

    _find(options, file, kind, out, as_json, reading, ask=match_spool)


@click.command(
    epilog=examples("alliance list --type domain && alliance join shops.parquet --type domain --column host")
)
@file_argument
@type_option
@click.option("--out", type=click.Path(path_type=Path), help="Result file; FILE.hits.csv if not given.")
@reading_options
@json_option
@click.pass_obj
def join(options: Options, /, file: Path, kind: str, out: Path | None, as_json: bool, **reading: Any) -> None:
    """Match the identifiers in FILE at home, with the list that `alliance list` fetched."""
    from hub.client.join import join_spool

    _find(options, file, kind, out, as_json, reading, ask=partial(join_spool, today=clock.today()))


def _find(
    options: Options, file: Path, kind: str, out: Path | None, as_json: bool, reading: dict[str, Any], *, ask: Any
) -> None:
    from hub.client.hits import HitRows

    given = source(file, kind, **reading)
    console = options.console(as_json)
    path = out or file.with_name(f"{file.name}.hits.csv")
    refuse_out(path, file, given.bad_rows)
    with (
        options.session(console) as session,
        Workers(session.assignment(kind, given.country), console.say) as workers,
        opened(given, workers, console, session.vault.local_key, folder=session.folder, keep_rows=True) as intake,
    ):
        bad_rows = _settle(intake, session)
        hits = HitRows(intake.spool, intake.preview.unit, ask(session, intake.spool, kind, workers))
        rows = hits.write(path)
        document = {**intake.preview.document(), "bad_rows_file": bad_rows, "hits_file": str(path)}
        document["hits"] = hits.documents() if as_json else []
        console.result(document, [f"{rows:,} of {intake.preview.good:,} matched: {path}"])


@click.command(
    "list", epilog=examples("alliance list --type domain", "alliance list --type phone --full --out phones.parquet")
)
@type_option
@click.option("--full", is_flag=True, help="All of it, not only the changes since the last time.")
@click.option("--out", type=click.Path(path_type=Path), help="Also copy the list to this Parquet file.")
@json_option
@click.pass_obj
def token_list(options: Options, /, kind: str, full: bool, out: Path | None, as_json: bool) -> None:
    """Fetch the signed list of tokens that we may match with, or its changes since the last time."""
    import shutil

    from hub.client.token_list import fetch_list

    console = options.console(as_json)
    if out is not None:
        refuse_out(out)
    with options.session(console) as session:
        lists = []
        for key in session.keys(kind):
            held = fetch_list(session, key, full=full)
            lists.append(held)
            if out is not None:
                several = len(session.keys(kind)) > 1
                place = out.with_name(f"{out.stem}.{key.key_id}{out.suffix}") if several else out
                with replacing(place) as draft:
                    shutil.copyfile(held.path, draft)
        documents = [
            {"key": held.key_id, "rows": held.rows, "received": held.received, "full": held.full, "at": held.at,
             "file": str(held.path)}
            for held in lists
        ]  # fmt: skip
        lines = [f"{held.key_id}: {held.rows:,} tokens ({held.received:,} rows received)" for held in lists]
        console.result({"lists": documents}, lines)


COMMANDS = (share, withdraw, match, join, token_list)
