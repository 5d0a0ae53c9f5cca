"""Counter-notices: passed on for some listings of a report, answered by the right holder, or lapsed by its silence."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, func, insert, null, select, true, update

from hub import clock
from hub.access.actor import Actor
from hub.access.guard import read_as
from hub.access.permissions import Permission
from hub.db import db
from hub.evidence import service as evidence
from hub.evidence.rules import RecordKind
from hub.ledger.events import Event
from hub.listing_reports import clock_rules, counter_rules, policy, rules
from hub.listing_reports.clock_rules import Silence
from hub.listing_reports.counter_rules import CounterCommand, CounterState
from hub.listing_reports.model import CounterNotice, ListingReport, ReportedListing
from hub.listing_reports.rules import Action, Command, Decision, Party, RefusedStepError, ReportState, WordsError
from hub.listing_reports.service.steps import (
    Said,
    decide,
    files_with,
    held,
    holders_clock,
    lead_to,
    record,
    reinstate,
    seller_due,
    tally,
)
from hub.members import service as members

AT_ONCE = 50
"""Reports that the job lapses in one transaction."""


@dataclass(frozen=True)
class Counter:
    """What the platform passes on; `listings` are their numbers, None: all that are open and were not countered."""

    grounds: str
    words: str
    """The seller's own."""
    listings: Sequence[int] | None = None
    evidence: Sequence[str] = ()
    """Names of the platform's files in the vault, which the brand may then read; an open report keeps them."""


def counter(actor: Actor, name: str, given: Counter, said: Said) -> str:
    """Pass on a seller's counter-notice; returns the ledger entry. Commits.

    Raises what `lead` does: also where the seller's time has run out, or a listing is decided or was countered.
    """
    report = held(actor, name, said.version)
    state = rules.moved(ReportState(report.state), Command.COUNTER, policy.party(actor))
    due, mine = seller_due(report), holders_clock(report, clock.now())
    if due is None or clock.now() >= due[0]:
        on = "" if due is None else f" on {clock_rules.local_day(due[1], due[0]):%d %b %Y} in {due[1]}"
        raise RefusedStepError(f"the seller's time ran out{on}: reopen the report once it is closed, if need be")
    words = counter_rules.check_counter(given.grounds, given.words, given.evidence)
    listings = _countered(report, given.listings)
    notice = rules.new_name()
    db.session.execute(
        insert(CounterNotice).values(
            name=notice,
            report_id=report.id,
            brand_id=report.brand_id,
            platform_id=report.platform_id,
            listings=listings,
            grounds=given.grounds,
            words=words,
            evidence=sorted(set(given.evidence)),
            state=counter_rules.BEGINS.value,
            passed_on_at=clock.now(),
            due_at=clock_rules.deadline(mine, mine.holder, clock.now()),
            zone=mine.zone,
        )
    )
    for file in sorted(set(given.evidence)):
        _show(actor, file, notice, report.brand_id, "evidence")
    evidence.hold(RecordKind.COUNTER_NOTICE, notice, given.evidence)
    lead_to(report, state)
    counts = {"listings": len(listings)}
    entry = record(actor, report, Command.COUNTER, Event.REPORT_COUNTERED, counts=counts, listings=len(listings))
    db.session.commit()
    return entry


@dataclass(frozen=True)
class Reply:
    """What the right holder says to a counter-notice: accept or maintain."""

    command: CounterCommand
    notice: str = ""
    """Its name; empty: the only one that is open."""
    proof: str = ""
    """Name of the brand's file in the vault that shows a suit or complaint, which the platform may then read."""


def answer(actor: Actor, name: str, given: Reply, said: Said) -> str:
    """Maintain the report against a counter-notice, or accept it: its listings stand again. Returns the entry. Commits.

    Raises what `lead` does: also once the time for an answer has run out, for whom it runs and who names no notice.
    """
    report = held(actor, name, said.version)
    rules.moved(ReportState(report.state), Command(given.command.value), policy.party(actor))
    notice = _one(report, given.notice)
    state = counter_rules.moved(CounterState(notice.state), given.command, policy.party(actor))
    if clock.now() >= notice.due_at:
        on = f"{clock_rules.local_day(notice.zone, notice.due_at):%d %b %Y} in {notice.zone}"
        raise RefusedStepError(f"the time for an answer ran out on {on}: what silence means holds")
    maintains = given.command is CounterCommand.MAINTAIN
    sentence = rules.check_sentence(said.sentence) if maintains or said.sentence.strip() else ""
    if maintains and not given.proof and holders_clock(report, notice.passed_on_at).proof:
        raise WordsError("proof", "the law asks for a suit or complaint here: name your file that shows one")
    if given.proof:
        _show(actor, given.proof, notice.name, report.platform_id, "proof")
    notice.state, notice.answered_at, notice.sentence, notice.proof = state.value, clock.now(), sentence, given.proof
    notice.agent_id = actor.agent.member_id if actor.agent else None
    evidence.hold(RecordKind.COUNTER_NOTICE, notice.name, files_with(notice))
    event = Event.REPORT_MAINTAINED if maintains else Event.COUNTER_ACCEPTED
    about = len(notice.listings)
    entry = record(actor, report, Command(given.command.value), event, sentence=sentence, listings=about)
    if not maintains:
        reinstate(actor, report, notice.listings, "holder_accepts")
    _lead_on(report)
    db.session.commit()
    return entry


def give_way(actor: Actor, report: ListingReport) -> None:
    """The whole report is withdrawn: its counter-notices that were not settled yet are accepted thereby."""
    for notice in present(report):
        if (CounterState(notice.state), CounterCommand.WITHDRAW) in counter_rules.MOVES:
            notice.state = counter_rules.moved(
                CounterState(notice.state), CounterCommand.WITHDRAW, policy.party(actor)
            ).value
            notice.answered_at = clock.now()
            notice.agent_id = actor.agent.member_id if actor.agent else None


def lapse(actor: Actor, report: ListingReport) -> str:
    """Say that somebody's time has run out, and carry out what silence means; the caller has the lock, and commits.

    Returns the ledger entry. Raises RefusedStepError while time is left.
    """
    before = ReportState(report.state)
    to = rules.moved(before, Command.LAPSE, Party.PLATFORM)
    if report.due_at is None or clock.now() < report.due_at:
        raise RefusedStepError("the time for an answer has not run out yet")
    if before is ReportState.FORWARDED:
        lead_to(report, to)
        return record(actor, report, Command.LAPSE, Event.REPORT_LAPSED)
    silent = [
        each for each in present(report) if each.state == CounterState.FORWARDED.value and each.due_at <= clock.now()
    ]
    listings = [n for each in silent for n in each.listings]
    for each in silent:
        each.state = CounterState.EXPIRED.value
    entry = record(
        actor, report, Command.LAPSE, Event.REPORT_LAPSED, what=CounterState.EXPIRED.value, listings=len(listings)
    )
    again = [n for each in silent if _reinstated_by_silence(report, each) for n in each.listings]
    if again:
        reinstate(actor, report, again, "holder_silent")
    _lead_on(report)
    return entry


def lapse_due() -> int | None:
    """Lapse up to fifty reports of one platform that are due; returns how many. None: nothing is due. Commits.

    Whatever the platform's standing: time runs for the seller and the right holder. A crash before the commit leaves
    them due; whoever answers at this moment has the row's lock, and is either in time or told.
    """
    db.session.info.pop("reader", None)
    platform = db.session.execute(select(func.platform_with_due_report(clock.now()))).scalar_one()
    if platform is None:
        return None
    actor = members.upkeep_actor(platform, "p_clock")
    db.session.rollback()
    read_as(db.session, actor)
    due = (
        select(ListingReport)
        .where(policy.visible_to(actor), ListingReport.due_at <= clock.now())
        .order_by(ListingReport.due_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    reports = db.session.execute(due).scalars().all()
    for report in reports:
        lapse(actor, report)
    db.session.commit()
    return len(reports) or None


def judged(report: ListingReport) -> None:
    """Settle counter-notices whose last listing is judged: upheld where none is established.

    What is rejected of them stands again.
    """
    rows = select(ReportedListing.n, ReportedListing.decision).where(ReportedListing.report_id == report.id)
    decisions = {row.n: row.decision for row in db.session.execute(rows)}
    for notice in present(report):
        found = {decisions[n] for n in notice.listings}
        upheld = Decision.ESTABLISHED.value not in found
        command = CounterCommand.UPHOLD if upheld else CounterCommand.DISMISS
        to = counter_rules.MOVES.get((CounterState(notice.state), command))
        if to is not None and None not in found and not _reinstated_by_silence(report, notice):
            notice.state = to.value
            rejected = ReportedListing.n.in_(notice.listings), ReportedListing.decision == Decision.REJECTED.value
            again = update(ReportedListing).where(ReportedListing.report_id == report.id, *rejected)
            db.session.execute(again.values(action=Action.REINSTATED.value, acted_at=clock.now()))


def present(report: ListingReport) -> Sequence[CounterNotice]:
    """The counter-notices since its sellers were asked last, the oldest first."""
    if report.asked_at is None:
        return ()
    found = select(CounterNotice).where(
        CounterNotice.report_id == report.id, CounterNotice.passed_on_at >= report.asked_at
    )
    return db.session.execute(found.order_by(CounterNotice.id)).scalars().all()


def _reinstated_by_silence(report: ListingReport, notice: CounterNotice) -> bool:
    expired = notice.state == CounterState.EXPIRED.value
    return expired and holders_clock(report, notice.passed_on_at).holder_silent is Silence.REINSTATED


def _lead_on(report: ListingReport) -> None:
    """Once none is open: on to where the platform judges, or to the other sellers."""
    command = counter_rules.leads_on({CounterState(each.state) for each in present(report)}, tally(report)[0])
    if command is None:
        lead_to(report, ReportState.COUNTERED)
    elif command is Command.DECIDE:
        decide(report)
    else:
        lead_to(report, rules.MOVES[ReportState.COUNTERED, command])


def _countered(report: ListingReport, wanted: Sequence[int] | None) -> list[int]:
    open_ones = set(
        db.session.execute(
            select(ReportedListing.n).where(ReportedListing.report_id == report.id, ReportedListing.decision.is_(None))
        ).scalars()
    )
    open_ones -= {n for each in present(report) for n in each.listings}
    listings = open_ones if wanted is None else set(wanted)
    lacking = sorted(listings - open_ones)
    if lacking:
        raise RefusedStepError(f"listing {lacking[0]} of this report is none, is decided, or was countered already")
    if not listings:
        raise RefusedStepError("there is no listing left for a counter-notice")
    return sorted(listings)


def _one(report: ListingReport, name: str) -> CounterNotice:
    found: Collection[CounterNotice] = present(report)
    if name:
        found = [each for each in found if each.name == name]
    else:
        found = [each for each in found if each.state in counter_rules.OPEN]
    if len(found) != 1:
        raise WordsError("counter_notice", "name one of the counter-notices of this report")
    return next(iter(found))


def _show(actor: Actor, file: str, notice: str, reader: int, field: str) -> None:
    try:
        evidence.attach(actor, file, RecordKind.COUNTER_NOTICE, notice, [reader])
    except evidence.UnknownEvidenceError as error:
        raise WordsError(field, f"{error}: give the names of files that your member keeps in the vault") from error


@dataclass(frozen=True)
class Answered:
    """How a brand, itself or through one agent, answered counter-notices within counter_rules.COUNTED."""

    brand: str
    agent: str | None
    """Its code, which the brand and that agent alone are told; None: the brand itself, and whomever one is not told."""
    countered: int
    given_way: int
    """Accepted, or the whole report withdrawn, once a seller had countered."""
    expired: int
    maintained: int
    """Also those that the platform judged since."""


def answered(actor: Actor) -> list[Answered]:
    """Counter-notices of the last three months by brand, and of the actor's own brand by agent; by their codes."""
    actor.must(Permission.REPORT_READ)
    states = {
        "given_way": [CounterState.ACCEPTED_BY_HOLDER],
        "expired": [CounterState.EXPIRED],
        "maintained": [CounterState.MAINTAINED, CounterState.ACCEPTED_BY_PLATFORM, CounterState.REJECTED],
    }
    counted = (func.count().filter(CounterNotice.state.in_(of)) for of in states.values())
    rows = db.session.execute(
        select(CounterNotice.brand_id, _agent_told(actor).label("agent"), func.count(), *counted)
        .where(policy.counters_of(actor), CounterNotice.passed_on_at > clock.now() - counter_rules.COUNTED)
        .group_by(CounterNotice.brand_id, "agent")
    ).all()
    codes = members.codes_of({number for row in rows for number in row[:2] if number is not None})
    found = [Answered(codes[brand], None if agent is None else codes[agent], *counts) for brand, agent, *counts in rows]
    return sorted(found, key=lambda each: (each.brand, each.agent or ""))


def _agent_told(actor: Actor) -> ColumnElement[Any]:
    """The agent that answered, as far as the actor is told of it."""
    if policy.party(actor) is not Party.BRAND:
        return null()
    told = true() if actor.agent is None else CounterNotice.agent_id == actor.agent.member_id
    return case((told, CounterNotice.agent_id))
