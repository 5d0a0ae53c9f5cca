"""A member's own contributions, read back."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, tuple_

from hub import clock
from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.access.tlp import Tlp
from hub.db import db
from hub.epochs.model import TokenKey
from hub.indicators import policy
from hub.indicators.model import Contribution, ContributionTally, Sighting
from hub.indicators.rules import SOON, Audience, ContributionState, EvidenceLevel, Stance, Widening

EXPIRING = "expiring"
"""The standing of an active contribution that ends within rules.SOON."""
Place = tuple[str, int, str]
"""Where a page ends: shared at (ISO), key, token (hex)."""


@dataclass(frozen=True)
class OwnContribution:
    """One of the member's own contributions; its token stays inside the hub."""

    seller: str | None
    type: str
    stance: Stance
    evidence_level: EvidenceLevel
    audience: Audience
    shared_at: datetime
    expires_on: date
    state: ContributionState
    is_matched: bool
    place: Place

    @property
    def standing(self) -> str:
        """Its state, or EXPIRING."""
        ends_soon = self.state is ContributionState.ACTIVE and self.expires_on <= clock.today() + SOON
        return EXPIRING if ends_soon else self.state.value


_MATCHED = (
    select(Sighting.token)
    .where(
        Sighting.key_id == Contribution.key_id,
        Sighting.token == Contribution.token,
        Sighting.member_id == Contribution.member_id,
    )
    .exists()
)


def own_contributions(actor: Actor, *, before: Place | None, state: str, limit: int) -> list[OwnContribution]:
    """The actor's contributions, newest first, below the place `before`; `state`: a ContributionState, or EXPIRING."""
    actor.must(Permission.CONTRIBUTION_READ_OWN)
    newest = (Contribution.shared_at, Contribution.key_id, Contribution.token)
    found = (
        select(Contribution, TokenKey.type, _MATCHED.label("is_matched"))
        .join(TokenKey, TokenKey.id == Contribution.key_id)
        .where(policy.own_by(actor))
        .order_by(*(column.desc() for column in newest))
        .limit(limit)
    )
    if state == EXPIRING:
        found = found.where(Contribution.state == ContributionState.ACTIVE.value, _ends_soon())
    elif state:
        found = found.where(Contribution.state == state)
    if before is not None:
        place: Any = (datetime.fromisoformat(before[0]), before[1], bytes.fromhex(before[2]))
        found = found.where(tuple_(*newest) < place)
    return [
        OwnContribution(
            one.seller,
            type,
            Stance(one.stance),
            EvidenceLevel(one.evidence_level),
            _audience(one),
            one.shared_at,
            one.expires_on,
            ContributionState(one.state),
            is_matched,
            (one.shared_at.isoformat(), one.key_id, one.token.hex()),
        )
        for one, type, is_matched in db.session.execute(found)
    ]


def _audience(one: Contribution) -> Audience:
    widening = None if one.widening is None else Widening(one.widening)
    return Audience(
        Tlp(one.tlp), one.addressees, one.platforms_only, widening, one.widening_note, one.shows_contributor
    )


def _ends_soon() -> ColumnElement[bool]:
    return Contribution.expires_on <= clock.today() + SOON


@dataclass(frozen=True)
class OwnCount:
    """How many active contributions of a type, level and label there are, matched, and expiring soon."""

    type: str
    evidence_level: EvidenceLevel
    tlp: Tlp
    count: int
    matched: int
    expiring: int


def own_counts(actor: Actor) -> list[OwnCount]:
    """The actor's active contributions, counted from the tally; the matched ones from the sightings."""
    actor.must(Permission.CONTRIBUTION_READ_OWN)
    make = (TokenKey.type, ContributionTally.evidence_level, ContributionTally.tlp)
    ending = ContributionTally.expires_on <= clock.today() + SOON
    rows = db.session.execute(
        select(
            *make,
            func.sum(ContributionTally.contributions),
            func.coalesce(func.sum(ContributionTally.contributions).filter(ending), 0),
        )
        .join(TokenKey, TokenKey.id == ContributionTally.key_id)
        .where(policy.own_tally(actor), ContributionTally.state == ContributionState.ACTIVE.value)
        .group_by(*make)
        .having(func.sum(ContributionTally.contributions) > 0)
    )
    matched = _matched_counts(actor)
    return [
        OwnCount(type, EvidenceLevel(level), Tlp(tlp), int(count), matched.get((type, level, tlp), 0), int(expiring))
        for type, level, tlp, count, expiring in rows
    ]


def _matched_counts(actor: Actor) -> dict[tuple[str, int, int], int]:
    """(type, evidence level, TLP) → active contributions of the actor that somebody matched."""
    make = (TokenKey.type, Contribution.evidence_level, Contribution.tlp)
    rows = db.session.execute(
        select(*make, func.count())
        .select_from(Sighting)
        .join(
            Contribution,
            and_(
                Contribution.key_id == Sighting.key_id,
                Contribution.token == Sighting.token,
                Contribution.member_id == Sighting.member_id,
            ),
        )
        .join(TokenKey, TokenKey.id == Contribution.key_id)
        .where(
            policy.own_by(actor),
            Sighting.member_id == actor.member_id,
            Contribution.state == ContributionState.ACTIVE.value,
        )
        .group_by(*make)
    )
    return {(type, level, tlp): count for type, level, tlp, count in rows}


def withdrawn_count(actor: Actor) -> int:
    """How many of the actor's contributions are withdrawn."""
    actor.must(Permission.CONTRIBUTION_READ_OWN)
    counted = select(func.coalesce(func.sum(ContributionTally.contributions), 0)).where(
        policy.own_tally(actor), ContributionTally.state == ContributionState.WITHDRAWN.value
    )
    return int(db.session.execute(counted).scalar_one())
