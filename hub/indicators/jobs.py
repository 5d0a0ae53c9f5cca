"""Background work on contributions."""

from hub.indicators import service


def expire_contributions() -> int:
    """End what has come to its expiry, member by member; returns how many contributions ended. Safe to repeat."""
    ended = 0
    while (batch := service.expire_some()) is not None:
        ended += batch
    return ended


def settle_orphans() -> int:
    """Take what members left behind to its next stage, member by member; returns how many moved. Safe to repeat."""
    moved = 0
    while (batch := service.settle_orphans()) is not None:
        moved += batch
    return moved
