"""Who keeps and sees a list of authorised sellers, as WHERE; the migration restates it."""

from sqlalchemy import ColumnElement, and_, false

from hub.access.actor import Actor
from hub.access.tlp import MemberKind
from hub.authorised_sellers.model import AuthorisedSeller


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The entries of the actor's own brand; nobody else sees one, the office neither."""
    return AuthorisedSeller.brand_id == actor.member_id if actor.kind is MemberKind.BRAND else false()


def listed_by(actor: Actor) -> ColumnElement[bool]:
    """Those that were not ended."""
    return and_(visible_to(actor), AuthorisedSeller.ended_at.is_(None))
