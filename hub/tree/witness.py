"""What logs and witnesses tell each other beside checkpoints (C2SP tlog-witness, and our own enrolment)."""

import base64
import hashlib
import re
from collections.abc import Sequence

from hub.tree.note import COSIGNATURE_V1, NoteError, Signer, UnknownSignerError, Verifier, open_note, split_note


def witness_name(origin: str, public_key: bytes) -> str:
    """The key name of a member's witness: it follows from the key and tells nobody whose it is."""
    return f"{origin}/witness/{hashlib.sha256(public_key).hexdigest()[:32]}"


def possession(signer: Signer, origin: str, member: str, time: int) -> str:
    """The note by which a member enrols its witness: signed by that key, it names the member.

    It is signed as a cosignature, the one type of this key; as its third line is no hash, it is no checkpoint.
    """
    return signer.sign(_statement(origin, member, signer.verifier.vkey), time)


def open_possession(note: str, origin: str, member: str) -> Verifier:
    """The key that the member has shown to hold. Raises NoteError for the note of another log, member or key."""
    text, _ = split_note(note)
    verifier = Verifier.parse(text[:-1].rpartition("\n")[2])
    if verifier.algorithm != COSIGNATURE_V1 or verifier.name != witness_name(origin, verifier.public_key):
        raise NoteError("a witness has a cosignature key (type 4), and the name that follows from it")
    if text != _statement(origin, member, verifier.vkey):
        raise NoteError("the note names another log or another member")
    open_note(note, [verifier])
    return verifier


def cosignature_in(text: str, lines: str, verifier: Verifier) -> tuple[str, int]:
    """The newest cosignature of `verifier` among signature lines over a checkpoint's text, and the time it states.

    Lines of other keys are passed over (C2SP tlog-witness, add-checkpoint). Raises NoteError when there is none, when
    one is bad, or when it states no time.
    """
    found: tuple[str, int] | None = None
    for line in split_note(f"{text}\n{lines}")[1]:
        try:
            stated = open_note(f"{text}\n{line}\n", [verifier]).signed_by[verifier.vkey]
        except UnknownSignerError:
            continue
        if not stated:
            raise NoteError("a cosignature states its time")
        if found is None or stated > found[1]:
            found = f"{line}\n", stated
    if found is None:
        raise NoteError("no line is of the witness's key")
    return found


def _statement(origin: str, member: str, vkey: str) -> str:
    return f"{origin}/witnesses\n{member}\n{vkey}\n"


def add_checkpoint(old: int, proof: Sequence[bytes], note: str) -> bytes:
    """The body of a request to cosign: the size the witness knows, the proof from there, and the checkpoint."""
    hashes = "".join(f"{base64.b64encode(each).decode()}\n" for each in proof)
    return f"old {old}\n{hashes}\n{note}".encode()


def parse_conflict(body: bytes) -> int | None:
    """The size that a witness says it knows (409 Conflict); None for what is no such answer."""
    return int(body) if re.fullmatch(rb"(?:0|[1-9][0-9]{0,18})\n", body) else None
