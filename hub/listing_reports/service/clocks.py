"""The clocks of a platform: one for each jurisdiction that it names, one for everywhere else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlsplit

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from hub import clock
from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.canonical.country import country_code
from hub.canonical.refusal import RefusedError
from hub.db import changed, db
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.listing_reports import clock_rules, policy
from hub.listing_reports.clock_rules import Clock
from hub.listing_reports.model import ListingReport, PlatformClock, ReportedListing
from hub.listing_reports.preflight_rules import site_of
from hub.listing_reports.rules import WordsError
from hub.listing_reports.service.marketplaces import sites_of

MOST_CLOCKS = 60


class UnknownClockError(Exception):
    """The actor's platform has set no such clock."""


@dataclass(frozen=True)
class ClockTerms:
    """What a platform says of one of its clocks; without spans it has those of the preset."""

    jurisdiction: str
    """ISO 3166-1 alpha-2; empty: everywhere else."""
    preset: str
    zone: str
    seller: int | None = None
    holder: int | None = None
    holidays: Sequence[date] = field(default=())


@dataclass(frozen=True)
class SetClock:
    """A clock, and where it holds."""

    jurisdiction: str
    clock: Clock


def own_clocks(actor: Actor) -> list[SetClock]:
    """The clocks of the actor's platform; the one for everywhere else comes first."""
    actor.must(Permission.REPORT_REVIEW)
    return [SetClock(where, held) for where, held in _own(actor.member_id).items()]


def set_clock(actor: Actor, terms: ClockTerms) -> None:
    """Set the clock of a jurisdiction, or another one for it. Commits. Raises NotPermittedError, WordsError.

    It holds for what is passed on to sellers from now on; a report keeps the clock that held for it.
    """
    actor.must(Permission.MARKETPLACE_MANAGE)
    where = _jurisdiction(terms.jurisdiction)
    held = clock_rules.clock(terms.preset, terms.seller, terms.holder, terms.zone, terms.holidays)
    own = _own(actor.member_id)
    if where not in own and len(own) >= MOST_CLOCKS:
        raise WordsError("jurisdiction", f"there are {MOST_CLOCKS} clocks: take one back first")
    values = {"preset": held.preset, "seller": held.seller, "holder": held.holder, "zone": held.zone}
    values |= {"holidays": list(held.holidays), "set_at": clock.now()}
    said = insert(PlatformClock).values(platform_id=actor.member_id, jurisdiction=where, **values)
    db.session.execute(said.on_conflict_do_update(index_elements=["platform_id", "jurisdiction"], set_=values))
    _record(actor, Event.CLOCK_SET, where, held.preset)
    db.session.commit()


def drop_clock(actor: Actor, jurisdiction: str) -> None:
    """Take the clock of a jurisdiction back. Commits. Raises NotPermittedError, UnknownClockError."""
    actor.must(Permission.MARKETPLACE_MANAGE)
    if not changed(delete(PlatformClock).where(policy.own_clocks(actor), PlatformClock.jurisdiction == jurisdiction)):
        db.session.rollback()
        raise UnknownClockError("your member has set no clock there")
    _record(actor, Event.CLOCK_DROPPED, jurisdiction)
    db.session.commit()


def clocks_for(report: ListingReport) -> tuple[Clock, ...]:
    """The clocks that hold now for a report: those of the countries of the marketplaces its listings stand on."""
    urls = db.session.execute(select(ReportedListing.url).where(ReportedListing.report_id == report.id)).scalars()
    sites = sites_of(report.platform_id)
    found = [site_of(urlsplit(url).hostname or "", sites) for url in urls]
    countries = frozenset[str]().union(*(site.jurisdictions for site in found if site is not None))
    return clock_rules.holding(_own(report.platform_id), countries)


def _own(platform_id: int) -> Mapping[str, Clock]:
    """By jurisdiction. What a preset says is what it says now; spans that it has outgrown since are its own."""
    rows = select(PlatformClock).where(PlatformClock.platform_id == platform_id).order_by(PlatformClock.jurisdiction)
    found = {}
    for row in db.session.execute(rows).scalars():
        preset = clock_rules.PRESETS[row.preset]
        spans = max(row.seller, preset.seller), max(row.holder, preset.holder)
        found[row.jurisdiction] = clock_rules.clock(row.preset, *spans, row.zone, row.holidays)
    return found


def _jurisdiction(text: str) -> str:
    if not text.strip():
        return clock_rules.EVERYWHERE
    try:
        return country_code(text) or clock_rules.EVERYWHERE
    except RefusedError as error:
        raise WordsError("jurisdiction", "name a country by its two letters, as DE, or none for everywhere") from error


def _record(actor: Actor, event: Event, where: str, preset: str = "") -> None:
    subject = {"type": "clock", "ref": where or "everywhere"} | ({"reason": preset} if preset else {})
    ledger.append(actor, event, subject=subject)
