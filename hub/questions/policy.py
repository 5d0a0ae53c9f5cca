"""Who asks, answers and sees questions: asked as yes/no, and as WHERE; the migration restates it."""

from sqlalchemy import ColumnElement, false

from hub.access.actor import Actor, NotPermittedError
from hub.access.permissions import Permission
from hub.access.tlp import MemberKind
from hub.questions.model import Question
from hub.questions.rules import Party

_PARTIES = {MemberKind.BRAND: Party.BRAND, MemberKind.PLATFORM: Party.PLATFORM}


def party(actor: Actor) -> Party:
    """Which of the two parties of a question the actor's member can be. Raises NotPermittedError for neither."""
    if actor.kind not in _PARTIES:
        raise NotPermittedError("questions pass between platforms and brands alone")
    return _PARTIES[actor.kind]


def needed(actor: Actor) -> Permission:
    """What the actor needs to write about a question: platforms ask, brands answer. Raises NotPermittedError."""
    return Permission.QUESTION_ANSWER if party(actor) is Party.BRAND else Permission.QUESTION_ASK


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The questions that the actor's member is a party of; the office sees none."""
    if actor.kind is MemberKind.BRAND:
        return Question.brand_id == actor.member_id
    return Question.platform_id == actor.member_id if actor.kind is MemberKind.PLATFORM else false()
