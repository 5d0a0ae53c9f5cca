"""Background work on IP rights."""

from hub.rights import service


def warn_of_rights() -> int:
    """Write to the people of each brand of its rights that end soon. Safe to repeat."""
    return service.warn_of_ends()
