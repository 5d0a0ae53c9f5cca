"""`alliance ledger receipt`: the proof that one entry is in the log, checked before it is given out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hub.client.errors import ClientError, ExitCode, false_answer, usage
from hub.client.ledger.parts import OwnEntry, entry_name, own_entries
from hub.client.session import Session
from hub.tree.leaf import LeafError, parse_leaf
from hub.tree.merkle import ProofError, leaf_hash
from hub.tree.note import NoteError, Verifier
from hub.tree.tlog_proof import TlogProof


@dataclass(frozen=True)
class Receipt:
    """A verified receipt: the c2sp.org/tlog-proof@v1 text, the leaf it proves, and our view of it (None: erased)."""

    id: str
    index: int
    size: int
    proof: str
    entry: OwnEntry

    def document(self) -> dict[str, Any]:
        """For `--json`."""
        view = None if self.entry.view is None else dict(self.entry.view)
        leaf = self.entry.raw.decode()
        return {"id": self.id, "index": self.index, "size": self.size, "view": view, "leaf": leaf, "proof": self.proof}


def fetch_receipt(session: Session, id: str) -> Receipt:
    """Fetch and check the receipt of an entry of ours.

    Raises ClientError: exit code 75 while the entry waits for its checkpoint, 4 for an id that does not concern us, 5
    for a proof that does not hold.
    """
    profile = session.profile
    if profile.ledger_vkey is None or profile.ledger_origin is None:
        raise usage("a receipt cannot be checked without the ledger's public key", "use a profile file: --profile FILE")
    answer = session.hub.get(f"/audit/receipts/{id}", accept=(200, 202))
    if answer.status == 202:
        raise ClientError(ExitCode.TRY_LATER, "the entry waits for its checkpoint", "ask again in a second")
    try:
        proof = TlogProof.parse(answer.body.decode())
        entry = next(own_entries(session.hub, proof.index, proof.index + 1), None)
        if entry is None or entry_name(parse_leaf(entry.raw).id) != id:
            raise false_answer("the receipt is of another entry")
        stated, _ = proof.verify(leaf_hash(entry.raw), profile.ledger_origin, [Verifier.parse(profile.ledger_vkey)])
    except (UnicodeDecodeError, ProofError, NoteError, LeafError) as error:
        raise false_answer(f"the receipt does not hold: {error}") from None
    return Receipt(id, proof.index, stated.size, answer.body.decode(), entry)
