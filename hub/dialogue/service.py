"""Saying something about a record, and reading what was said: called by the domain whose record it is."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import insert, select

from hub import clock
from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import db
from hub.dialogue import policy, rules
from hub.dialogue.model import Message
from hub.dialogue.rules import MessageError
from hub.evidence import service as evidence
from hub.evidence.rules import NAME, RecordKind
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.members import service as members

SUBJECTS = {
    RecordKind.LISTING_REPORT: ("report", Event.MESSAGE_SENT),
    RecordKind.QUESTION: ("question", Event.QUESTION_MESSAGE_SENT),
}
"""What the record of the alliance calls that which is written about, and that it was: people choose by that event how
they are told."""


@dataclass(frozen=True)
class Record:
    """What is written about, by the actor's member and another: that they are its parties its own domain has found."""

    kind: RecordKind
    ref: str
    other: int
    """The other party, by its number."""
    reading: Permission
    writing: Permission
    """What the record's domain wants of who reads, and of who writes."""


@dataclass(frozen=True)
class ShownFile:
    """A file that a message shows."""

    name: str
    file_name: str
    """Empty: it was erased, or the reader may read no evidence."""


@dataclass(frozen=True)
class ShownMessage:
    """A message as a party reads it."""

    id: int
    name: str
    member: str
    """Whose it is: the code; the other party learns of no person."""
    own: bool
    by: str
    """The pseudonym of who wrote it; empty where it was the other party, and to an agent where not itself."""
    text: str
    files: Sequence[ShownFile]
    at: datetime


@dataclass(frozen=True)
class Sent:
    """That a message was sent."""

    name: str
    entry: str
    """Its ledger entry."""


Say = Callable[[Actor, str, str, Collection[str]], Sent]
"""A domain's way to write about a record of its own: who writes, the record's name, text, files."""


class Thread(Protocol):
    """A domain's way to read the thread of a record of its own."""

    def __call__(
        self, actor: Actor, name: str, *, after: int | None = None, before: int | None = None, limit: int = ...
    ) -> list[ShownMessage]:
        """What was written, oldest first."""
        ...


def say(actor: Actor, record: Record, text: str, files: Collection[str] = ()) -> Sent:
    """Write to the other party, and let it read these files of the actor's member; the caller commits.

    Raises NotPermittedError, also where files are named and the actor shows none; MessageError.
    """
    actor.must(record.writing)
    words, names = rules.check_text(text), sorted(set(files))
    if len(names) > rules.MOST_FILES:
        raise MessageError("files", f"show {rules.MOST_FILES} files at most with one message")
    for each in names:
        _attach(actor, record, each)
    name = rules.new_name()
    message = {
        "name": name,
        "record_kind": record.kind.value,
        "record_ref": record.ref,
        "from_id": actor.member_id,
        "to_id": record.other,
        "by": actor.pseudonym,
        "text": words,
        "files": names,
        "at": clock.now(),
    }
    db.session.execute(insert(Message).values(message))
    type, event = SUBJECTS[record.kind]
    entry = ledger.append(
        actor,
        event,
        subject={"type": type, "ref": record.ref},
        purpose=record.kind.value.replace("_", " "),
        concerned={record.other: ledger.Concern("counterparty")},
    )
    return Sent(name, entry)


def thread(
    actor: Actor, record: Record, *, after: int | None = None, before: int | None = None, limit: int = 50
) -> list[ShownMessage]:
    """What was said about a record, oldest first: from the number `after` on, else the last ones, those below `before`.

    Raises NotPermittedError.
    """
    actor.must(record.reading)
    found = select(Message).where(
        policy.visible_to(actor), Message.record_kind == record.kind.value, Message.record_ref == record.ref
    )
    if after is not None:
        found = found.where(Message.id > after).order_by(Message.id)
    else:
        found = found.where(Message.id < before) if before is not None else found
        found = found.order_by(Message.id.desc())
    rows = sorted(db.session.execute(found.limit(limit)).scalars(), key=lambda row: row.id)
    codes, names = members.codes_of({row.from_id for row in rows}), _file_names(actor, rows)
    return [_shown(actor, row, codes, names) for row in rows]


def _attach(actor: Actor, record: Record, name: str) -> None:
    try:
        if NAME.fullmatch(name):
            return evidence.attach(actor, name, record.kind, record.ref, [record.other])
    except evidence.UnknownEvidenceError:
        pass
    raise MessageError("files", "name files of your own in the vault, that are not erased")


def _file_names(actor: Actor, rows: Sequence[Message]) -> dict[str, str]:
    """Of the files that messages show, how they are called, as far as the reader may read evidence."""
    named = {name for row in rows for name in row.files}
    if not named or not actor.may(Permission.EVIDENCE_READ):
        return {}
    return {each.name: each.file_name for each in evidence.seen(actor, named)}


def _shown(actor: Actor, row: Message, codes: Mapping[int, str], names: Mapping[str, str]) -> ShownMessage:
    own = row.from_id == actor.member_id
    files = [ShownFile(name, names.get(name, "")) for name in row.files]
    by = actor.told(row.by) if own else ""
    return ShownMessage(row.id, row.name, codes[row.from_id], own, by, row.text, files, row.at)
