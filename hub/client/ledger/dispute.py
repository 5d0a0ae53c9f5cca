"""`alliance ledger dispute`: the evidence of a failed check, put before the auditor through the hub."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hub.client.errors import usage
from hub.client.ledger.alarm import MOST_EVIDENCE
from hub.client.session import Session


def file_dispute(session: Session, evidence: Path) -> dict[str, Any]:
    """Send an evidence file byte for byte, as the digest on record is to be the file's, and keep the promise.

    Returns the dispute's name and the entry that records it.
    Raises ClientError: 2 for a file that is none, 4 where the hub refuses it.
    """
    try:
        raw = evidence.read_bytes()
        if len(raw) > MOST_EVIDENCE:
            raise ValueError("too long")
        document = json.loads(raw)
        if document["v"] != 1 or not isinstance(document["code"], int):
            raise ValueError("another document")
    except OSError as error:
        raise usage(f"{evidence} cannot be read: {error.strerror}", "name the evidence file") from error
    except (ValueError, KeyError, TypeError) as error:
        told = "name the file that `alliance ledger verify` wrote, at most 256 KiB"
        raise usage(f"{evidence} is no evidence file", told) from error
    answer = session.hub.post_document("/audit/disputes", raw)
    session.vault.note_exchange(answer.recorded(), "dispute")
    filed = answer.document()
    return {"dispute": str(filed.get("dispute")), "entry": answer.recorded().id}
