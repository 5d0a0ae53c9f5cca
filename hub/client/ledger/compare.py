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
from hub.client.ledger.shards import ShardLog, followed, named_in, shard_of
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
    # First, as the log may be signed by another key now, or go on in another shard, and what is in the files too.
    shards = followed(session, reader)
    for shard in shards:
        note = shard.reader.checkpoint()
        if note is not None:
            stated_by(shard.check, note, shard.reader, ended=shard.final is not None)
    held = [each for file in files for each in _signed_in(shards, file)]
    own = read_memory(session.folder / "ledger.json")
    held += [own] if own is not None else []
    held += [shard.remembered for shard in shards if shard.remembered is not None]
    sizes, newest = list[int](), 0
    for shard in shards:
        theirs = [each for each in held if each.origin == shard.origin]
        newest = _of_shard(shard, theirs) or newest
        sizes += [shard.reader.base + each.size for each in theirs]
    return Compared(sorted(sizes), newest)


def _of_shard(shard: ShardLog, held: Sequence[Memory]) -> int:
    """Whether these are of one log with what we are shown of the shard; how far that goes, with all shards before."""
    note = shard.reader.checkpoint()
    held = sorted(held, key=lambda each: each.size)
    for one, other in pairwise(held):
        if one.size == other.size and one.root != other.root:
            told = f"the hub signed two different logs of {one.size:,} entries"
            raise forked(told, remembered=one.note, now=other.note)
    if note is None:
        if held:
            check_size(held[-1], None)
        return 0
    tree = SignedTree(shard.reader, stated_by(shard.check, note, shard.reader, ended=shard.final is not None), note)
    for each in reversed(held):
        tree.extends(each)
    return tree.base + tree.size


def _signed_in(shards: Sequence[ShardLog], file: Path) -> list[Memory]:
    """The checkpoints in a file: a note, a receipt, or a file of a client's state, or its evidence."""
    try:
        with file.open("rb") as opened:
            text = opened.read(2 * MOST_BYTES).decode()
        return [_opened(shards, note) for note in _notes_in(text)]
    except OSError as error:
        raise usage(f"{file} cannot be read: {error.strerror}", "check the path") from error
    except (ValueError, TypeError, RecursionError) as error:
        words = error if isinstance(error, NoteError | ProofError) else "it is neither a note nor a receipt"
        raise usage(
            f"{file} holds no checkpoint of our log: {words}",
            "ask for the other member's ledger.json, or for what /audit/log/checkpoint gave it",
        ) from error


def _opened(shards: Sequence[ShardLog], note: str) -> Memory:
    shard = shard_of(shards, named_in(note)) or shards[0]
    stated, _ = open_checkpoint(note, shard.origin, log_keys(shard.check))
    return Memory(shard.origin, note, stated.size, stated.root)


def _notes_in(text: str) -> list[str]:
    """All of them: evidence of a fork is the note remembered beside the one that there is now. Raises ValueError."""
    if not text.startswith("{"):
        return [TlogProof.parse(text).checkpoint if text.startswith("c2sp.org/tlog-proof@") else text]
    document = json.loads(text)
    if "seams" in document:
        return [str(final) for final, _ in document["seams"]]
    notes = [str(document[name]) for name in ("note", "now", "remembered") if document.get(name) is not None]
    if not notes:
        raise ValueError("no note")
    return notes
