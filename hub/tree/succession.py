"""The succession of a log's keys: each announces the one after it, in a note that it signs.

Whoever has pinned one of them comes from there to the key that signs now, and takes no other. A key announces one
alone: two announcements of one key are as good as two logs.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from hub.tree.note import ED25519, NoteError, Signer, Verifier, open_note

_SECONDS = re.compile(r"0|[1-9][0-9]{0,11}")


class SuccessionError(ValueError):
    """One key has announced two; `notes` prove it to anybody who knows that key."""

    def __init__(self, notes: tuple[str, str]) -> None:
        super().__init__("one key of the log has announced two others")
        self.notes = notes


@dataclass(frozen=True)
class Announced:
    """A key, and until when the one before it, which announced it in `note`, signs too (seconds since 1970)."""

    verifier: Verifier
    until: int
    note: str


def announce(signer: Signer, successor: Verifier, until: int) -> str:
    """The note by which a log's key announces the next. Raises NoteError for a successor that is none."""
    note = signer.sign(_statement(signer.verifier.name, successor, until))
    open_announcement(note, signer.verifier)
    return note


def open_announcement(note: str, before: Verifier) -> Announced:
    """What the key `before` announces. Raises NoteError for anything else, UnknownSignerError for another's note."""
    lines = open_note(note, [before]).text.split("\n")
    if len(lines) != 4 or not _SECONDS.fullmatch(lines[2]):
        raise NoteError("an announcement has three lines: the log, a key and a time in seconds")
    verifier, until = Verifier.parse(lines[1]), int(lines[2])
    if lines[0] != f"{before.name}/keys" or lines[3]:
        raise NoteError("an announcement names the log that its key signs for")
    if verifier.name != before.name or verifier.algorithm != ED25519 or verifier == before:
        raise NoteError("a log's next key is another Ed25519 key (type 1) of the same name")
    return Announced(verifier, until, note)


def follow(pinned: Verifier, notes: Iterable[str]) -> tuple[Announced, ...]:
    """The keys after `pinned`, as far as each is announced by the one before it. The order of `notes` does not matter.

    What is no announcement of a key on the way is passed over, and so is one of a key that came before. Raises
    SuccessionError.
    """
    kept, passed, found = [*notes], {pinned}, list[Announced]()
    last = pinned
    while True:
        told = [one for one in (_told(note, last) for note in kept) if one is not None and one.verifier not in passed]
        if not told:
            return tuple(found)
        other = next((one for one in told if one.verifier != told[0].verifier), None)
        if other is not None:
            raise SuccessionError((told[0].note, other.note))
        found.append(min(told, key=lambda one: one.until))
        last = found[-1].verifier
        passed.add(last)


def _told(note: str, before: Verifier) -> Announced | None:
    try:
        return open_announcement(note, before)
    except NoteError:
        return None


def _statement(origin: str, successor: Verifier, until: int) -> str:
    """No checkpoint, as its first line is no log's name; nothing else that a log's key signs begins so."""
    return f"{origin}/keys\n{successor.vkey}\n{until}\n"
