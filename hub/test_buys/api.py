"""JSON endpoints of test buys."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import abort

from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.db import db
from hub.evidence.service import NoRoomError, VaultFullError
from hub.listing_reports.rules import WordsError as ReportWordsError
from hub.test_buys import schema, service
from hub.test_buys.rules import Command, RefusedStepError, WordsError
from hub.test_buys.service import NotMendedError, Plan, ShownBuy, StaleBuyError, UnknownBuyError
from hub.web import idempotency
from hub.web.arguments import Blueprint
from hub.web.pagination import paged
from hub.web.problems import ProblemError

blueprint = Blueprint("test_buys_api", __name__, url_prefix="/api/v1/test-buys", description="Test buys of brands")


@blueprint.get("")
@requires(Permission.TESTBUY_READ)
@blueprint.arguments(schema.BuysQuerySchema, location="query")
@blueprint.response(200, schema.BuysSchema)
def test_buys(query: dict[str, Any]) -> dict[str, Any]:
    """Your brand's test buys, newest first, and what all of them cost."""
    me = actor()
    bound = f"buys {me.member_id}"
    read = partial(service.test_buys, me, query["state"])
    found, more = paged(read, query.get("cursor"), bound, query["limit"])
    totals = [dict(zip(("currency", "test_buys", "spent"), each, strict=True)) for each in service.totals(me)]
    return {"test_buys": found, "totals": totals, "cursor": more}


@blueprint.post("")
@requires(Permission.TESTBUY_RUN)
@blueprint.arguments(schema.BuyPlanSchema)
@blueprint.response(200, schema.BuyPlannedSchema)
def plan(given: Plan) -> Any:
    """Plan a test buy; a person of the brand other than you then approves its budget, on the page."""
    me = actor()
    claim = idempotency.claim(me.member_id)
    if claim.done:
        return claim.answer
    answer = {"name": _or_problem(lambda: service.plan(me, given))}
    claim.keep(me.member_id, answer)
    db.session.commit()
    return answer


@blueprint.get("/<name>")
@requires(Permission.TESTBUY_READ)
@blueprint.response(200, schema.BuySchema)
def test_buy(name: str) -> ShownBuy:
    """One test buy, with its chain of custody and its costs."""
    try:
        return service.test_buy(actor(), name)
    except UnknownBuyError:
        abort(404)


@blueprint.post("/<name>/commands")
@requires(Permission.TESTBUY_RUN)
@blueprint.arguments(schema.BuyCommandSchema)
@blueprint.response(200, schema.BuyDoneSchema)
def lead(given: dict[str, Any], name: str) -> Any:
    """Lead a test buy on: ordered, received, passed on, examined, judged, signed, linked to a report, disposed of."""
    me, version, command = actor(), given["version"], given["command"]
    ways: dict[Command, Callable[[], str]] = {
        Command.ORDER: lambda: service.order(me, name, version, given["order"]),
        Command.SPEND: lambda: service.spend(me, name, version, given["cost"]),
        Command.REFUND: lambda: service.refund(me, name, version, given["refund"], given["carried"]),
        Command.JUDGE: lambda: service.judge(me, name, version, given["finding"]),
        Command.SIGN: lambda: service.sign(me, name, version, given["signature"]),
        Command.LINK: lambda: service.link(me, name, version, given["linking"])[1],
    }
    entry = _or_problem(ways.get(command, lambda: service.carry(me, name, version, command, given["carried"])))
    return {"entry": entry}, {"Audit-Entry": entry}


def _or_problem(command: Callable[[], str]) -> str:
    try:
        return command()
    except UnknownBuyError:
        abort(404)
    except (WordsError, ReportWordsError) as error:
        raise ProblemError(
            "not-valid", str(error), "Mend the field that `errors` names and send it again", field=error.field
        ) from error
    except NotMendedError as error:
        told = {each.field: each.words for each in error.faults}
        raise ProblemError(
            "not-valid", str(error), f"Mend {', '.join(told)} and send it again; nothing was filed", field="linking"
        ) from error
    except StaleBuyError as error:
        raise ProblemError("conflict", str(error), "Read it again, and name its present version") from error
    except RefusedStepError as error:
        raise ProblemError("conflict", str(error), "Read it again: its state says what may be done") from error
    except (NoRoomError, VaultFullError) as error:
        raise ProblemError("quota-spent", str(error), "Make room in the vault, and sign again") from error
