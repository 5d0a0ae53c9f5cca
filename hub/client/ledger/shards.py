"""From one shard of the log to the next: the last entry of a shard names the next one's key, and no other is taken.

Each shard is checked like a log of its own, by the same code: with the origin and the key that the one before named.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from hub.client.errors import ClientError, usage
from hub.client.ledger.alarm import LedgerAlarm, altered, forked
from hub.client.ledger.checking import Checking, Voice
from hub.client.ledger.keys import log_keys, of_ours, stated_by
from hub.client.ledger.log import LogReader
from hub.client.ledger.state import Memory, read_memory, replace_file
from hub.client.ledger.tree_check import SignedTree, check_size
from hub.client.profile import Profile
from hub.client.vault import Vault
from hub.tree.leaf import LeafError
from hub.tree.note import NoteError, Verifier, split_note
from hub.tree.seam import final_in, shard_name, shard_origin, shard_prefix, successor_in

_FILE = "shards.json"


class Seam(NamedTuple):
    """The end of a shard: its final checkpoint, and the key of the next."""

    final: str
    vkey: str


@dataclass(frozen=True)
class ShardCheck:
    """The check of one shard (a Checking)."""

    profile: Profile
    folder: Path
    vault: Vault
    console: Voice


@dataclass(frozen=True)
class ShardLog:
    """A shard of the log as we follow it: what it is checked with, and its final checkpoint once it has one."""

    check: Checking
    reader: LogReader
    final: str | None

    @property
    def origin(self) -> str:
        """Its name."""
        return str(self.check.profile.ledger_origin)

    @property
    def remembered(self) -> Memory | None:
        """The final checkpoint as something that must stay; None while there is none."""
        return None if self.final is None else _memory(self.origin, self.final)


def followed(check: Checking, reader: LogReader) -> list[ShardLog]:
    """The shards, that of our profile first, as far as each ends with the key of the next, which begins with its end.

    Those that we followed before must end as they did. Raises LedgerAlarm.
    """
    seams, told = _kept(check), list[ShardLog]()
    at = ShardLog(check, reader, None)
    while True:
        seam = seams[len(told)] if len(told) < len(seams) else None
        if seam is not None:
            at = replace(at, final=seam.final)
            _ends_so_still(at)
        else:
            seam = _end(at, read_memory(check.folder / "ledger.json"))
        if seam is None:
            return [*told, at]
        after = _after(check, at, seam)
        if len(told) == len(seams):
            if not _has_begun(after, seam):
                return [*told, at]
            seams = [*seams, seam]
            replace_file(check.folder / _FILE, json.dumps({"v": 1, "seams": seams}))
            check.console.say(f"the log goes on as {after.origin}, which the last entry of {at.origin} names")
        told.append(replace(at, final=seam.final))
        at = after


def shard_of(shards: Iterable[ShardLog], origin: str) -> ShardLog | None:
    """The one of that name."""
    return next((each for each in shards if each.origin == origin), None)


def named_in(note: str) -> str:
    """Which log a checkpoint says it is of; nothing is checked. Raises NoteError."""
    return split_note(note)[0].partition("\n")[0]


def _end(at: ShardLog, memory: Memory | None) -> Seam | None:
    """How the shard ends; None while it goes on."""
    note = at.reader.checkpoint() if at.reader.is_there else None
    if note is None:
        return None
    tree = SignedTree(at.reader, stated_by(at.check, note, at.reader), note)
    if memory is not None and memory.origin == at.origin:
        tree.extends(memory)
    leaf = tree.leaf(tree.size - 1) if tree.size else b""
    try:
        successor = successor_in(leaf)
    except LeafError as error:
        raise altered(str(error), now=note, leaf=_b64(leaf)) from None
    if successor is None:
        return None
    name = shard_name(successor.name)
    if successor.name == at.origin or name is None or shard_origin(at.origin, name) != successor.name:
        raise altered(f"the last entry of {at.origin} names no shard of this log", now=note, leaf=_b64(leaf))
    return Seam(note, successor.vkey)


def _ends_so_still(at: ShardLog) -> None:
    """Raise LedgerAlarm unless a shard that we saw closed has the final checkpoint that it had."""
    if not at.reader.is_there:
        return
    note, before = at.reader.checkpoint(), at.remembered
    if note is None or before is None:
        check_size(_memory(at.origin, str(at.final)), None)
    elif split_note(note)[0] != split_note(before.note)[0]:
        tree = SignedTree(at.reader, stated_by(at.check, note, at.reader, ended=True), note)
        if tree.size <= before.size:
            tree.extends(before)
        raise forked(f"the shard {at.origin} was closed, and goes on", remembered=before.note, now=note)


def _after(check: Checking, at: ShardLog, seam: Seam) -> ShardLog:
    successor = Verifier.parse(seam.vkey)
    profile = replace(check.profile, ledger_origin=successor.name, ledger_vkey=seam.vkey)
    prefix = shard_prefix(successor.name, is_first=False)
    reader = at.reader.shard(prefix, at.reader.base + of_ours(seam.final).size)
    return ShardLog(ShardCheck(profile, check.folder, check.vault, check.console), reader, None)


def _has_begun(after: ShardLog, seam: Seam) -> bool:
    """Whether there is a next shard yet. Raises LedgerAlarm unless it begins with the end that we have verified."""
    note = after.reader.checkpoint() if after.reader.is_there else None
    if note is None:
        return False
    tree = SignedTree(after.reader, stated_by(after.check, note, after.reader), note)
    leaf = tree.leaf(0) if tree.size else b""
    try:
        told = final_in(leaf)
        same = told is not None and split_note(told)[0] == split_note(seam.final)[0]
    except (LeafError, NoteError):
        same = False
    if not same:
        raise forked(
            f"{after.origin} does not begin with the end of the shard before it that we were shown",
            remembered=seam.final,
            now=note,
            leaf=_b64(leaf),
        )
    return True


def _kept(check: Checking) -> Sequence[Seam]:
    """The seams that we followed. Raises ClientError for a damaged file."""
    log_keys(check)
    try:
        document = json.loads((check.folder / _FILE).read_text(encoding="utf-8"))
        if document["v"] != 1:
            raise ValueError("another version")
        seams = [Seam(str(final), Verifier.parse(str(vkey)).vkey) for final, vkey in document["seams"]]
        for seam in seams:
            of_ours(seam.final)
        return seams
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError, LedgerAlarm) as error:
        raise _damaged(check) from error


def _damaged(check: Checking) -> ClientError:
    return usage(
        f"the shards of the log that we keep in {check.folder / _FILE} are damaged",
        "restore the file from a backup, or remove it: then the log is followed anew from the key in the profile",
    )


def _memory(origin: str, note: str) -> Memory:
    stated = of_ours(note)
    return Memory(origin, note, stated.size, stated.root)


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
