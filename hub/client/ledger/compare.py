"""`alliance ledger compare`: what other members were shown of the log, against what we are shown (gossip by e-mail)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from hub.client.errors import usage
from hub.client.ledger.alarm import LedgerAlarm, forked
from hub.client.ledger.keys import log_keys, stated_by
from hub.client.ledger.log import LogReader
from hub.client.ledger.published import open_log
from hub.client.ledger.state import Memory, read_memory
from hub.client.ledger.tree_check import SignedTree, check_size
from hub.client.session import Session
from hub.tree.checkpoint import open_checkpoint
from hub.tree.merkle import ProofError
from hub.tree.note import MOST_BYTES, NoteError
from hub.tree.tlog_proof import TlogProof


@dataclass(frozen=True)
class Compared:
    """Checkpoints of one log: the sizes of those compared, and of the newest, of which all are a part."""

    sizes: Sequence[int]
    newest: int

    def document(self) -> dict[str, Any]:
        """For `--json`."""
        return {"consistent": True, "sizes": list(self.sizes), "newest": self.newest}

    def lines(self) -> list[str]:
        """For people."""
        told = ", ".join(f"{size:,}" for size in self.sizes)
        return [f"one log: what was signed at {told} entries is part of the log of {self.newest:,}"]


def compare(session: Session, files: Sequence[Path]) -> Compared:
    """Whether the checkpoints in the files, our own memory and the hub's newest checkpoint are of one log.

    Raises ClientError: exit code 30 and an evidence file with both signed notes where they are not; 2 for a file that
    holds no checkpoint signed by the log's key.
    """
    try:
        with open_log(session.profile, session.patience, session.console.say) as reader:
            return _compared(session, files, reader)
    except LedgerAlarm as alarm:
        raise alarm.recorded(session.folder) from None


def _compared(session: Session, files: Sequence[Path], reader: LogReader) -> Compared:
    note = reader.checkpoint()
    # First, as the log may be signed by another key now, and what is in the files too.
    stated = None if note is None else stated_by(session, note, reader)
    held = [_signed_in(session, file) for file in files]
    own = read_memory(session.folder / "ledger.json")
    held = sorted([*held, own] if own is not None else held, key=lambda each: each.size)
    for one, other in pairwise(held):
        if one.size == other.size and one.root != other.root:
            told = f"the hub signed two different logs of {one.size:,} entries"
            raise forked(told, remembered=one.note, now=other.note)
    if note is None or stated is None:
        check_size(held[-1], None)
        return Compared([each.size for each in held], 0)
    tree = SignedTree(reader, stated, note)
    for each in reversed(held):
        tree.extends(each)
    return Compared([each.size for each in held], tree.size)


def _signed_in(session: Session, file: Path) -> Memory:
    """The checkpoint in a file: a note, a receipt, or the `ledger.json`, `witness.json` or evidence of a client."""
    keys, origin = log_keys(session), str(session.profile.ledger_origin)
    try:
        with file.open("rb") as opened:
            text = opened.read(2 * MOST_BYTES).decode()
        note = _note_in(text)
        stated, _ = open_checkpoint(note, origin, keys)
        return Memory(origin, note, stated.size, stated.root)
    except OSError as error:
        raise usage(f"{file} cannot be read: {error.strerror}", "check the path") from error
    except (ValueError, RecursionError) as error:
        words = error if isinstance(error, NoteError | ProofError) else "it is neither a note nor a receipt"
        raise usage(
            f"{file} holds no checkpoint of our log: {words}",
            "ask for the other member's ledger.json, or for what /audit/log/checkpoint gave it",
        ) from error


def _note_in(text: str) -> str:
    if text.startswith("{"):
        document = json.loads(text)
        return str(document.get("note") or document.get("now"))
    return TlogProof.parse(text).checkpoint if text.startswith("c2sp.org/tlog-proof@") else text
