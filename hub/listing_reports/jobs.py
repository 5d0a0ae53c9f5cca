"""Background work on listing reports."""

from hub.listing_reports import service


def lapse_reports() -> int:
    """Carry out the silence of sellers and right holders whose time has run out; returns of how many reports.

    Safe to repeat.
    """
    lapsed = 0
    while (batch := service.lapse_due()) is not None:
        lapsed += batch
    return lapsed
