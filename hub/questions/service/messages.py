"""What platform and brand write to each other about a question, whatever its state."""

from collections.abc import Collection

from sqlalchemy import select

from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.db import db
from hub.dialogue import service as dialogue
from hub.dialogue.service import Record, Sent, ShownMessage
from hub.evidence.rules import RecordKind
from hub.questions import policy, rules
from hub.questions.model import Question
from hub.questions.service.answer import UnknownQuestionError


def say(actor: Actor, name: str, text: str, files: Collection[str] = ()) -> Sent:
    """Write to the other party of a question; the caller commits. Who asks or answers questions may write.

    Raises NotPermittedError, UnknownQuestionError, MessageError.
    """
    actor.must(policy.needed(actor))
    return dialogue.say(actor, _record(actor, name), text, files)


def thread(
    actor: Actor, name: str, *, after: int | None = None, before: int | None = None, limit: int = 50
) -> list[ShownMessage]:
    """What was written about a question, oldest first, as `dialogue.thread` gives it. Raises UnknownQuestionError."""
    actor.must(Permission.QUESTION_READ)
    return dialogue.thread(actor, _record(actor, name), after=after, before=before, limit=limit)


def _record(actor: Actor, name: str) -> Record:
    found = select(Question.brand_id, Question.platform_id).where(policy.visible_to(actor), Question.name == name)
    parties = db.session.execute(found).one_or_none() if rules.NAME.fullmatch(name) else None
    if parties is None:
        raise UnknownQuestionError("you have no question of this name")
    (other,) = set(parties) - {actor.member_id}
    return Record(RecordKind.QUESTION, name, other, Permission.QUESTION_READ, policy.needed(actor))
