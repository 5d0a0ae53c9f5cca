"""The keys that sign the log, one after the other: each announces the next, on record to every member. And its shards'
end, where the operator wants it before the year's.

A rotation is one commit. Killed before it, a new key may lie in the home: it counts for nothing, and the next rotation
takes it. Killed after it, nothing is left to do: the sequencer reads here by which keys it signs.
"""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import func, select

from hub import clock
from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.config import Settings
from hub.db import db
from hub.ledger import rules
from hub.ledger.events import Event
from hub.ledger.model import LogKey, Shard
from hub.ledger.service.append import Concern, append
from hub.ledger.service.shards import LogShard, shards
from hub.ledger.signing import Signers
from hub.members.model import Member
from hub.members.rules import ACTIVE
from hub.tree.note import Verifier
from hub.tree.succession import announce


class RotationError(ValueError):
    """The log's key cannot be rotated now; the text says why."""


class NothingToCloseError(ValueError):
    """The shard cannot be closed now; the text says why."""


@dataclass(frozen=True)
class SigningKey:
    """A key of the log, the span in which it signs, and the note by which the key before announced it."""

    vkey: str
    since: datetime
    until: datetime | None
    statement: str | None
    first_size: int | None
    """With that of all shards before."""
    shard: int = 1

    @property
    def name(self) -> str:
        """How the record names it: the beginning of the verifier key's digest, which reads like no number."""
        return base64.urlsafe_b64encode(hashlib.sha256(self.vkey.encode()).digest()[:18]).decode()


def log_keys(shard: LogShard | None = None) -> list[SigningKey]:
    """Every key that ever signed checkpoints, or those of a shard, the first one first."""
    found = select(LogKey.vkey, LogKey.since, LogKey.until, LogKey.statement, LogKey.first_size, LogKey.shard)
    if shard is not None:
        found = found.where(LogKey.shard == shard.n)
    rows = db.session.execute(found.order_by(LogKey.shard, LogKey.until, LogKey.since))
    return [SigningKey(*row) for row in rows]


def signers() -> Signers:
    """The private keys in this hub's home: of the first shard, and of any other by its origin."""
    settings: Settings = current_app.extensions["settings"]
    return Signers(settings.home / "ledger", settings.origin)


def key_to_pin() -> Verifier:
    """The newest key that signs each checkpoint of the first shard by now, from which a client follows to the others.

    Raises MissingKeyError before the first, without its file.
    """
    signing = [each.vkey for each in log_keys(shards()[0]) if each.first_size is not None]
    return Verifier.parse(signing[-1]) if signing else signers().first().verifier


def rotate_key(actor: Actor, *, again: bool = False) -> SigningKey:
    """Have another key sign the shard that grows, beside the newest for `rules.OVERLAP` and alone after that.

    Every member is told. A key of the home that was never announced serves; else another is made. `again`: although
    another rotation is under way. Raises RotationError, LedgerHaltedError.
    """
    actor.must(Permission.MEMBER_ADMINISTER)
    shard = shards()[-1]
    found = select(LogKey).where(LogKey.shard == shard.n, LogKey.until.is_(None)).with_for_update()
    newest = db.session.execute(found).scalar_one_or_none()
    if newest is None:
        raise RotationError("nothing is signed yet: there is no key that could announce another")
    known, now = {each.vkey: each for each in log_keys(shard)}, clock.now()
    ends = [each.until for each in known.values() if each.until is not None and each.until > now]
    if ends and not again:
        raise RotationError(
            f"the newest key was announced lately: until {clock.stamp(max(ends))} the one before it signs too;"
            " if it was stolen since, type `hub ledger rotate-key --again`"
        )
    keys = signers().of_shard(shard.origin)
    held = keys.all()
    if newest.vkey not in held:
        raise RotationError(f"the home does not hold the private key of {newest.vkey}, which must announce the next")
    successor = next((each for vkey, each in held.items() if vkey not in known), None) or keys.another()
    until = (now + rules.OVERLAP).replace(microsecond=0)
    statement = announce(held[newest.vkey], successor.verifier, int(until.timestamp()))
    newest.until = until
    db.session.flush()
    fresh = LogKey(vkey=successor.verifier.vkey, shard=shard.n, since=now, until=None, statement=statement)
    db.session.add(fresh)
    db.session.flush()
    rotated = log_keys(shard)[-1]
    members = db.session.execute(select(Member.id).where(Member.state.in_(ACTIVE))).scalars()
    append(
        actor,
        Event.KEY_ROTATED,
        subject={"type": "ledger_key", "ref": rotated.name},
        digests={"result": hashlib.sha256(statement.encode()).hexdigest()},
        concerned={member: Concern("counterparty") for member in members},
    )
    db.session.commit()
    return rotated


def taken_over_at(shard: LogShard | None = None, most: int | None = None) -> int:
    """The size of the first checkpoint that the newest key, or the shard's newest, signed: witnesses are offered none
    before it any more. `most`: of the keys that signed by that size.
    """
    found = select(func.max(LogKey.first_size)).where(*([] if shard is None else [LogKey.shard == shard.n]))
    found = found if most is None else found.where(LogKey.first_size <= most)
    return db.session.execute(found).scalar_one() or 0


def close_shard(actor: Actor) -> LogShard:
    """Ask for the end of the shard that grows, on record to every member; the sequencer ends it within seconds.

    Asked once more before that, it changes nothing. Raises NothingToCloseError, LedgerHaltedError.
    """
    actor.must(Permission.MEMBER_ADMINISTER)
    row = db.session.execute(
        select(Shard).where(Shard.closed_at.is_(None)).order_by(Shard.n.desc()).limit(1).with_for_update()
    ).scalar_one_or_none()
    if row is None:
        raise NothingToCloseError("no shard grows at present: nothing is signed yet, or one has just ended")
    closing = LogShard(row.n, row.origin, row.first, None, row.began_at, None)
    if row.asked_at is not None:
        db.session.rollback()
        return closing
    row.asked_at = clock.now()
    db.session.flush()
    members = db.session.execute(select(Member.id).where(Member.state.in_(ACTIVE))).scalars()
    append(
        actor,
        Event.SHARD_CLOSING,
        subject={"type": "shard", "ref": closing.name or "first"},
        concerned={member: Concern("counterparty") for member in members},
    )
    db.session.commit()
    return closing
