"""Where the hub recorded an exchange, as its answer says."""

from __future__ import annotations

from typing import NamedTuple


class Recorded(NamedTuple):
    """The entry's id, and the signed promise that the log will hold it."""

    id: str
    promise: str | None
    """A note whose signature and text hold; None without a pinned key to hold it to."""
