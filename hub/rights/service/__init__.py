"""Commands and queries on IP rights: one file each, all of them named here."""

from hub.rights.service.ask import ask, show
from hub.rights.service.certificate import certificate, certify, erase_lapsed
from hub.rights.service.enter import DuplicateRightError, correct, enter, withdraw
from hub.rights.service.read import (
    EXPIRING,
    Certificate,
    Right,
    RightNotUsableError,
    ShownMove,
    ShownVerdict,
    UnknownRightError,
    Wanted,
    choices,
    right,
    rights,
    usable,
    verdicts,
)
from hub.rights.service.sheet import Entered, check_sheet, enter_sheet
from hub.rights.service.verify import refuse, verify
from hub.rights.service.warn import warn_of_ends

__all__ = [
    "EXPIRING",
    "Certificate",
    "DuplicateRightError",
    "Entered",
    "Right",
    "RightNotUsableError",
    "ShownMove",
    "ShownVerdict",
    "UnknownRightError",
    "Wanted",
    "ask",
    "certificate",
    "certify",
    "check_sheet",
    "choices",
    "correct",
    "enter",
    "enter_sheet",
    "erase_lapsed",
    "refuse",
    "right",
    "rights",
    "show",
    "usable",
    "verdicts",
    "verify",
    "warn_of_ends",
    "withdraw",
]
