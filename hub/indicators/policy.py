"""Who may see contributions: asked as yes/no, and as WHERE.

The migration restates `visible_to` as row-level security, in SQL of its own, so that a forgotten WHERE returns nothing.
"""

from sqlalchemy import ColumnElement, and_

from hub.access.actor import Actor
from hub.access.tlp import CEILING, MemberKind
from hub.indicators.model import Audience, Contribution, ContributionTally

Rows = type[Audience]


def may_see(actor: Actor, contribution: Audience) -> bool:
    """Whether the contribution may pass to the actor: its own, or one that its audience lets through."""
    if contribution.member_id == actor.member_id:
        return True
    ceiling = CEILING[actor.kind]
    if ceiling is None or contribution.tlp > ceiling:
        return False
    if contribution.platforms_only and actor.kind is not MemberKind.PLATFORM:
        return False
    if contribution.sector is not None and actor.sector is not None and contribution.sector != actor.sector:
        return False
    return contribution.addressees is None or not set(contribution.addressees).isdisjoint(actor.addresses)


def visible_to(actor: Actor, rows: Rows = Contribution) -> ColumnElement[bool]:
    """`may_see` as a condition on Contribution rows, on an alias of them, or on past audiences."""
    own = rows.member_id == actor.member_id
    ceiling = CEILING[actor.kind]
    if ceiling is None:
        return own
    passes = [rows.tlp <= int(ceiling), rows.addressees.is_(None) | rows.addressees.overlap(list(actor.addresses))]
    if actor.kind is not MemberKind.PLATFORM:
        passes.append(~rows.platforms_only)
    if actor.sector is not None:
        passes.append(rows.sector.is_(None) | (rows.sector == actor.sector))
    return own | and_(*passes)


def own_by(actor: Actor) -> ColumnElement[bool]:
    """The actor's member's own contributions."""
    return Contribution.member_id == actor.member_id


def own_tally(actor: Actor) -> ColumnElement[bool]:
    """The actor's member's own tally."""
    return ContributionTally.member_id == actor.member_id
