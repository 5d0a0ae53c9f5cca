"""Background work on evidence."""

from hub.evidence import service


def erase_expired_evidence() -> int:
    """Erase what has come to the end of its retention, member by member; returns how many files. Safe to repeat."""
    erased = 0
    while (batch := service.erase_expired()) is not None:
        erased += batch
    return erased


def remove_orphaned_files() -> int:
    """Take off the disk what nobody can open any more; returns how many files. Safe to repeat."""
    return service.remove_orphans()
