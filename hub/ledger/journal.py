"""The journal of erasures, a file beside the anchor: a backup that is put back holds again what was erased since.

The sequencer adds to it before it takes the record of an erasure into the tree, so whatever a checkpoint says was
erased stands here; after a crash it may stand here twice. It holds ids alone, and is only ever added to.
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_LINE = re.compile(rf"(?:view ({_UUID}) ([0-9]{{1,3}})|person (p_[0-9a-f]{{16}})) by ({_UUID})")


class ErasedView(NamedTuple):
    """A party's part of an entry."""

    entry: UUID
    n: int

    def __str__(self) -> str:
        return f"view {self.entry} {self.n}"


class ErasedPerson(NamedTuple):
    """Somebody whom the hub forgot."""

    pseudonym: str

    def __str__(self) -> str:
        return f"person {self.pseudonym}"


Erased = ErasedView | ErasedPerson


def journal_of(anchor: Path) -> Path:
    """Where the journal of the log with that anchor lies."""
    return anchor.with_suffix(".erasures")


def add(journal: Path, erased: Iterable[tuple[Erased, UUID]]) -> None:
    """Add what was erased, each with the entry that records it, and return once it is on the disk. Raises OSError."""
    with journal.open("ab+") as file:
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            if file.read() != b"\n":  # a line that a crash cut off
                file.write(b"\n")
        file.write("".join(f"{what} by {record}\n" for what, record in erased).encode())
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(journal.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read(journal: Path) -> list[Erased]:
    """What was ever erased, each once, in order; a line that was cut off is passed over, for it came again."""
    try:
        lines = journal.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []
    found: dict[Erased, None] = {}
    for line in lines:
        parts = _LINE.fullmatch(line)
        if parts is not None:
            entry, n, person, _ = parts.groups()
            found[ErasedPerson(person) if person else ErasedView(UUID(entry), int(n))] = None
    return list(found)
