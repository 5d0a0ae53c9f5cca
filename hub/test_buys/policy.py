"""Whose a test buy is: its brand's alone, asked as yes/no, and as WHERE; the migration restates it."""

from sqlalchemy import ColumnElement

from hub.access.actor import Actor, NotPermittedError
from hub.access.tlp import MemberKind
from hub.test_buys.model import Buy


def must_be_brand(actor: Actor) -> None:
    """Raises NotPermittedError for who does not act for a brand."""
    if actor.kind is not MemberKind.BRAND:
        raise NotPermittedError("test buys are of brands alone")


def must_be_person(actor: Actor) -> None:
    """Raises NotPermittedError for a key, a job or an agent: a budget is approved by a person of the brand."""
    if actor.via != "ui" or actor.agent is not None:
        raise NotPermittedError("a budget is approved by a person of the brand itself")


def own_by(actor: Actor) -> ColumnElement[bool]:
    """The test buys of the actor's brand."""
    return Buy.brand_id == actor.member_id
