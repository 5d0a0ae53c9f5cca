"""Withdrawing: taking back our word, for every identifier of a file or of one of our sellers."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.client.directory import Key
from hub.client.errors import usage
from hub.client.session import Session
from hub.client.share import BATCH, counts
from hub.client.spool import Spool
from hub.client.tokenise import token_batches, tokenise
from hub.client.vault import seller_reference
from hub.client.workers import Workers

REASONS = ("mistaken", "settled", "outdated", "other")


@dataclass
class Withdrawn:
    """What came of withdrawing, over all epochs that still serve. `unknown` were no active contributions of ours."""

    withdrawn: int = 0
    unknown: int = 0
    entries: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """For `--json`."""
        return {"withdrawn": self.withdrawn, "unknown": self.unknown, "entries": self.entries}


def withdraw_file(session: Session, spool: Spool, type: str, reason: str, workers: Workers) -> Withdrawn:
    """Take back every identifier of the spool, under every key that still serves. Raises ClientError."""
    result = Withdrawn()
    for key in session.keys(type):
        tokenise(session, spool, key, workers)
        with session.console.step(f"withdrawing under {key.key_id}", spool.count) as step:
            for batch in token_batches(session, spool, key, session.limit("share_tokens", BATCH)):
                _send(session, key, [one.mark for one, _ in batch], [token for _, token in batch], reason, result)
                step.advance(len(batch))
    return result


def withdraw_seller(session: Session, label: str, type: str, reason: str) -> Withdrawn:
    """Take back what was shared from here under one seller of ours. Raises ClientError, also when that is nothing."""
    result = Withdrawn()
    reference = seller_reference(session.vault.local_key, label)
    for key in session.keys(type):
        marks = session.vault.shared_for(key.key_id, reference)
        size = session.limit("share_tokens", BATCH)
        for at in range(0, len(marks), size):
            tokens = session.vault.tokens(key.key_id, marks[at : at + size])
            _send(session, key, list(tokens), list(tokens.values()), reason, result)
    if not result.entries:
        raise usage(
            f"nothing of type {type} was shared from here under this seller",
            "the seller is written as in the file that was shared; or withdraw by FILE",
        )
    return result


def _send(
    session: Session, key: Key, marks: Sequence[bytes], tokens: Sequence[bytes], reason: str, result: Withdrawn
) -> None:
    document = {"key": key.key_id, "tokens": base64.b64encode(b"".join(tokens)).decode(), "reason": reason}
    answer = session.hub.post_json("/api/v1/contributions/withdrawals", document)
    entry = answer.recorded()
    session.vault.forget_shared(key.key_id, marks, entry)
    withdrawn, unknown = counts(answer, "withdrawn", "unknown")
    result.withdrawn += withdrawn
    result.unknown += unknown
    result.entries.append(entry.id)
