"""What a check found wrong, with what others need to see it for themselves."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hub import clock
from hub.client.errors import ClientError, ExitCode

_TELL = "send this file to your auditor and to another member; the kept state was left as it was"


MOST_EVIDENCE = 256 * 1024
"""Bytes of evidence that the hub takes as a dispute."""


class LedgerAlarm(ClientError):
    """A failed check of the ledger: exit code 10 or above, and evidence for a third party (JSON types only)."""

    def __init__(self, code: ExitCode, message: str, evidence: dict[str, Any]) -> None:
        super().__init__(code, message)
        self.evidence = evidence

    def recorded(self, folder: Path) -> ClientError:
        """The error to end with, after writing the evidence into `folder` (mode 0600)."""
        folder = folder / "evidence"
        folder.mkdir(mode=0o700, exist_ok=True)
        now = clock.now()
        path = folder / f"{now:%Y%m%dT%H%M%SZ}-{self.code.name.lower()}-{secrets.token_hex(3)}.json"
        document = {"v": 1, "found_at": clock.stamp(now), "code": int(self.code), "what": self.message, **self.evidence}
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(document, file, indent=1)
        return ClientError(self.code, f"ALARM. {self.message}", f"evidence: {path} — {_TELL}")


def altered(message: str, **evidence: Any) -> LedgerAlarm:
    """Bytes are not what was signed."""
    return LedgerAlarm(ExitCode.ALTERED, message, evidence)


def forked(message: str, **evidence: Any) -> LedgerAlarm:
    """The signed tree does not extend the one signed before."""
    return LedgerAlarm(ExitCode.FORK, message, evidence)


def withheld(message: str, **evidence: Any) -> LedgerAlarm:
    """Something that must be given to us is not."""
    return LedgerAlarm(ExitCode.WITHHELD, message, evidence)


def overdue(message: str, **evidence: Any) -> LedgerAlarm:
    """An exchange that was answered is not in the log in time."""
    return LedgerAlarm(ExitCode.OVERDUE, message, evidence)


def as_many_as_fit(told: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first of many of a kind, such that the evidence can be put before the auditor."""
    kept, room = list[dict[str, Any]](), MOST_EVIDENCE // 2
    for each in told:
        room -= len(json.dumps(each, indent=3))
        if room < 0:
            break
        kept.append(each)
    return kept
