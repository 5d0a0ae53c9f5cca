"""What the command line ends with: one exit code for each kind of end, and the error that carries it."""

from __future__ import annotations

import re
from enum import IntEnum

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_LONGEST = 600


class ExitCode(IntEnum):
    """Exit codes of `alliance`, the same for every command; `EXIT_CODES` says what each means."""

    OK = 0
    NOTHING_USABLE = 1
    USAGE = 2
    PROVISIONAL = 3
    REFUSED = 4
    FALSE_ANSWER = 5
    OVERDUE = 10
    ALTERED = 20
    FORK = 30
    WITHHELD = 40
    INTERNAL = 70
    TRY_LATER = 75
    INTERRUPTED = 130


EXIT_CODES: dict[ExitCode, str] = {
    ExitCode.OK: "done (rows that were refused are in the bad-rows file)",
    ExitCode.NOTHING_USABLE: "nothing usable: the file is empty or every row was refused",
    ExitCode.USAGE: "the command, the profile or the file has to be mended first",
    ExitCode.PROVISIONAL: "ledger: correct, but not yet cosigned by the agreed quorum of witnesses",
    ExitCode.REFUSED: "the hub refused; the message holds its remedy",
    ExitCode.FALSE_ANSWER: "STOP: an answer of the hub failed its check (changed key, false proof, bad signature)",
    ExitCode.OVERDUE: "ledger: an exchange that was answered is not in the log in time",
    ExitCode.ALTERED: "ledger: bytes were altered",
    ExitCode.FORK: "ledger: the log was rolled back or forked",
    ExitCode.WITHHELD: "ledger: something that concerns you is withheld",
    ExitCode.INTERNAL: "a fault of this program",
    ExitCode.TRY_LATER: "the hub cannot be reached or is busy; the same command again resumes",
    ExitCode.INTERRUPTED: "interrupted by Ctrl-C; the same command again resumes",
}


def printable(text: str, longest: int = _LONGEST) -> str:
    """Return `text` from outside fit for a terminal: no control or direction characters, at most `longest` long."""
    clean = _CONTROL.sub(" ", text)
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"


class ClientError(Exception):
    """An expected end of a command: what happened, what mends it, and the exit code. Never holds an identifier."""

    def __init__(self, code: ExitCode, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.remedy = remedy

    def __reduce__(self) -> tuple[type[ClientError], tuple[ExitCode, str, str]]:
        return type(self), (self.code, self.message, self.remedy)  # it crosses from a worker process

    def __str__(self) -> str:
        return f"{self.message}\n  → {self.remedy}" if self.remedy else self.message


def usage(message: str, remedy: str = "") -> ClientError:
    """An error that the caller mends at home: the command, the profile or the file."""
    return ClientError(ExitCode.USAGE, message, remedy)


def false_answer(message: str, remedy: str = "") -> ClientError:
    """An answer of the hub that fails its check; everything stops."""
    return ClientError(
        ExitCode.FALSE_ANSWER,
        f"STOP. {message}",
        remedy or "do not go on; tell the alliance's administrator and your auditor, with the time of this message",
    )
