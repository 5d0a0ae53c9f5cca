"""What concerns us: the leaves that carry our tag, and our views that must open their commitments."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.client.ledger.alarm import altered, forked, withheld
from hub.client.ledger.state import Erased
from hub.client.ledger.tree_check import SignedTree
from hub.tree.leaf import Leaf, LeafError, opens, parse_leaf
from hub.tree.seam import final_in, successor_in
from hub.tree.tiles import WIDTH
from hub.tree.view import ViewError

ERASED, RETIRED = "audit.erase", "audit.retire"
"""Records of what was erased: of one entry, of a span of leaves at the end of their retention."""


@dataclass(frozen=True)
class OwnLeaf:
    """A leaf that carries our tag, at pair `n`; `index` is its place, which counts through all shards."""

    index: int
    id: str
    n: int
    leaf: Leaf
    raw: bytes


Ours = Callable[[int, Leaf], int | None]
"""(index, leaf) → which pair is ours; None: the leaf does not concern us."""


@dataclass(frozen=True)
class OwnEntry:
    """What the hub gives us to one of our leaves: the view with its salt, or the id of the record of its erasure."""

    index: int
    n: int
    raw: bytes
    view: Mapping[str, Any] | None
    salt: bytes | None
    erased_by: str | None


def entry_name(id: bytes) -> str:
    """An entry's id as `Audit-Entry` and our journal write it."""
    return base64.urlsafe_b64encode(id).decode().rstrip("=")


def scan(tree: SignedTree, first: int, ours: Ours, open_ids: frozenset[str]) -> Iterator[OwnLeaf | int]:
    """Look at every leaf from `first` on; yield those that are ours, and after each bundle the count of its leaves.

    `open_ids` are entries of our own exchanges: one without our tag was hidden from us. Raises LedgerAlarm.
    """
    for n, leaves in tree.leaves(first):
        for index, raw in enumerate(leaves, start=n * WIDTH):
            if index < first:
                continue
            try:
                leaf = parse_leaf(raw)
            except LeafError as error:
                if _is_seam(tree, index, raw):
                    continue
                raise altered(f"entry {index:,} is not a leaf: {error}", index=index, leaf=_b64(raw)) from None
            place = ours(tree.base + index, leaf)
            if place is not None:
                yield OwnLeaf(tree.base + index, entry_name(leaf.id), place, leaf, raw)
            elif open_ids and entry_name(leaf.id) in open_ids:
                told = f"entry {index:,} is of our own exchange, but not marked as ours"
                raise withheld(told, index=index, leaf=_b64(raw))
        yield len(leaves)


def _is_seam(tree: SignedTree, index: int, raw: bytes) -> bool:
    """Whether it is the entry with which a shard begins or ends. Raises LedgerAlarm for one behind which it goes on."""
    try:
        if successor_in(raw) is not None:
            if index < tree.size - 1:
                raise forked("the shard goes on behind its end", now=tree.note, index=index, leaf=_b64(raw))
            return True
        return index == 0 and tree.base > 0 and final_in(raw) is not None
    except LeafError:
        return False


def own_entries(lines: Iterable[bytes], start: int, size: int) -> Iterator[OwnEntry]:
    """What the hub gives us, from leaf `start` up to `size`. Raises LedgerAlarm for what cannot be read."""
    last = -1
    for line in lines:
        entry = _entry(line)
        if entry.index <= last:
            raise altered(f"our entries do not come in the order of the log, at {entry.index:,}", index=entry.index)
        last = entry.index
        if entry.index >= size:
            return
        if entry.index >= start:
            yield entry


def _entry(line: bytes) -> OwnEntry:
    try:
        row = json.loads(line)
        view, salt, erased_by = row["view"], row["salt"], row["erased_by"]
        if view is not None and not isinstance(view, dict):
            raise ValueError("a view is an object")
        return OwnEntry(
            int(row["index"]),
            int(row["n"]),
            base64.b64decode(row["leaf"], validate=True),
            view,
            None if salt is None else base64.b64decode(salt, validate=True),
            None if erased_by is None else entry_name(base64.b64decode(erased_by, validate=True)),
        )
    except (ValueError, KeyError, TypeError, binascii.Error, RecursionError):
        raise altered("one of our entries is not of the agreed form", line=_b64(line)) from None


@dataclass
class Opened:
    """Our views that hold, and those that were erased.

    `records` maps the id of each erasure record of ours to what it says was erased; `missing` maps the id of the record
    that is named for missing views to what it is to account for.
    """

    views: int = 0
    erased: int = 0
    records: dict[str, Erased] = field(default_factory=dict)
    missing: dict[str, Erased] = field(default_factory=dict)

    def __iadd__(self, other: Opened) -> Opened:
        """Those of a later shard too."""
        self.views += other.views
        self.erased += other.erased
        self.records |= other.records
        for record, one in other.missing.items():
            self.missing[record] = one.joined(self.missing.get(record))
        return self

    def miss(self, record: str, leaf: OwnLeaf) -> None:
        """Count a view whose erasure is said to be recorded in the entry `record`."""
        self.erased += 1
        self.missing[record] = Erased(leaf.index, leaf.index, leaf.id).joined(self.missing.get(record))


def open_views(own: Mapping[int, OwnLeaf], entries: Iterator[OwnEntry]) -> Opened:
    """Hold what the hub gives us against the leaves that carry our tag. Raises LedgerAlarm.

    Every tagged leaf has its entry (or it is withheld), every entry is of a tagged leaf, and its view and salt open the
    commitment there.
    """
    opened = Opened()
    waiting = dict(own)
    for entry in entries:
        leaf = waiting.pop(entry.index, None)
        if leaf is None or leaf.raw != entry.raw or leaf.n != entry.n:
            raise altered(f"what the hub gives us for entry {entry.index:,} is not in the log", index=entry.index)
        if entry.view is None or entry.salt is None:
            if entry.erased_by is None:
                raise withheld(
                    f"our view of entry {entry.index:,} is missing, with no record of an erasure",
                    index=entry.index,
                    leaf=_b64(leaf.raw),
                )
            opened.miss(entry.erased_by, leaf)
            continue
        if not _opens(leaf, entry.view, entry.salt):
            raise altered(
                f"our view of entry {entry.index:,} is not the one that was recorded",
                index=entry.index,
                leaf=_b64(leaf.raw),
                n=leaf.n,
                view=dict(entry.view),
                salt=_b64(entry.salt),
            )
        opened.views += 1
        told = _erased(entry.view)
        if told is not None:
            opened.records[leaf.id] = told
    if waiting:
        first = min(waiting)
        raise withheld(
            f"{len(waiting):,} entries carry our tag, but the hub does not show them to us; the first is {first:,}",
            index=first,
            leaf=_b64(waiting[first].raw),
        )
    return opened


def _erased(view: Mapping[str, Any]) -> Erased | None:
    """What the view says was erased; None for any other view. A record that says nothing covers nothing."""
    subject, counts = view.get("subject"), view.get("counts")
    if view.get("action") == ERASED:
        return Erased(0, -1, str(subject.get("ref", "")) if isinstance(subject, dict) else "")
    if view.get("action") == RETIRED and isinstance(counts, dict):
        first, last = counts.get("first"), counts.get("last")
        if isinstance(first, int) and isinstance(last, int):
            return Erased(first, last, "")
    return None


def _opens(leaf: OwnLeaf, view: Mapping[str, Any], salt: bytes) -> bool:
    try:
        return opens(leaf.leaf, leaf.n, salt, view)
    except ViewError:
        return False


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
