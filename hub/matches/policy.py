"""Who may run and read matches."""

from sqlalchemy import ColumnElement

from hub.access.actor import Actor
from hub.matches.model import Match


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """A match is its recipient's alone."""
    return Match.recipient_id == actor.member_id
