"""Who reads notices: asked as WHERE; the migration restates it."""

from sqlalchemy import ColumnElement

from hub.access.actor import Actor, NotPermittedError
from hub.access.permissions import Permission
from hub.notices.model import Notice, NoticeReader, Webhook


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The notices to the actor's member: they tell of what stands in its own part of the record."""
    return Notice.member_id == actor.member_id


def own_readers(actor: Actor) -> ColumnElement[bool]:
    """What the people of the actor's member have read."""
    return NoticeReader.member_id == actor.member_id


def keeps(actor: Actor) -> int | None:
    """The number of the person that keeps what it has read: one that reads in its own member's name; None: nobody."""
    if actor.session is None or actor.agent is not None or not actor.may(Permission.LEDGER_READ_OWN):
        return None
    return actor.session.person_id


def reading_person(actor: Actor) -> int:
    """The same. Raises NotPermittedError where there is nobody."""
    actor.must(Permission.SESSION_OWN)
    person = keeps(actor)
    if person is None:
        raise NotPermittedError("only a person, for its own member, keeps what it has read")
    return person


def own_webhooks(actor: Actor) -> ColumnElement[bool]:
    """The webhooks of the actor's member, for its owners alone. Raises NotPermittedError for anybody else."""
    actor.must(Permission.WEBHOOK_MANAGE)
    if actor.agent is not None:
        raise NotPermittedError("no agent manages a brand's webhooks")
    return Webhook.member_id == actor.member_id
