"""Filing a report: pre-flight over all its rows, then the report and its listings, each by one statement.

A report that is mended goes through the same pre-flight.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    and_,
    exists,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

from hub import clock
from hub.access.actor import Actor, NotPermittedError
from hub.access.permissions import Permission
from hub.access.tlp import MemberKind
from hub.authorised_sellers import service as authorised
from hub.authorised_sellers.rules import AskedListing
from hub.db import db
from hub.evidence import service as evidence
from hub.evidence.rules import EvidenceType, RecordKind
from hub.evidence.service import EvidenceLine
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.listing_reports import preflight_rules, rules
from hub.listing_reports.model import ListingReport, ReportedListing
from hub.listing_reports.preflight_rules import Fault, ReportedRow, Right
from hub.listing_reports.preflight_rules import ReportedListing as Listing
from hub.listing_reports.reason_rules import Grounds, files_of
from hub.listing_reports.rules import Decision, ReportState, WordsError
from hub.listing_reports.service.marketplaces import sites_of
from hub.members import service as members
from hub.members.rules import ACTIVE
from hub.rights import service as rights
from hub.rights.rules import NOT_IN_NUMBERS, Facts, plain_number

FILING_LOCK = 7271
"""Among the hub's advisory locks: whoever files for a brand, so that nothing is reported twice at once."""


@dataclass(frozen=True)
class Draft:
    """A report before it is filed."""

    platform: str
    """The platform's code."""
    right: str
    """The name of the right."""
    grounds: Grounds
    rows: Sequence[ReportedRow]


@dataclass(frozen=True)
class Filed:
    """What filing came to: a report, unless there is something to mend."""

    faults: Sequence[Fault]
    good: int
    """Rows that can be filed."""
    name: str = ""
    entry: str = ""
    """Its ledger entry."""


@dataclass(frozen=True)
class _Asked:
    """What pre-flight looks at: a draft, or a report that was returned."""

    platform_id: int
    right: str
    grounds: Grounds
    rows: Sequence[ReportedRow]
    report: int | None = None
    """Its number: nothing was reported before by being in this very report."""


@dataclass(frozen=True)
class _Checked:
    listings: Sequence[Listing]
    faults: Sequence[Fault]
    facts: Facts | None
    files: Mapping[str, EvidenceLine]
    """By name, those of the evidence that the brand keeps."""


def check(actor: Actor, draft: Draft) -> Filed:
    """Pre-flight alone: what would have to be mended. Raises NotPermittedError, WordsError.

    Commits: where it found sellers that others have authorised, that is on record before anybody is told.
    """
    _must(actor)
    found = _checked(actor, _drafted(draft))
    db.session.commit()
    return Filed(found.faults, len(found.listings))


def file(actor: Actor, draft: Draft, declared: int) -> Filed:
    """File the report, if pre-flight finds nothing to mend; the caller commits.

    `declared` is the version of the good-faith declaration that whoever files has agreed to. The platform may then read
    the files of the evidence, and they are kept as long as the report is open. Raises NotPermittedError,
    WordsError, also for a platform that is none and a declaration that is not the present one. Where something is to be
    mended, it commits as `check` does.
    """
    _must(actor)
    if declared != rules.DECLARATION:
        raise WordsError("declaration", f"declare version {rules.DECLARATION} of the good-faith declaration")
    db.session.execute(select(func.pg_advisory_xact_lock(FILING_LOCK, actor.member_id)))
    asked = _drafted(draft)
    found = _checked(actor, asked)
    if found.faults or found.facts is None:
        db.session.commit()
        return Filed(found.faults, len(found.listings))
    name = rules.new_name()
    parties = {"brand_id": actor.member_id, "platform_id": asked.platform_id}
    report = db.session.execute(
        insert(ListingReport)
        .values(
            name=name,
            **parties,
            by_agent=actor.agent is not None,
            right_name=draft.right,
            right_facts=_told(found.facts),
            reason=draft.grounds.reason,
            evidence=dict(draft.grounds.evidence),
            digests=_digests(draft.grounds, found.files),
            explanation=draft.grounds.explanation,
            declaration=declared,
            declared_digest=rules.declared_digest(declared),
            filed_by=actor.pseudonym,
            filed_at=clock.now(),
            listings=len(found.listings),
            state=rules.BEGINS.value,
            version=1,
        )
        .returning(ListingReport.id)
    ).scalar_one()
    _insert_listings(report, parties, found.listings)
    _show(actor, name, asked.platform_id, draft.grounds)
    rights.show(actor, draft.right, asked.platform_id)
    counts = {"listings": len(found.listings)}
    entry = ledger.append(
        actor,
        Event.REPORT_FILED,
        subject={"type": "report", "ref": name, "digest": rules.declared_digest(declared).hex()},
        counts=counts,
        concerned={asked.platform_id: ledger.Concern("counterparty", counts)},
    )
    return Filed((), len(found.listings), name, entry)


def mended(actor: Actor, report: ListingReport, grounds: Grounds) -> Sequence[Fault]:
    """Give a returned report other evidence and explanation, and what its right is now; or say what is to be mended.

    Its undecided listings are checked as a draft's are. The caller leads it on and commits; where something is to be
    mended, this commits as `check` does. Raises NotPermittedError.
    """
    _must(actor)
    found = _checked(actor, _returned(report, grounds))
    if found.faults or found.facts is None:
        db.session.commit()
        return preflight_rules.faults_of_returned(found.faults)
    report.right_facts, report.explanation = _told(found.facts), grounds.explanation
    report.evidence, report.digests = dict(grounds.evidence), _digests(grounds, found.files)
    _show(actor, report.name, report.platform_id, grounds)
    return ()


def _digests(grounds: Grounds, files: Mapping[str, EvidenceLine]) -> dict[str, str]:
    """SHA-256 of each file of the evidence, by the name of the evidence."""
    return {name: files[file].sha256 for name, file in files_of(grounds.evidence).items() if file in files}


def _show(actor: Actor, name: str, platform_id: int, grounds: Grounds) -> None:
    """Let the platform read the files of a report's evidence, and have them kept as long as it is open."""
    files = set(files_of(grounds.evidence).values())
    for each in sorted(files):
        evidence.attach(actor, each, RecordKind.LISTING_REPORT, name, [platform_id])
    evidence.hold(RecordKind.LISTING_REPORT, name, files)


def _must(actor: Actor) -> None:
    actor.must(Permission.REPORT_FILE)
    if actor.kind is not MemberKind.BRAND:
        raise NotPermittedError("reports are filed in the name of a brand alone")


def _drafted(draft: Draft) -> _Asked:
    return _Asked(_platform(draft.platform), draft.right, draft.grounds, draft.rows)


def _returned(report: ListingReport, grounds: Grounds) -> _Asked:
    """What of it is undecided, each listing as a row of its number."""
    mine = (ReportedListing.report_id == report.id, ReportedListing.decision.is_(None))
    listings = db.session.execute(select(ReportedListing).where(*mine).order_by(ReportedListing.n)).scalars()
    rows = [
        ReportedRow(
            each.n, each.url, each.target, "" if each.product_class is None else str(each.product_class), each.seller
        )
        for each in listings
    ]
    return _Asked(report.platform_id, report.right_name, grounds, rows, report.id)


def _checked(actor: Actor, asked: _Asked) -> _Checked:
    right, facts = _right(actor, asked.right, asked.platform_id)

    def reported(digests: Sequence[bytes]) -> Collection[bytes]:
        return _reported(actor, asked, facts, digests) if facts and digests else ()

    sites = sites_of(asked.platform_id)
    files = _files(actor, asked.grounds)
    listings, faults = preflight_rules.preflight(
        asked.rows, asked.grounds, right, sites, reported, files=_types(files), now=clock.now()
    )
    if not any(fault.row is None for fault in faults):
        listings, faults = _without_authorised(actor, listings, faults)
    return _Checked(listings, faults, facts, files)


def _without_authorised(
    actor: Actor, listings: Sequence[Listing], faults: Sequence[Fault]
) -> tuple[list[Listing], list[Fault]]:
    """Of a report that is whole but for its rows: those that are of no authorised seller, and all that is to be mended.

    Nobody asks with less whether a seller is authorised by another member (ADR 0023).
    """
    asked = [AskedListing(each.number, each.digest, each.host, each.seller) for each in listings]
    try:
        found = authorised.look_up(actor, asked)
    except authorised.TooManyLookUpsError:
        return [], [*faults, preflight_rules.LOOKED_UP_TOO_OFTEN]
    theirs = {each.number for each in found}
    more = preflight_rules.authorised_faults(found)
    return [each for each in listings if each.number not in theirs], sorted(
        (*faults, *more), key=lambda fault: fault.row or 0
    )


def _files(actor: Actor, grounds: Grounds) -> dict[str, EvidenceLine]:
    """Of the files that the evidence names those that the brand keeps; where it names none, no vault is asked."""
    names = set(files_of(grounds.evidence).values())
    return {each.name: each for each in evidence.named(actor, names)} if names else {}


def _types(files: Mapping[str, EvidenceLine]) -> dict[str, EvidenceType]:
    return {name: each.type for name, each in files.items()}


def _platform(code: str) -> int:
    found = members.known(code)
    if found is None or found.kind != MemberKind.PLATFORM.value or found.state not in ACTIVE:
        raise WordsError("platform", "this code is of no platform that takes reports")
    return found.id


def _right(actor: Actor, name: str, platform_id: int) -> tuple[Right, Facts | None]:
    """The right as pre-flight asks for it, and what its register says, where it can be relied on."""
    try:
        facts = rights.usable(actor, name, platform=platform_id).facts
    except rights.UnknownRightError as error:
        raise WordsError("right", str(error)) from error
    except rights.RightNotUsableError as error:
        shown = rights.right(actor, name)[0].facts
        return replace(_asked(shown), in_force_in=frozenset(), why_not=str(error)), None
    return _asked(facts), facts


def _asked(facts: Facts) -> Right:
    return Right(facts.type.value, frozenset(facts.classes), frozenset(facts.jurisdictions))


def _told(facts: Facts) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(json.dumps(asdict(facts), default=str))
    return told


def _reported(actor: Actor, asked: _Asked, facts: Facts, digests: Sequence[bytes]) -> Collection[bytes]:
    """What the brand itself has reported so before, and neither withdrawn nor had rejected."""
    standing = (
        _under_same(asked.right, facts),
        ListingReport.reason == asked.grounds.reason,
        ListingReport.state != ReportState.WITHDRAWN.value,
        ListingReport.id.is_distinct_from(asked.report),
    )
    found = select(ReportedListing.digest).where(
        ReportedListing.brand_id == actor.member_id,
        ReportedListing.platform_id == asked.platform_id,
        ReportedListing.digest == func.any(literal(list(digests), ARRAY(LargeBinary))),
        ReportedListing.decision.is_distinct_from(Decision.REJECTED.value),
        exists().where(ListingReport.id == ReportedListing.report_id, *standing),
    )
    return set(db.session.execute(found).scalars())


def _under_same(name: str, facts: Facts) -> ColumnElement[bool]:
    """The reports under that right: the same entry of the register, or one with its number, however that is spelt.

    Whoever withdraws a right and enters it anew has no other. What has no number is known by its entry alone.
    """
    same = ListingReport.right_name == name
    if facts.number is None:
        return same
    told = {part: ListingReport.right_facts[part].astext for part in ("type", "office", "number")}
    number = func.regexp_replace(func.upper(told["number"]), NOT_IN_NUMBERS, "", "g")
    alike = (told["type"] == facts.type.value, told["office"] == facts.office, number == plain_number(facts.number))
    return same | and_(*alike)


def _insert_listings(report: int, parties: dict[str, int], listings: Sequence[Listing]) -> None:
    """One statement, whatever their number; they are numbered from 1."""
    columns: dict[str, tuple[type[TypeEngine[Any]], Sequence[Any]]] = {
        "n": (Integer, [n for n, _ in enumerate(listings, start=1)]),
        "url": (Text, [each.url for each in listings]),
        "digest": (LargeBinary, [each.digest for each in listings]),
        "target": (Text, [each.target for each in listings]),
        "product_class": (SmallInteger, [each.product_class for each in listings]),
        "seller": (Text, [each.seller for each in listings]),
    }
    arrays = (literal(values, ARRAY(kind)) for kind, values in columns.values())
    rows = func.unnest(*arrays).table_valued(*columns).render_derived()
    whose = {"report_id": report, **parties}
    chosen = select(*(literal(value) for value in whose.values()), *(rows.c[name] for name in columns))
    db.session.execute(insert(ReportedListing).from_select([*whose, *columns], chosen))
