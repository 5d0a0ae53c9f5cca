"""`alliance ledger receipt`: the proof that one entry is in the log, checked before it is given out or kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hub.client.errors import ClientError, ExitCode, false_answer
from hub.client.http import problem
from hub.client.ledger.alarm import LedgerAlarm, forked
from hub.client.ledger.finality import quorum_policy
from hub.client.ledger.keys import log_keys, stated_by
from hub.client.ledger.log import LogReader
from hub.client.ledger.parts import OwnEntry, entry_name, own_entries
from hub.client.ledger.published import open_log
from hub.client.ledger.shards import ShardLog, followed, named_in, shard_of
from hub.client.ledger.state import Memory, read_memory
from hub.client.ledger.tree_check import SignedTree, check_size
from hub.client.session import Session
from hub.tree.checkpoint import CheckpointBody
from hub.tree.leaf import LeafError, parse_leaf
from hub.tree.merkle import ProofError, leaf_hash
from hub.tree.note import NoteError
from hub.tree.tlog_proof import TlogProof


@dataclass(frozen=True)
class Receipt:
    """A verified receipt: the c2sp.org/tlog-proof@v1 text, the leaf it proves, and our view of it (None: erased).

    `final`: the quorum of the trust policy that we pinned has cosigned its checkpoint; None where it asks for no
    quorum, or we pinned none.
    """

    id: str
    index: int
    size: int
    proof: str
    entry: OwnEntry
    final: bool | None

    def document(self) -> dict[str, Any]:
        """For `--json`."""
        view = None if self.entry.view is None else dict(self.entry.view)
        leaf = self.entry.raw.decode()
        told = {"id": self.id, "index": self.index, "size": self.size, "final": self.final}
        return told | {"view": view, "leaf": leaf, "proof": self.proof}


class NoReceiptError(ClientError):
    """The hub has no receipt of the entry: it waits for its checkpoint, was put aside, or is none of ours."""


def fetch_receipt(session: Session, id: str) -> Receipt:
    """Fetch and check the receipt of an entry of ours.

    Raises ClientError: exit code 75 while the entry waits for its checkpoint, 4 for an id that does not concern us, 5
    for a proof that does not hold.
    """
    with open_log(session.profile, session.patience, session.console.say) as reader:
        try:
            return Receipts(session, reader).fetch(id)
        except LedgerAlarm as alarm:
            raise alarm.recorded(session.folder) from None


class Receipts:
    """The receipts of entries of ours, as the hub gives them and checked."""

    def __init__(self, session: Session, reader: LogReader) -> None:
        log_keys(session)
        self._session = session
        self._reader = reader
        self._policy = quorum_policy(session)
        self._shards: dict[str, ShardLog] = {}

    def fetch(self, id: str) -> Receipt:
        """Raises NoReceiptError where there is none, LedgerAlarm, and ClientError for a proof that does not hold."""
        given = self._given(id)
        try:
            proof = TlogProof.parse(given.decode())
            shard = self._shard(proof.checkpoint)
            entry = self._entry(id, shard.reader.base + proof.index)
            known = [each.verifier for each in self._policy.witnesses] if self._policy is not None else []
            stated, note = proof.verify(leaf_hash(entry.raw), shard.origin, log_keys(shard.check), known)
        except (UnicodeDecodeError, ProofError, NoteError, LeafError) as error:
            raise false_answer(f"the receipt does not hold: {error}") from None
        final = None if self._policy is None else self._policy.is_met_by(note.signed_by.keys())
        return Receipt(id, proof.index, stated.size, given.decode(), entry, final)

    def _given(self, id: str) -> bytes:
        answer = self._session.hub.get(f"/audit/receipts/{id}", accept=(200, 202, 404, 409))
        if answer.status == 202:
            raise NoReceiptError(ExitCode.TRY_LATER, "the entry waits for its checkpoint", "ask again in a second")
        if answer.status != 200:  # 409: it was put aside
            error = problem(answer)
            raise NoReceiptError(error.code, error.message, error.remedy)
        return answer.body

    def _shard(self, checkpoint: str) -> ShardLog:
        """The shard of which a checkpoint is a part. Raises LedgerAlarm where the log we are shown does not hold it."""
        if checkpoint not in self._shards:
            shard = shard_of(followed(self._session, self._reader), named_in(checkpoint))
            if shard is None:
                raise false_answer("the receipt is under a checkpoint of another log")
            _fits(shard, checkpoint, read_memory(self._session.folder / "ledger.json"))
            self._shards = {checkpoint: shard}
        return self._shards[checkpoint]

    def _entry(self, id: str, place: int) -> OwnEntry:
        """The entry at a place, which is to be this one."""
        given = self._session.hub.get("/audit/entries", {"after": place - 1, "limit": 1}).body.splitlines()
        entry = next(own_entries(given, place, place + 1), None)
        if entry is None or entry_name(parse_leaf(entry.raw).id) != id:
            raise false_answer("the receipt is of another entry")
        return entry


def _fits(shard: ShardLog, checkpoint: str, memory: Memory | None) -> None:
    """Hold a receipt's checkpoint against the log that we are shown, and that against what we remember of it.

    One checkpoint signed for us alone would prove an entry that the log of all others lacks. Raises LedgerAlarm.
    """
    closed = shard.final is not None
    known = shard.remembered if closed else memory if memory is not None and memory.origin == shard.origin else None
    theirs = stated_by(shard.check, checkpoint, shard.reader, ended=closed)
    note = shard.final or shard.reader.checkpoint()
    if note is None:
        check_size(_memory(theirs, checkpoint), None)
        return
    newest = stated_by(shard.check, note, shard.reader, ended=closed)
    tree = SignedTree(shard.reader, newest, note)
    tree.extends(known)
    if theirs.size <= newest.size:
        tree.extends(_memory(theirs, checkpoint))
        return
    try:  # signed after we were told of the newest
        SignedTree(shard.reader, theirs, checkpoint).extends(_memory(newest, note))
    except LedgerAlarm as alarm:
        told = f"the receipt is under a checkpoint of {theirs.size:,} entries that does not extend the log"
        raise forked(f"{told} of {newest.size:,}: {alarm.message}", remembered=note, now=checkpoint) from None


def _memory(stated: CheckpointBody, note: str) -> Memory:
    return Memory(stated.origin, note, stated.size, stated.root)
