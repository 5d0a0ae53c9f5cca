"""The example exchange: three brands share, a platform matches, everybody verifies, all through the members' client."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from hub.access.actor import Actor
from hub.access.tlp import MemberKind
from hub.epochs import service as epochs
from hub.manage import profiles
from hub.manage.home import ROOT
from hub.manage.operating import operating
from hub.members import service as members

MEMBERS = (
    ("brand-a", MemberKind.BRAND, "Aster Watches"),
    ("brand-b", MemberKind.BRAND, "Borealis Footwear"),
    ("brand-c", MemberKind.BRAND, "Cinder Cosmetics"),
    ("platform-x", MemberKind.PLATFORM, "Exchange Street Market"),
    ("auditor", MemberKind.AUDITOR, "Ledger & Light"),
)
SHARES = (
    (
        "brand-a",
        "brand-a.csv",
        ("--type", "phone", "--column", "phone", "--seller", "seller", "--evidence", "E2", "--tlp", "green"),
    ),
    (
        "brand-b",
        "brand-b.csv",
        ("--type", "phone", "--column", "phone", "--seller", "seller", "--evidence", "E1", "--tlp", "amber"),
    ),
    ("brand-c", "brand-c.txt", ("--type", "store_url", "--evidence", "E3", "--tlp", "red", "--group", "stores")),
)
MATCHES = (
    ("platform.csv", ("--type", "phone", "--column", "phone")),
    ("platform-stores.txt", ("--type", "store_url")),
)


def was_played(home: Path) -> bool:
    """Whether this home had its example exchange."""
    return (home / "example").exists()


def play(environment: Mapping[str, str], *, stays: bool = False) -> None:
    """Admit the example members, play the exchange, and say what came of it; where the hub stays, how to sign in.

    Raises subprocess.CalledProcessError when a member's client fails. If we crash half-way, the home keeps what was
    exchanged and the example is not played again.
    """
    folder = Path(environment["HUB_HOME"]) / "example"
    folder.mkdir(mode=0o700)
    with operating(dict(environment)) as actor:
        _found(actor, folder)
    shared = {code: _alliance(folder, code, "share", str(ROOT / "examples" / file), *how) for code, file, how in SHARES}
    matched = {
        file: _alliance(
            folder,
            "platform-x",
            "match",
            str(ROOT / "examples" / file),
            *how,
            "--out",
            str(folder / f"{file}.hits.csv"),
        )
        for file, how in MATCHES
    }
    verified = {code: _alliance(folder, code, "ledger", "verify") for code, _, _ in MEMBERS}
    _tell(shared, matched, verified)
    if stays:
        click.echo(f"\nTo look at it: {environment['HUB_URL']}; who may sign in: {folder / 'sign-in.txt'}")


def _found(actor: Actor, folder: Path) -> None:
    """Members, their people, one sharing group and the first epoch."""
    epochs.open_epoch(actor, "2026-1")
    for code, kind, name in MEMBERS:
        members.admit(actor, code, kind, name)
        profiles.issue(actor, code, folder / f"{code}.profile", days=365)
    members.join(actor, "stores", ["brand-c", "platform-x"])
    password = secrets.token_urlsafe(12)
    for code, _, name in (*MEMBERS, (members.OFFICE, None, "Alliance office")):
        members.invite(actor, code, f"{code}@alliance-hub.org", f"Analyst of {name}", password)
    (folder / "sign-in.txt").touch(mode=0o600)
    listed = "".join(
        f"{code}@alliance-hub.org  {password}\n" for code in (*(each[0] for each in MEMBERS), members.OFFICE)
    )
    how = (
        "\nAt the first sign-in the page asks for a second factor: have an authenticator app at hand (on a phone, or a"
        "\npassword manager that shows codes). It reads the picture, or takes the secret that the page shows as text.\n"
    )
    (folder / "sign-in.txt").write_text(listed + how)


def _alliance(folder: Path, code: str, *words: str) -> dict[str, Any]:
    """What the client answers with --json, run as the member would type it."""
    shown = [Path(word).name if word.startswith("/") else word for word in words]
    click.echo(f"  {code}$ alliance {' '.join(shown)}")
    command = [str(Path(sys.executable).with_name("alliance")), "--profile", str(folder / f"{code}.profile"), *words]
    told = {**os.environ, "ALLIANCE_STATE": str(folder / "state" / code)}
    done = subprocess.run([*command, "--json"], cwd=folder, env=told, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 3):  # 3: correct, not yet cosigned by witnesses
        raise click.ClickException(f"alliance ended with {done.returncode}: {done.stderr.strip()[-800:]}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _tell(shared: Mapping[str, Any], matched: Mapping[str, Any], verified: Mapping[str, Any]) -> None:
    """Who shared what, what matched, and what each verified, for a person."""
    titles = {code: name for code, _, name in MEMBERS}
    click.echo("\nShared, as tokens; no identifier left its owner")
    for code, answer in shared.items():
        rows, done = answer["rows"], answer["shared"]
        bad = f"; {rows['bad']} rows refused, to be mended" if rows["bad"] else ""
        click.echo(f"  {titles[code]:24} {done['added']:4} indicators under {done['key']}{bad}")
    click.echo("Matched, against what it may see")
    for file, answer in matched.items():
        click.echo(
            f"  {titles['platform-x']:24} {len(answer['hits']):4} of the {answer['rows']['good']} rows in {file}"
        )
    click.echo("Verified, each with its own copy of the log's state")
    for code, answer in verified.items():
        click.echo(
            f"  {titles[code]:24} {answer['size']:4} entries in the log, {answer['own']} its own, all proven and opened"
        )
