"""Reports read back by their parties: a list with filters, and one with its listings and its history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, false, func, select, tuple_

from hub import clock
from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import db, newest
from hub.listing_reports import clock_rules, policy, rules
from hub.listing_reports.clock_rules import Clock, Silence
from hub.listing_reports.counter_rules import CounterState
from hub.listing_reports.model import CounterNotice, ListingReport, ReportedListing, ReportStep
from hub.listing_reports.rules import Decision, Party, ReportState, WordsError
from hub.listing_reports.service.steps import UnknownReportError, clocks_of, holders_clock, seller_due
from hub.listing_reports.service.waiting import Waiting, waiting
from hub.members import service as members


@dataclass(frozen=True)
class ReportLine:
    """One report in a list."""

    id: int
    name: str
    brand: str
    platform: str
    """Codes."""
    state: ReportState
    reason: str
    listings: int
    filed_at: datetime
    due_at: datetime | None
    outcome: str | None
    stores: int
    """How many stores were established."""
    version: int
    due_on: date | None
    """The last day of that time, in the platform's time zone."""
    due_zone: str | None
    assigned_to: str | None
    """Who reviews it, by pseudonym; the platform alone is told."""
    waiting: Waiting | None
    """Listings that nobody decides on yet, though it is for the platform to decide; None: there are none."""

    @property
    def due_place(self) -> tuple[str, int]:
        """Its place in the order of those that are due first."""
        assert self.due_at is not None
        return self.due_at.isoformat(), self.id


@dataclass(frozen=True)
class ShownListing:
    """One listing of a report."""

    n: int
    url: str
    target: str
    product_class: int | None
    seller: str
    decision: str | None
    refusal: str
    sentence: str
    action: str | None
    points: int | None


@dataclass(frozen=True)
class ShownStep:
    """One step of a report's history."""

    command: str
    party: Party
    by: str
    """The pseudonym of who did it; empty where it was the other party's, and to an agent where not its own."""
    refusal: str
    sentence: str
    listings: int
    at: datetime


@dataclass(frozen=True)
class ShownCounter:
    """A counter-notice, and what came of it."""

    name: str
    listings: Sequence[int]
    grounds: str
    words: str
    evidence: Sequence[str]
    state: CounterState
    passed_on_at: datetime
    due_at: datetime
    due_on: date
    """The last day of the right holder's time, in the platform's time zone."""
    zone: str
    """That time zone, when the seller was asked."""
    silent: Silence
    """What its silence means."""
    asks_proof: bool
    """Whether it maintains its report only with a file that shows a suit or complaint."""
    answered_at: datetime | None
    sentence: str
    proof: str


@dataclass(frozen=True)
class Moment:
    """One line of a report's timeline: a step, or the end of somebody's time."""

    at: datetime
    what: str
    """A command; `file`; or `seller due` and `holder due`."""
    party: str
    refusal: str = ""
    sentence: str = ""
    listings: int = 0
    on: date | None = None
    """Of a deadline, its last day in the platform's time zone."""


@dataclass(frozen=True)
class ShownReport:
    """A report as its parties see it."""

    line: ReportLine
    by_agent: bool
    right_name: str
    right: Mapping[str, Any]
    evidence: Mapping[str, str]
    digests: Mapping[str, str]
    """SHA-256 of each file of the evidence, as it was when it was named."""
    order_confirmed: bool | None
    """What the platform said of the order number of a test buy; None: nothing yet, or there is none."""
    explanation: str
    declaration: int
    clock: Clock | None
    """The one of the seller, since it was asked; None: it was not."""
    holder_clock: Clock | None
    """The one of the right holder, for a counter-notice that is passed on now: in several countries maybe another."""
    listings: Sequence[ShownListing]
    steps: Sequence[ShownStep]
    counter_notices: Sequence[ShownCounter]
    timeline: Sequence[Moment]
    """The whole history with the deadlines in it, also those that are still to come; oldest first."""

    @property
    def all_wait(self) -> bool:
        """Whether nothing can be decided yet: all that is left waits for its sellers."""
        undecided = {each.n for each in self.listings if each.decision is None}
        return self.line.waiting is not None and self.line.waiting.listings >= undecided


@dataclass(frozen=True)
class Wanted:
    """Which reports of a list are asked for; None and False: whichever."""

    state: ReportState | None = None
    reason: str | None = None
    counterpart: str | None = None
    """The code of the other party."""
    mine: bool = False
    """Those that the actor's own person reviews."""
    unassigned: bool = False


def reports(actor: Actor, wanted: Wanted, *, before: int | None, limit: int) -> list[ReportLine]:
    """The reports that the actor is a party of, newest first, those below the number `before`."""
    return _lines(actor, newest(_sought(actor, wanted), ListingReport.id, before, limit))


def due_reports(actor: Actor, wanted: Wanted, *, before: Sequence[Any] | None, limit: int) -> list[ReportLine]:
    """Those of a platform for which somebody's time runs, that which is due first on top; `before`: from this place on.

    Raises WordsError for a brand: an index leads through the due reports of a platform, and none through a brand's, so
    that those of the whole alliance would be read (48 ms of 20,000, measured, instead of 0.2).
    """
    if policy.party(actor) is not Party.PLATFORM:
        raise WordsError("order", "reports are listed by due time to their platform alone: leave the order out")
    place = ListingReport.due_at, ListingReport.id
    found = _sought(actor, wanted).where(ListingReport.due_at.is_not(None)).order_by(*place).limit(limit)
    if before is not None:
        found = found.where(tuple_(*place) > tuple_(datetime.fromisoformat(before[0]), before[1]))
    return _lines(actor, found)


def _sought(actor: Actor, wanted: Wanted) -> Select[ListingReport]:
    actor.must(Permission.REPORT_READ)
    party = policy.party(actor)
    found = select(ListingReport).where(policy.visible_to(actor))
    if wanted.state is not None:
        found = found.where(ListingReport.state == wanted.state.value)
    if wanted.reason is not None:
        found = found.where(ListingReport.reason == wanted.reason)
    if wanted.mine and party is Party.PLATFORM:
        found = found.where(ListingReport.assigned_to == actor.pseudonym)
    if wanted.unassigned and party is Party.PLATFORM:
        found = found.where(ListingReport.assigned_to.is_(None))
    if wanted.counterpart is not None:
        found = _with(found, party, wanted.counterpart)
    return found


def _lines(actor: Actor, found: Select[ListingReport]) -> list[ReportLine]:
    party = policy.party(actor)
    rows = db.session.execute(found).scalars().all()
    codes = members.codes_of({number for row in rows for number in (row.brand_id, row.platform_id)})
    waits = waiting(rows)
    return [_line(row, codes, party, waits) for row in rows]


def report(actor: Actor, name: str) -> ShownReport:
    """A report, its listings and its history, oldest first. Raises UnknownReportError."""
    actor.must(Permission.REPORT_READ)
    party = policy.party(actor)
    found = select(ListingReport).where(policy.visible_to(actor), ListingReport.name == name)
    row = db.session.execute(found).scalar_one_or_none() if rules.NAME.fullmatch(name) else None
    if row is None:
        raise UnknownReportError("you have no report of this name")
    shown = (getattr(ReportedListing, each) for each in ShownListing.__dataclass_fields__)
    listings = select(*shown).where(ReportedListing.report_id == row.id).order_by(ReportedListing.n)
    steps = select(ReportStep).where(ReportStep.report_id == row.id).order_by(ReportStep.id)
    shown_steps = [_step(actor, each) for each in db.session.execute(steps).scalars()]
    counters = _counters(row)
    return ShownReport(
        _line(row, members.codes_of({row.brand_id, row.platform_id}), party, waiting([row])),
        row.by_agent,
        row.right_name,
        row.right_facts,
        row.evidence,
        row.digests,
        row.order_confirmed,
        row.explanation,
        row.declaration,
        None if row.asked_at is None else clock_rules.of_seller(clocks_of(row), row.asked_at),
        None if row.asked_at is None else holders_clock(row, clock.now()),
        [ShownListing(*each) for each in db.session.execute(listings)],
        shown_steps,
        counters,
        _timeline(row, shown_steps, counters),
    )


def countered(actor: Actor, notice: str) -> tuple[str, int]:
    """The report to which a counter-notice was passed on, by name, and which of its counter-notices it is, from 1.

    Raises UnknownReportError.
    """
    actor.must(Permission.REPORT_READ)
    named = select(CounterNotice).where(policy.counters_of(actor), CounterNotice.name == notice)
    row = db.session.execute(named).scalar_one_or_none() if rules.NAME.fullmatch(notice) else None
    if row is None:
        raise UnknownReportError("you have no counter-notice of this name")
    before = select(func.count()).where(CounterNotice.report_id == row.report_id, CounterNotice.id <= row.id)
    report = select(ListingReport.name).where(ListingReport.id == row.report_id)
    return db.session.execute(report).scalar_one(), db.session.execute(before).scalar_one()


def established(actor: Actor, name: str) -> int:
    """How many listings of a report of the actor's brand its platform established.

    Raises UnknownReportError; also for one without an outcome: it was withdrawn before, or is open again.
    """
    actor.must(Permission.REPORT_READ)
    if policy.party(actor) is not Party.BRAND or not rules.NAME.fullmatch(name):
        raise UnknownReportError("you have no report of this name")
    decided = (ListingReport.name == name, ListingReport.outcome.is_not(None))
    own = select(ListingReport.id).where(policy.visible_to(actor), *decided)
    number = db.session.execute(own).scalar_one_or_none()
    if number is None:
        raise UnknownReportError("you have no report of this name")
    which = (ReportedListing.report_id == number, ReportedListing.decision == Decision.ESTABLISHED.value)
    return db.session.execute(select(func.count()).select_from(ReportedListing).where(*which)).scalar_one()


def _counters(row: ListingReport) -> list[ShownCounter]:
    """All of them, also those from before it was reopened."""
    found = select(CounterNotice).where(CounterNotice.report_id == row.id).order_by(CounterNotice.id)
    shown = []
    for each in db.session.execute(found).scalars():
        held = holders_clock(row, each.passed_on_at)
        derived: dict[str, Any] = {
            "state": CounterState(each.state),
            "due_on": clock_rules.local_day(each.zone, each.due_at),
            "silent": held.holder_silent,
            "asks_proof": held.proof,
        }
        plain = ShownCounter.__dataclass_fields__.keys() - derived.keys()
        shown.append(ShownCounter(**derived | {name: getattr(each, name) for name in plain}))
    return shown


def _timeline(row: ListingReport, steps: Sequence[ShownStep], counters: Sequence[ShownCounter]) -> list[Moment]:
    found = [Moment(row.filed_at, "file", Party.BRAND, listings=row.listings)]
    found += [Moment(each.at, each.command, each.party, each.refusal, each.sentence, each.listings) for each in steps]
    due = seller_due(row)
    if due is not None:
        found.append(Moment(due[0], "seller due", "seller", on=clock_rules.local_day(due[1], due[0])))
    found += [
        Moment(each.due_at, "holder due", Party.BRAND, listings=len(each.listings), on=each.due_on) for each in counters
    ]
    return sorted(found, key=lambda each: each.at)


def _with(found: Select[ListingReport], party: Party, code: str) -> Select[ListingReport]:
    """Those of one counterpart; none for a code of nobody."""
    other, one = ListingReport.platform_id if party is Party.BRAND else ListingReport.brand_id, members.known(code)
    return found.where(false() if one is None else other == one.id)


def _line(row: ListingReport, codes: Mapping[int, str], party: Party, waits: Mapping[int, Waiting]) -> ReportLine:
    return ReportLine(
        row.id,
        row.name,
        codes[row.brand_id],
        codes[row.platform_id],
        ReportState(row.state),
        row.reason,
        row.listings,
        row.filed_at,
        row.due_at,
        row.outcome,
        row.stores,
        row.version,
        None if row.due_at is None or row.due_zone is None else clock_rules.local_day(row.due_zone, row.due_at),
        row.due_zone,
        row.assigned_to if party is Party.PLATFORM else None,
        waits.get(row.id),
    )


def _step(actor: Actor, row: ReportStep) -> ShownStep:
    by = actor.told(row.by) if row.party == policy.party(actor).value else ""
    return ShownStep(row.command, Party(row.party), by, row.refusal, row.sentence, row.listings, row.at)
