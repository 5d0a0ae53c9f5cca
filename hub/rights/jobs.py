"""Background work on IP rights."""

from hub.rights import service


def warn_of_rights() -> int:
    """Write to the people of each brand of its rights that end soon. Safe to repeat."""
    return service.warn_of_ends()


def erase_lapsed_certificates() -> int:
    """Delete certificates of rights that ended long ago, member by member; returns how many. Safe to repeat."""
    erased = 0
    while (batch := service.erase_lapsed()) is not None:
        erased += batch
    return erased
