"""Who reads a message: its two parties. Restated by the migration as row-level security."""

from sqlalchemy import ColumnElement, or_

from hub.access.actor import Actor
from hub.dialogue.model import Message


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The messages that the actor's member wrote, or that were written to it."""
    return or_(Message.from_id == actor.member_id, Message.to_id == actor.member_id)
