"""Who cosigns the log: members enrol their clients, and everybody may read the policy that follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import or_, select

from hub import clock
from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import compiled, db
from hub.ledger import rules
from hub.ledger.events import Event
from hub.ledger.model import Witness
from hub.ledger.service.append import Concern, append
from hub.ledger.service.keys import log_keys
from hub.ledger.service.shards import LogShard
from hub.members.model import Member
from hub.members.rules import ACTIVE
from hub.tree.note import Verifier
from hub.tree.trust_policy import Policy
from hub.tree.witness import open_possession


class WitnessError(ValueError):
    """A witness cannot be taken on; the text says why."""


@dataclass(frozen=True)
class KnownWitness:
    """A witness that counts at present. `member`: the code of whose it is; None of one that is no member's."""

    name: str
    vkey: str
    member: str | None
    url: str | None
    added_at: datetime
    size: int | None
    asked_at: datetime | None
    contrary_at: datetime | None

    @property
    def verifier(self) -> Verifier:
        """Its key."""
        return Verifier.parse(self.vkey)


STANDING = Witness.removed_at.is_(None) & or_(Witness.party.is_(None), Member.state.in_(ACTIVE))
"""Of a witness joined with its member: it was not removed, and its member is in standing."""


_WITNESSES = compiled(
    select(
        Witness.name,
        Witness.vkey,
        Member.code,
        Witness.url,
        Witness.added_at,
        Witness.size,
        Witness.asked_at,
        Witness.contrary_at,
    )
    .outerjoin(Member, Member.id == Witness.party)
    .where(STANDING)
    .order_by(Witness.name)
)


def witnesses() -> list[KnownWitness]:
    """The witnesses that count now, by name."""
    return [KnownWitness(*row) for row in _WITNESSES.run()]


def known_witnesses(actor: Actor) -> list[KnownWitness]:
    """The same for a member, which may know whose they are."""
    actor.must(Permission.LEDGER_READ_OWN)
    return witnesses()


def trust_policy(shard: LogShard) -> Policy:
    """The trust policy of a shard of the log as it is now (C2SP tlog-policy)."""
    now, known = clock.now(), witnesses()
    return rules.trust_policy(
        f"{current_app.extensions['settings'].url}/{shard.prefix}".rstrip("/"),
        [Verifier.parse(key.vkey) for key in log_keys(shard) if key.until is None or key.until > now],
        [each.verifier for each in known if each.member is not None],
        [each.verifier for each in known if each.member is None],
    )


def own_witness(actor: Actor) -> KnownWitness | None:
    """The witness that the actor's member has enrolled."""
    actor.must(Permission.LEDGER_COSIGN)
    return next((each for each in witnesses() if each.member == actor.member), None)


def enrol_witness(actor: Actor, note: str) -> KnownWitness:
    """Enrol the key by which the member's client cosigns; done once more with the same key, it changes nothing.

    `note` shows that the client holds the key. Raises NoteError for one that does not, WitnessError where the member
    has another witness, the key is somebody else's, or there are too many witnesses.
    """
    actor.must(Permission.LEDGER_COSIGN)
    verifier = open_possession(note, current_app.extensions["settings"].origin, actor.member)
    own = own_witness(actor)
    if own is not None and own.vkey == verifier.vkey:
        return own
    if own is not None:
        raise WitnessError("your member has another witness; remove it first")
    take_on(actor, verifier, actor.member_id, None)
    db.session.commit()
    enrolled = own_witness(actor)
    assert enrolled is not None
    return enrolled


def remove_own_witness(actor: Actor) -> bool:
    """Let the member's witness cosign no more; False when it has none. What it cosigned stays."""
    actor.must(Permission.LEDGER_COSIGN)
    own = own_witness(actor)
    if own is None:
        return False
    dismiss(actor, own.name)
    db.session.commit()
    return True


def take_on(actor: Actor, verifier: Verifier, party: int | None, url: str | None) -> None:
    """Add a witness, or bring back one that was removed, in the transaction under way. Raises WitnessError."""
    if len(witnesses()) >= rules.MOST_WITNESSES:
        raise WitnessError(f"the log has {rules.MOST_WITNESSES} witnesses, and a note holds no more lines")
    before = db.session.execute(
        select(Witness).where(or_(Witness.public_key == verifier.public_key, Witness.name == verifier.name))
    ).scalar_one_or_none()
    if before is None:
        db.session.add(
            Witness(
                name=verifier.name,
                vkey=verifier.vkey,
                public_key=verifier.public_key,
                party=party,
                url=url,
                added_at=clock.now(),
            )
        )
    elif (before.vkey, before.party, before.url) == (verifier.vkey, party, url) and before.removed_at is not None:
        before.removed_at = None
    else:
        raise WitnessError("this key, or its name, is a witness's already")
    db.session.flush()
    _tell(actor, Event.WITNESS_ADDED, verifier.name)


def dismiss(actor: Actor, name: str) -> None:
    """Let a witness count no more, in the transaction under way."""
    db.session.get_one(Witness, name).removed_at = clock.now()
    db.session.flush()
    _tell(actor, Event.WITNESS_REMOVED, name)


def _tell(actor: Actor, event: Event, name: str) -> None:
    """Record it for everybody: the policy that all of them have pinned has changed."""
    members: Sequence[int] = db.session.execute(select(Member.id).where(Member.state.in_(ACTIVE))).scalars().all()
    append(
        actor,
        event,
        subject={"type": "witness", "ref": name},
        concerned={member: Concern("counterparty") for member in members},
    )
