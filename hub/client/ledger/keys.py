"""The keys that we hold the log to."""

from __future__ import annotations

from hub.client.errors import usage
from hub.client.ledger.alarm import altered
from hub.client.session import Session
from hub.tree.checkpoint import CheckpointBody, open_checkpoint
from hub.tree.note import NoteError, Verifier


def log_keys(session: Session) -> list[Verifier]:
    """The keys that sign for the log. Raises ClientError where the profile holds none."""
    if session.profile.ledger_vkey is None or session.profile.ledger_origin is None:
        raise usage("the ledger cannot be checked without its public key", "use a profile file: --profile FILE")
    return [Verifier.parse(session.profile.ledger_vkey)]


def stated_by(session: Session, note: str) -> CheckpointBody:
    """What a checkpoint states. Raises LedgerAlarm unless one of the log's keys signed it."""
    try:
        return open_checkpoint(note, str(session.profile.ledger_origin), log_keys(session))[0]
    except NoteError as error:
        raise altered(f"the checkpoint is not what the key in your profile signs: {error}", now=note) from None
