"""`alliance ledger dispute`: the evidence of a failed check, put before the auditor through the hub."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hub.client.errors import usage
from hub.client.session import Session

_LARGEST = 256 * 1024


def file_dispute(session: Session, evidence: Path) -> dict[str, Any]:
    """Send an evidence file as it is; returns the dispute's name and the entry that records it, and keeps the promise.

    Raises ClientError: 2 for a file that is none, 4 where the hub refuses it.
    """
    try:
        raw = evidence.read_bytes()[: _LARGEST + 1]
        document = json.loads(raw)
        if document["v"] != 1 or not isinstance(document["code"], int):
            raise ValueError("another document")
    except OSError as error:
        raise usage(f"{evidence} cannot be read: {error.strerror}", "name the evidence file") from error
    except (ValueError, KeyError, TypeError) as error:
        told = "name the file that `alliance ledger verify` wrote, at most 256 KiB"
        raise usage(f"{evidence} is no evidence file", told) from error
    answer = session.hub.post_json("/audit/disputes", document)
    session.vault.note_exchange(answer.recorded(), "dispute")
    filed = answer.document()
    return {"dispute": str(filed.get("dispute")), "entry": answer.recorded().id}
