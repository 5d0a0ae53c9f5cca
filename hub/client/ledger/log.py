"""Reading a published log (C2SP tlog-tiles): what a check asks for, wherever the log comes from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Protocol

from hub.tree.merkle import ProofError
from hub.tree.tiles import decode_bundle

Place = tuple[int | None, int, int]
"""(level, or None for a bundle of leaves; n; width)."""


class LogReader(Protocol):
    """The log of one hub, and of our own part of it. What it gives is not yet authenticated."""

    @property
    def first(self) -> int:
        """The first leaf that it can give."""

    @property
    def base(self) -> int:
        """How many entries the shards before this one hold: places, as our own entries have them, count through all."""

    @property
    def is_there(self) -> bool:
        """Whether anything of the shard is to be had here."""

    def shard(self, prefix: str, base: int) -> LogReader:
        """A reader of another shard of the log."""

    @property
    def caveat(self) -> str:
        """What it may be, besides rolled back, where it is shorter than the log that we remember."""

    def checkpoint(self, which: str = "checkpoint") -> str | None:
        """The newest signed checkpoint, or the `checkpoint/final` or `checkpoint/offered`; None while there is none.

        Raises LedgerAlarm for what is no text.
        """

    def announcements(self) -> Iterable[str]:
        """The notes by which the log's keys announced others, as far as we are told of them."""

    def verifiers(self) -> Iterable[str]:
        """The verifier keys that the hub says have signed the log."""

    def older(self) -> Iterable[str]:
        """Checkpoints signed before, that came with it."""

    def as_of(self) -> datetime:
        """The moment of which the newest checkpoint tells: what was recorded long before has to be in it."""

    def piece(self, place: Place) -> bytes:
        """A tile or bundle, or the full one that begins with it. Raises LedgerAlarm when it is not given out."""

    def pieces(self, places: Iterable[Place]) -> Iterator[bytes]:
        """The pieces in the order asked."""

    def own_lines(self, after: int) -> Iterator[bytes]:
        """Our entries upwards beyond the place `after`, a JSON object each; some may be of places up to it."""


def announcements_in(raw: bytes) -> list[str]:
    """The notes in what the hub says of its keys; none for what is no such document."""
    return _told_in(raw, "statement")


def verifiers_in(raw: bytes) -> list[str]:
    """The keys in what the hub says of them; none for what is no such document."""
    return _told_in(raw, "vkey")


def _told_in(raw: bytes, name: str) -> list[str]:
    try:
        return [each[name] for each in json.loads(raw)["keys"] if isinstance(each[name], str)]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []


def leaves_of(bundle: bytes, width: int) -> list[bytes]:
    """The first `width` leaves of a bundle. Raises ProofError when it cannot be read or holds fewer."""
    leaves = decode_bundle(bundle)
    if len(leaves) < width:
        raise ProofError(f"a bundle holds {len(leaves)} leaves instead of {width}")
    return leaves[:width]
