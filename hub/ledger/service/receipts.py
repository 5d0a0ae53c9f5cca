"""The proof that an entry is in the log."""

from hub.db import db
from hub.ledger.service.cosignatures import cosigned, newest_final
from hub.ledger.service.log import newest_checkpoint, tile_reader
from hub.ledger.service.own import OwnEntry
from hub.tree import merkle, tiles
from hub.tree.tlog_proof import TlogProof


def receipt(entry: OwnEntry) -> str | None:
    """A `c2sp.org/tlog-proof@v1` of the entry; None before a checkpoint covers it.

    Under the newest checkpoint that a quorum has cosigned, which makes it final; while none of those covers the entry,
    under the newest one, and provisional. Whoever has the trust policy sees which it is.
    """
    for head in (newest_final(), newest_checkpoint()):
        if entry.index is not None and head is not None and entry.index < head.size:
            proof = merkle.inclusion_proof(entry.index, head.size, tiles.subtrees(tile_reader(db.session)))
            return TlogProof(entry.index, tuple(proof), cosigned(head.size, head.note)).encode()
    return None
