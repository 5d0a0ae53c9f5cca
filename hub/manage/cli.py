"""The operator's command line: `hub …`."""

import os
import signal
import sys
import threading
from functools import partial
from pathlib import Path

import click

from hub.config import Settings
from hub.manage.cli_ledger import ledger
from hub.manage.operating import operating, refusals_said
from hub.members.rules import SECTORS


@click.group()
def main() -> None:
    """Run and administer an alliance hub.

    \b
    hub run                              start everything on 127.0.0.1:8000
    hub demo                             play the example exchange, then remove all of it
    hub member admit brand-x --kind brand --name "Brand X"
    hub member credential brand-x --out brand-x.profile
    hub epoch open 2026-2
    """  # noqa: D301 - click reads the \b


@main.command()
@refusals_said
def run() -> None:
    """Start PostgreSQL, evaluator, worker, sequencer and web, and keep them running until Ctrl-C.

    \b
    HUB_PORT=8001 hub run                 when port 8000 is taken
    HUB_DATABASE_URL=postgresql+psycopg://owner@server/hub hub run
    """  # noqa: D301 - click reads the \b
    from hub.manage import example, runtime

    launch = runtime.Launch.from_env()
    raise SystemExit(
        runtime.serve(launch, None if example.was_played(launch.home) else partial(example.play, stays=True))
    )


@main.command()
@refusals_said
def demo() -> None:
    """Play the example exchange on a hub of its own: three brands share, a platform matches, everybody verifies."""
    from hub.manage import example, runtime

    raise SystemExit(runtime.demo(runtime.Launch.from_env({**os.environ, "HUB_PORT": "8000"}), example.play))


@main.command()
def worker() -> None:
    """Run background jobs (a part of `hub run`)."""
    from hub.app import create_app
    from hub.jobs import create_queue
    from hub.ledger.jobs import ask_witnesses
    from hub.manage.work import FROM_TIME_TO_TIME, WHEN_ASKED

    settings = Settings.from_env()
    app = create_app(settings)
    with app.app_context():
        ask_witnesses()
    queue = create_queue(settings.database_url, app, FROM_TIME_TO_TIME, WHEN_ASKED)
    queue.run_worker(concurrency=3, listen_notify=True, delete_jobs="successful")


@main.command()
def sequence() -> None:
    """Run the ledger's sequencer (a part of `hub run`)."""
    from hub.ledger.jobs import sequence as run_sequencer
    from hub.log import set_up_logs
    from hub.manage.sequencing import sequencer_settings

    set_up_logs()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run_sequencer(*sequencer_settings(os.environ), stop)


@main.group()
def member() -> None:
    """Admit members, give them credentials, people, groups and quotas."""


@member.command()
@click.argument("code")
@click.option("--kind", type=click.Choice(["brand", "platform", "authority", "auditor", "agent"]), required=True)
@click.option("--name", help="The organisation's name; its code if left out.")
@click.option("--sector", type=click.Choice(list(SECTORS)), help="Its trade; without one it stands in all sectors.")
@refusals_said
def admit(code: str, kind: str, name: str | None, sector: str | None) -> None:
    """Admit a member: `hub member admit brand-x --kind brand --name "Brand X"`."""
    from hub.access.tlp import MemberKind
    from hub.members import service

    with operating() as actor:
        admitted = service.admit(actor, code, MemberKind(kind), name or code, sector)
        click.echo(
            f"{admitted.code} is admitted as {admitted.kind}. Next: hub member credential {code} --out {code}.profile"
        )


@member.command()
@click.argument("code")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The profile to write.")
@click.option("--days", default=365, show_default=True, help="How long the key serves.")
@refusals_said
def credential(code: str, out: Path, days: int) -> None:
    """Issue an API key as a profile that `alliance --profile FILE` reads; the key is in that file only."""
    from hub.manage import profiles

    with operating() as actor:
        profiles.issue(actor, code, out, days)
        click.echo(f"{out} holds the key of {code} (mode 0600); hand it over by a safe way.")


@member.command()
@click.argument("code")
@refusals_said
def revoke(code: str) -> None:
    """Revoke every API key of a member, at its next request."""
    from hub.members import service

    with operating() as actor:
        click.echo(f"{service.revoke_credentials(actor, code)} credentials of {code} are revoked.")


@member.command()
@click.argument("code")
@click.argument("state", type=click.Choice(["admitted", "probation", "suspended", "left"]))
@click.option("--reason", default="", help="Why; it stays with the office, and the record holds its digest.")
@refusals_said
def move(code: str, state: str, reason: str) -> None:
    """Change a member's standing: `hub member move brand-x suspended --reason "..."`, from its next request on."""
    from hub.members import service
    from hub.members.rules import MemberState

    with operating() as actor:
        moved = service.move(actor, code, MemberState(state), reason)
        click.echo(f"{moved.code} is {moved.state} now.")


@member.command()
@click.argument("code")
@click.argument("sector", type=click.Choice([*SECTORS, "all"]))
@refusals_said
def sector(code: str, sector: str) -> None:
    """Set a member's sector: `hub member sector brand-x footwear`; `all` for a platform or an authority.

    What a member shares passes to its own sector and to members without one, unless it gives a reason for all of them.
    """
    from hub.members import service

    with operating() as actor:
        service.set_sector(actor, code, None if sector == "all" else sector)
        click.echo(f"{code} stands in {sector.replace('all', 'all sectors')}. Every token list starts over.")


@member.command()
@click.argument("code")
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option(
    "--role", type=click.Choice(["owner", "analyst", "counsel", "viewer"]), default="owner", show_default=True
)
@click.password_option(help="Asked for when left out.")
@refusals_said
def person(code: str, email: str, name: str, role: str, password: str) -> None:
    """Let a person sign in to the pages for a member; the page "Who may do what" tells what each role may."""
    from hub.access.grants import Role
    from hub.members import service

    with operating() as actor:
        service.invite(actor, code, email, name, password, Role(role))
        click.echo(f"{name} may sign in for {code}.")


@member.command()
@click.argument("group")
@click.argument("codes", nargs=-1, required=True)
@refusals_said
def group(group: str, codes: tuple[str, ...]) -> None:
    """Put members into a sharing group: `hub member group watches brand-a brand-b platform-x`."""
    from hub.members import service

    with operating() as actor:
        service.join(actor, group, codes)
        click.echo(f"{', '.join(codes)} are in {group}.")


@member.command()
@click.argument("code")
@click.option("--type", "type_", required=True, help="Identifier type; `alliance types` lists them.")
@click.option("--per-month", type=int, required=True, help="Identifiers a month.")
@refusals_said
def quota(code: str, type_: str, per_month: int) -> None:
    """Set how many identifiers of a type a member may have evaluated a month."""
    from hub.epochs import service as epochs
    from hub.members import service

    with operating() as actor:
        epochs.declare_need(actor, service.find(code), type_, per_month)
        click.echo(f"{code} may have {per_month:,} identifiers of type {type_} evaluated a month.")


@member.command()
@click.argument("code")
@click.option("--per-minute", type=int, required=True, help="Requests a minute, a large one counting for several.")
@refusals_said
def limit(code: str, per_minute: int) -> None:
    """Set how many requests a minute a member may make: half of them with one key, a quarter by one person."""
    from hub.members import service

    with operating() as actor:
        service.set_limit(actor, code, per_minute)
        click.echo(f"{code} may make {per_minute:,} requests a minute.")


@member.command("list")
@refusals_said
def list_members() -> None:
    """List the members."""
    from hub.members import service

    with operating():
        after = ""
        while page := service.everybody(after):
            for one in page:
                click.echo(f"{one.code:24} {one.kind:15} {one.state:10} {one.name}")
            after = page[-1].code


@main.group()
def epoch() -> None:
    """Open the epochs that token keys serve."""


@epoch.command("open")
@click.argument("name")
@refusals_said
def open_epoch(name: str) -> None:
    """Open an epoch, a key for each identifier type: `hub epoch open 2026-2`. The last one goes on for matching."""
    from hub.epochs import service

    with operating() as actor:
        service.open_epoch(actor, name)
        click.echo(f"Epoch {name} is open. Members' clients take its keys at their next run.")


main.add_command(ledger)


if __name__ == "__main__":
    sys.exit(main())
