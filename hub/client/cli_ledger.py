"""Commands of the audit log: verify, promises, receipt."""

from __future__ import annotations

import json
from pathlib import Path

import click

from hub.client.errors import usage
from hub.client.options import Options, examples, json_option


@click.group()
def ledger() -> None:
    """Check for ourselves that every exchange is on record and the record was not changed."""


@ledger.command(epilog=examples("alliance --profile brand.json ledger verify"))
@click.option("--full", is_flag=True, help="Look at every entry again, not only at those added since the last check.")
@json_option
@click.pass_obj
def verify(options: Options, /, full: bool, as_json: bool) -> None:
    """Check the log from where the last check ended.

    In this order: the checkpoint's signature; that the log extends the one we remember; that every tile leads to the
    signed root and every entry to its tile; that what carries our tag is shown to us and opens its commitment, or was
    erased with a record; that our answered exchanges are in it. Run it often (it is cheap), and with --full now and
    then: entries looked at before may have been altered since.

    Ends with 0 when all holds, 10 for an exchange that is overdue, 20 for altered bytes, 30 for a log that was rolled
    back or forked, 40 for what is withheld; from 10 on it leaves an evidence file that a third party can check.
    """
    from hub.client.ledger import verify as verify_log

    console = options.console(as_json)
    with options.session(console) as session:
        verified = verify_log(session, full=full)
        console.result(verified.document(), verified.lines())


@ledger.command(epilog=examples("alliance --profile brand.json ledger promises"))
@json_option
@click.pass_obj
def promises(options: Options, /, as_json: bool) -> None:
    """Swap the hub's promises for receipts.

    Each answer of the hub holds a signed promise that the log will hold the exchange within a minute; it is kept in our
    vault. This asks for the proof, checks it and keeps it in the promise's place. A promise that is broken at its
    deadline ends with 10 and an evidence file: with a later checkpoint it proves to anybody that we were answered and
    the exchange was left out.
    """
    from hub.client.ledger import swap_promises

    console = options.console(as_json)
    with options.session(console) as session:
        swapped = swap_promises(session)
        console.result(swapped.document(), swapped.lines())


@ledger.command(
    epilog=examples("alliance --profile brand.json ledger receipt 1xZyqQ0bT4yQm3m2Vw5K9g --out share.receipt")
)
@click.argument("id")
@click.option("--out", type=click.Path(path_type=Path), help="Write the proof (c2sp.org/tlog-proof@v1) to this file.")
@json_option
@click.pass_obj
def receipt(options: Options, /, id: str, out: Path | None, as_json: bool) -> None:
    """Fetch and check the receipt of one exchange; ID is its Audit-Entry (`shared.entries` of --json)."""
    from hub.client.ledger import fetch_receipt

    console = options.console(as_json)
    with options.session(console) as session:
        found = fetch_receipt(session, id)
        if out is not None:
            try:
                out.write_text(found.proof, encoding="utf-8")
            except OSError as error:
                raise usage(f"{out} cannot be written: {error.strerror}", "name another place") from error
        view = "erased" if found.entry.view is None else json.dumps(dict(found.entry.view), ensure_ascii=False)
        lines = [f"entry {found.id} is number {found.index:,} in a signed log of {found.size:,}", view]
        console.result(found.document(), lines if out is not None else [*lines, "", found.proof.rstrip("\n")])
