"""Commands and queries on IP rights: one file each, all of them named here."""

from hub.rights.service.certificate import certificate, certify, erase_lapsed
from hub.rights.service.enter import DuplicateRightError, correct, enter, withdraw
from hub.rights.service.read import (
    EXPIRING,
    Certificate,
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
    "Certificate",
    "DuplicateRightError",
    "Right",
    "RightNotUsableError",
    "ShownMove",
    "UnknownRightError",
    "Wanted",
    "certificate",
    "certify",
    "correct",
    "enter",
    "erase_lapsed",
    "refuse",
    "right",
    "rights",
    "usable",
    "verify",
    "warn_of_ends",
    "withdraw",
]
