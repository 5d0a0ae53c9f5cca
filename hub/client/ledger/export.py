"""`alliance ledger export`: the log and our part of it in one file, for a check without the network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.client.ledger.bundle import Manifest, open_bundle
from hub.client.out_file import replacing
from hub.client.session import Session


@dataclass(frozen=True)
class Exported:
    """A bundle that was written."""

    file: Path
    told: Manifest

    def document(self) -> dict[str, Any]:
        """For `--json`."""
        told = {"first": self.told.first, "size": self.told.size, "final": self.told.final}
        return {"file": str(self.file), **told}

    def lines(self) -> list[str]:
        """For people."""
        first, size = self.told.first, self.told.size
        return [
            f"{self.file} holds the log from entry {first:,} up to its {size:,} entries, and our part of them",
            f"  check it: alliance ledger verify --bundle {self.file}",
        ]


def export(session: Session, file: Path, first: int, to: int | None) -> Exported:
    """Write the bundle, whole or not at all. Raises ClientError: 4 for a span that the hub refuses, 2 for the file."""
    span = {"from": first} if to is None else {"from": first, "to": to}
    with replacing(file, "ledger export") as draft:
        with draft.open("r+b") as into, session.console.step("fetching the log", None):
            session.hub.download("/audit/export", span, into)
        with open_bundle(draft, session.profile) as bundle:
            told = bundle.manifest
    return Exported(file, told)
