"""What this member remembers of the log between two checks. Without memory a rewritten log passes (ledger.md §4.6)."""

from __future__ import annotations

import base64
import binascii
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from hub import clock
from hub.client.errors import usage
from hub.tree.promise import TERM_SECONDS

_VERSION = 1


class Erased(NamedTuple):
    """What was erased under one record: the entry of that id, or, without one, the leaves from `first` to `last`."""

    first: int
    last: int
    id: str

    def covers(self, other: Erased) -> bool:
        """Whether a record that says this accounts for the missing views of `other`."""
        return self.id == other.id if self.id else self.first <= other.first and other.last <= self.last

    def joined(self, other: Erased | None) -> Erased:
        """What one record is to say that was named for both; two entries are a span."""
        if other is None or other == self:
            return self
        return Erased(min(self.first, other.first), max(self.last, other.last), "")


class Due(NamedTuple):
    """What a record is to say was erased that is not in the tree yet.

    It has to be in every tree that is signed from `by` on (seconds since 1970).
    """

    erased: Erased
    by: float


@dataclass(frozen=True)
class Memory:
    """The last checkpoint that held in every check: the signed note, and the size and root it states.

    `full_at` is when every entry was last looked at (RFC 3339). `erasures` maps ids of erasure records that were named
    for missing views of ours, but were not yet in the tree, to what is due of them.
    """

    origin: str
    note: str
    size: int
    root: bytes
    full_at: str = ""
    erasures: Mapping[str, Due] = field(default_factory=dict)


def read_memory(path: Path) -> Memory | None:
    """The memory kept at `path`; None before the first check. Raises ClientError for a damaged file."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["v"] != _VERSION:
            raise ValueError("another version")
        return Memory(
            document["origin"],
            document["note"],
            int(document["size"]),
            base64.b64decode(document["root"], validate=True),
            document["full_at"],
            {str(record): _due(*said) for record, said in document["erasures"].items()},
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
        raise usage(
            f"the kept state of the ledger {path} is damaged",
            "restore it from a backup; if you delete it, a log rewritten before today would not be noticed",
        ) from error


def _due(first: int, last: int, id: str, by: float | None = None) -> Due:
    """An earlier version kept no time: then the term begins now."""
    erased = Erased(int(first), int(last), str(id))
    return Due(erased, clock.now().timestamp() + TERM_SECONDS if by is None else float(by))


def write_memory(path: Path, memory: Memory) -> None:
    """Replace the memory (`replace_file`)."""
    document = {
        "v": _VERSION,
        "origin": memory.origin,
        "note": memory.note,
        "size": memory.size,
        "root": base64.b64encode(memory.root).decode(),
        "full_at": memory.full_at,
        "erasures": {record: [*due.erased, due.by] for record, due in memory.erasures.items()},
    }
    replace_file(path, json.dumps(document))


def replace_file(path: Path, text: str) -> None:
    """Replace a file at once and as a whole (mode 0600): after a crash the old one stands, or the new one."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    if os.name == "posix":  # where a folder can be opened, its new name is made durable too
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
