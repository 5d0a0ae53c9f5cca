"""Who files, reviews and sees listing reports: asked as yes/no, and as WHERE; the migration restates it."""

from sqlalchemy import ColumnElement, false

from hub.access.actor import Actor, NotPermittedError
from hub.access.permissions import Permission
from hub.access.tlp import MemberKind
from hub.listing_reports.model import CounterNotice, ListingReport, Marketplace, PlatformClock, Statement, StrikeLadder
from hub.listing_reports.rules import Party

_PARTIES = {MemberKind.BRAND: Party.BRAND, MemberKind.PLATFORM: Party.PLATFORM}


def party(actor: Actor) -> Party:
    """Which of the two parties of a report the actor's member can be. Raises NotPermittedError for neither."""
    if actor.kind not in _PARTIES:
        raise NotPermittedError("reports pass between brands and platforms alone")
    return _PARTIES[actor.kind]


def needed(actor: Actor) -> Permission:
    """What the actor needs to lead a report on: brands file and mend, platforms review. Raises NotPermittedError."""
    return Permission.REPORT_FILE if party(actor) is Party.BRAND else Permission.REPORT_REVIEW


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The reports that the actor's member is a party of; the office sees none."""
    if actor.kind is MemberKind.BRAND:
        return ListingReport.brand_id == actor.member_id
    return ListingReport.platform_id == actor.member_id if actor.kind is MemberKind.PLATFORM else false()


def own_marketplaces(actor: Actor) -> ColumnElement[bool]:
    """The marketplaces of the actor's platform."""
    return Marketplace.platform_id == actor.member_id


def own_clocks(actor: Actor) -> ColumnElement[bool]:
    """The clocks of the actor's platform."""
    return PlatformClock.platform_id == actor.member_id


def counters_of(actor: Actor) -> ColumnElement[bool]:
    """The counter-notices to the reports that the actor's member is a party of."""
    if actor.kind is MemberKind.BRAND:
        return CounterNotice.brand_id == actor.member_id
    return CounterNotice.platform_id == actor.member_id if actor.kind is MemberKind.PLATFORM else false()


def own_statements(actor: Actor) -> ColumnElement[bool]:
    """The statements of reasons of the actor's platform."""
    return Statement.platform_id == actor.member_id


def own_ladder(actor: Actor) -> ColumnElement[bool]:
    """The strike ladder of the actor's platform."""
    return StrikeLadder.platform_id == actor.member_id
