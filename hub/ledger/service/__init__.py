"""Commands and queries on the log: one file each, all of them named here."""

from hub.ledger.service.alarm import alarm_of, take_untold
from hub.ledger.service.append import Concern, LedgerHaltedError, append
from hub.ledger.service.check import anchor_of, check_and_halt, check_log
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
from hub.ledger.service.own import (
    MOST_AT_ONCE,
    Chosen,
    OwnEntry,
    OwnPage,
    day_begins,
    own_count,
    own_download,
    own_entries,
    own_entry,
    own_page,
    parse_entry_id,
)
from hub.ledger.service.promises import promise
from hub.ledger.service.readings import members_to_read
from hub.ledger.service.sheets import ndjson, sheet
from hub.ledger.service.tag_keys import add_tag_key, tag_key

__all__ = [
    "GROUNDS",
    "MOST_AT_ONCE",
    "Chosen",
    "Concern",
    "Ground",
    "Head",
    "LedgerHaltedError",
    "NothingToEraseError",
    "OwnEntry",
    "OwnPage",
    "add_tag_key",
    "alarm_of",
    "anchor_of",
    "append",
    "check_and_halt",
    "check_erasable",
    "check_log",
    "checkpoint_at",
    "checkpoints",
    "day_begins",
    "entry_bundle",
    "erase",
    "forget",
    "members_to_read",
    "ndjson",
    "newest_checkpoint",
    "oldest_pending_seconds",
    "own_count",
    "own_download",
    "own_entries",
    "own_entry",
    "own_page",
    "parse_entry_id",
    "pending_count",
    "promise",
    "published_size",
    "receipt",
    "retire",
    "sheet",
    "tag_key",
    "take_untold",
    "tile",
    "tile_reader",
]
