"""Checkpoints (C2SP tlog-checkpoint): origin, size and root of a log, signed by the log and cosigned by witnesses."""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from hub.tree.merkle import EMPTY_ROOT, HASH_BYTES
from hub.tree.note import Note, NoteError, Verifier, decode_base64, open_note

LARGEST_SIZE = (1 << 63) - 1
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True)
class CheckpointBody:
    """What a checkpoint states. Extension lines of other logs are kept; ours has none."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def encode(self) -> str:
        """The text that is signed."""
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions)
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def parse(cls, text: str) -> Self:
        """What the text of a note states. Raises NoteError unless it is a checkpoint."""
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
            raise NoteError("a checkpoint has an origin, a size and a root, a line each, and no empty line")
        origin, written_size, written_root, *extensions = lines[:-1]
        root = decode_base64(written_root)
        if _SIZE.fullmatch(written_size) is None or int(written_size) > LARGEST_SIZE or len(root) != HASH_BYTES:
            raise NoteError("a checkpoint's size is a number below 2^63, its root a SHA-256 hash")
        if written_size == "0" and root != EMPTY_ROOT:
            raise NoteError("a checkpoint of size 0 has the root of the empty tree")
        return cls(origin, int(written_size), root, tuple(extensions))


def open_checkpoint(
    note: str, origin: str, log: Iterable[Verifier], witnesses: Iterable[Verifier] = ()
) -> tuple[CheckpointBody, Note]:
    """What a checkpoint of the log `origin` states, and who signed it.

    One of the log's own keys must have signed: cosignatures alone do not make a checkpoint. How many witnesses are
    enough is the caller's policy. Raises NoteError, also when a known witness's line is bad.
    """
    own = tuple(log)
    opened = open_note(note, (*own, *witnesses))
    if not any(verifier.vkey in opened.signed_by for verifier in own):
        raise NoteError("the log has not signed this checkpoint")
    stated = CheckpointBody.parse(opened.text)
    if stated.origin != origin:
        raise NoteError("the checkpoint is of another log")
    return stated, opened
