"""The proof that an entry is in the log."""

from functools import partial

from sqlalchemy import select

from hub.db import db
from hub.ledger.model import Quarantined
from hub.ledger.service.cosignatures import cosigned, newest_final
from hub.ledger.service.log import newest_checkpoint, proof
from hub.ledger.service.own import OwnEntry
from hub.ledger.service.shards import shard_at
from hub.tree import merkle
from hub.tree.tlog_proof import TlogProof


class PutAsideError(Exception):
    """The entry could not be taken into the tree, so there is no receipt; the text says what is decided about it."""


def receipt(entry: OwnEntry) -> str | None:
    """A `c2sp.org/tlog-proof@v1` of the entry; None before a checkpoint covers it. Raises PutAsideError.

    Under the newest checkpoint of its shard that a quorum has cosigned, which makes it final; while none of those
    covers the entry, under the newest one, and provisional. Whoever has the trust policy sees which it is.
    """
    if entry.index is None:
        _refuse_if_put_aside(entry)
        return None
    shard = shard_at(entry.index)
    for newest in (newest_final, newest_checkpoint):
        head = newest(shard=shard)
        if head is not None and entry.index < head.size:
            index, size = entry.index - shard.first, head.size - shard.first
            path = proof(shard, partial(merkle.inclusion_proof, index, size))
            return TlogProof(index, tuple(path), cosigned(head.size, head.note)).encode()
    return None


def _refuse_if_put_aside(entry: OwnEntry) -> None:
    found = select(Quarantined.set_aside_at).where(Quarantined.entry_id == entry.id)
    aside = db.session.execute(found).one_or_none()
    if aside is not None:
        decided = "the operator has yet to settle it" if aside.set_aside_at is None else "two people set it aside"
        raise PutAsideError(f"The entry could not be taken into the log as it was found, and {decided}")
