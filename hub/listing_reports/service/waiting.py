"""Which listings of a report nobody decides on yet, since their sellers still have time to answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from hub import clock
from hub.db import db
from hub.listing_reports import clock_rules, rules
from hub.listing_reports.model import ListingReport, ReportedListing
from hub.listing_reports.rules import Command, RefusedStepError, ReportState
from hub.listing_reports.service.steps import COUNTERED, seller_due, tally


@dataclass(frozen=True)
class Waiting:
    """Undecided listings that nobody countered, until the time of their sellers runs out."""

    listings: frozenset[int]
    until: datetime
    on: date
    """The last day of that time, in the platform's time zone."""
    zone: str


def waiting(reports: Sequence[ListingReport]) -> Mapping[int, Waiting]:
    """Of each report, by its number, whose other listings may be decided; those that wait for no seller are not in."""
    open_ones = {each.id: each for each in reports if (ReportState(each.state), Command.JUDGE) in rules.MOVES}
    due = {number: at for number, each in open_ones.items() if (at := seller_due(each)) and at[0] > clock.now()}
    if not due:
        return {}
    found = (
        select(ListingReport.id, func.array_agg(ReportedListing.n))
        .join(ReportedListing, ReportedListing.report_id == ListingReport.id)
        .where(ListingReport.id.in_(due), ReportedListing.decision.is_(None), ~COUNTERED)
        .group_by(ListingReport.id)
    )
    return {number: _waiting(listings, *due[number]) for number, listings in db.session.execute(found)}


def _waiting(listings: Sequence[int], until: datetime, zone: str) -> Waiting:
    return Waiting(frozenset(listings), until, clock_rules.local_day(zone, until), zone)


def waited_for(report: ListingReport, wanted: Sequence[int] | None) -> frozenset[int]:
    """The listings that cannot be judged yet; empty: there is none.

    Raises RefusedStepError where one of them is wanted, or nothing else is left: with the day until which is waited.
    """
    waits = waiting([report]).get(report.id)
    if waits is None:
        return frozenset()
    named = waits.listings.intersection(wanted or ())
    if named or tally(report)[0] == len(waits.listings):
        who = f"the seller of listing {min(named)}" if named else "every seller of what is left"
        until = f"until the end of {waits.on.day} {waits.on:%b %Y} in {waits.zone}"
        raise RefusedStepError(f"{who} has time left for a counter-notice, {until}: wait for it")
    return waits.listings
