"""How a report moves: under the row's lock and the version that was read, in its history, and on record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, insert, select, update

from hub import clock
from hub.access.actor import Actor
from hub.db import db
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.listing_reports import clock_rules, policy, rules
from hub.listing_reports.model import ListingReport, ReportedListing, ReportStep
from hub.listing_reports.preflight_rules import Fault
from hub.listing_reports.reason_rules import Grounds
from hub.listing_reports.rules import Action, Command, Decision, RefusedStepError, ReportState, WordsError
from hub.listing_reports.service.clocks import clock_for
from hub.listing_reports.service.file import mended

EVENTS = {
    Command.TAKE: Event.REPORT_TAKEN,
    Command.ASSIGN: Event.REPORT_ASSIGNED,
    Command.RETURN: Event.REPORT_RETURNED,
    Command.FORWARD: Event.REPORT_FORWARDED,
    Command.COUNTER: Event.REPORT_COUNTERED,
    Command.LAPSE: Event.REPORT_LAPSED,
    Command.MAINTAIN: Event.REPORT_MAINTAINED,
    Command.WITHDRAW: Event.REPORT_WITHDRAWN,
    Command.CLOSE: Event.REPORT_CLOSED,
    Command.REOPEN: Event.REPORT_REOPENED,
}
"""The commands that say nothing but a sentence, and how each is recorded."""
_SAY_WHY = frozenset({Command.COUNTER, Command.MAINTAIN, Command.REOPEN})


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


def lead(actor: Actor, name: str, command: Command, said: Said) -> str:
    """Give one of the commands of EVENTS; returns the ledger entry. Commits.

    Raises NotPermittedError, UnknownReportError, StaleReportError, RefusedStepError, WordsError.
    """
    report = held(actor, name, said.version)
    before = ReportState(report.state)
    if command not in EVENTS:
        raise RefusedStepError(f"to {command!s} needs more than a sentence")
    state = rules.moved(before, command, policy.party(actor))
    sentence = _sentence(command, said)
    if command is Command.LAPSE and (report.due_at is None or clock.now() < report.due_at):
        raise RefusedStepError("the time for an answer has not run out yet")
    if command in (Command.TAKE, Command.ASSIGN):
        report.assigned_to = actor.pseudonym
    if command is Command.FORWARD:
        report.clock = clock_for(report).kept
    if command is Command.REOPEN:
        _reopen(report)
    _to(report, state)
    entry = record(actor, report, command, EVENTS[command], refusal=said.refusal, sentence=sentence)
    db.session.commit()
    return entry


def mend(actor: Actor, name: str, grounds: Grounds, said: Said) -> str:
    """Give a returned report other evidence and another explanation, and submit it again; returns the entry. Commits.

    Raises what `lead` does, and NotMendedError.
    """
    report = held(actor, name, said.version)
    state = rules.moved(ReportState(report.state), Command.MEND, policy.party(actor))
    if grounds.reason != report.reason:
        raise WordsError("reason", "a report keeps its reason: withdraw this one, and file another")
    faults = mended(actor, report, grounds)
    if faults:
        raise NotMendedError(faults)
    report.evidence, report.explanation = dict(grounds.evidence), grounds.explanation
    _to(report, state)
    entry = record(actor, report, Command.MEND, Event.REPORT_MENDED, sentence=_sentence(Command.MEND, said))
    db.session.commit()
    return entry


@dataclass(frozen=True)
class Verdict:
    """One decision on listings of a report; `listings` are their numbers, None: all that are undecided."""

    decision: Decision
    listings: Sequence[int] | None = None


def judge(actor: Actor, name: str, verdict: Verdict, said: Said) -> str:
    """Decide on listings; once none is left the report is decided. Returns the ledger entry. Commits.

    No refusal without a reason code and a sentence that says what to mend. Raises what `lead` does.
    """
    report = held(actor, name, said.version)
    party, before = policy.party(actor), ReportState(report.state)
    rules.moved(before, Command.JUDGE, party)
    rejected = verdict.decision is Decision.REJECTED
    sentence = rules.check_refusal(said.refusal, said.sentence) if rejected else _sentence(Command.JUDGE, said)
    if said.refusal and not rejected:
        raise WordsError("refusal", "only what is rejected has a reason code of refusals")
    open_ones = (ReportedListing.report_id == report.id, ReportedListing.decision.is_(None))
    values = {"decision": verdict.decision.value, "refusal": said.refusal, "sentence": sentence}
    asked = _change(open_ones, verdict.listings, values, "is decided already")
    left, established, refused = _tally(report.id)
    if not left:
        kinds = {Decision.ESTABLISHED: established, Decision.REJECTED: refused}
        report.outcome = rules.outcome(frozenset(each for each, count in kinds.items() if count))
        _to(report, rules.moved(before, Command.DECIDE, party))
    else:
        _to(report, before)
    counts = {"established": 0 if rejected else asked, "rejected": asked if rejected else 0}
    told: dict[str, Any] = {"refusal": said.refusal, "sentence": sentence, "listings": asked}
    entry = record(actor, report, Command.JUDGE, Event.REPORT_JUDGED, what=report.state, counts=counts, **told)
    db.session.commit()
    return entry


@dataclass(frozen=True)
class Deed:
    """What the platform did about established listings; `listings` are their numbers, None: all without an action."""

    action: Action
    points: int | None = None
    listings: Sequence[int] | None = None


def act(actor: Actor, name: str, deed: Deed, said: Said) -> str:
    """Say what was done about established listings; returns the ledger entry. Commits. Raises what `lead` does."""
    report = held(actor, name, said.version)
    state = rules.moved(ReportState(report.state), Command.ACT, policy.party(actor))
    if (deed.points is not None) != (deed.action is Action.POINTS):
        raise WordsError("points", "points go with the action points, and with no other")
    if deed.points is not None and not 1 <= deed.points <= rules.MOST_POINTS:
        raise WordsError("points", f"give 1 to {rules.MOST_POINTS} points")
    established = (
        ReportedListing.report_id == report.id,
        ReportedListing.decision == Decision.ESTABLISHED.value,
        ReportedListing.action.is_(None),
    )
    values = {"action": deed.action.value, "points": deed.points}
    asked = _change(established, deed.listings, values, "was not established, or was acted on already")
    _to(report, state)
    told: dict[str, Any] = {"sentence": _sentence(Command.ACT, said), "listings": asked}
    counts = {"listings": asked}
    entry = record(actor, report, Command.ACT, Event.REPORT_ACTED, what=deed.action.value, counts=counts, **told)
    db.session.commit()
    return entry


def record(
    actor: Actor,
    report: ListingReport,
    command: Command,
    event: Event,
    *,
    what: str = "",
    counts: Mapping[str, int] | None = None,
    **told: Any,
) -> str:
    """Put a step into the report's history and into the record of both parties; in the transaction under way."""
    parties = {"report_id": report.id, "brand_id": report.brand_id, "platform_id": report.platform_id}
    who = {"party": policy.party(actor).value, "by": actor.pseudonym, "at": clock.now()}
    db.session.execute(insert(ReportStep).values(**parties, command=command.value, **who, **told))
    (other,) = {report.brand_id, report.platform_id} - {actor.member_id}
    subject = {"type": "report", "ref": report.name, "reason": told.get("refusal") or report.state}
    subject |= {"reason": what} if what else {}
    concerned = {other: ledger.Concern("counterparty", counts or {})}
    return ledger.append(actor, event, subject=subject, counts=counts, concerned=concerned)


def _to(report: ListingReport, state: ReportState) -> None:
    if report.state != state:  # who reviews it starts no clock anew
        report.state, report.due_at = state.value, _due(report, state)
    report.version += 1


def _due(report: ListingReport, state: ReportState) -> datetime | None:
    """When the time of whoever is waited for in that state runs out."""
    held = clock_rules.DEFAULT if report.clock is None else clock_rules.read(report.clock)
    span = {ReportState.FORWARDED: held.seller, ReportState.COUNTERED: held.holder}.get(state)
    return None if span is None else clock_rules.deadline(held, span, clock.now())


def _sentence(command: Command, said: Said) -> str:
    if command is Command.RETURN:
        return rules.check_refusal(said.refusal, said.sentence)
    if said.refusal and command is not Command.JUDGE:
        raise WordsError("refusal", "a reason code goes with a refusal, and with a report that is returned")
    if command in _SAY_WHY or said.sentence.strip():
        return rules.check_sentence(said.sentence)
    return ""


def _reopen(report: ListingReport) -> None:
    """What was decided is open again; the history keeps it."""
    report.outcome = None
    nothing = {"decision": None, "refusal": "", "sentence": "", "action": None, "points": None}
    db.session.execute(update(ReportedListing).where(ReportedListing.report_id == report.id).values(nothing))


def _change(
    which: Sequence[ColumnElement[bool]], listings: Sequence[int] | None, values: Mapping[str, Any], otherwise: str
) -> int:
    """Write on the listings named, all of which must be among `which`; returns how many. Raises RefusedStepError."""
    wanted = update(ReportedListing).where(*which).values(values)
    if listings is not None:
        wanted = wanted.where(ReportedListing.n.in_(set(listings)))
    found = db.session.execute(wanted.returning(ReportedListing.n)).scalars().all()
    lacking = sorted(set(listings or ()) - set(found))
    if lacking:
        raise RefusedStepError(f"listing {lacking[0]} of this report is none, or {otherwise}")
    if not found:
        raise RefusedStepError("there is no listing left for this")
    return len(found)


def _tally(report: int) -> tuple[int, int, int]:
    """How many listings of a report are undecided, established and rejected."""
    decided = (func.count().filter(ReportedListing.decision == each.value) for each in Decision)
    undecided = func.count().filter(ReportedListing.decision.is_(None))
    row = db.session.execute(select(undecided, *decided).where(ReportedListing.report_id == report)).one()
    return row[0], row[1], row[2]
