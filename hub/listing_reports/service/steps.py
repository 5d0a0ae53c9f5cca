"""What every command on a report goes through: the row's lock and the version read, its history, the record."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import any_, exists, func, insert, select, update

from hub import clock
from hub.access.actor import Actor
from hub.db import db
from hub.evidence import service as evidence
from hub.evidence.rules import RecordKind
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.listing_reports import clock_rules, policy, rules
from hub.listing_reports.clock_rules import Clock
from hub.listing_reports.counter_rules import OPEN
from hub.listing_reports.model import CounterNotice, ListingReport, ReportedListing, ReportStep
from hub.listing_reports.preflight_rules import STORE, Fault
from hub.listing_reports.reason_rules import files_of
from hub.listing_reports.rules import OVER, Action, Command, Decision, ReportState

COUNTERED = exists().where(
    CounterNotice.report_id == ListingReport.id,
    CounterNotice.passed_on_at >= ListingReport.asked_at,
    ReportedListing.n == any_(CounterNotice.listings),
)
"""Whether the seller of a listing of a report answered, since it was asked."""


class UnknownReportError(Exception):
    """The actor's member is no party of such a report."""


class StaleReportError(Exception):
    """Somebody led the report on since it was read."""


class NotMendedError(Exception):
    """Something of the report is still to be mended; `faults` says what."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("the report is not mended yet")
        self.faults = faults


@dataclass(frozen=True)
class Said:
    """What goes with a command: the version of the report that was read, a reason code, a sentence to the other."""

    version: int
    sentence: str = ""
    refusal: str = ""


def held(actor: Actor, name: str, version: int) -> ListingReport:
    """The report, its row locked until the transaction ends. Raises UnknownReportError, StaleReportError."""
    actor.must(policy.needed(actor))
    found = select(ListingReport).where(policy.visible_to(actor), ListingReport.name == name).with_for_update()
    known = rules.NAME.fullmatch(name) is not None
    report = db.session.execute(found.execution_options(populate_existing=True)).scalar_one_or_none() if known else None
    if report is None:
        raise UnknownReportError("you have no report of this name")
    if report.version != version:
        raise StaleReportError("somebody led this report on since you read it: read it again, then decide")
    return report


def record(
    actor: Actor,
    report: ListingReport,
    command: Command,
    event: Event,
    *,
    what: str = "",
    counts: Mapping[str, int] | None = None,
    **told: str | int,
) -> str:
    """Put a step into the report's history and into the record of both parties; in the transaction under way."""
    parties = {"report_id": report.id, "brand_id": report.brand_id, "platform_id": report.platform_id}
    who = {"party": policy.party(actor).value, "by": actor.pseudonym, "at": clock.now()}
    db.session.execute(insert(ReportStep).values(**parties, command=command.value, **who, **told))
    (other,) = {report.brand_id, report.platform_id} - {actor.member_id}
    subject = {"type": "report", "ref": report.name, "reason": str(told.get("refusal") or report.state)}
    subject |= {"reason": what} if what else {}
    concerned = {other: ledger.Concern("counterparty", counts or {})}
    return ledger.append(actor, event, subject=subject, counts=counts, concerned=concerned)


def clocks_of(report: ListingReport) -> list[Clock]:
    """The clocks that held when the seller was asked."""
    return [clock_rules.DEFAULT] if report.clocks is None else list(map(clock_rules.read, report.clocks))


def seller_due(report: ListingReport) -> tuple[datetime, str] | None:
    """When the time of its sellers runs out, and in whose days that is counted; None: they were not asked."""
    if report.asked_at is None:
        return None
    held = clock_rules.of_seller(clocks_of(report), report.asked_at)
    return clock_rules.deadline(held, held.seller, report.asked_at), held.zone


def holders_clock(report: ListingReport, since: datetime) -> Clock:
    """The clock of its right holder, for a counter-notice that was passed on at that moment."""
    return clock_rules.of_holder(clocks_of(report), since)


def lead_to(report: ListingReport, state: ReportState) -> None:
    """Put the report there, in its next version, with the time of whoever is then waited for.

    While it is open it relies on its evidence, and on that of its counter-notices.
    """
    if (state in OVER) != (report.state in OVER):
        relied = () if state in OVER else files_of(report.evidence).values()
        evidence.hold(RecordKind.LISTING_REPORT, report.name, relied)
        for notice in db.session.execute(select(CounterNotice).where(CounterNotice.report_id == report.id)).scalars():
            evidence.hold(RecordKind.COUNTER_NOTICE, notice.name, () if state in OVER else files_with(notice))
    report.state, report.version = state.value, report.version + 1
    due = seller_due(report) if state is ReportState.FORWARDED else None
    if state is ReportState.COUNTERED:
        open_ones = CounterNotice.report_id == report.id, CounterNotice.state.in_(OPEN)
        first = select(CounterNotice.due_at, CounterNotice.zone).where(*open_ones).order_by(CounterNotice.due_at)
        row = db.session.execute(first.limit(1)).one()
        due = row.due_at, row.zone
    report.due_at, report.due_zone = due or (None, None)


def files_with(notice: CounterNotice) -> set[str]:
    """The files that a counter-notice relies on: the seller's, and what shows a suit of the right holder."""
    return {*notice.evidence, *((notice.proof,) if notice.proof else ())}


def tally(report: ListingReport) -> tuple[int, int, int]:
    """How many listings of a report are undecided, established and rejected."""
    decided = (func.count().filter(ReportedListing.decision == each.value) for each in Decision)
    undecided = func.count().filter(ReportedListing.decision.is_(None))
    row = db.session.execute(select(undecided, *decided).where(ReportedListing.report_id == report.id)).one()
    return row[0], row[1], row[2]


def decide(report: ListingReport) -> None:
    """The outcome of a report whose last listing is decided."""
    _, *decided = tally(report)
    stores = (ReportedListing.decision == Decision.ESTABLISHED.value, ReportedListing.target == STORE)
    counted = select(func.count()).where(ReportedListing.report_id == report.id, *stores)
    report.stores = db.session.execute(counted).scalar_one()
    report.outcome = rules.outcome(frozenset(each for each, count in zip(Decision, decided, strict=True) if count))
    lead_to(report, ReportState.DECIDED)


def reinstate(actor: Actor, report: ListingReport, listings: Collection[int], code: str) -> None:
    """Let undecided listings stand again, and record it. `code` is one of rules.REINSTATED."""
    given = {"decision": Decision.REJECTED.value, "refusal": code, "sentence": rules.REINSTATED[code]}
    again = (
        update(ReportedListing)
        .where(
            ReportedListing.report_id == report.id,
            ReportedListing.n.in_(listings),
            ReportedListing.decision.is_(None),
        )
        .values(**given, action=Action.REINSTATED.value, acted_at=clock.now())
    )
    count = len(db.session.execute(again.returning(ReportedListing.n)).all())
    record(
        *(actor, report, Command.REINSTATE, Event.REPORT_REINSTATED),
        what=code,
        counts={"listings": count},
        refusal=code,
        listings=count,
    )
