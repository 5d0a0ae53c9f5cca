"""Statements of reasons, made from what is on record; the platform alone reads them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, exists, func, select, tuple_

from hub import clock
from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import db
from hub.listing_reports import policy, rules, statement_rules
from hub.listing_reports.model import CounterNotice, ListingReport, ReportedListing
from hub.listing_reports.rules import Action
from hub.listing_reports.service.steps import UnknownReportError
from hub.listing_reports.statement_rules import RESTRICTIONS, Acted
from hub.members import service as members

SETTLED = timedelta(minutes=1)
"""What was acted on later is not exported yet: a commit that is under way would be passed over by the cursor."""
Found = Row[ReportedListing, ListingReport, bool]
Place = tuple[str, int, int]
"""Where an export goes on: moment, report, listing."""


@dataclass(frozen=True)
class ShownStatement:
    """A statement of reasons: the submission, and what the page tells the seller beside it."""

    acted: Acted
    url: str
    seller: str
    submission: dict[str, Any]


def statement(actor: Actor, name: str, n: int) -> ShownStatement:
    """The statement on one listing of a report. Raises UnknownReportError, also where nothing restricts it."""
    actor.must(Permission.REPORT_REVIEW)
    known = rules.NAME.fullmatch(name) is not None
    one = _restricted(actor).where(ListingReport.name == name, ReportedListing.n == n)
    row = db.session.execute(one).one_or_none() if known else None
    if row is None:
        raise UnknownReportError("you have no restriction of this name")
    (acted,) = _acted([row])
    return ShownStatement(acted, row.ReportedListing.url, row.ReportedListing.seller, statement_rules.statement(acted))


def statements(actor: Actor, after: Place | None, limit: int) -> list[tuple[Place, dict[str, Any]]]:
    """Submissions in the order in which was acted, those after a place, each with its own place."""
    actor.must(Permission.REPORT_REVIEW)
    keys = ReportedListing.acted_at, ReportedListing.report_id, ReportedListing.n
    found = _restricted(actor).where(ReportedListing.acted_at < clock.now() - SETTLED).order_by(*keys).limit(limit)
    if after is not None:
        moment, report, n = after
        found = found.where(tuple_(*keys) > tuple_(datetime.fromisoformat(moment), report, n))
    rows = db.session.execute(found).all()
    made = [statement_rules.statement(each) for each in _acted(rows)]
    return [(_place(row), submission) for row, submission in zip(rows, made, strict=True)]


def _restricted(actor: Actor) -> Select[ReportedListing, ListingReport, bool]:
    countered = exists().where(
        CounterNotice.report_id == ReportedListing.report_id,
        CounterNotice.passed_on_at >= ListingReport.asked_at,
        ReportedListing.n == func.any(CounterNotice.listings),
    )
    return (
        select(ReportedListing, ListingReport, countered.label("countered"))
        .join(ListingReport, ListingReport.id == ReportedListing.report_id)
        .where(
            policy.visible_to(actor),
            ReportedListing.platform_id == actor.member_id,
            ReportedListing.action.in_([each.value for each in RESTRICTIONS]),
        )
    )


def _acted(rows: Sequence[Found]) -> list[Acted]:
    titles = members.titles_of({row.ListingReport.brand_id for row in rows})
    return [_one(row.ReportedListing, row.ListingReport, row.countered, titles) for row in rows]


def _one(listing: ReportedListing, report: ListingReport, countered: bool, titles: Mapping[int, str]) -> Acted:
    assert listing.action is not None
    assert listing.acted_at is not None  # the query asks for both
    return Acted(
        report.name,
        listing.n,
        listing.target,
        Action(listing.action),
        listing.acted_at,
        report.filed_at,
        report.asked_at,
        countered,
        report.reason,
        frozenset(report.evidence),
        report.right_facts,
        titles[report.brand_id],
        listing.automated,
    )


def _place(row: Found) -> Place:
    listing = row.ReportedListing
    return listing.acted_at.isoformat(), listing.report_id, listing.n
