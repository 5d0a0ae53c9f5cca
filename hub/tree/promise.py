"""Promises (`ledger.md` §5.7): the hub's signed word, in its answer, that the log holds an entry by a deadline."""

import base64
import re
from dataclasses import dataclass
from typing import Self

from hub.tree.merkle import HASH_BYTES
from hub.tree.note import NoteError, Verifier, decode_base64, open_note

TERM_SECONDS = 60
"""How long after it was recorded an entry may take to come under a checkpoint."""
MOST_BYTES = 4096
_ENTRY = re.compile(r"[A-Za-z0-9_-]{21}[AQgw]")
_SECONDS = re.compile(r"0|[1-9][0-9]{0,11}")


@dataclass(frozen=True)
class Promise:
    """That the log `origin` holds the leaf under a checkpoint by `deadline` (seconds since 1970).

    With a checkpoint cosigned after the deadline that does not cover the leaf it proves to anybody that an exchange
    was answered and left out.
    """

    origin: str
    entry: str
    """The entry's id in base64url without padding, as `Audit-Entry` writes it."""
    leaf_hash: bytes
    deadline: int

    def encode(self) -> str:
        """The text that is signed. Its first line keeps it apart from all else that the key signs."""
        leaf = base64.b64encode(self.leaf_hash).decode()
        return f"{self.origin}/promise\n{self.entry}\n{leaf}\n{self.deadline}\n"

    @classmethod
    def open(cls, note: str, origin: str, signer: Verifier) -> Self:
        """The promise in a note that `signer` signed for the log `origin`. Raises NoteError for anything else."""
        first, *rest = open_note(note, [signer]).text.split("\n")
        if first != f"{origin}/promise" or len(rest) != 4 or rest[-1]:
            raise NoteError("a promise has four lines: the log, an entry, a leaf and a deadline")
        entry, leaf, deadline, _ = rest
        leaf_hash = decode_base64(leaf)
        if not _ENTRY.fullmatch(entry) or not _SECONDS.fullmatch(deadline) or len(leaf_hash) != HASH_BYTES:
            raise NoteError("a promise names an entry, a leaf's SHA-256 hash and a time in seconds")
        return cls(origin, entry, leaf_hash, int(deadline))


def in_header(note: str) -> str:
    """A note as a header's value: base64 of its UTF-8."""
    return base64.b64encode(note.encode()).decode()


def from_header(value: str) -> str:
    """The note of a header's value. Raises NoteError for what is none."""
    try:
        return base64.b64decode(value[:MOST_BYTES], validate=True).decode()
    except ValueError as error:
        raise NoteError("not a note in base64") from error
