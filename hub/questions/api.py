"""JSON endpoints of questions."""

from collections.abc import Callable
from functools import partial
from typing import Any

from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.dialogue import endpoints as dialogue
from hub.dialogue.schema import SaySchema, SentSchema, ThreadQuerySchema, ThreadSchema
from hub.questions import schema, service
from hub.questions.rules import RefusedStepError, WordsError
from hub.questions.service import AnswerRate, ShownQuestion, UnknownQuestionError
from hub.web.api import MEND, Refusal, refuses, whole
from hub.web.arguments import Blueprint
from hub.web.idempotency import once
from hub.web.pagination import list_page
from hub.web.problems import ProblemError

blueprint = Blueprint("questions_api", __name__, url_prefix="/api/v1", description="Questions of platforms to brands")
refuses(
    blueprint,
    {
        UnknownQuestionError: None,
        WordsError: MEND,
        RefusedStepError: Refusal(
            "conflict", "Read the question again: its state says what may be done; nothing was done"
        ),
    },
)


@blueprint.get("/questions")
@requires(Permission.QUESTION_READ)
@blueprint.arguments(schema.QuestionsQuerySchema, location="query")
@blueprint.response(200, schema.QuestionsSchema)
def questions(query: dict[str, Any]) -> dict[str, Any]:
    """The questions that your platform asked, or that your brand was asked; newest first."""
    return list_page("questions", partial(service.questions, actor(), query["wanted"]), query)


@blueprint.post("/questions")
@requires(Permission.QUESTION_ASK)
@blueprint.arguments(schema.AskSchema)
@blueprint.response(200, schema.AskedSchema)
def ask(given: dict[str, Any]) -> Any:
    """Ask a brand of up to 200 listings; with `dry_run` only say what would have to be mended, row by row."""
    me, draft = actor(), given["draft"]
    if given["dry_run"]:
        return service.check(me, draft)
    return once(lambda: whole(service.ask(me, draft), "things are to be mended; nothing was asked"))


@blueprint.get("/questions/<name>")
@requires(Permission.QUESTION_READ)
@blueprint.response(200, schema.QuestionSchema)
def question(name: str) -> ShownQuestion:
    """One question, with its answer once there is one."""
    return service.question(actor(), name)


@blueprint.post("/questions/answers")
@requires(Permission.QUESTION_ANSWER)
@blueprint.arguments(schema.AnswerSchema)
@blueprint.response(200, schema.EndedSchema)
def answer(given: dict[str, Any]) -> Any:
    """Answer one or up to 200 questions alike: all of them or, with the reason, none."""
    return _end(lambda: service.answer(actor(), given["names"], given["answer"]))


@blueprint.post("/questions/withdrawals")
@requires(Permission.QUESTION_ASK)
@blueprint.arguments(schema.WithdrawalSchema)
@blueprint.response(200, schema.EndedSchema)
def withdraw(given: dict[str, Any]) -> Any:
    """Take back one or up to 200 questions that nobody has answered yet: all of them or, with the reason, none."""
    return _end(lambda: service.withdraw(actor(), given["questions"]))


@blueprint.get("/questions/<name>/messages")
@requires(Permission.QUESTION_READ)
@blueprint.arguments(ThreadQuerySchema, location="query")
@blueprint.response(200, ThreadSchema)
def messages(query: dict[str, Any], name: str) -> Any:
    """What platform and brand wrote to each other about a question, oldest first."""
    return dialogue.read_on(service.thread, name, query)


@blueprint.post("/questions/<name>/messages")
@requires(Permission.QUESTION_READ)
@blueprint.arguments(SaySchema)
@blueprint.response(201, SentSchema)
def say(given: dict[str, Any], name: str) -> Any:
    """Write to the other party of a question; who asks or answers may. It may then read the files named."""
    return dialogue.say(service.say, name, given)


@blueprint.get("/answer-rates")
@requires(Permission.QUESTION_READ)
@blueprint.response(200, schema.AnswerRatesSchema)
def answer_rates() -> dict[str, list[AnswerRate]]:
    """How your brand answered in the last 90 days; or each brand, of the questions that your platform asked it."""
    return {"rates": service.answer_rates(actor())}


def _end(command: Callable[[], list[str]]) -> Any:
    try:
        entries = command()
    except UnknownQuestionError as error:
        raise ProblemError("not-valid", str(error), "Name open questions of your own", field="questions") from error
    return {"entries": entries}, {"Audit-Entry": entries[0]}
