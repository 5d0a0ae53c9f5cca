"""JSON endpoints of listing reports."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from operator import attrgetter
from typing import Any

from flask import Response, abort, jsonify

from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.db import db
from hub.dialogue import endpoints as dialogue
from hub.dialogue.schema import SaySchema, SentSchema, ThreadQuerySchema, ThreadSchema
from hub.listing_reports import schema, service
from hub.listing_reports.counter_rules import ANSWERS
from hub.listing_reports.preflight_rules import Fault
from hub.listing_reports.rules import Command, RefusedStepError, WordsError
from hub.listing_reports.service import NotMendedError, ShownReport, ShownSeller, StaleReportError, UnknownReportError
from hub.web import idempotency
from hub.web.api import answers, request_id
from hub.web.arguments import Blueprint
from hub.web.pagination import open_cursor, paged, seal_cursor
from hub.web.problems import TYPES, ProblemError, problem

blueprint = Blueprint("reports_api", __name__, url_prefix="/api/v1", description="Listing reports")


@blueprint.get("/listing-reports")
@requires(Permission.REPORT_READ)
@blueprint.arguments(schema.ReportsQuerySchema, location="query")
@blueprint.response(200, schema.ReportsSchema)
def reports(query: dict[str, Any]) -> dict[str, Any]:
    """The reports that your brand filed, or that were filed to your platform; newest first."""
    me = actor()
    bound = f"reports {me.member_id}"
    read = partial(service.reports, me, query["wanted"])
    found, more = paged(read, query.get("cursor"), bound, query["limit"])
    return {"reports": found, "cursor": more}


@blueprint.post("/listing-reports")
@requires(Permission.REPORT_FILE)
@blueprint.arguments(schema.FileSchema)
@blueprint.response(200, schema.FiledSchema)
def file(given: dict[str, Any]) -> Any:
    """File a report of up to 1,000 listings; with `dry_run` only say what would have to be mended, row by row."""
    me = actor()
    if given["dry_run"]:
        return _or_problem(lambda: service.check(me, given["draft"]))
    claim = idempotency.claim(me.member_id)
    if claim.done:
        return claim.answer, {"Audit-Entry": (claim.answer or {})["entry"]}
    filed = _or_problem(lambda: service.file(me, given["draft"], given["declaration"]))
    if filed.faults:
        db.session.rollback()
        return _to_mend(filed.faults)
    answer = asdict(filed)
    claim.keep(me.member_id, answer)
    db.session.commit()
    return answer, {"Audit-Entry": filed.entry}


@blueprint.get("/listing-reports/<name>")
@requires(Permission.REPORT_READ)
@blueprint.response(200, schema.ReportSchema)
def report(name: str) -> ShownReport:
    """One report, with its listings and its history."""
    try:
        return service.report(actor(), name)
    except UnknownReportError:
        abort(404)


@blueprint.post("/listing-reports/<name>/answers")
@requires(Permission.REPORT_FILE)
@blueprint.arguments(schema.CommandSchema)
@blueprint.response(200, schema.LedSchema)
def answer(given: dict[str, Any], name: str) -> Any:
    """What the brand does with a report: mend or withdraw it, maintain it against a counter-notice or accept that."""
    return _lead(name, given)


@blueprint.post("/listing-reports/<name>/reviews")
@requires(Permission.REPORT_REVIEW)
@blueprint.arguments(schema.CommandSchema)
@blueprint.response(200, schema.LedSchema)
def review(given: dict[str, Any], name: str) -> Any:
    """What the platform does: take, return, forward, counter, confirm an order, judge in bulk, act, close, reopen."""
    return _lead(name, given)


@blueprint.get("/counter-notices/answers")
@requires(Permission.REPORT_READ)
@blueprint.response(200, schema.AnsweredListSchema)
def answered() -> dict[str, Any]:
    """How counter-notices were answered in the last three months, by brand, and of your own brand by agent."""
    return {"answered": service.answered(actor())}


@blueprint.get("/strikes")
@requires(Permission.REPORT_REVIEW)
@blueprint.arguments(schema.StrikesQuerySchema, location="query")
@blueprint.response(200, schema.StrikesSchema)
def strikes(query: dict[str, Any]) -> dict[str, Any]:
    """Where sellers stand on your strike ladder, by name; established listings count, for 365 days."""
    me = actor()
    told: dict[str, Any] = {"ladder": service.own_ladder(me), "cursor": None}
    if "seller" in query:
        found = service.standings(me, [query["seller"]])
        return {**told, "sellers": [ShownSeller(*each) for each in found.items()]}
    bound = f"strikes {me.member_id}"
    sellers, told["cursor"] = paged(
        lambda before, limit: service.struck_sellers(me, after=before or "", limit=limit),
        *(query.get("cursor"), bound, query["limit"], attrgetter("seller")),
    )
    return {**told, "sellers": sellers}


@blueprint.get("/listing-reports/<name>/statements/<int:n>")
@requires(Permission.REPORT_REVIEW)
@blueprint.doc(responses=answers("application/json", "A submission to the DSA Transparency Database", _404="None"))
def statement(name: str, n: int) -> Any:
    """The statement of reasons for what was done about a listing, as the DSA Transparency Database takes it."""
    try:
        return jsonify(service.statement(actor(), name, n).submission)
    except UnknownReportError:
        abort(404)


@blueprint.get("/statements")
@requires(Permission.REPORT_REVIEW)
@blueprint.arguments(schema.StatementsQuerySchema, location="query")
@blueprint.doc(responses=answers("application/x-ndjson", "Submissions, one a line"))
def statements(query: dict[str, Any]) -> Response:
    """Statements of reasons, one a line, in the order in which was acted; `Next-Cursor` leads on, also later."""
    me, cursor = actor(), query.get("cursor")
    bound = f"statements {me.member_id}"
    after = open_cursor(cursor, bound) if cursor else None
    found = service.statements(me, after, query["limit"])
    lines = "".join(json.dumps(submission, ensure_ascii=False) + "\n" for _, submission in found)
    onward = seal_cursor(found[-1][0], bound) if found else cursor
    return Response(lines, mimetype="application/x-ndjson", headers={"Next-Cursor": onward} if onward else {})


@blueprint.get("/clocks")
@requires(Permission.REPORT_REVIEW)
@blueprint.response(200, schema.ClocksSchema)
def clocks() -> dict[str, Any]:
    """How long sellers and right holders have at your platform, by jurisdiction; owners set it on the page Clocks."""
    return {"clocks": service.own_clocks(actor())}


@blueprint.get("/listing-reports/<name>/messages")
@requires(Permission.REPORT_READ)
@blueprint.arguments(ThreadQuerySchema, location="query")
@blueprint.response(200, ThreadSchema)
def messages(query: dict[str, Any], name: str) -> Any:
    """What brand and platform wrote to each other about a report, oldest first."""
    try:
        return dialogue.read_on(service.thread, name, query)
    except UnknownReportError:
        abort(404)


@blueprint.post("/listing-reports/<name>/messages")
@requires(Permission.REPORT_READ)
@blueprint.arguments(SaySchema)
@blueprint.response(201, SentSchema)
def say(given: dict[str, Any], name: str) -> Any:
    """Write to the other party of a report; who files or reviews reports may. It may then read the files named."""
    try:
        return dialogue.say(service.say, name, given)
    except UnknownReportError:
        abort(404)


def _lead(name: str, given: dict[str, Any]) -> Any:
    me, said = actor(), given["said"]
    ways: dict[Command, Callable[[], str]] = {
        Command.JUDGE: lambda: service.judge(me, name, given["verdict"], said),
        Command.ACT: lambda: service.act(me, name, given["deed"], said),
        Command.CONFIRM: lambda: service.confirm(me, name, given["order"], said),
        Command.MEND: lambda: service.mend(me, name, given["grounds"], said),
        Command.COUNTER: lambda: service.counter(me, name, given["counter"], said),
        **dict.fromkeys(ANSWERS, lambda: service.answer(me, name, given["reply"], said)),
    }
    try:
        entry = _or_problem(ways.get(given["command"], lambda: service.lead(me, name, given["command"], said)))
    except UnknownReportError:
        abort(404)
    except NotMendedError as error:
        db.session.rollback()
        return _to_mend(error.faults)
    return {"entry": entry}, {"Audit-Entry": entry}


def _or_problem(command: Callable[[], Any]) -> Any:
    try:
        return command()
    except WordsError as error:
        raise ProblemError(
            "not-valid", str(error), "Mend the field that `errors` names and send it again", field=error.field
        ) from error
    except StaleReportError as error:
        raise ProblemError("conflict", str(error), "Read the report again, and name its present version") from error
    except RefusedStepError as error:
        raise ProblemError("conflict", str(error), "Read the report again: its state says what may be done") from error


def _to_mend(faults: Sequence[Fault]) -> Response:
    """What is to be mended, by row: `row 3` → field and words."""
    errors: dict[str, list[str]] = {}
    for fault in faults:
        place = fault.field if fault.row is None else f"row {fault.row}"
        errors.setdefault(place, []).append(fault.words if fault.row is None else f"{fault.field}: {fault.words}")
    told = f"{len(faults):,} things of this report are to be mended; nothing was filed"
    return problem(TYPES["not-valid"], told, "Mend what `errors` names; dry_run lists it", request_id(), errors)
