"""Commands and queries on the log: one file each, all of them named here."""

from hub.ledger.service.append import Concern, LedgerHaltedError, append
from hub.ledger.service.erasures import (
    GROUNDS,
    Ground,
    NothingToEraseError,
    check_erasable,
    erase,
    forget,
    retire,
)
from hub.ledger.service.log import (
    Head,
    checkpoint_at,
    checkpoints,
    entry_bundle,
    newest_checkpoint,
    oldest_pending_seconds,
    pending_count,
    published_size,
    receipt,
    tile,
    tile_reader,
)
from hub.ledger.service.own import OwnEntry, ndjson, own_count, own_entries, own_entry, parse_entry_id
from hub.ledger.service.promises import promise
from hub.ledger.service.tag_keys import add_tag_key, tag_key

__all__ = [
    "GROUNDS",
    "Concern",
    "Ground",
    "Head",
    "LedgerHaltedError",
    "NothingToEraseError",
    "OwnEntry",
    "add_tag_key",
    "append",
    "check_erasable",
    "checkpoint_at",
    "checkpoints",
    "entry_bundle",
    "erase",
    "forget",
    "ndjson",
    "newest_checkpoint",
    "oldest_pending_seconds",
    "own_count",
    "own_entries",
    "own_entry",
    "parse_entry_id",
    "pending_count",
    "promise",
    "published_size",
    "receipt",
    "retire",
    "tag_key",
    "tile",
    "tile_reader",
]
