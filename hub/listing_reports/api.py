"""JSON endpoints of listing reports."""

import json
from collections.abc import Callable
from functools import partial
from operator import attrgetter, itemgetter
from typing import Any

from flask import Response, jsonify

from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.dialogue import endpoints as dialogue
from hub.dialogue.schema import SaySchema, SentSchema, ThreadQuerySchema, ThreadSchema
from hub.listing_reports import schema, service
from hub.listing_reports.counter_rules import ANSWERS
from hub.listing_reports.preflight_rules import one_name
from hub.listing_reports.rules import Command, RefusedStepError, WordsError
from hub.listing_reports.schema import desk
from hub.listing_reports.service import NotMendedError, ShownReport, ShownSeller, StaleReportError, UnknownReportError
from hub.web.api import MEND, Refusal, answers, refuses, to_mend, whole
from hub.web.arguments import Blueprint
from hub.web.idempotency import once
from hub.web.pagination import followed, list_page

blueprint = Blueprint("reports_api", __name__, url_prefix="/api/v1", description="Listing reports")
refuses(
    blueprint,
    {
        UnknownReportError: None,
        WordsError: MEND,
        StaleReportError: Refusal("conflict", "Read the report again, and name its present version"),
        RefusedStepError: Refusal("conflict", "Read the report again: its state says what may be done"),
    },
)
UNDONE = "things of this report are to be mended; nothing was filed"
UNSENT = "things of this report are to be mended; it was not submitted again"
AGAIN = "Mend what `errors` names and submit it again, or withdraw it"


@blueprint.get("/listing-reports")
@requires(Permission.REPORT_READ)
@blueprint.arguments(schema.ReportsQuerySchema, location="query")
@blueprint.response(200, schema.ReportsSchema)
def reports(query: dict[str, Any]) -> dict[str, Any]:
    """The reports that your brand filed, or that were filed to your platform; newest first, or those due first."""
    me, wanted = actor(), query["wanted"]
    if query["order"] == schema.DUE_FIRST:
        read = partial(service.due_reports, me, wanted)
        return list_page("reports", read, query, of="reports due", place=attrgetter("due_place"))
    return list_page("reports", partial(service.reports, me, wanted), query)


@blueprint.post("/listing-reports")
@requires(Permission.REPORT_FILE)
@blueprint.arguments(schema.FileSchema)
@blueprint.response(200, schema.FiledSchema)
def file(given: dict[str, Any]) -> Any:
    """File a report of up to 1,000 listings; with `dry_run` only say what would have to be mended, row by row."""
    me, draft = actor(), given["draft"]
    if given["dry_run"]:
        return service.check(me, draft)
    return once(lambda: whole(service.file(me, draft, given["declaration"]), UNDONE))


@blueprint.get("/listing-reports/<name>")
@requires(Permission.REPORT_READ)
@blueprint.response(200, schema.ReportSchema)
def report(name: str) -> ShownReport:
    """One report, with its listings and its history."""
    return service.report(actor(), name)


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
@blueprint.response(200, desk.AnsweredListSchema)
def answered() -> dict[str, Any]:
    """How counter-notices were answered in the last three months, by brand, and of your own brand by agent."""
    return {"answered": service.answered(actor())}


@blueprint.get("/strikes")
@requires(Permission.REPORT_REVIEW)
@blueprint.arguments(desk.StrikesQuerySchema, location="query")
@blueprint.response(200, desk.StrikesSchema)
def strikes(query: dict[str, Any]) -> dict[str, Any]:
    """Where sellers stand on your strike ladder, by name; established listings count, for 365 days."""
    me = actor()
    told: dict[str, Any] = {"ladder": service.own_ladder(me), "cursor": None}
    if "seller" in query:
        found = service.standings(me, [one_name(query["seller"])])
        return {**told, "sellers": [ShownSeller(*each) for each in found.items()]}
    return told | list_page(
        "sellers",
        lambda before, limit: service.struck_sellers(me, after=before or "", limit=limit),
        query,
        of="strikes",
        place=attrgetter("seller"),
    )


@blueprint.get("/listing-reports/<name>/statements/<int:n>")
@requires(Permission.REPORT_REVIEW)
@blueprint.doc(responses=answers("application/json", "A submission to the DSA Transparency Database", _404="None"))
def statement(name: str, n: int) -> Any:
    """The statement of reasons for what was done about a listing, as the DSA Transparency Database takes it."""
    return jsonify(service.statement(actor(), name, n).submission)


@blueprint.get("/statements")
@requires(Permission.REPORT_REVIEW)
@blueprint.arguments(desk.StatementsQuerySchema, location="query")
@blueprint.doc(responses=answers("application/x-ndjson", "Submissions, one a line"))
def statements(query: dict[str, Any]) -> Response:
    """Statements of reasons, one a line, in the order in which was acted; `Next-Cursor` leads on, also later."""
    found, onward = followed(partial(service.statements, actor()), query, "statements", itemgetter(0))
    lines = "".join(json.dumps(submission, ensure_ascii=False) + "\n" for _, submission in found)
    return Response(lines, mimetype="application/x-ndjson", headers={"Next-Cursor": onward} if onward else {})


@blueprint.get("/marketplaces")
@requires(Permission.REPORT_READ)
@blueprint.arguments(desk.MarketplacesQuerySchema, location="query")
@blueprint.response(200, desk.MarketplacesSchema)
def marketplaces(query: dict[str, Any]) -> dict[str, Any]:
    """Where the platforms sell, by platform and host: a report is taken there, under rights in force there."""
    read, code = partial(service.marketplaces_of, actor(), query["platform"]), query["platform"]
    return list_page("marketplaces", read, query, of=f"marketplaces {code}", place=attrgetter("place"))


@blueprint.get("/clocks")
@requires(Permission.REPORT_REVIEW)
@blueprint.response(200, desk.ClocksSchema)
def clocks() -> dict[str, Any]:
    """How long sellers and right holders have at your platform, by jurisdiction; owners set it on the page Clocks."""
    return {"clocks": service.own_clocks(actor())}


@blueprint.get("/listing-reports/<name>/messages")
@requires(Permission.REPORT_READ)
@blueprint.arguments(ThreadQuerySchema, location="query")
@blueprint.response(200, ThreadSchema)
def messages(query: dict[str, Any], name: str) -> Any:
    """What brand and platform wrote to each other about a report, oldest first."""
    return dialogue.read_on(service.thread, name, query)


@blueprint.post("/listing-reports/<name>/messages")
@requires(Permission.REPORT_READ)
@blueprint.arguments(SaySchema)
@blueprint.response(201, SentSchema)
def say(given: dict[str, Any], name: str) -> Any:
    """Write to the other party of a report; who files or reviews reports may. It may then read the files named."""
    return dialogue.say(service.say, name, given)


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
        entry = ways.get(given["command"], lambda: service.lead(me, name, given["command"], said))()
    except NotMendedError as error:
        raise to_mend(error.faults, UNSENT, AGAIN) from error
    return {"entry": entry}, {"Audit-Entry": entry}
