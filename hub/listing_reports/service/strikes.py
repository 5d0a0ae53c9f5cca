"""Where sellers stand on a platform's strike ladder, by the names that its own reports give them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects.postgresql import insert

from hub import clock
from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import db
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.listing_reports import policy, strike_rules
from hub.listing_reports.model import ListingReport, ReportedListing, StrikeLadder
from hub.listing_reports.rules import Action, Decision, WordsError
from hub.listing_reports.strike_rules import LADDERS, LIVES, Standing, Strike

MOST_SELLERS = 200


@dataclass(frozen=True)
class ShownSeller:
    """A seller as reports name it, and where it stands."""

    seller: str
    standing: Standing


def own_ladder(actor: Actor) -> str:
    """The name of the ladder that the actor's platform has chosen, or of the usual one."""
    actor.must(Permission.REPORT_REVIEW)
    chosen = select(StrikeLadder.ladder).where(policy.own_ladder(actor))
    return db.session.execute(chosen).scalar_one_or_none() or strike_rules.DEFAULT


def set_ladder(actor: Actor, ladder: str) -> None:
    """Choose the ladder on which sellers stand from now on, also for what they did before. Commits.

    Raises NotPermittedError, WordsError.
    """
    actor.must(Permission.MARKETPLACE_MANAGE)
    if ladder not in LADDERS:
        raise WordsError("ladder", f"choose one of {', '.join(LADDERS)}")
    values = {"ladder": ladder, "set_at": clock.now()}
    said = insert(StrikeLadder).values(platform_id=actor.member_id, **values)
    db.session.execute(said.on_conflict_do_update(index_elements=["platform_id"], set_=values))
    ledger.append(actor, Event.LADDER_SET, subject={"type": "ladder", "ref": ladder})
    db.session.commit()


def standings(actor: Actor, sellers: Collection[str]) -> Mapping[str, Standing]:
    """Where each of these sellers stands, 200 at most; of one without a strike too."""
    ladder, now = LADDERS[own_ladder(actor)], clock.now()
    wanted = sorted({each for each in sellers if each})[:MOST_SELLERS]
    found = _strikes(actor, ReportedListing.seller.in_(wanted))
    return {each: strike_rules.standing(ladder, found.get(each, ()), now) for each in wanted}


def struck_sellers(actor: Actor, *, after: str, limit: int) -> list[ShownSeller]:
    """Sellers with a strike that counts, by name, those that come after that name."""
    ladder, now = LADDERS[own_ladder(actor)], clock.now()
    names = (
        select(ReportedListing.seller)
        .where(*_counting(actor), ReportedListing.seller > after)
        .distinct()
        .order_by(ReportedListing.seller)
        .limit(limit)
    )
    found = _strikes(actor, ReportedListing.seller.in_(db.session.execute(names).scalars().all()))
    return [ShownSeller(seller, strike_rules.standing(ladder, strikes, now)) for seller, strikes in found.items()]


def _counting(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    """Established, acted on, and not too long ago: what was reopened or reinstated is none of it."""
    return (
        ReportedListing.platform_id == actor.member_id,
        ReportedListing.seller != "",
        ReportedListing.decision == Decision.ESTABLISHED.value,
        ReportedListing.action != Action.NONE.value,
        ReportedListing.acted_at > clock.now() - LIVES,
    )


def _strikes(actor: Actor, which: ColumnElement[bool]) -> dict[str, list[Strike]]:
    rows = db.session.execute(
        select(ReportedListing.seller, ReportedListing.acted_at, ReportedListing.points, ListingReport.reason)
        .join(ListingReport, ListingReport.id == ReportedListing.report_id)
        .where(*_counting(actor), which)
        .order_by(ReportedListing.seller)
    )
    found = {}
    for seller, group in groupby(rows, key=lambda row: str(row.seller)):
        found[seller] = [Strike(row.acted_at, row.points or 0, row.reason) for row in group]
    return found
