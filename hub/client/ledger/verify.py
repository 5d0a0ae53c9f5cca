"""`alliance ledger verify`: the order of checks of ledger.md §5.10, and what is remembered of them."""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from hub import clock
from hub.client.errors import usage
from hub.client.ledger.alarm import LedgerAlarm, altered, as_many_as_fit, overdue, withheld
from hub.client.ledger.checking import Checking
from hub.client.ledger.finality import Finality, finality_of, no_finality
from hub.client.ledger.keys import log_keys, promise_of, signed_by_ours, stated_by
from hub.client.ledger.log import LogReader
from hub.client.ledger.parts import Opened, Ours, OwnLeaf, open_views, own_entries, scan
from hub.client.ledger.shards import ShardLog, followed, shard_of
from hub.client.ledger.state import Due, Memory, read_memory, write_memory
from hub.client.ledger.tree_check import SignedTree, check_size, with_note
from hub.client.vault import Exchange
from hub.tree.checkpoint import CheckpointBody
from hub.tree.merkle import leaf_hash
from hub.tree.promise import TERM_SECONDS

DEADLINE = timedelta(seconds=TERM_SECONDS)
"""An answered exchange is in the log by then (ledger.md §5.7)."""
_UNTAGGED = "  NOT CHECKED, without the key of our tags: whether an entry of ours is withheld"


@dataclass(frozen=True)
class Verified:
    """A ledger that holds. `new` entries were looked at; of ours, `views` opened and `erased` have their record.

    `finality`: what the quorum of the trust policy that we pinned has cosigned of it; None where we pinned none, or one
    that asks for no quorum.
    """

    size: int
    new: int
    own: int
    views: int
    erased: int
    exchanges: int
    waiting: int
    finality: Finality | None = None
    tagged: bool = True
    """Whether we had the key of our tags; without it nobody sees what is withheld from us."""
    unfinal: str = ""
    """Why no quorum is asked for, for people."""

    @property
    def is_provisional(self) -> bool:
        """Whether there is a quorum to ask for, and it has not cosigned all that concerns us."""
        return self.finality is not None and not self.finality.reached

    def document(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "size": self.size,
            "new": self.new,
            "own": self.own,
            "views": self.views,
            "erased": self.erased,
            "exchanges": self.exchanges,
            "waiting": self.waiting,
            "tagged": self.tagged,
            "final": None if self.finality is None else {"size": self.finality.size, "reached": self.finality.reached},
            "cosigned_at": None if self.finality is None else self.finality.times(),
        }

    def lines(self) -> list[str]:
        """For people."""
        waiting = f", {self.waiting:,} on their way" if self.waiting else ""
        erased = f", {self.erased:,} erased with a record" if self.erased else ""
        return [
            f"ledger verified: {self.size:,} entries, {self.new:,} of them looked at now",
            f"  {self.own:,} concern us: {self.views:,} views open their commitments{erased}",
            f"  {self.exchanges:,} answered exchanges of ours are in the log{waiting}",
            *(f"  {line}" for line in ([self.unfinal] if self.finality is None else self.finality.lines())),
            *([] if self.tagged else [_UNTAGGED]),
        ]


def verify(check: Checking, opening: AbstractContextManager[LogReader], *, full: bool) -> Verified:
    """Check the log from the last check on, or from its first entry on `full`, and remember the result.

    `opening` opens the log, wherever it is read from.

    Raises ClientError with exit code 10, 20, 30 or 40 and the path of an evidence file; then the memory stays as it
    was.
    """
    log_keys(check)
    path = check.folder / "ledger.json"
    memory = read_memory(path)
    try:
        with opening as reader:
            verified, remembered = _check(check, reader, memory, full=full)
    except LedgerAlarm as alarm:
        raise alarm.recorded(check.folder) from None
    if remembered is not None:
        write_memory(path, remembered)
    return verified


class _Found:
    """What the shards looked at hold of ours."""

    def __init__(self) -> None:
        self.own: dict[int, OwnLeaf] = {}
        self.opened = Opened()
        self.new = 0
        self.size = 0
        self.note: str | None = None
        self.finality: Finality | None = None


def _check(check: Checking, reader: LogReader, memory: Memory | None, *, full: bool) -> tuple[Verified, Memory | None]:
    exchanges, asked_at = check.vault.open_exchanges(), reader.as_of()
    shards, found, begun = followed(check, reader), _Found(), memory is None or full
    if memory is not None and shard_of(shards, memory.origin) is None:
        raise usage("we remember another log than our profile names", "name another folder in ALLIANCE_STATE")
    remembered, looked_at = None, False
    for shard in shards:
        before = ended = shard.remembered
        if memory is not None and shard.origin == memory.origin:
            begun, before = True, memory
        done = before is memory and ended is not None and memory is not None and memory.size == ended.size
        if not begun or (done and not full and not shard.reader.is_there):
            continue
        remembered, first = _shard(check, shard, before, found, full=full or before is not memory)
        looked_at |= first > 0
    if remembered is None or found.note is None:
        waiting = _on_time(exchanges, frozenset(), asked_at, None)
        told = no_finality(check)
        return Verified(0, 0, 0, 0, 0, check.vault.exchange_count() - waiting, waiting, unfinal=told), None
    ids = frozenset(leaf.id for leaf in found.own.values())
    try:
        due, signed = memory.erasures if memory else {}, asked_at.timestamp()
        pending = accounted(found.opened, ids, due, signed, clock.now().timestamp())
        waiting = _on_time(exchanges, ids, asked_at, found.note)
    except LedgerAlarm as alarm:
        raise with_note(alarm, found.note) from None
    _kept_promises(check, exchanges, found.own)
    check.vault.keep_own_leaves({leaf.id: index for index, leaf in found.own.items()})
    full_at = memory.full_at if memory is not None and looked_at else clock.stamp(asked_at)
    finality = found.finality
    if finality is not None and check.vault.last_own_leaf() >= finality.size:
        finality = replace(finality, reached=False)
    verified = Verified(
        found.size,
        found.new,
        len(found.own),
        found.opened.views,
        found.opened.erased,
        check.vault.exchange_count() - waiting,
        waiting,
        finality,
        tagged=check.profile.tag_key is not None,
        unfinal=no_finality(check),
    )
    return verified, replace(remembered, full_at=full_at, erasures=pending)


def _shard(
    check: Checking, shard: ShardLog, memory: Memory | None, found: _Found, *, full: bool
) -> tuple[Memory | None, int]:
    """Look at one shard; what is to be remembered of it, and the first leaf that was looked at."""
    reader, own_check = shard.reader, shard.check
    final, note = reader.checkpoint("checkpoint/final"), reader.checkpoint()
    if note is None:
        if memory is not None:
            check_size(memory, None)
        return None, 0
    stated = stated_by(own_check, note, reader, ended=shard.final is not None)
    first = _begin(reader, memory, full=full)
    tree = SignedTree(reader, stated, note)
    tree.extends(memory)
    for older in (each for each in reader.older() if signed_by_ours(own_check, each)):
        tree.extends(_remembered(stated_by(own_check, older, reader, ended=True), older))
    found.finality = finality_of(own_check, reader, tree, final)
    try:
        own, opened = _own_parts(check, reader, tree, first)
    except LedgerAlarm as alarm:
        raise with_note(alarm, note) from None
    found.own |= own
    found.opened += opened
    found.new += tree.size - first
    found.size, found.note = tree.base + tree.size, note
    return Memory(stated.origin, note, stated.size, stated.root), first


def _begin(reader: LogReader, memory: Memory | None, *, full: bool) -> int:
    """The first leaf to look at. Raises ClientError where the log that we are given begins after it."""
    first = 0 if memory is None or full else memory.size
    if first < reader.first:
        begin = reader.base + first
        raise usage(
            f"it begins at entry {reader.base + reader.first:,}, and the entries from {begin:,} on were not looked at",
            f"export the log from {begin} on: alliance ledger export FILE --from {begin}",
        )
    return first


def _remembered(stated: CheckpointBody, note: str) -> Memory:
    return Memory(stated.origin, note, stated.size, stated.root)


def _own_parts(check: Checking, reader: LogReader, tree: SignedTree, first: int) -> tuple[dict[int, OwnLeaf], Opened]:
    own, after, past = dict[int, OwnLeaf](), tree.base + first - 1, tree.base + tree.size
    open_ids = frozenset(exchange.id for exchange in check.vault.open_exchanges())
    with check.console.step("reading the ledger", tree.size - first) as step:
        for found in scan(tree, first, _ours(check, reader, after, past), open_ids):
            if isinstance(found, OwnLeaf):
                own[found.index] = found
            else:
                step.advance(found)
    return own, open_views(own, own_entries(reader.own_lines(after), after + 1, past))


def _ours(check: Checking, reader: LogReader, after: int, past: int) -> Ours:
    """What tells us our leaves: our tag; or, without its key, what we are given to open, whatever else is withheld."""
    tag_key = check.profile.tag_key
    if tag_key is not None:
        return lambda _, leaf: leaf.place(tag_key)
    given = {entry.index: entry.n for entry in own_entries(reader.own_lines(after), after + 1, past)}
    return lambda index, _: given.get(index)


def accounted(
    opened: Opened, ids: Collection[str], due: Mapping[str, Due], signed: float, now: float
) -> dict[str, Due]:
    """Erasures whose records are not among the entries `ids` of ours yet, in a log as it was signed at a time.

    A record was recorded with its erasure, so by `now`, and comes into the log within the term of a promise: however
    early the log looked at ends, until then it is due. Raises LedgerAlarm for one that did not come, or is a record of
    something else. Times are seconds since 1970.
    """
    pending = {}
    named = opened.missing | {record: late.erased.joined(opened.missing.get(record)) for record, late in due.items()}
    for record, erased in named.items():
        by = due[record].by if record in due else now + TERM_SECONDS
        if record not in ids and signed < by:
            pending[record] = Due(erased, by)
        elif record not in opened.records or not opened.records[record].covers(erased):
            told = f"entry {erased.id}" if erased.id else f"entries {erased.first:,} to {erased.last:,}"
            raise withheld(f"there is no record of the erasure of our view of {told}", record=record)
    return pending


def _kept_promises(check: Checking, exchanges: list[Exchange], own: Mapping[int, OwnLeaf]) -> None:
    """Each leaf of an exchange of ours is the one that was promised. Raises LedgerAlarm."""
    found = {leaf.id: leaf for leaf in own.values()}
    for exchange in exchanges:
        leaf, promised = found.get(exchange.id), promise_of(check.profile, exchange)
        if leaf is not None and promised is not None and promised.leaf_hash != leaf_hash(leaf.raw):
            raise altered(
                f"entry {leaf.index:,} is not the leaf that was promised for our {exchange.act} of {exchange.at}",
                index=leaf.index,
                leaf=base64.b64encode(leaf.raw).decode(),
                promise=exchange.promise,
            )


def _on_time(exchanges: list[Exchange], found: frozenset[str], now: datetime, note: str | None) -> int:
    """How many of our exchanges are on their way into the log. Raises LedgerAlarm for one that is overdue."""
    waiting = [exchange for exchange in exchanges if exchange.id not in found]
    late = [exchange for exchange in waiting if exchange.at < clock.stamp(now - DEADLINE)]
    if late:
        raise overdue(
            f"{len(late):,} of our exchanges are not in the log after {DEADLINE.seconds} seconds; the first is "
            f"{late[0].id} ({late[0].act}, {late[0].at})",
            now=note,
            exchanges=as_many_as_fit(exchange._asdict() for exchange in late),
        )
    return len(waiting)
