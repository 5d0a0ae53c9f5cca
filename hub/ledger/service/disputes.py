"""Disputes: a member's check of the log failed, and it puts the evidence before the auditor (`ledger.md` §5.6)."""

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import func, select

from hub import clock
from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import db
from hub.ledger import policy
from hub.ledger.events import Event
from hub.ledger.model import Dispute
from hub.ledger.service.append import Concern, append

MOST_A_DAY = 50
CODES = frozenset({10, 20, 30, 40})
"""What `alliance ledger verify` ends with: overdue, altered, forked, withheld."""


class TooManyDisputesError(Exception):
    """The member has filed as many as it may in a day."""


def dispute(actor: Actor, code: int, evidence: bytes) -> tuple[str, str]:
    """File the evidence of a failed check; returns the dispute's name and the entry that records it. Commits.

    The record holds the evidence's SHA-256, so that neither side can put another in its place. Raises
    NotPermittedError, TooManyDisputesError, LedgerHaltedError.
    """
    actor.must(Permission.LEDGER_READ_OWN)
    now = clock.now()
    lately = select(func.count()).where(policy.own_disputes(actor), Dispute.at > now - timedelta(days=1))
    if db.session.execute(lately).scalar_one() >= MOST_A_DAY:
        raise TooManyDisputesError(f"your member filed {MOST_A_DAY} disputes within a day")
    filed = Dispute(name="x_" + secrets.token_urlsafe(16), party=actor.member_id, at=now, code=code, evidence=evidence)
    db.session.add(filed)
    digest = hashlib.sha256(evidence).hexdigest()
    entry = append(actor, Event.LEDGER_DISPUTED, subject={"type": "dispute", "ref": filed.name, "digest": digest})
    db.session.commit()
    return filed.name, entry


def evidence_of(actor: Actor, name: str) -> bytes | None:
    """The evidence of a dispute that the actor's member filed, or any for the auditor; None for all else.

    It may hold views: that an auditor read it is recorded to the member, before it does. Commits.
    """
    actor.must(Permission.LEDGER_READ_OWN)
    found = select(Dispute.party, Dispute.evidence).where(policy.readable_disputes(actor), Dispute.name == name)
    row = db.session.execute(found).one_or_none()
    if row is None:
        return None
    party, evidence = row
    if party != actor.member_id:
        subject, counts = {"type": "dispute", "ref": name}, {"read": 1}
        concerned = {party: Concern("counterparty", counts)}
        append(actor, Event.ENTRIES_READ, subject=subject, counts=counts, concerned=concerned)
        db.session.commit()
    return bytes(evidence)
