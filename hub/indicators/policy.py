"""Who may see contributions: asked as yes/no, and as WHERE.

The migration restates `visible_to` as row-level security, in SQL of its own, so that a forgotten WHERE returns nothing.
"""

from sqlalchemy import ColumnElement, func

from hub.access.actor import Actor
from hub.access.tlp import CEILING
from hub.indicators.model import Contribution, ContributionTally

Rows = type[Contribution]


def may_see(actor: Actor, contribution: Contribution) -> bool:
    """Whether the contribution may pass to the actor: its own, or one that TLP and sharing groups let through."""
    if contribution.member_id == actor.member_id:
        return True
    ceiling = CEILING[actor.kind]
    if ceiling is None or contribution.tlp > ceiling:
        return False
    return not contribution.group_ids or bool(set(contribution.group_ids) & set(actor.group_ids))


def visible_to(actor: Actor, rows: Rows = Contribution) -> ColumnElement[bool]:
    """`may_see` as a condition on Contribution rows, or on an alias of them."""
    own = rows.member_id == actor.member_id
    ceiling = CEILING[actor.kind]
    if ceiling is None:
        return own
    passes = func.cardinality(rows.group_ids) == 0
    if actor.group_ids:
        passes |= rows.group_ids.overlap(list(actor.group_ids))
    return own | ((rows.tlp <= int(ceiling)) & passes)


def own_by(actor: Actor) -> ColumnElement[bool]:
    """The actor's member's own contributions."""
    return Contribution.member_id == actor.member_id


def own_tally(actor: Actor) -> ColumnElement[bool]:
    """The actor's member's own tally."""
    return ContributionTally.member_id == actor.member_id
