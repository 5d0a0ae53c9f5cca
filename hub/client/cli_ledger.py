"""Commands of the audit log: verify, export, promises, dispute, receipt, cosign, policy, compare."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import click

from hub.client.errors import ExitCode, usage
from hub.client.options import Options, examples, json_option


@click.group()
def ledger() -> None:
    """Check for ourselves that every exchange is on record and the record was not changed."""


@ledger.command(
    epilog=examples(
        "alliance --profile brand.json ledger verify", "alliance --profile brand.json ledger verify --bundle log.zip"
    )
)
@click.option("--full", is_flag=True, help="Look at every entry again, not only at those added since the last check.")
@click.option("--bundle", type=click.Path(path_type=Path), help="Check an exported log in this file, not the hub's.")
@json_option
@click.pass_obj
def verify(options: Options, /, full: bool, bundle: Path | None, as_json: bool) -> None:
    """Check the log from where the last check ended.

    In this order: the checkpoint's signature; that the log extends the one we remember; that every tile leads to the
    signed root and every entry to its tile; that what carries our tag is shown to us and opens its commitment, or was
    erased with a record; that our answered exchanges are in it. Run it often (it is cheap), and with --full now and
    then: entries looked at before may have been altered since.

    Ends with 0 when all holds, 3 when the quorum of the trust policy that we pinned has not cosigned it yet, 10 for an
    exchange that is overdue, 20 for altered bytes, 30 for a log that was rolled back or forked, 40 for what is
    withheld; from 10 on it leaves an evidence file that a third party can check.

    With --bundle it reads what `alliance ledger export` wrote, and nothing of the log from the network.
    """
    from hub.client.ledger.bundle import open_bundle
    from hub.client.ledger.published import open_log
    from hub.client.ledger.verify import verify as verify_log

    console = options.console(as_json)
    with options.session(console) as session:
        opening = (
            open_log(session.profile, session.patience, console.say)
            if bundle is None
            else open_bundle(bundle, session.profile)
        )
        verified = verify_log(session, opening, full=full)
        console.result(verified.document(), verified.lines())
        if verified.is_provisional:
            click.get_current_context().exit(ExitCode.PROVISIONAL)


@ledger.command(epilog=examples("alliance --profile brand.json ledger export log.zip"))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--from", "first", type=click.IntRange(min=0), default=0, help="The first entry; 0 if not given.")
@click.option("--to", "to", type=click.IntRange(min=0), help="Up to the newest checkpoint of at most so many entries.")
@json_option
@click.pass_obj
def export(options: Options, /, file: Path, first: int, to: int | None, as_json: bool) -> None:
    """Write the log and our part of it to FILE, for a check without the network.

    A zip with checkpoints, cosignatures, tiles, leaves, our views and the salts that open them: keep it to ourselves
    and our auditor. `verify --bundle FILE` checks it, and so does alliance-verify.pyz on a machine without this
    program. It holds two million entries at most; the next file goes on with --from.
    """
    from hub.client.ledger.export import export as export_log

    console = options.console(as_json)
    with options.session(console) as session:
        exported = export_log(session, file, first, to)
        console.result(exported.document(), exported.lines())


@ledger.command(epilog=examples("alliance --profile brand.json ledger promises"))
@json_option
@click.pass_obj
def promises(options: Options, /, as_json: bool) -> None:
    """Swap the hub's promises for receipts.

    Each answer of the hub holds a signed promise that the log will hold the exchange within a minute; it is kept in our
    vault. This asks for the proof, holds it against the log and keeps it: in the promise's place once the quorum of the
    trust policy that we pinned has made it final, until then beside it. A promise that is broken at its deadline ends
    with 10 and an evidence file: with the checkpoint in it, it proves to anybody that we were answered and the exchange
    was left out. Another entry than was promised ends with 20, a proof of another log with 30, and a hub that cannot be
    asked with 75.
    """
    from hub.client.ledger.promises import swap_promises

    console = options.console(as_json)
    with options.session(console) as session:
        swapped = swap_promises(session)
        console.result(swapped.document(), swapped.lines())


@ledger.command(epilog=examples("alliance --profile brand.json ledger dispute 20261126T101500Z-overdue-1f2e3d.json"))
@click.argument("evidence", type=click.Path(path_type=Path))
@json_option
@click.pass_obj
def dispute(options: Options, /, evidence: Path, as_json: bool) -> None:
    """Put the evidence file of a failed check before the auditor, through the hub; the hub records that we did.

    Send the file to the auditor and to another member by other ways too: a hub that hides entries may hide this.
    """
    from hub.client.ledger.dispute import file_dispute

    console = options.console(as_json)
    with options.session(console) as session:
        filed = file_dispute(session, evidence)
        console.result(filed, [f"dispute {filed['dispute']} is on record, in entry {filed['entry']}"])


@ledger.command(
    epilog=examples("alliance --profile brand.json ledger receipt 1xZyqQ0bT4yQm3m2Vw5K9g --out share.receipt"),
    context_settings={"ignore_unknown_options": True},  # one id in 64 begins with a dash
)
@click.argument("id")
@click.option("--out", type=click.Path(path_type=Path), help="Write the proof (c2sp.org/tlog-proof@v1) to this file.")
@json_option
@click.pass_obj
def receipt(options: Options, /, id: str, out: Path | None, as_json: bool) -> None:
    """Fetch and check the receipt of one exchange; ID is its Audit-Entry (`shared.entries` of --json)."""
    from hub.client.ledger.receipt import fetch_receipt

    console = options.console(as_json)
    with options.session(console) as session:
        found = fetch_receipt(session, id)
        if out is not None:
            try:
                out.write_text(found.proof, encoding="utf-8")
            except OSError as error:
                raise usage(f"{out} cannot be written: {error.strerror}", "name another place") from error
        view = "erased" if found.entry.view is None else json.dumps(dict(found.entry.view), ensure_ascii=False)
        final = {None: "", True: " that a quorum has cosigned", False: " (provisional: no quorum yet)"}[found.final]
        lines = [f"entry {found.id} is number {found.index:,} in a signed log of {found.size:,}{final}", view]
        console.result(found.document(), lines if out is not None else [*lines, "", found.proof.rstrip("\n")])


class Span(click.ParamType[float]):
    """A span of time."""

    name = "span"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds: `10s`, `5m`."""
        found = re.fullmatch(r"([1-9][0-9]{0,4})(s|m)", str(value))
        if found is None:
            self.fail(f"{value!r} is no span; write 10s or 5m", param, ctx)
        return float(found[1]) * (60 if found[2] == "m" else 1)


@ledger.command(epilog=examples("alliance --profile brand.json ledger cosign --every 10s"))
@click.option("--every", type=Span(), help="Go on and cosign as often as this, e.g. 10s; Ctrl-C ends it.")
@json_option
@click.pass_obj
def cosign(options: Options, /, every: float | None, as_json: bool) -> None:
    """Be a witness of the log: cosign its checkpoint once it extends the one that we cosigned last.

    At first use this makes a key of ours in the state folder and enrols it at the hub. Never signs a log that was
    rolled back or forked: that ends with 30 and an evidence file. What a quorum of members cosigns is final: the hub
    cannot show another log to anybody without one of us noticing.
    """
    from hub.client.ledger.witness import cosign as cosign_log

    console = options.console(as_json)
    with options.session(console) as session:
        done = cosign_log(session, every)
        console.result(done.document(), done.lines())


@ledger.command(
    epilog=examples("alliance --profile brand.json ledger policy", "alliance --profile brand.json ledger policy --take")
)
@click.option("--take", is_flag=True, help="Pin the policy that the hub has now.")
@click.option("--from", "file", type=click.Path(path_type=Path), help="Pin the policy in this file (C2SP tlog-policy).")
@json_option
@click.pass_obj
def policy(options: Options, /, take: bool, file: Path | None, as_json: bool) -> None:
    """Show the trust policy that we pinned, and where the hub's differs.

    It says which witnesses we know and how many of them make a checkpoint final. `verify` and `receipt` hold the log
    to the one that we pinned, whatever the hub says later.
    """
    from hub.client.ledger.trust import look_at_policy

    if take and file is not None:
        raise usage("--take and --from are two policies", "give one of them")
    console = options.console(as_json)
    with options.session(console) as session:
        pinned = look_at_policy(session, take=take, file=file)
        console.result(pinned.document(), pinned.lines())


@ledger.command(epilog=examples("alliance --profile brand.json ledger compare brand-b/ledger.json"))
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@json_option
@click.pass_obj
def compare(options: Options, /, files: tuple[Path, ...], as_json: bool) -> None:
    """Compare checkpoints of other members with ours: were we all shown one log?

    FILES are checkpoints, receipts, evidence, or another member's ledger.json. Where two of them are not of
    one log, this ends with 30 and an evidence file that holds both signatures of the hub.
    """
    from hub.client.ledger.compare import compare as compare_checkpoints

    console = options.console(as_json)
    with options.session(console) as session:
        compared = compare_checkpoints(session, files)
        console.result(compared.document(), compared.lines())
