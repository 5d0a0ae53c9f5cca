"""Anchoring the log anew after a halt, as two people of the office decided (`ledger.md` §5.5, §6).

The anchor moves first, and the halt goes with the commit that records it. Killed anywhere between, the log is halted
still, nothing was signed, and the command run again ends what was begun.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from flask import current_app, json
from sqlalchemy import delete, func, select

from hub import durable
from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import db
from hub.ledger.events import Event
from hub.ledger.fsck import Finding
from hub.ledger.model import Checkpoint, Cosignature, Halt, TreeState
from hub.ledger.sequencer import LOCK
from hub.ledger.service.append import Concern, append
from hub.ledger.service.check import anchor_of, check_log
from hub.ledger.service.keys import signers
from hub.ledger.signing import MissingKeyError
from hub.tree.checkpoint import CheckpointBody, open_checkpoint
from hub.tree.merkle import EMPTY_ROOT
from hub.tree.note import NoteError, split_note

OF_THE_TREE = frozenset({"leaf", "gap", "tile", "state", "checkpoint", "entry"})
"""Kinds of findings with which no log is anchored: what is signed next would not verify."""


class Cause(StrEnum):
    """Why the log is anchored anew."""

    BACKUP = "backup"
    ANCHOR = "anchor"
    REPAIRED = "repaired"


CAUSES: dict[Cause, str] = {
    Cause.BACKUP: "A backup of the database was put back",
    Cause.ANCHOR: "The anchor was lost or damaged",
    Cause.REPAIRED: "What was damaged is repaired",
}


class NotAnchoredError(Exception):
    """The log cannot be anchored anew as it is; the text says why and what to do."""


@dataclass(frozen=True)
class Difference:
    """What a halt is about: the database's newest checkpoint, and what the anchor states."""

    halt: str
    """The halt's name."""
    since: datetime
    reason: str
    size: int
    root: bytes
    note: str
    """The newest checkpoint's; empty when nothing is signed."""
    anchored: CheckpointBody | None
    """None: there is no anchor, or none that we signed."""
    state: str
    """A digest of all of it, and of the tree: another one is another difference."""


@dataclass(frozen=True)
class Agreed:
    """What two people agreed to: which difference, why, and who they are (pseudonyms)."""

    state: str
    cause: Cause
    people: tuple[str, str]
    digest: str
    """SHA-256 of their reason in words."""


def difference() -> Difference | None:
    """What the log is halted for; None while it is not halted."""
    halt = db.session.execute(select(Halt.name, Halt.since, Halt.reason)).one_or_none()
    if halt is None:
        return None
    tree = db.session.execute(select(TreeState.size, TreeState.root)).one_or_none() or (0, EMPTY_ROOT)
    head = db.session.execute(
        select(Checkpoint.size, Checkpoint.root, Checkpoint.note).order_by(Checkpoint.size.desc()).limit(1)
    ).one_or_none()
    size, root, note = head or (0, EMPTY_ROOT, "")
    anchor = _replaced(halt.name)
    told = [halt.name, halt.reason, tree[0], tree[1].hex(), note, hashlib.sha256(anchor).hexdigest()]
    state = hashlib.sha256(json.dumps(told).encode()).hexdigest()[:40]
    return Difference(halt.name, halt.since, halt.reason, size, root, note, _stated(anchor), state)


def reanchor(
    actor: Actor, agreed: Agreed, members: Iterable[int], at: Callable[[str], None] = lambda _: None
) -> list[Finding]:
    """Anchor the log at the database's newest checkpoint, tell all `members`, and lift the halt. Commits.

    Returns what the check of the log finds all the same, no fault of the tree. `at` is told each point that is passed.
    Raises NotPermittedError, and NotAnchoredError while the log is not halted, for another difference than was agreed
    to, and while the tree itself is at fault.
    """
    actor.must(Permission.MEMBER_ADMINISTER)
    findings = check_log().findings
    fault = next((each for each in findings if each.kind in OF_THE_TREE), None)
    if fault is not None:
        raise NotAnchoredError(f"the tree itself is at fault ({fault.place}): {fault.remedy}")
    db.session.execute(select(func.pg_advisory_xact_lock(LOCK)))  # no sequencer is half-way
    found = difference()
    if found is None or found.state != agreed.state:
        raise NotAnchoredError(
            "what differs is not what two people approved: let them look at it, and propose it again"
        )
    # Killed from here on, the log is halted still. Up to "kept" nothing has changed.
    anchor, kept = anchor_of(current_app.extensions["settings"]), _evidence(found.halt)
    if not kept.exists():
        durable.replace(kept, _bytes(anchor))
    beyond = Cosignature.size > found.size
    lines = db.session.execute(
        select(Cosignature.size, Cosignature.line).where(beyond).order_by(Cosignature.size)
    ).all()
    if lines:
        durable.replace(kept.with_suffix(".lines"), "".join(f"{size} {line}" for size, line in lines).encode())
    at("kept")
    # Then the evidence stands for the anchor that was agreed to (`_replaced`), so that the same decision serves again.
    if _bytes(anchor) not in {_bytes(kept), found.note.encode()}:
        raise NotAnchoredError(
            f"the anchor has changed since {kept.name} was kept: put that away, and propose it again"
        )
    if found.note:
        durable.replace(anchor, found.note.encode())
    else:
        anchor.unlink(missing_ok=True)
    at("moved")
    # Now database and anchor agree, and nothing is signed before the record and the end of the halt commit together.
    _tell(actor, agreed, found, members)
    db.session.execute(delete(Cosignature).where(beyond))
    db.session.execute(delete(Halt))
    at("recorded")
    db.session.commit()
    at("lifted")
    return [each for each in findings if each.kind != "anchor"]


def _tell(actor: Actor, agreed: Agreed, found: Difference, members: Iterable[int]) -> None:
    before = found.anchored
    counts = {"before": before.size if before else 0, "after": found.size}
    roots = {"request": before.root.hex()} if before else {}
    append(
        actor,
        Event.LEDGER_REANCHORED,
        subject={"type": "log", "ref": " ".join(agreed.people), "reason": agreed.cause.value, "digest": agreed.digest},
        counts=counts,
        digests={**roots, "result": found.root.hex()},
        concerned={member: Concern("counterparty", counts) for member in members},
    )


def _evidence(halt: str) -> Path:
    """Where the anchor that is replaced is kept, for good; empty when there was none.

    Beside it stand the lines of witnesses under what is no longer there.
    """
    anchor = anchor_of(current_app.extensions["settings"])
    return anchor.with_name(f"{anchor.stem}.{halt}{anchor.suffix}")


def _replaced(halt: str) -> bytes:
    """The anchor as it was when the log was halted: what was kept of it, once it is being replaced."""
    kept = _evidence(halt)
    return _bytes(kept if kept.exists() else anchor_of(current_app.extensions["settings"]))


def _bytes(anchor: Path) -> bytes:
    try:
        return anchor.read_bytes()
    except FileNotFoundError:
        return b""


def _stated(anchor: bytes) -> CheckpointBody | None:
    try:
        note = anchor.decode()
        origin = CheckpointBody.parse(split_note(note)[0]).origin
        return open_checkpoint(note, origin, signers().of_shard(origin).verifiers())[0]
    except (NoteError, UnicodeDecodeError, MissingKeyError):
        return None
