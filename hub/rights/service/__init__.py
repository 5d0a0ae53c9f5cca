"""Commands and queries on IP rights: one file each, all of them named here."""

from hub.rights.service.enter import DuplicateRightError, correct, enter, withdraw
from hub.rights.service.read import (
    EXPIRING,
    Right,
    RightNotUsableError,
    ShownMove,
    UnknownRightError,
    Wanted,
    right,
    rights,
    usable,
)
from hub.rights.service.verify import refuse, verify
from hub.rights.service.warn import warn_of_ends

__all__ = [
    "EXPIRING",
    "DuplicateRightError",
    "Right",
    "RightNotUsableError",
    "ShownMove",
    "UnknownRightError",
    "Wanted",
    "correct",
    "enter",
    "refuse",
    "right",
    "rights",
    "usable",
    "verify",
    "warn_of_ends",
    "withdraw",
]
