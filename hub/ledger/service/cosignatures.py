"""What witnesses signed: kept beside each checkpoint, offered for more, and the newest that a quorum has signed."""

from datetime import UTC, datetime

from sqlalchemy import BigInteger, func, select, update
from sqlalchemy.dialects.postgresql import insert

from hub import clock
from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import compiled, db, given
from hub.ledger import rules
from hub.ledger.model import Checkpoint, Cosignature, Witness
from hub.ledger.service.keys import taken_over_at
from hub.ledger.service.log import Head, checkpoint_at, newest_checkpoint
from hub.ledger.service.shards import NO_END, LogShard
from hub.ledger.service.witnesses import STANDING, KnownWitness, WitnessError, own_witness, witnesses
from hub.members.model import Member
from hub.tree.note import NoteError, split_note
from hub.tree.witness import cosignature_in


class UnknownSizeError(LookupError):
    """No checkpoint of that size was published."""


def keep_cosignature(actor: Actor, shard: LogShard, size: int, lines: str) -> None:
    """Keep the member's witness's line under a shard's checkpoint of a size; those of other keys are passed over.

    No event of it: the log would grow by being witnessed. Raises UnknownSizeError, WitnessError when the member has no
    witness, and NoteError for a line that does not hold.
    """
    actor.must(Permission.LEDGER_COSIGN)
    own = own_witness(actor)
    if own is None:
        raise WitnessError("your member has no witness; enrol its key first")
    size += shard.first
    note = checkpoint_at(shard, size)
    if note is None:
        raise UnknownSizeError("no checkpoint of this size was published")
    keep_line(own, size, note, lines)
    db.session.commit()


def keep_line(witness: KnownWitness, size: int, note: str, lines: str) -> None:
    """Keep a witness's line, in the transaction under way. Raises NoteError for one that does not hold."""
    now = clock.now()
    line, stated = cosignature_in(split_note(note)[0], lines, witness.verifier)
    if stated > (now + rules.AHEAD).timestamp():
        raise NoteError(f"it states a time in the future: {datetime.fromtimestamp(min(stated, 1 << 35), UTC):%Y-%m-%d}")
    db.session.execute(
        insert(Cosignature).values(size=size, witness=witness.name, line=line, at=now).on_conflict_do_nothing()
    )
    db.session.execute(
        update(Witness)
        .where(Witness.name == witness.name)
        .values(size=func.greatest(func.coalesce(Witness.size, 0), size))
    )


_LINES = compiled(
    select(Cosignature.line)
    .join(Witness, Witness.name == Cosignature.witness)
    .outerjoin(Member, Member.id == Witness.party)
    .where(Cosignature.size == given("size", BigInteger), STANDING)
    .order_by(Cosignature.witness)
)


def cosigned(size: int, note: str) -> str:
    """The checkpoint of a size with the lines of all witnesses that count now."""
    return note + "".join(row.line for row in _LINES.run(size=size))


def newest_final(most: int | None = None, shard: LogShard | None = None) -> Head | None:
    """The newest checkpoint that the quorum has cosigned; without a quorum the newest one. None: there is none.

    `most`: of those up to that size; `shard`: of those of that shard.
    """
    return _newest_cosigned_by(_quorum(), most, shard)


def offered_checkpoint(shard: LogShard) -> Head | None:
    """The checkpoint that witnesses are to cosign now.

    One that some of them have cosigned and not yet enough, while its round lasts; otherwise the newest. So those who
    come at different moments cosign the same one, and none is asked for an older one than it has cosigned. Of a shard
    that is closed it is the final one, for ever.
    """
    newest, enough = newest_checkpoint(shard=shard), _quorum()
    begun = _newest_cosigned_by(1, shard=shard) if enough and shard.past is None else None
    if newest is None or begun is None or begun.at < clock.now() - rules.ROUND:
        return newest
    final = _newest_cosigned_by(enough, shard=shard)
    return newest if final is not None and final.size == begun.size else begun


def _quorum() -> int:
    return rules.quorum(sum(each.member is not None for each in witnesses()))


def cosigned_sizes(first: int, most: int, limit: int) -> list[int]:
    """The sizes from `first` to `most` under whose checkpoints there are cosignatures, upwards, the last of them."""
    found = (
        select(Cosignature.size)
        .where(Cosignature.size.between(first, most))
        .distinct()
        .order_by(Cosignature.size.desc())
        .limit(limit)
    )
    return sorted(db.session.execute(found).scalars())


_COSIGNED = compiled(
    select(Checkpoint.size, Checkpoint.root, Checkpoint.note, Checkpoint.at)
    .join(Cosignature, Cosignature.size == Checkpoint.size)
    .join(Witness, Witness.name == Cosignature.witness)
    .join(Member, Member.id == Witness.party)
    .where(
        STANDING,
        Checkpoint.size > given("first", BigInteger),
        Checkpoint.size >= given("least", BigInteger),
        Checkpoint.size <= given("most", BigInteger),
    )
    .group_by(Checkpoint.size)
    .having(func.count() >= given("members", BigInteger))
    .order_by(Checkpoint.size.desc())
    .limit(1)
)


def _newest_cosigned_by(members: int, most: int | None = None, shard: LogShard | None = None) -> Head | None:
    """The newest checkpoint, up to a size, with lines of at least so many members' witnesses; and of the newest key."""
    if not members:
        return newest_checkpoint(most, shard)
    least = taken_over_at(shard, most)
    first, last = (-1, NO_END) if shard is None else (shard.first, shard.most)
    last = last if most is None else min(most, last)
    rows = _COSIGNED.run(first=first, least=least, most=last, members=members)
    return Head(*rows[0]) if rows else None
