"""The operator's commands on witnesses at an address: `hub ledger witness …`."""

import click

from hub.manage.operating import operating, refusals_said


@click.group()
def witness() -> None:
    """Add and remove C2SP witnesses outside of the alliance, to which checkpoints are pushed.

    Their cosignatures are evidence for everybody. What is final rests on the members' own witnesses alone, which enrol
    themselves (`alliance ledger cosign`): so one person may add or remove one here, and everybody finds it on record.
    """


@witness.command()
@click.argument("vkey")
@click.argument("url")
@refusals_said
def add(vkey: str, url: str) -> None:
    """Push checkpoints to the witness with this verifier key, at its submission prefix.

    `hub ledger witness add 'witness.example/w1+9a6b…+BA…' https://witness.example/`; tell its operator the log's origin
    and key (/audit/log/keys) first.
    """
    from hub.ledger import service

    with operating() as actor:
        added = service.add_outside_witness(actor, vkey, url)
        click.echo(f"{added.name} is asked for cosignatures from now on, at most every ten seconds.")


@witness.command()
@click.argument("name")
@refusals_said
def remove(name: str) -> None:
    """Push no more to the witness of this name; what it cosigned stays."""
    from hub.ledger import service

    with operating() as actor:
        service.remove_outside_witness(actor, name)
        click.echo(f"{name} is asked no more.")


@witness.command("list")
@refusals_said
def list_witnesses() -> None:
    """List the witnesses that count at present: whose each is, and the largest checkpoint it has cosigned."""
    from hub.ledger import service

    with operating() as actor:
        for one in service.known_witnesses(actor):
            click.echo(f"{one.name:56} {one.member or one.url or '':32} {one.size or 0:>12,}")
