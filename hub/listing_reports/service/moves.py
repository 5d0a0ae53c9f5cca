"""The commands on a report: each under the row's lock, in its history, and on record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, update

from hub import clock
from hub.access.actor import Actor
from hub.db import db
from hub.ledger.events import Event
from hub.listing_reports import policy, rules
from hub.listing_reports.model import ListingReport, ReportedListing
from hub.listing_reports.reason_rules import Grounds, asks_order
from hub.listing_reports.rules import Action, Command, Decision, RefusedStepError, ReportState, WordsError
from hub.listing_reports.service import counter_notices
from hub.listing_reports.service.clocks import clocks_for
from hub.listing_reports.service.file import mended
from hub.listing_reports.service.statements import state_reasons
from hub.listing_reports.service.steps import NotMendedError, Said, decide, held, lead_to, record, tally
from hub.listing_reports.service.waiting import waited_for

EVENTS = {
    Command.TAKE: Event.REPORT_TAKEN,
    Command.ASSIGN: Event.REPORT_ASSIGNED,
    Command.RETURN: Event.REPORT_RETURNED,
    Command.FORWARD: Event.REPORT_FORWARDED,
    Command.LAPSE: Event.REPORT_LAPSED,
    Command.WITHDRAW: Event.REPORT_WITHDRAWN,
    Command.CLOSE: Event.REPORT_CLOSED,
    Command.REOPEN: Event.REPORT_REOPENED,
}
"""The commands that say nothing but a sentence, and how each is recorded."""
_SAY_WHY = frozenset({Command.REOPEN})


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
    if command is Command.LAPSE:
        entry = counter_notices.lapse(actor, report)
        db.session.commit()
        return entry
    if command in (Command.TAKE, Command.ASSIGN):
        report.assigned_to = actor.pseudonym
    if command is Command.FORWARD:
        report.clocks, report.asked_at = [each.kept for each in clocks_for(report)], clock.now()
    if command is Command.WITHDRAW:
        counter_notices.give_way(actor, report)
    if command is Command.REOPEN:
        _reopen(report)
    if command is Command.ASSIGN:
        report.version += 1  # who reviews it starts no clock anew
    else:
        lead_to(report, state)
    entry = record(actor, report, command, EVENTS[command], refusal=said.refusal, sentence=sentence)
    db.session.commit()
    return entry


def mend(actor: Actor, name: str, grounds: Grounds, said: Said) -> str:
    """Give a returned report other evidence and another explanation, and submit it again; returns the entry. Commits.

    What is undecided of it goes through pre-flight once more, and what is verified of its right is told anew. Raises
    what `lead` does, and NotMendedError.
    """
    report = held(actor, name, said.version)
    state = rules.moved(ReportState(report.state), Command.MEND, policy.party(actor))
    if grounds.reason != report.reason:
        raise WordsError("reason", "a report keeps its reason: withdraw this one, and file another")
    faults = mended(actor, report, grounds)
    if faults:
        raise NotMendedError(faults)
    report.order_confirmed = None  # it may be another one
    lead_to(report, state)
    entry = record(actor, report, Command.MEND, Event.REPORT_MENDED, sentence=_sentence(Command.MEND, said))
    db.session.commit()
    return entry


@dataclass(frozen=True)
class Verdict:
    """One decision on listings of a report; `listings` are their numbers, None: all that are undecided."""

    decision: Decision
    listings: Sequence[int] | None = None
    automated: bool = field(kw_only=True)
    """Whether a machine decided: a person on the page does so by hand, and who judges with a key says it."""


def judge(actor: Actor, name: str, verdict: Verdict, said: Said) -> str:
    """Decide on listings; once none is left the report is decided. Returns the ledger entry. Commits.

    No refusal without a reason code and a sentence that says what to mend. Raises what `lead` does.
    """
    report = held(actor, name, said.version)
    party, before = policy.party(actor), ReportState(report.state)
    rules.moved(before, Command.JUDGE, party)
    if asks_order(report.reason):
        rules.check_order(report.order_confirmed, verdict.decision)
    rejected = verdict.decision is Decision.REJECTED
    sentence = rules.check_refusal(said.refusal, said.sentence) if rejected else _sentence(Command.JUDGE, said)
    if said.refusal and not rejected:
        raise WordsError("refusal", "only what is rejected has a reason code of refusals")
    open_ones = (
        ReportedListing.report_id == report.id,
        ReportedListing.decision.is_(None),
        ReportedListing.n.not_in(sorted(waited_for(report, verdict.listings))),
    )
    told: dict[str, Any] = {"refusal": said.refusal, "sentence": sentence}
    values = {"decision": verdict.decision.value, "automated": verdict.automated, **told}
    asked = len(_change(open_ones, verdict.listings, values, "is decided already"))
    counter_notices.judged(report)
    if tally(report)[0]:
        lead_to(report, before)
    else:
        rules.moved(before, Command.DECIDE, party)
        decide(report)
    counts = {"established": 0 if rejected else asked, "rejected": asked if rejected else 0}
    told["listings"] = asked
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
    if deed.action is Action.REINSTATED:
        raise WordsError("action", "a listing is reinstated by what comes of its counter-notice alone")
    if deed.points is None and deed.action is Action.POINTS:
        raise WordsError("points", "say how many points")
    if deed.points is not None and deed.action is Action.NONE:
        raise WordsError("points", "points go with what was done: choose points, where nothing else was")
    if deed.points is not None and not 1 <= deed.points <= rules.MOST_POINTS:
        raise WordsError("points", f"give 1 to {rules.MOST_POINTS} points")
    established = (
        ReportedListing.report_id == report.id,
        ReportedListing.decision == Decision.ESTABLISHED.value,
        ReportedListing.action.is_(None),
    )
    values = {"action": deed.action.value, "points": deed.points, "acted_at": clock.now()}
    changed = _change(established, deed.listings, values, "was not established, or was acted on already")
    state_reasons(report, changed)
    lead_to(report, state)
    told: dict[str, Any] = {"sentence": _sentence(Command.ACT, said), "listings": len(changed)}
    counts = {"listings": len(changed)}
    entry = record(actor, report, Command.ACT, Event.REPORT_ACTED, what=deed.action.value, counts=counts, **told)
    db.session.commit()
    return entry


def _sentence(command: Command, said: Said) -> str:
    if command is Command.RETURN:
        return rules.check_refusal(said.refusal, said.sentence)
    if said.refusal and command is not Command.JUDGE:
        raise WordsError("refusal", "a reason code goes with a refusal, and with a report that is returned")
    if command in _SAY_WHY or said.sentence.strip():
        return rules.check_sentence(said.sentence)
    return ""


def _reopen(report: ListingReport) -> None:
    """What was decided is open again; the history keeps it, and so do statements of reasons."""
    report.outcome = report.clocks = report.asked_at = None
    report.stores = 0
    nothing = dict.fromkeys(("decision", "automated", "action", "points", "acted_at")) | {"refusal": "", "sentence": ""}
    db.session.execute(update(ReportedListing).where(ReportedListing.report_id == report.id).values(nothing))


def _change(
    which: Sequence[ColumnElement[bool]], listings: Sequence[int] | None, values: Mapping[str, Any], otherwise: str
) -> Sequence[int]:
    """Write on the listings named, all of which must be among `which`; returns which. Raises RefusedStepError."""
    wanted = update(ReportedListing).where(*which).values(values)
    if listings is not None:
        wanted = wanted.where(ReportedListing.n.in_(set(listings)))
    found = db.session.execute(wanted.returning(ReportedListing.n)).scalars().all()
    lacking = sorted(set(listings or ()) - set(found))
    if lacking:
        raise RefusedStepError(f"listing {lacking[0]} of this report is none, or {otherwise}")
    if not found:
        raise RefusedStepError("there is no listing left for this")
    return found
