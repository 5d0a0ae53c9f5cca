"""`alliance ledger receipt`: the proof that one entry is in the log, checked before it is given out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hub.client.errors import ClientError, ExitCode, false_answer
from hub.client.ledger.alarm import LedgerAlarm
from hub.client.ledger.keys import log_keys, pinned_policy, stated_by
from hub.client.ledger.parts import OwnEntry, entry_name, own_entries
from hub.client.ledger.published import open_log
from hub.client.ledger.shards import followed, named_in, shard_of
from hub.client.session import Session
from hub.tree.leaf import LeafError, parse_leaf
from hub.tree.merkle import ProofError, leaf_hash
from hub.tree.note import NoteError
from hub.tree.tlog_proof import TlogProof


@dataclass(frozen=True)
class Receipt:
    """A verified receipt: the c2sp.org/tlog-proof@v1 text, the leaf it proves, and our view of it (None: erased).

    `final`: the quorum of the trust policy that we pinned has cosigned its checkpoint; None where we pinned none.
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


def fetch_receipt(session: Session, id: str) -> Receipt:
    """Fetch and check the receipt of an entry of ours.

    Raises ClientError: exit code 75 while the entry waits for its checkpoint, 4 for an id that does not concern us, 5
    for a proof that does not hold.
    """
    log_keys(session)
    policy = pinned_policy(session)
    known = [each.verifier for each in policy.witnesses] if policy is not None else []
    answer = session.hub.get(f"/audit/receipts/{id}", accept=(200, 202))
    if answer.status == 202:
        raise ClientError(ExitCode.TRY_LATER, "the entry waits for its checkpoint", "ask again in a second")
    try:
        proof = TlogProof.parse(answer.body.decode())
        with open_log(session.profile, session.patience, session.console.say) as reader:
            origin = named_in(proof.checkpoint)
            shard = shard_of(followed(session, reader), origin)
            if shard is None:
                raise false_answer("the receipt is under a checkpoint of another log")
            stated_by(shard.check, proof.checkpoint, shard.reader, ended=shard.final is not None)
        place = shard.reader.base + proof.index
        given = session.hub.get("/audit/entries", {"after": place - 1, "limit": 1}).body.splitlines()
        entry = next(own_entries(given, place, place + 1), None)
        if entry is None or entry_name(parse_leaf(entry.raw).id) != id:
            raise false_answer("the receipt is of another entry")
        keys = log_keys(shard.check)
        stated, note = proof.verify(leaf_hash(entry.raw), origin, keys, known)
    except LedgerAlarm as alarm:
        raise alarm.recorded(session.folder) from None
    except (UnicodeDecodeError, ProofError, NoteError, LeafError) as error:
        raise false_answer(f"the receipt does not hold: {error}") from None
    final = None if policy is None else policy.is_met_by(note.signed_by.keys())
    return Receipt(id, proof.index, stated.size, answer.body.decode(), entry, final)
