"""JSON endpoints of questions."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from flask import Response, abort

from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.db import db
from hub.dialogue import endpoints as dialogue
from hub.dialogue.schema import SaySchema, SentSchema, ThreadQuerySchema, ThreadSchema
from hub.listing_reports.preflight_rules import Fault
from hub.questions import schema, service
from hub.questions.rules import RefusedStepError, WordsError
from hub.questions.service import AnswerRate, ShownQuestion, UnknownQuestionError
from hub.web import idempotency
from hub.web.api import request_id
from hub.web.arguments import Blueprint
from hub.web.pagination import paged
from hub.web.problems import TYPES, ProblemError, problem

blueprint = Blueprint("questions_api", __name__, url_prefix="/api/v1", description="Questions of platforms to brands")


@blueprint.get("/questions")
@requires(Permission.QUESTION_READ)
@blueprint.arguments(schema.QuestionsQuerySchema, location="query")
@blueprint.response(200, schema.QuestionsSchema)
def questions(query: dict[str, Any]) -> dict[str, Any]:
    """The questions that your platform asked, or that your brand was asked; newest first."""
    me = actor()
    bound = f"questions {me.member_id}"
    read = partial(service.questions, me, query["wanted"])
    found, more = paged(read, query.get("cursor"), bound, query["limit"])
    return {"questions": found, "cursor": more}


@blueprint.post("/questions")
@requires(Permission.QUESTION_ASK)
@blueprint.arguments(schema.AskSchema)
@blueprint.response(200, schema.AskedSchema)
def ask(given: dict[str, Any]) -> Any:
    """Ask a brand of up to 200 listings; with `dry_run` only say what would have to be mended, row by row."""
    me = actor()
    if given["dry_run"]:
        return _or_problem(lambda: service.check(me, given["draft"]))
    claim = idempotency.claim(me.member_id)
    if claim.done:
        return claim.answer, {"Audit-Entry": (claim.answer or {})["entry"]}
    asked = _or_problem(lambda: service.ask(me, given["draft"]))
    if asked.faults:
        db.session.rollback()
        return _to_mend(asked.faults)
    answer = asdict(asked)
    claim.keep(me.member_id, answer)
    db.session.commit()
    return answer, {"Audit-Entry": asked.entry}


@blueprint.get("/questions/<name>")
@requires(Permission.QUESTION_READ)
@blueprint.response(200, schema.QuestionSchema)
def question(name: str) -> ShownQuestion:
    """One question, with its answer once there is one."""
    try:
        return service.question(actor(), name)
    except UnknownQuestionError:
        abort(404)


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
    try:
        return dialogue.read_on(service.thread, name, query)
    except UnknownQuestionError:
        abort(404)


@blueprint.post("/questions/<name>/messages")
@requires(Permission.QUESTION_READ)
@blueprint.arguments(SaySchema)
@blueprint.response(201, SentSchema)
def say(given: dict[str, Any], name: str) -> Any:
    """Write to the other party of a question; who asks or answers may. It may then read the files named."""
    try:
        return dialogue.say(service.say, name, given)
    except UnknownQuestionError:
        abort(404)


@blueprint.get("/answer-rates")
@requires(Permission.QUESTION_READ)
@blueprint.response(200, schema.AnswerRatesSchema)
def answer_rates() -> dict[str, list[AnswerRate]]:
    """How your brand answered in the last 90 days; or each brand, of the questions that your platform asked it."""
    return {"rates": service.answer_rates(actor())}


def _end(command: Callable[[], list[str]]) -> Any:
    try:
        entries = _or_problem(command)
    except UnknownQuestionError as error:
        raise ProblemError("not-valid", str(error), "Name open questions of your own", field="questions") from error
    return {"entries": entries}, {"Audit-Entry": entries[0]}


def _or_problem(command: Callable[[], Any]) -> Any:
    try:
        return command()
    except WordsError as error:
        raise ProblemError(
            "not-valid", str(error), "Mend the field that `errors` names and send it again", field=error.field
        ) from error
    except RefusedStepError as error:
        raise ProblemError(
            "conflict", str(error), "Read the question again: its state says what may be done; nothing was done"
        ) from error


def _to_mend(faults: Sequence[Fault]) -> Response:
    """What is to be mended, by row: `row 3` → field and words."""
    errors: dict[str, list[str]] = {}
    for fault in faults:
        place = fault.field if fault.row is None else f"row {fault.row}"
        errors.setdefault(place, []).append(fault.words if fault.row is None else f"{fault.field}: {fault.words}")
    told = f"{len(faults):,} things are to be mended; nothing was asked"
    return problem(TYPES["not-valid"], told, "Mend what `errors` names; dry_run lists it", request_id(), errors)
