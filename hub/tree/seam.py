"""The seam between two shards of a log: the last entry of one names the next, whose first entry holds the end of it.

Both entries are public, and concern nobody: whoever has verified a shard to its final checkpoint finds there the next
shard's origin and key, under the root that it has verified, and takes no other.
"""

import json
import re
from base64 import b64encode

from hub.tree.leaf import ID_BYTES, LeafError
from hub.tree.note import ED25519, NoteError, Verifier

LONGEST_NOTE = 4_000
_NAME = re.compile(r"[0-9]{4}(?:-[1-9][0-9]?)?")
_LEAF = re.compile(rb'\{"id":"([A-Za-z0-9+/]{21}[AQgw]==)","(next|prev)":("(?:[^"\\]|\\[n"\\]){1,8000}"),"v":1\}')


def closing_leaf(id: bytes, successor: Verifier) -> bytes:
    """The last leaf of a shard: the verifier key of the next, whose name is its origin."""
    return _written(id, "next", successor.vkey)


def opening_leaf(id: bytes, final: str) -> bytes:
    """The first leaf of a shard: the final checkpoint of the one before it, as the log signed it."""
    return _written(id, "prev", final)


def successor_in(leaf: bytes) -> Verifier | None:
    """The key that a shard's last leaf names; None of a leaf that is no such. Raises LeafError for one that is bad."""
    told = _told(leaf, b"next")
    if told is None:
        return None
    try:
        verifier = Verifier.parse(told)
    except NoteError as error:
        raise LeafError(f"the end of a shard names no key: {error}") from None
    if verifier.algorithm != ED25519 or verifier.vkey != told or shard_name(verifier.name) is None:
        raise LeafError("the end of a shard names an Ed25519 key (type 1) of a shard")
    return verifier


def final_in(leaf: bytes) -> str | None:
    """The checkpoint that a shard's first leaf holds; None of a leaf that is no such. Raises LeafError."""
    return _told(leaf, b"prev")


def shard_name(origin: str) -> str | None:
    """The last part of an origin where it is a shard's, `2027` or `2027-2`; None of another."""
    name = origin.rpartition("/")[2]
    return name if _NAME.fullmatch(name) else None


def shard_origin(first: str, name: str) -> str:
    """The origin of the shard of that name of the log whose first shard is `first`."""
    stem, _, last = first.rpartition("/")
    return f"{stem if stem and _NAME.fullmatch(last) else first}/{name}"


def shard_prefix(origin: str, *, is_first: bool) -> str:
    """Where the tiles and checkpoints of a shard are, below the hub's address. The first is where no name stands."""
    return "audit/log/" if is_first else f"audit/log/{shard_name(origin)}/"


def _written(id: bytes, key: str, told: str) -> bytes:
    text = json.dumps(told, ensure_ascii=False)
    leaf = f'{{"id":"{b64encode(id).decode()}","{key}":{text},"v":1}}'.encode()
    if len(id) != ID_BYTES or len(told) > LONGEST_NOTE or _told(leaf, key.encode()) != told:
        raise LeafError("this cannot stand at a seam")
    return leaf


def _told(leaf: bytes, key: bytes) -> str | None:
    form = _LEAF.fullmatch(leaf)
    if form is None or form[2] != key:
        return None
    try:
        text = form[3].decode()
        told = str(json.loads(text))
    except ValueError:
        raise LeafError("an entry at a seam is not text") from None
    if json.dumps(told, ensure_ascii=False) != text:
        raise LeafError("an entry at a seam is not in the canonical form")
    return told
