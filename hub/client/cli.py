"""The members' command line: `alliance`."""

from __future__ import annotations

import os
import sqlite3
import sys
import traceback
import warnings
from collections.abc import Sequence

import click

from hub.canonical import TYPES
from hub.client import cli_files, cli_ledger, cli_outcomes
from hub.client.console import table
from hub.client.errors import ClientError, ExitCode, usage
from hub.client.http import PATIENCE
from hub.client.options import EXIT_HELP, Options, examples, json_option

_RESUMES = "the same command again resumes where it stopped"


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=examples(
        "alliance types",
        "alliance share sellers.xlsx --type phone --evidence E2 --tlp green --country CN --dry-run",
        "alliance --profile brand.json share sellers.xlsx --type phone --evidence E2 --tlp green --country CN",
        "alliance --profile platform.json match shops.csv --type domain",
        "alliance --profile platform.json ledger verify",
    )
    + EXIT_HELP,
)
@click.option("--profile", metavar="FILE", help="Your profile file; otherwise $ALLIANCE_PROFILE.")
@click.option(
    "--patience",
    type=click.FloatRange(min=0),
    default=PATIENCE,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for a hub that is busy or down before giving up with exit code 75.",
)
@click.option("--for", "acting_for", metavar="BRAND", help="As an agent, act for this brand; otherwise $ALLIANCE_FOR.")
@click.version_option(package_name="alliance-hub", prog_name="alliance")
@click.pass_context
def alliance(context: click.Context, profile: str | None, patience: float, acting_for: str | None) -> None:
    """Share and match identifiers of infringing sellers without giving them out.

    Identifiers stay on this machine: the hub sees blinded elements and tokens only. ALLIANCE_URL and ALLIANCE_API_KEY
    stand above the profile; ALLIANCE_STATE names the folder of your own state (vault, lists, ledger), otherwise
    ~/.local/share/alliance/MEMBER@HOST. Keep that folder in your backups, and to yourself.
    """
    context.obj = Options(profile, patience, acting_for)


for command in (*cli_files.COMMANDS, cli_outcomes.outcomes, cli_ledger.ledger):
    alliance.add_command(command)


@alliance.command(epilog=examples("alliance --profile brand.json status"))
@json_option
@click.pass_obj
def status(options: Options, /, as_json: bool) -> None:
    """Who the hub takes us for, our sharing groups and what is left of our quotas."""
    console = options.console(as_json)
    with options.session(console) as session:
        me = session.me()
        rows = [
            (quota["type"], f"{quota['used']:,}", f"{quota['allowed']:,}", f"{quota['allowed'] - quota['used']:,}")
            for quota in me.get("quotas", [])
        ]
        groups = ", ".join(me.get("sharing_groups", [])) or "none"
        lines = [f"{me.get('member')} ({me.get('kind')}) in {me.get('alliance')}; sharing groups: {groups}"]
        lines += [f"state folder: {session.folder}"]
        lines += table(("type", "used this month", "allowed", "left"), rows) if rows else []
        console.result({**me, "state_folder": str(session.folder)}, lines)


@alliance.command(epilog=examples("alliance types"))
@json_option
@click.pass_obj
def types(options: Options, /, as_json: bool) -> None:
    """The identifier types, with an example each. Needs no network."""
    rows = [
        (kind.name, kind.title, kind.weight, f"{kind.retention_days} days", kind.examples[0]) for kind in TYPES.values()
    ]
    document = {
        kind.name: {
            "title": kind.title,
            "rule": kind.rule,
            "weight": kind.weight,
            "links": kind.links,
            "retention_days": kind.retention_days,
            "examples": list(kind.examples),
        }
        for kind in TYPES.values()
    }
    options.console(as_json).result(document, table(("type", "what it is", "weight", "kept", "example"), rows))


@alliance.command(epilog=examples("alliance --profile brand.json seller s_0zVbQ3hYkKx2mDk1x5Zt"))
@click.argument("reference")
@click.pass_obj
def seller(options: Options, /, reference: str) -> None:
    """Our own name of the seller that the hub knows as REFERENCE (s_…)."""
    console = options.console(as_json=False)
    with options.session(console) as session:
        label = session.vault.seller_label(reference)
        if label is None:
            raise usage("this reference was not made here", "ask the colleague who shared it, or use that state folder")
        console.result({}, [label])


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit with its code; an expected error is told in words, never as a traceback."""
    warnings.filterwarnings("ignore", module="openpyxl")
    sys.exit(int(_run(arguments)))


def _run(arguments: Sequence[str] | None) -> int:
    try:
        ended = alliance.main(None if arguments is None else list(arguments), standalone_mode=False)
        sys.stdout.flush()  # what cannot be written is told here, not by the interpreter as it ends
    except ClientError as error:
        return _end(error.code, f"alliance: {error}")
    except click.ClickException as error:
        error.show()
        return int(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        return _end(ExitCode.INTERRUPTED, f"alliance: interrupted; nothing is lost, {_RESUMES}")
    except BrokenPipeError:
        _drop_output()  # whoever read it has gone
        return int(ExitCode.OK)
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        _drop_output()
        return _end(ExitCode.TRY_LATER, f"alliance: {reason}\n  → check the disk; {_RESUMES}")
    except Exception as error:  # the last net: a traceback could show identifiers
        if os.environ.get("ALLIANCE_DEBUG") == "1":
            traceback.print_exc()
        told = f"alliance: a fault of this program ({type(error).__name__})"
        return _end(
            ExitCode.INTERNAL, f"{told}\n  → set ALLIANCE_DEBUG=1 and report what it prints, without identifiers"
        )
    return ended if isinstance(ended, int) else int(ExitCode.OK)


def _drop_output() -> None:
    """Let go of output that cannot be written, or the interpreter fails over it once more, with a code of its own."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _end(code: ExitCode, message: str) -> int:
    click.echo(message, err=True)
    return int(code)
