"""The operator's commands on the log: check all of it, and anchor it anew."""

import json
import sys
import time

import click

from hub.manage.cli_witness import witness
from hub.manage.operating import operating, refusals_said


@click.group()
def ledger() -> None:
    """Check the log, and keep its witnesses."""


@ledger.command()
@click.option("--json", "as_json", is_flag=True, help="One document on stdout.")
@refusals_said
def fsck(as_json: bool) -> None:
    """Read the whole log out of the database and hold it against itself, its signatures and the anchor.

    Each finding is said with its place and what mends it. A finding halts the log: no exchange is taken from then on,
    until two people of the office approved that it be anchored anew.

    Ends with 0 when all is sound, 1 upon a finding, 2 when it could not look.
    """
    from hub.ledger import service

    began = time.monotonic()
    with operating(), click.progressbar(length=1000, label="reading the log", file=sys.stderr) as bar:

        def advance(done: int, of: int) -> None:
            bar.update(max(0, 1000 * done // of - bar.pos))

        checked = service.check_and_halt(advance=advance)
    seconds = time.monotonic() - began
    if as_json:
        findings = [{"kind": one.kind, "place": one.place, "remedy": one.remedy} for one in checked.findings]
        document = {"size": checked.size, "checkpoints": checked.checkpoints, "seconds": round(seconds, 3)}
        click.echo(json.dumps(document | {"count": checked.count, "findings": findings}, indent=1))
    else:
        for one in checked.findings:
            click.echo(f"{one.place}\n  {one.remedy}")
        click.echo(
            f"{checked.size:,} entries under {checked.checkpoints:,} checkpoints in {seconds:.1f} s: "
            + (f"{checked.count:,} findings." if checked.count else "all is sound.")
        )
    if checked.count:
        raise SystemExit(1)


@ledger.command()
@refusals_said
def reanchor() -> None:
    """Go on with a halted log, anchored at what the database has signed, as two people of the office approved.

    They do so on their page of decisions, for what differs now: another difference takes another decision. The tree
    itself must be sound. Every member is told; the replaced anchor is kept beside the new one, as evidence. Killed at
    any moment, it leaves the log halted; run it again.
    """
    from hub.members import service as members

    with operating() as actor:
        left = members.reanchor(actor)
    click.echo("The log is anchored anew, and every member has it on record. The sequencer goes on within seconds.")
    for one in left:
        click.echo(f"{one.place}\n  {one.remedy}")
    if left:
        click.echo("Mend these before the check of the next night: what stops the log then stops it now.")


@ledger.command()
@click.argument("entry", required=False)
@click.option("--retry", is_flag=True, help="Have it taken again: what was wrong with it is mended.")
@click.option("--set-aside", is_flag=True, help="For good, as two people of the office approved.")
@refusals_said
def settle(entry: str | None, retry: bool, set_aside: bool) -> None:
    """List the entries that cannot stand in the log and were put aside, or settle one.

    `hub ledger settle` lists them, each with what is wrong; `hub ledger settle ENTRY --retry` has one taken again, once
    its row is put back from a backup, byte for byte. Where no backup has it, `--set-aside` ends the alarm, once two
    people of the office approved that on their page of decisions. Whom it concerns is told. Safe to repeat.
    """
    from hub.ledger import service
    from hub.members import service as members

    if retry + set_aside != (entry is not None):
        raise ValueError("type `hub ledger settle` to list them, or give one with --retry or with --set-aside")
    with operating() as actor:
        if entry is None:
            listed = service.put_aside(actor)
            for one in listed:
                click.echo(f"{one.name}  {one.found_at:%Y-%m-%d %H:%M}  {one.action or '–'}\n  {one.reason}")
            click.echo("" if listed else "No entry was put aside.", nl=not listed)
            return
        if set_aside:
            members.set_aside(actor, entry)
            click.echo("It is set aside for good, and whom it concerns has that on record.")
            return
        fresh = service.take_again(actor, entry)
    click.echo(
        "The sequencer takes it within seconds." if fresh else "It is in the log already; it was put aside by mistake."
    )


@ledger.command()
@refusals_said
def replay_erasures() -> None:
    """Erase anew what was erased before and a backup that was put back has brought back, from the journal of erasures.

    `hub run` does so by itself at the start. Each party of an entry, and the member of a person, is told. Safe to
    repeat, and done while the log is halted too.
    """
    from hub.members import service as members

    with operating() as actor:
        parts, people = members.replay_erasures(actor)
    click.echo(f"{parts:,} parts of entries erased anew, {people:,} people forgotten anew.")


@ledger.command("rotate-key")
@click.option("--again", is_flag=True, help="Although the key before signs still: the newest one was stolen.")
@refusals_said
def rotate_key(again: bool) -> None:
    """Have a new key sign the log: `hub ledger rotate-key`.

    The key that signs now announces the new one in a note that it signs, and every member has it on record. Both sign
    every checkpoint for 30 days; then the new one alone, and the old one's file may be destroyed. Members' clients
    follow by themselves. Killed at any moment, it has rotated the key or not: run it again, and it says which.
    """
    from hub.ledger import service

    with operating() as actor:
        key = service.rotate_key(actor, again=again)
        told = [each.name for each in service.known_witnesses(actor) if each.url is not None]
        before = service.log_keys(service.shards()[-1])[-2]
    click.echo(f"The log is signed by {key.vkey} from its next checkpoint on.")
    click.echo(f"Until {before.until:%d %B %Y} {before.vkey} signs too; keep both files until then, and a backup.")
    click.echo("Write the new key into the agreement, where members compare it.")
    if told:
        click.echo(f"Tell it to whoever runs these witnesses, or they cosign no more then: {', '.join(told)}")


@ledger.command("close-shard")
@refusals_said
def close_shard() -> None:
    """End the shard of the log that grows, and begin the next: `hub ledger close-shard`.

    At the turn of the year, in UTC, the sequencer does so by itself. The last entry names the next shard's key, which
    is made then; what waits is taken into the next. Every member has it on record, and its client follows by itself.
    The closed shard stays where it is, for ever. Run twice before it has ended, it closes one shard.
    """
    from hub.ledger import service

    with operating() as actor:
        closing = service.close_shard(actor)
        told = [each.name for each in service.known_witnesses(actor) if each.url is not None]
    click.echo(
        f"The sequencer closes {closing.origin} within seconds; /audit/log/shards names the next one and its key."
    )
    click.echo("Then back up the home: it holds one more key.")
    if told:
        click.echo(f"Tell the key to whoever runs these witnesses, or they cosign no more: {', '.join(told)}")


ledger.add_command(witness)
