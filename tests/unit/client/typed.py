"""The members' command line as typed, run in this process; profiles of a hub that nobody answers for."""

import base64
import io
import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.client.cli import main
from hub.tree.note import Signer

NOBODY = "http://127.0.0.1:1"
"""An address where nothing listens."""


@dataclass
class Ended:
    """How one command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """What it answered to --json."""
        answer: dict[str, Any] = json.loads(self.out)
        return answer

    @property
    def reasons(self) -> dict[str, str]:
        """Place → reason, of a dry run with --json."""
        return {problem["place"]: problem["reason"] for problem in self.document["problems"]}


def typed(*words: str | Path) -> Ended:
    """Run `alliance` with these words."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main([str(word) for word in words])
        except SystemExit as ended:
            code = int(ended.code or 0)
    return Ended(code, out.getvalue(), err.getvalue())


def looked_at(file: Path, kind: str, *words: str | Path) -> Ended:
    """`share --dry-run --json`."""
    terms = ("--type", kind, "--evidence", "E2", "--tlp", "green")
    return typed("share", file, *terms, "--dry-run", "--json", *words)


def verifier() -> str:
    """A verifier key of some log."""
    return Signer.from_seed("example.hub/audit", base64.b64encode(bytes(32))).verifier.vkey


def profile_document(url: str = NOBODY) -> dict[str, Any]:
    """A profile as the operator writes it."""
    key = base64.b64encode(bytes(range(32))).decode()
    return {
        "version": 1,
        "url": url,
        "member": "brand-a",
        "alliance": "example",
        "api_key": "ah_secret_of_brand_a",
        "tag_key": key,
        "ledger": {"origin": "example.hub/audit", "vkey": verifier()},
        "service_vkey": verifier(),
        "keys": {},
    }


def written_profile(folder: Path, url: str = NOBODY, **other: Any) -> Path:
    """The profile in a file as it should be: mode 0600."""
    path = folder / "brand-a.profile"
    path.write_text(json.dumps(profile_document(url) | other))
    path.chmod(0o600)
    return path
