"""Certificates: a brand hands a copy of a file of its vault to the register; whoever verifies the right reads that.

A copy, and not the file: evidence passes to no office by any route, whatever it is attached to. A certificate is a
document of the register, as those of an application are, handed over by its brand to be read. What becomes of the
file in the vault is of no concern to it: the copy goes once the right is withdrawn, or has long ended.
"""

import hashlib
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, delete, exists, func, insert, select

from hub import clock
from hub.access.actor import Actor, NotPermittedError
from hub.access.guard import read_as
from hub.access.permissions import Permission
from hub.db import db
from hub.evidence import service as evidence
from hub.evidence.chunks import DamagedFileError
from hub.evidence.rules import EvidenceType, Media
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.members import service as members
from hub.rights import certificate_rules, policy
from hub.rights.model import IpRight, RightCertificate
from hub.rights.rules import Command, FactError
from hub.rights.service.enter import must_enter, name_agent
from hub.rights.service.moves import held, move_all, record
from hub.rights.service.read import UnknownRightError, facts_in
from hub.sealing import seal, unseal

AT_ONCE = 100


@dataclass(frozen=True)
class Content:
    """A certificate with what it holds."""

    file_name: str
    media: Media
    content: bytes


def certify(actor: Actor, name: str, file: str) -> None:
    """Hand a copy of a file of the actor's member to the register as the right's certificate, not another. Commits.

    Its SHA-256 is one of the right's facts, and so the right is to be verified anew. Raises NotPermittedError,
    UnknownRightError, ForbiddenMoveError, and FactError for a file that is no certificate.
    """
    must_enter(actor)
    row = held(actor, name)
    move_all(row, Command.CERTIFY)
    media, content = _taken(actor, file)
    drop(row)
    kept = select(func.coalesce(func.sum(RightCertificate.size), 0)).where(policy.own_certificates(actor))
    if db.session.execute(kept).scalar_one() + len(content) > certificate_rules.MOST_KEPT:
        most = certificate_rules.MOST_KEPT // 10**9
        raise FactError("file", f"a member's certificates take at most {most} GB: withdraw rights that have ended")
    written = {"right_id": row.id, "member_id": row.member_id, "media": media.value, "size": len(content)}
    sealed = seal(content, _bound_to(name))
    db.session.execute(insert(RightCertificate).values(**written, sealed=sealed, handed_in_at=clock.now()))
    row.certificate = hashlib.sha256(content).digest()
    name_agent(row, actor)
    record(actor, row, Command.CERTIFY, Event.RIGHT_CERTIFIED, digest=facts_in(row).digest)
    db.session.commit()


def certificate(actor: Actor, name: str) -> Content:
    """A right's certificate, for its member and for who verifies it; that others read it is on record. Commits.

    Raises NotPermittedError, UnknownRightError also where the register keeps none.
    """
    actor.must(Permission.RIGHT_READ)
    found = db.session.execute(
        select(IpRight.member_id, RightCertificate.media, RightCertificate.sealed)
        .outerjoin(RightCertificate, RightCertificate.right_id == IpRight.id)
        .where(policy.visible_to(actor), IpRight.name == name)
    ).one_or_none()
    if found is None:
        raise UnknownRightError("you have no right of this name")
    own = found.member_id == actor.member_id
    if not own and not policy.may_verify(actor):
        raise NotPermittedError("a certificate is for its brand, and for whoever verifies the right")
    if found.sealed is None:
        raise UnknownRightError("the register keeps no certificate of this right")
    media, content = Media(found.media), unseal(found.sealed, _bound_to(name))
    if not own:
        told = {found.member_id: ledger.Concern("counterparty")}
        ledger.append(actor, Event.RIGHT_CERTIFICATE_READ, subject={"type": "right", "ref": name}, concerned=told)
        db.session.commit()
    return Content(f"certificate-{name}.{certificate_rules.SUFFIXES[media]}", media, content)


def drop(row: IpRight) -> None:
    """Delete what the register keeps as a right's certificate; in the transaction under way."""
    db.session.execute(delete(RightCertificate).where(RightCertificate.right_id == row.id))


def erase_lapsed() -> int | None:
    """Delete up to a hundred certificates of one member whose rights ended long ago; returns how many. Commits.

    None: nothing is due. Whatever the member's standing.
    """
    db.session.info.pop("reader", None)
    before = clock.today() - certificate_rules.KEPT_AFTER_THE_END
    member_id = db.session.execute(select(func.member_with_lapsed_certificate(before))).scalar_one()
    if member_id is None:
        return None
    actor = members.upkeep_actor(member_id, "p_retention")
    db.session.rollback()
    read_as(db.session, actor)
    due = db.session.execute(_lapsed(actor, before)).scalars().all()
    for row in due:
        drop(row)
        ledger.append(actor, Event.RIGHT_CERTIFICATE_ERASED, subject={"type": "right", "ref": row.name})
    db.session.commit()
    return len(due)


def _lapsed(actor: Actor, before: date) -> Select[IpRight]:
    kept = exists().where(RightCertificate.right_id == IpRight.id)
    found = select(IpRight).where(policy.own_by(actor), IpRight.ends_on < before, kept)
    return found.order_by(IpRight.id).limit(AT_ONCE).with_for_update()  # whoever corrects one meanwhile is waited for


def _taken(actor: Actor, file: str) -> tuple[Media, bytes]:
    """What the file of the vault holds. Raises FactError for one that is none of the member's certificates."""
    lines = evidence.named(actor, [file])
    if not lines or lines[0].type is not EvidenceType.CERTIFICATE:
        raise FactError("file", "name a file of your vault that is stored as a certificate")
    (line,) = lines
    if line.media not in certificate_rules.SUFFIXES:
        raise FactError("file", "a certificate is a PDF, a PNG or a JPEG")
    if line.size > certificate_rules.LARGEST:
        raise FactError("file", f"a certificate has at most {certificate_rules.LARGEST // 2**20} MB")
    try:
        return line.media, b"".join(evidence.content(actor, file).pieces)
    except DamagedFileError as error:
        raise FactError("file", "what lies in the vault is not what was stored there: store it anew") from error


def _bound_to(name: str) -> str:
    return f"certificate {name}"
