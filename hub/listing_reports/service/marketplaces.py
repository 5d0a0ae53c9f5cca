"""Where a platform sells: hosts and countries, which the platform keeps and the brands that report to it read."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from hub import clock
from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.access.tlp import MemberKind
from hub.canonical.country import country_code
from hub.canonical.host import ascii_host, registrable, without_www
from hub.canonical.refusal import RefusedError
from hub.db import changed, db
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.listing_reports import policy
from hub.listing_reports.model import Marketplace
from hub.listing_reports.preflight_rules import Site
from hub.listing_reports.rules import Party, WordsError
from hub.members import service as members
from hub.members.model import Member
from hub.members.rules import ACTIVE

MOST_MARKETPLACES = 100
MOST_PLATFORMS = 1_000
"""Platforms to choose from."""


@dataclass(frozen=True)
class ShownMarketplace:
    """A host, whose it is, and the countries into which it sells."""

    platform: str
    """Code."""
    title: str
    """The platform's name."""
    host: str
    jurisdictions: Sequence[str]

    @property
    def place(self) -> tuple[str, str]:
        """Its place in the list."""
        return self.platform, self.host


class UnknownMarketplaceError(Exception):
    """The actor's platform has named no such host."""


def own_marketplaces(actor: Actor) -> Sequence[Site]:
    """The marketplaces of the actor's platform, by host."""
    actor.must(Permission.MARKETPLACE_MANAGE)
    return sites_of(actor.member_id)


def marketplaces_of(
    actor: Actor, platform: str | None, *, before: Sequence[str] | None, limit: int
) -> list[ShownMarketplace]:
    """Where the platforms in standing sell, or one of them, by code and host; `before`: from this place on.

    Raises NotPermittedError.
    """
    actor.must(Permission.REPORT_READ)
    policy.party(actor)
    place = Member.code, Marketplace.host
    found = select(Member.code, Member.name, Marketplace.host, Marketplace.jurisdictions)
    found = found.join(Marketplace, Marketplace.platform_id == Member.id).where(Member.state.in_(ACTIVE))
    if platform is not None:
        found = found.where(Member.code == platform)
    if before is not None:
        found = found.where(tuple_(*place) > tuple_(*before))
    return [ShownMarketplace(*each) for each in db.session.execute(found.order_by(*place).limit(limit))]


def set_marketplace(actor: Actor, host: str, jurisdictions: Collection[str]) -> None:
    """Name a host on which the actor's platform sells and into which countries, or other countries for it. Commits.

    Raises NotPermittedError, WordsError; also for a host that another platform has named.
    """
    actor.must(Permission.MARKETPLACE_MANAGE)
    name, countries = _host(host), _countries(jurisdictions)
    own = {site.host for site in sites_of(actor.member_id)}
    if name not in own and len(own) >= MOST_MARKETPLACES:
        raise WordsError("host", f"there are {MOST_MARKETPLACES} marketplaces: take one back first")
    values = {"jurisdictions": countries, "set_at": clock.now()}
    said = insert(Marketplace).values(host=name, platform_id=actor.member_id, **values)
    taken = db.session.execute(select(Marketplace.platform_id).where(Marketplace.host == name)).scalar_one_or_none()
    if taken not in {None, actor.member_id}:
        raise WordsError("host", "another platform has named this host: ask the alliance's office")
    db.session.execute(said.on_conflict_do_update(index_elements=["host"], set_=values))
    _record(actor, Event.MARKETPLACE_SET, name)
    db.session.commit()


def drop_marketplace(actor: Actor, host: str) -> None:
    """Sell on that host no more: nothing new is reported on it. Commits. Raises UnknownMarketplaceError."""
    actor.must(Permission.MARKETPLACE_MANAGE)
    if not changed(delete(Marketplace).where(policy.own_marketplaces(actor), Marketplace.host == host)):
        db.session.rollback()
        raise UnknownMarketplaceError("your member has named no such host")
    _record(actor, Event.MARKETPLACE_DROPPED, host)
    db.session.commit()


def counterparts(actor: Actor) -> dict[str, str]:
    """Whom a platform's reports and questions are with: brands; whom a brand's are with: platforms. As `platforms`."""
    return members.in_standing(MemberKind.BRAND) if policy.party(actor) is Party.PLATFORM else platforms()


def platforms() -> dict[str, str]:
    """The platforms that one can report to, having named a marketplace: code → name, by name."""
    selling = select(Marketplace.platform_id).distinct().limit(MOST_PLATFORMS)
    return members.named(db.session.execute(selling).scalars())


def sites_of(platform_id: int) -> list[Site]:
    """Where a platform sells."""
    own = select(Marketplace).where(Marketplace.platform_id == platform_id).order_by(Marketplace.host)
    return [Site(row.host, frozenset(row.jurisdictions)) for row in db.session.execute(own).scalars()]


def _host(text: str) -> str:
    try:
        host = without_www(ascii_host(text.strip()))
        registrable(host)
    except RefusedError as error:
        raise WordsError("host", f"{error.reason}: give a host name, as shop.example.com") from error
    return host


def _countries(codes: Collection[str]) -> list[str]:
    try:
        found = {country_code(code) for code in codes} - {None}
    except RefusedError as error:
        raise WordsError("jurisdictions", "name countries by their two letters, as DE or FR") from error
    if not found:
        raise WordsError("jurisdictions", "name at least one country into which it sells")
    return sorted(code for code in found if code)


def _record(actor: Actor, event: Event, host: str) -> None:
    digest = hashlib.sha256(host.encode()).hexdigest()
    ledger.append(actor, event, subject={"type": "marketplace", "ref": "host", "digest": digest})
