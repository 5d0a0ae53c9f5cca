"""Statements of reasons: written down with what was done, and read by the platform alone."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, SmallInteger, and_, any_, func, insert, literal, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY

from hub import clock
from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import db
from hub.listing_reports import policy, rules, statement_rules
from hub.listing_reports.model import ListingReport, ReportedListing, Statement
from hub.listing_reports.rules import Action
from hub.listing_reports.service.steps import COUNTERED, UnknownReportError
from hub.listing_reports.statement_rules import RESTRICTIONS, Acted
from hub.members import service as members

SETTLED = timedelta(minutes=1)
"""What was acted on later is not exported yet: a commit that is under way would be passed over by the cursor."""
MOST_OF_ONE = 100
"""Statements on one listing that its page leads to; an export has all."""
Found = Row[Statement, ReportedListing, ListingReport]
Place = tuple[str, int, int]
"""Where an export goes on: moment, report, listing."""


@dataclass(frozen=True)
class ShownStatement:
    """A statement of reasons, and what its page says beside it."""

    acted: Acted
    url: str
    seller: str
    stands: bool
    """Whether what was done still holds; no: the report was reopened since."""
    others: Sequence[Acted]
    """The other ones on the same listing, newest first."""

    @property
    def submission(self) -> dict[str, Any]:
        """What the database's API takes."""
        return statement_rules.statement(self.acted)


def state_reasons(report: ListingReport, listings: Collection[int]) -> None:
    """Write down why listings were restricted, with the act, in the transaction under way; nothing for other acts."""
    title = members.titles_of([report.brand_id])[report.brand_id]
    kept = ("report_id", "n", "acted_at", "platform_id", "action", "automated")
    columns = {
        **{each: getattr(ReportedListing, each) for each in kept},
        "asked_at": ListingReport.asked_at,
        "right_facts": ListingReport.right_facts,
        "countered": COUNTERED,
        "evidence": func.array(select(func.jsonb_object_keys(ListingReport.evidence)).scalar_subquery()),
        "notifier": literal(title),
    }
    restricted = (
        select(*columns.values())
        .join(ListingReport, ListingReport.id == ReportedListing.report_id)
        .where(
            ReportedListing.report_id == report.id,
            ReportedListing.n == any_(literal(sorted(listings), ARRAY(SmallInteger))),
            ReportedListing.action.in_([each.value for each in RESTRICTIONS]),
        )
    )
    db.session.execute(insert(Statement).from_select(list(columns), restricted))


def statement(actor: Actor, name: str, n: int, puid: str | None = None) -> ShownStatement:
    """A statement on one listing of a report, the last one if none is named. Raises UnknownReportError for none."""
    actor.must(Permission.REPORT_REVIEW)
    one = _given(actor).where(ListingReport.name == name, Statement.n == n)
    newest = one.order_by(Statement.acted_at.desc()).limit(MOST_OF_ONE)
    rows = db.session.execute(newest).all() if rules.NAME.fullmatch(name) else []
    found = {statement_rules.puid(each): (each, row) for row in rows for each in [_acted(row)]}
    chosen = found.pop(next(iter(found), "") if puid is None else puid, None)
    if chosen is None:
        raise UnknownReportError("you have no restriction of this name")
    acted, (_, listing, _) = chosen
    stands = listing.acted_at == acted.acted_at
    return ShownStatement(acted, listing.url, listing.seller, stands, [each for each, _ in found.values()])


def stated(actor: Actor, name: str) -> set[int]:
    """The listings of a report on which the actor's platform gave a statement."""
    actor.must(Permission.REPORT_REVIEW)
    given = select(Statement.n).join(ListingReport, ListingReport.id == Statement.report_id)
    return set(db.session.execute(given.where(policy.own_statements(actor), ListingReport.name == name)).scalars())


def statements(actor: Actor, after: Place | None, limit: int) -> list[tuple[Place, dict[str, Any]]]:
    """Submissions in the order in which was acted, those after a place, each with its own place."""
    actor.must(Permission.REPORT_REVIEW)
    keys = Statement.acted_at, Statement.report_id, Statement.n
    found = _given(actor).where(Statement.acted_at < clock.now() - SETTLED).order_by(*keys).limit(limit)
    if after is not None:
        moment, report, n = after
        found = found.where(tuple_(*keys) > tuple_(datetime.fromisoformat(moment), report, n))
    return [(_place(row.Statement), statement_rules.statement(_acted(row))) for row in db.session.execute(found)]


def _given(actor: Actor) -> Select[Statement, ReportedListing, ListingReport]:
    own = and_(ReportedListing.report_id == Statement.report_id, ReportedListing.n == Statement.n)
    return (
        select(Statement, ReportedListing, ListingReport)
        .join(ReportedListing, own)
        .join(ListingReport, ListingReport.id == Statement.report_id)
        .where(policy.own_statements(actor))
    )


def _acted(row: Found) -> Acted:
    given, listing, report = row
    return Acted(
        report.name,
        listing.n,
        listing.target,
        Action(given.action),
        given.acted_at,
        report.filed_at,
        given.asked_at,
        given.countered,
        report.reason,
        frozenset(given.evidence),
        given.right_facts,
        given.notifier,
        given.automated,
    )


def _place(given: Statement) -> Place:
    return given.acted_at.isoformat(), given.report_id, given.n
