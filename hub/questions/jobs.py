"""Background work on questions."""

from hub.questions import service


def expire_questions() -> int:
    """End what was not answered in time, platform by platform and brand by brand; returns how many. Safe to repeat."""
    expired = 0
    while (batch := service.expire_due()) is not None:
        expired += batch
    return expired
