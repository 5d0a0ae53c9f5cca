"""The shards of the log, one after the other, a year each (`ledger.md` §5.8): where each is, and which one grows."""

from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import ColumnElement, func, select

from hub.db import compiled, db
from hub.ledger.model import Checkpoint, LogKey, Shard
from hub.tree.seam import shard_name, shard_prefix

NO_END = 2**63 - 1
"""Past every place."""


@dataclass(frozen=True)
class LogShard:
    """One of them. Places from `first` on are in it, up to `past`; None: it grows."""

    n: int
    origin: str
    first: int
    past: int | None
    began_at: datetime | None
    closed_at: datetime | None

    @property
    def prefix(self) -> str:
        """Where its tiles are, below the hub's address."""
        return shard_prefix(self.origin, is_first=self.n == 1)

    @property
    def name(self) -> str | None:
        """How its addresses name it; None: the first, which they name not."""
        return None if self.n == 1 else shard_name(self.origin)

    @property
    def covers(self) -> ColumnElement[bool]:
        """Of a checkpoint: it is one of this shard."""
        return (Checkpoint.size > self.first) & (Checkpoint.size <= self.most)

    @property
    def most(self) -> int:
        """The size that it does not grow beyond."""
        return NO_END if self.past is None else self.past


_SHARDS = compiled(select(Shard.n, Shard.origin, Shard.first, Shard.began_at, Shard.closed_at).order_by(Shard.n))


def shards() -> list[LogShard]:
    """All of them, the first one first. Before anything is signed there is the first all the same."""
    rows = _SHARDS.run()
    if not rows:
        return [LogShard(1, current_app.extensions["settings"].origin, 0, None, None, None)]
    pasts = [*(row.first for row in rows[1:]), None]
    return [
        LogShard(row.n, row.origin, row.first, past, row.began_at, row.closed_at)
        for row, past in zip(rows, pasts, strict=True)
    ]


def shard_called(name: str | None) -> LogShard | None:
    """The one that addresses name so; None where there is none."""
    return next((each for each in shards() if each.name == name), None)


def shard_at(place: int) -> LogShard:
    """The one in which an entry has its place."""
    return next(each for each in reversed(shards()) if each.first <= place)


def shard_lines() -> list[dict[str, object]]:
    """The shards as they are told to everybody: origin, first key, prefix, whether closed, entries, and in which place
    the first of them is.
    """
    latest_first = select(LogKey.shard, LogKey.vkey).order_by(LogKey.until.desc(), LogKey.since.desc())
    keys = {row.shard: row.vkey for row in db.session.execute(latest_first)}  # what is left is the first of each
    published = db.session.execute(select(func.max(Checkpoint.size))).scalar() or 0
    return [
        {
            "origin": each.origin,
            "vkey": keys.get(each.n),
            "prefix": each.prefix,
            "state": "open" if each.closed_at is None else "closed",
            "first": each.first,
            "size": max(0, (published if each.past is None else each.past) - each.first),
            "closed_at": each.closed_at,
        }
        for each in shards()
    ]
