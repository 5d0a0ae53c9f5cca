"""Erasing: the file's key is deleted, so that nothing opens what is left of it; then the file goes too."""

from datetime import timedelta

from sqlalchemy import exists, func, select, update

from hub import clock
from hub.access.actor import Actor
from hub.access.guard import read_as
from hub.access.permissions import Permission
from hub.db import db
from hub.evidence import policy, rules
from hub.evidence.model import Evidence, EvidenceParty
from hub.evidence.service import folder
from hub.evidence.service.read import UnknownEvidenceError, owned
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.members import service as members

_HELD = exists().where(EvidenceParty.evidence_id == Evidence.id, EvidenceParty.held)
AT_ONCE = 100
OVER = "It came to the end of its retention"


class HeldEvidenceError(Exception):
    """Open records rely on the file; the text names one, and says what lets it be erased."""


def erase(actor: Actor, name: str, reason: str) -> None:
    """Erase a file of the actor's member for good, and tell those who could read it. Commits.

    Raises NotPermittedError, UnknownEvidenceError, also for what is erased already, and for a party that is not its
    owner; HeldEvidenceError while an open record relies on it; ValueError for no reason or one that is too long.
    """
    actor.must(Permission.EVIDENCE_ERASE)
    words = " ".join(reason.split())
    if not 3 <= len(words) <= rules.LONGEST_REASON or not words.isprintable():
        raise ValueError(f"say why, in 3 to {rules.LONGEST_REASON} characters")
    rows = owned(actor, [name], alone=True)
    if not rows:
        raise UnknownEvidenceError("there is no such file of yours")
    (row,) = rows
    _must_be_free(row.id)
    _erase(actor, row.id, words)
    _tell(actor, Event.EVIDENCE_ERASED, row.id, name)
    db.session.commit()
    folder.remove(name)


def erase_expired() -> int | None:
    """Erase up to a hundred files of one member whose last day has passed, and record each; returns how many.

    None: nothing is due. Whatever the member's standing: what was promised to be erased is. On what an open record
    relies, that is kept until it is closed.
    """
    db.session.info.pop("reader", None)
    member_id = db.session.execute(select(func.member_with_expired_evidence(clock.today()))).scalar_one()
    if member_id is None:
        return None
    actor = members.upkeep_actor(member_id, "p_retention")
    db.session.rollback()
    read_as(db.session, actor)
    due = db.session.execute(
        select(Evidence.id, Evidence.name)
        .where(policy.own_by(actor), Evidence.expires_on < clock.today(), Evidence.sealed_key.is_not(None), ~_HELD)
        .order_by(Evidence.id)
        .limit(AT_ONCE)
        .with_for_update()  # whoever attaches one meanwhile is waited for, and seen by the statements that erase
    ).all()
    gone = [each for each in due if _erase(actor, each.id, OVER)]
    for each in gone:
        _tell(actor, Event.EVIDENCE_EXPIRED, each.id, each.name)
    db.session.commit()
    for each in gone:
        folder.remove(each.name)
    return len(gone)


def remove_orphans(older_than: timedelta = rules.LEFT_BEHIND) -> int:
    """Take off the disk what no row has a key for: erased files, and what a crash left; returns how many.

    The database's function sees the files of all members.
    """
    before = (clock.now() - older_than).timestamp()
    names, removed = list(folder.older_than(before)), 0
    for at in range(0, len(names), AT_ONCE):
        some = names[at : at + AT_ONCE]
        living = set(db.session.execute(select(func.living_evidence(some))).scalars())
        for name in set(some) - living:
            folder.remove(name)
            removed += 1
    db.session.rollback()
    return removed


def _erase(actor: Actor, id: int, reason: str) -> bool:
    """Delete the key; False: somebody else did, or it is held."""
    gone = db.session.execute(
        update(Evidence)
        .where(policy.own_by(actor), Evidence.id == id, Evidence.sealed_key.is_not(None), ~_HELD)
        .values(sealed_key=None, erased_at=clock.now(), erased_by=actor.pseudonym, reason=reason)
        .returning(Evidence.id)
        .execution_options(synchronize_session=False)
    )
    return gone.one_or_none() is not None


def _must_be_free(id: int) -> None:
    relies = select(EvidenceParty.record_kind, EvidenceParty.record_ref).where(
        EvidenceParty.evidence_id == id, EvidenceParty.held
    )
    for kind, ref in db.session.execute(relies.limit(1)):
        words = kind.replace("_", " ")
        raise HeldEvidenceError(f"the {words} {ref} is open and relies on this file: erase it once that is over")


def _tell(actor: Actor, event: Event, id: int, name: str) -> None:
    parties = db.session.execute(select(EvidenceParty.member_id).where(EvidenceParty.evidence_id == id).distinct())
    told = {member: ledger.Concern("counterparty") for member in parties.scalars()}
    ledger.append(actor, event, subject={"type": "evidence", "ref": name}, concerned=told)
