"""Asking: each row is looked at, and once nothing is to be mended there is one question for each listing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import LargeBinary, func, insert, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from hub import clock
from hub.access.actor import Actor, NotPermittedError
from hub.access.permissions import Permission
from hub.access.tlp import MemberKind
from hub.db import db
from hub.evidence import service as evidence
from hub.evidence.rules import STRIPPED as PICTURES
from hub.evidence.rules import RecordKind
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.listing_reports import service as reports
from hub.listing_reports.preflight_rules import Fault
from hub.members import service as members
from hub.members.rules import ACTIVE
from hub.questions import rules
from hub.questions.model import OPEN, Question
from hub.questions.rules import AskedListing, AskedRow, WordsError


@dataclass(frozen=True)
class Draft:
    """Questions before they are asked."""

    brand: str
    """The brand's code."""
    words: str
    """What is asked of each listing that asks nothing of its own."""
    day: date
    """At whose end they are due, in the time zone."""
    time_zone: str
    rows: Sequence[AskedRow]


@dataclass(frozen=True)
class Asked:
    """What asking came to: questions, unless there is something to mend."""

    faults: Sequence[Fault]
    good: int
    """Rows that can be asked of."""
    names: Sequence[str] = ()
    """Of the questions, in the order of the rows."""
    entry: str = ""
    """Their ledger entry."""


@dataclass(frozen=True)
class _Checked:
    listings: Sequence[AskedListing]
    faults: Sequence[Fault]
    brand_id: int
    due_at: datetime


def check(actor: Actor, draft: Draft) -> Asked:
    """What would have to be mended. Writes nothing. Raises NotPermittedError, WordsError."""
    _must(actor)
    found = _checked(actor, draft)
    return Asked(found.faults, len(found.listings))


def ask(actor: Actor, draft: Draft) -> Asked:
    """Ask, if nothing is to be mended: one question for each listing, all or none; the caller commits.

    The brand may read the pictures from then on. Raises NotPermittedError, WordsError, also for a brand that is none
    and for a deadline out of bounds; IntegrityError where the same was asked at the same moment.
    """
    _must(actor)
    found = _checked(actor, draft)
    if found.faults:
        return Asked(found.faults, len(found.listings))
    names = [rules.new_name() for _ in found.listings]
    counts = {"asked": len(names)}
    entry = ledger.append(
        actor,
        Event.QUESTION_ASKED,
        subject=subject_of(names),
        counts=counts,
        concerned={found.brand_id: ledger.Concern("counterparty", counts)},
    )
    shared = {
        "platform_id": actor.member_id,
        "brand_id": found.brand_id,
        "due_at": found.due_at,
        "time_zone": draft.time_zone,
        "asked_by": actor.pseudonym,
        "asked_at": clock.now(),
        "asked_entry": entry,
        "state": rules.BEGINS.value,
    }
    own = zip(names, found.listings, strict=True)
    rows = [
        {**shared, "name": name, "url": it.url, "digest": it.digest, "words": it.words, "pictures": list(it.pictures)}
        for name, it in own
    ]
    db.session.execute(insert(Question).values(rows))
    for name, listing in zip(names, found.listings, strict=True):
        for picture in listing.pictures:
            evidence.attach(actor, picture, RecordKind.QUESTION, name, [found.brand_id])
    return Asked((), len(names), names, entry)


def subject_of(names: Sequence[str]) -> dict[str, str]:
    """What the record calls the questions of one act: the one by its name, several by a name of the act."""
    ref = names[0] if len(names) == 1 else rules.new_name()
    return {"type": "question", "ref": ref, "digest": rules.digest_of_names(names)}


def _must(actor: Actor) -> None:
    actor.must(Permission.QUESTION_ASK)
    if actor.kind is not MemberKind.PLATFORM:
        raise NotPermittedError("questions are asked in the name of a platform alone")


def _checked(actor: Actor, draft: Draft) -> _Checked:
    brand_id = _brand(draft.brand)
    due_at = rules.deadline(draft.day, draft.time_zone, clock.now())

    def known(digests: Sequence[bytes]) -> Collection[bytes]:
        return _open(actor, brand_id, digests)

    def own(names: Collection[str]) -> Collection[str]:
        return {name for name in names if _is_own_picture(actor, name)}

    sites = reports.sites_of(actor.member_id)
    listings, faults = rules.check_rows(draft.rows, draft.words, sites, known, own)
    return _Checked(listings, faults, brand_id, due_at)


def _brand(code: str) -> int:
    found = members.known(code)
    if found is None or found.kind != MemberKind.BRAND.value or found.state not in ACTIVE:
        raise WordsError("brand", "this code is of no brand that takes questions")
    return found.id


def _open(actor: Actor, brand_id: int, digests: Sequence[bytes]) -> Collection[bytes]:
    found = select(Question.digest).where(
        Question.platform_id == actor.member_id,
        Question.brand_id == brand_id,
        Question.digest == func.any(literal(list(digests), ARRAY(LargeBinary))),
        OPEN,
    )
    return set(db.session.execute(found).scalars()) if digests else ()


def _is_own_picture(actor: Actor, name: str) -> bool:
    try:
        line = evidence.one_evidence(actor, name).line
    except evidence.UnknownEvidenceError:
        return False
    return line.own and line.erased_at is None and line.media in PICTURES
