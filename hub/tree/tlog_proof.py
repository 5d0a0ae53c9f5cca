"""Receipts: a proof of inclusion with its checkpoint in one text (C2SP tlog-proof)."""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from hub.tree.checkpoint import LARGEST_SIZE, CheckpointBody, open_checkpoint
from hub.tree.merkle import HASH_BYTES, ProofError, verify_inclusion
from hub.tree.note import MOST_BYTES, Note, Verifier, decode_base64, split_note

HEADER = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")
MOST_HASHES = 63


@dataclass(frozen=True)
class TlogProof:
    """The place of a leaf, the path from it to the root, and the signed checkpoint that states the root."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None
    """What another application put beside the proof; nothing authenticates it. Ours puts nothing."""

    def encode(self) -> str:
        """The receipt's text."""
        extra = "" if self.extra is None else f"extra {base64.b64encode(self.extra).decode()}\n"
        hashes = "".join(base64.b64encode(each).decode() + "\n" for each in self.path)
        return f"{HEADER}\n{extra}index {self.index}\n{hashes}\n{self.checkpoint}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """A receipt read back, not yet verified. Raises ProofError or NoteError for anything else."""
        if len(text) > 2 * MOST_BYTES:
            raise ProofError(f"a receipt has at most {2 * MOST_BYTES:,} characters")
        head, _, checkpoint = text.partition("\n\n")
        header, *lines = head.split("\n")
        if header != HEADER:
            raise ProofError(f"a receipt begins with {HEADER}")
        extra = decode_base64(lines.pop(0).removeprefix("extra ")) if lines and lines[0].startswith("extra ") else None
        index = _INDEX.fullmatch(lines[0]) if lines else None
        if index is None or int(index[1]) > LARGEST_SIZE or len(lines) > 1 + MOST_HASHES:
            raise ProofError(f"a receipt has a line `index <number>` and at most {MOST_HASHES} hashes")
        path = tuple(decode_base64(line) for line in lines[1:])
        if any(len(each) != HASH_BYTES for each in path):
            raise ProofError(f"a hash has {HASH_BYTES} bytes")
        CheckpointBody.parse(split_note(checkpoint)[0])
        return cls(int(index[1]), path, checkpoint, extra)

    def verify(
        self, leaf_hash: bytes, origin: str, log: Iterable[Verifier], witnesses: Iterable[Verifier] = ()
    ) -> tuple[CheckpointBody, Note]:
        """What the checkpoint states, and who signed it, once all of it holds. Raises ProofError or NoteError."""
        stated, note = open_checkpoint(self.checkpoint, origin, log, witnesses)
        verify_inclusion(self.index, stated.size, leaf_hash, self.path, stated.root)
        return stated, note
