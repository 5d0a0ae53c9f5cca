"""Attaching: a file of a member is shown to the other parties of a record, and held while the record relies on it."""

import re
from collections.abc import Collection

from sqlalchemy import insert, select, update

from hub import clock
from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import db
from hub.evidence import rules
from hub.evidence.model import Evidence, EvidenceParty
from hub.evidence.rules import RecordKind
from hub.evidence.service.read import UnknownEvidenceError, owned
from hub.ledger import service as ledger
from hub.ledger.events import Event


def attach(actor: Actor, name: str, kind: RecordKind, ref: str, parties: Collection[int]) -> None:
    """Let the other parties of a record (members by number) read a file of the actor's member; the caller commits.

    To those who may read it already for that record nothing happens. Raises NotPermittedError, UnknownEvidenceError for
    what is not the actor's member's own or was erased, ValueError for a malformed reference or too many parties; and
    the database refuses who may be no party at all (policy.PARTIES). Nobody erases it before the caller commits.
    """
    actor.must(Permission.EVIDENCE_STORE)
    others = set(parties) - {actor.member_id}
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", ref) or not 0 < len(others) <= rules.PARTIES_AT_ONCE:
        raise ValueError("a file is attached to a record with a name and one to ten other parties")
    rows = owned(actor, [name])
    if not rows:
        raise UnknownEvidenceError("there is no such file of yours")
    (row,) = rows
    shown = select(EvidenceParty.member_id).where(
        EvidenceParty.evidence_id == row.id, EvidenceParty.record_kind == kind.value, EvidenceParty.record_ref == ref
    )
    others -= set(db.session.execute(shown).scalars())
    if not others:
        return
    written = [
        {
            "evidence_id": row.id,
            "owner_id": actor.member_id,
            "member_id": party,
            "record_kind": kind.value,
            "record_ref": ref,
            "attached_at": clock.now(),
        }
        for party in sorted(others)
    ]
    db.session.execute(insert(EvidenceParty).values(written))
    ledger.append(
        actor,
        Event.EVIDENCE_ATTACHED,
        subject={"type": "evidence", "ref": name, "digest": row.digest.hex()},
        purpose=f"{kind.value.replace('_', ' ')} {ref}",
        concerned={party: ledger.Concern("counterparty") for party in others},
    )


def hold(kind: RecordKind, ref: str, names: Collection[str]) -> None:
    """Say on which of the files attached to it a record relies: none of those is erased until this is said anew.

    Said by whoever leads the record on, when it is filed, mended, closed or opened again; the caller commits.
    """
    relied = EvidenceParty.evidence_id.in_(select(Evidence.id).where(Evidence.name.in_(names)))
    of_the_record = (EvidenceParty.record_kind == kind.value, EvidenceParty.record_ref == ref)
    said = update(EvidenceParty).where(*of_the_record, EvidenceParty.held != relied).values(held=relied)
    db.session.execute(said.execution_options(synchronize_session=False))
