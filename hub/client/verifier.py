"""`alliance-verify.pyz`: the check of an exported log in one file, for a machine without network or `alliance`.

The check itself is that of `alliance ledger verify --bundle`; here is only its command line. Beside the standard
library it needs `cryptography` and `rfc8785`. `make verifier` builds it.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import json
import os
import sqlite3
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from hub.client.errors import EXIT_CODES, ClientError, ExitCode, usage
from hub.client.ledger.bundle import open_bundle
from hub.client.ledger.keys import pin, read_policy
from hub.client.ledger.verify import Verified, verify
from hub.client.profile import Profile, read_profile
from hub.client.vault import Vault, open_vault
from hub.tree.note import ED25519, NoteError, Verifier

_ENDS = (
    *(ExitCode.OK, ExitCode.USAGE, ExitCode.PROVISIONAL),
    *(ExitCode.OVERDUE, ExitCode.ALTERED, ExitCode.FORK, ExitCode.WITHHELD),
)
_ABOUT = """Check an exported log of the alliance (BUNDLE, a zip) without the network.

In this order: the checkpoint's signature; that the log extends the one remembered from the last check; that every
tile leads to the signed root and every entry to its tile; that what carries the member's tag is in the file and opens
its commitment, or was erased with a record.
"""


class _Silent:
    """Progress is not told."""

    def advance(self, count: int) -> None:
        """Nothing."""


class _Quiet:
    def say(self, message: str) -> None:
        """On stderr."""
        sys.stderr.write(f"alliance-verify: {message}\n")

    @contextmanager
    def step(self, label: str, total: int | None) -> Iterator[_Silent]:
        """Nothing."""
        del label, total
        yield _Silent()


@dataclass(frozen=True)
class _Check:
    """What the check works with (a Checking)."""

    profile: Profile
    folder: Path
    vault: Vault
    console: _Quiet


def main(arguments: Sequence[str] | None = None) -> None:
    """Check a bundle and exit with the code of `alliance ledger verify`; an expected error is told in words."""
    given = _parser().parse_args(arguments)
    try:
        verified = _verified(given, os.environ)
        told = json.dumps(verified.document()) if given.json else "\n".join(verified.lines())
        sys.stdout.write(f"{told}\n")
        code = ExitCode.PROVISIONAL if verified.is_provisional else ExitCode.OK
    except ClientError as error:
        code = _end(error.code, str(error))
    except KeyboardInterrupt:
        code = _end(ExitCode.INTERRUPTED, "interrupted; the same command again begins anew")
    except (OSError, sqlite3.Error) as error:
        code = _end(ExitCode.TRY_LATER, f"{getattr(error, 'strerror', None) or type(error).__name__}: check the disk")
    except Exception as error:  # the last net: a traceback could show what only the member may read
        if os.environ.get("ALLIANCE_DEBUG") == "1":
            traceback.print_exc()
        code = _end(ExitCode.INTERNAL, f"a fault of this program ({type(error).__name__}); set ALLIANCE_DEBUG=1")
    sys.exit(int(code))


def _end(code: ExitCode, message: str) -> ExitCode:
    sys.stderr.write(f"alliance-verify: {message}\n")
    return code


def _parser() -> argparse.ArgumentParser:
    meanings = EXIT_CODES | {ExitCode.OK: "all of it holds", ExitCode.USAGE: "what was typed or a file is not usable"}
    ends = "\n".join(f"  {code.value:>3}  {meanings[code].removeprefix('ledger: ')}" for code in _ENDS)
    parser = argparse.ArgumentParser(
        prog="alliance-verify",
        description=_ABOUT,
        epilog=f"Exit codes:\n{ends}\n\nFrom 10 on it leaves an evidence file that a third party can check.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="what `alliance ledger export` or the page wrote")
    held = parser.add_mutually_exclusive_group(required=True)
    held.add_argument("--profile", metavar="FILE", help="the member's profile: the log's key and the key of its tags")
    held.add_argument("--vkey", metavar="KEY", help="the log's public key, as the agreement says on paper")
    parser.add_argument(
        "--tag-key", type=Path, metavar="FILE", help="with --vkey: the key of the member's tags, base64"
    )
    parser.add_argument("--policy", type=Path, metavar="FILE", help="trust policy to hold the log to from now on")
    parser.add_argument("--state", metavar="FOLDER", help="where is remembered what was checked; keep it in backups")
    parser.add_argument("--full", action="store_true", help="look at every entry again, not only at those added")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    return parser


def _verified(given: argparse.Namespace, environment: Mapping[str, str]) -> Verified:
    named = environment if given.state is None else {**environment, "ALLIANCE_STATE": given.state}
    if given.profile is not None:
        profile = read_profile(given.profile, environment)
    else:
        profile = _profile(given.vkey, given.tag_key)
    with open_bundle(given.bundle, profile) as bundle:
        profile = replace(profile, member=bundle.manifest.member)  # what each member was given is remembered apart
        folder = profile.state_folder(named)
        with open_vault(folder) as vault:
            check = _Check(profile, folder, vault, _Quiet())
            if given.policy is not None:
                pin(check, read_policy(given.policy))
            return verify(check, nullcontext(bundle), full=given.full)


def _profile(vkey: str, tag_key: Path | None) -> Profile:
    """What an outsider holds the log to: its key, and the key of a member's tags if it was given that."""
    try:
        log = Verifier.parse(vkey)
        if log.algorithm != ED25519:
            raise NoteError("a log has an Ed25519 key")
    except NoteError as error:
        raise usage(f"--vkey is no log's key: {error}", "copy it as the agreement has it, in one piece") from error
    return Profile(
        url=f"log://{log.hash.hex()}",
        api_key="",
        tag_key=None if tag_key is None else _key(tag_key),
        ledger_origin=log.name,
        ledger_vkey=vkey,
    )


def _key(file: Path) -> bytes:
    try:
        key = base64.b64decode(file.read_text("ascii").strip(), validate=True)
    except OSError as error:
        raise usage(f"{file} cannot be read: {error.strerror}", "check the path") from error
    except (ValueError, binascii.Error) as error:
        raise usage(f"{file} holds no key", "it is 32 bytes in base64, the `tag_key` of the profile") from error
    if len(key) != 32:
        raise usage(f"{file} holds no key", "it is 32 bytes in base64, the `tag_key` of the profile")
    return key
