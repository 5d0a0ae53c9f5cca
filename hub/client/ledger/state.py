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

from hub.client.errors import usage
from hub.tree.merkle import HASH_BYTES
from hub.tree.tiles import HEIGHT, WIDTH

_VERSION = 1

Tiles = Mapping[tuple[int, int], bytes]
"""(level, n) → hashes of a tile, concatenated."""


@dataclass(frozen=True)
class Memory:
    """The last checkpoint that held in every check, and the edge of its tree: the partial tile of each level.

    `erasures` maps ids of erasure records that were named for a missing view of ours, but were not yet in the tree, to
    the ids of the entries they are to say were erased.
    """

    origin: str
    note: str
    size: int
    root: bytes
    edge: Tiles
    full_at: str
    erasures: Mapping[str, str] = field(default_factory=dict)


def edge_of(size: int, tiles: Tiles) -> dict[tuple[int, int], bytes]:
    """The partial tiles of a tree of `size`: with them alone it can be grown and its root computed."""
    edge = {}
    level, hashes = 0, size
    while hashes:
        n, width = divmod(hashes, WIDTH)
        if width:
            edge[level, n] = tiles[level, n][: width * HASH_BYTES]
        level, hashes = level + 1, hashes >> HEIGHT
    return edge


def read_memory(path: Path) -> Memory | None:
    """The memory kept at `path`; None before the first check. Raises ClientError for a damaged file."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["v"] != _VERSION:
            raise ValueError("another version")
        edge = {
            (int(level), int(n)): base64.b64decode(hashes, validate=True) for level, n, hashes in document["edge"]
        }
        return Memory(
            document["origin"],
            document["note"],
            int(document["size"]),
            base64.b64decode(document["root"], validate=True),
            edge,
            document["full_at"],
            {str(record): str(erased) for record, erased in document["erasures"].items()},
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
        raise usage(
            f"the kept state of the ledger {path} is damaged",
            "restore it from a backup; if you delete it, a log rewritten before today would not be noticed",
        ) from error


def write_memory(path: Path, memory: Memory) -> None:
    """Replace the memory at once and as a whole (mode 0600): after a crash the old one stands, or the new one."""
    document = {
        "v": _VERSION,
        "origin": memory.origin,
        "note": memory.note,
        "size": memory.size,
        "root": base64.b64encode(memory.root).decode(),
        "edge": [[level, n, base64.b64encode(hashes).decode()] for (level, n), hashes in sorted(memory.edge.items())],
        "full_at": memory.full_at,
        "erasures": dict(memory.erasures),
    }
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(document, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
