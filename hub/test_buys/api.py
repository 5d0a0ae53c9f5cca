"""JSON endpoints of test buys."""

from collections.abc import Callable
from functools import partial
from typing import Any

from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.evidence.service import NoRoomError, VaultFullError
from hub.listing_reports.rules import WordsError as ReportWordsError
from hub.test_buys import schema, service
from hub.test_buys.rules import Command, RefusedStepError, WordsError
from hub.test_buys.service import NotMendedError, Plan, ShownBuy, StaleBuyError, UnknownBuyError
from hub.web.api import MEND, Refusal, refuses
from hub.web.arguments import Blueprint
from hub.web.idempotency import once
from hub.web.pagination import list_page
from hub.web.problems import ProblemError

blueprint = Blueprint("test_buys_api", __name__, url_prefix="/api/v1/test-buys", description="Test buys of brands")
refuses(
    blueprint,
    {
        UnknownBuyError: None,
        WordsError: MEND,
        ReportWordsError: MEND,
        StaleBuyError: Refusal("conflict", "Read it again, and name its present version"),
        RefusedStepError: Refusal("conflict", "Read it again: its state says what may be done"),
        NoRoomError: Refusal("quota-spent", "Make room in the vault, and sign again"),
        VaultFullError: Refusal("quota-spent", "Make room in the vault, and sign again"),
    },
)


@blueprint.get("")
@requires(Permission.TESTBUY_READ)
@blueprint.arguments(schema.BuysQuerySchema, location="query")
@blueprint.response(200, schema.BuysSchema)
def test_buys(query: dict[str, Any]) -> dict[str, Any]:
    """Your brand's test buys, newest first, and what all of them cost."""
    me = actor()
    page = list_page("test_buys", partial(service.test_buys, me, query["state"]), query, "buys")
    totals = [dict(zip(("currency", "test_buys", "spent"), each, strict=True)) for each in service.totals(me)]
    return page | {"totals": totals}


@blueprint.post("")
@requires(Permission.TESTBUY_RUN)
@blueprint.arguments(schema.BuyPlanSchema)
@blueprint.response(200, schema.BuyPlannedSchema)
def plan(given: Plan) -> Any:
    """Plan a test buy; a person of the brand other than you then approves its budget, on the page."""
    return once(lambda: {"name": service.plan(actor(), given)})


@blueprint.get("/<name>")
@requires(Permission.TESTBUY_READ)
@blueprint.response(200, schema.BuySchema)
def test_buy(name: str) -> ShownBuy:
    """One test buy, with its chain of custody and its costs."""
    return service.test_buy(actor(), name)


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
    try:
        entry = ways.get(command, lambda: service.carry(me, name, version, command, given["carried"]))()
    except NotMendedError as error:
        fields = ", ".join(dict.fromkeys(each.field for each in error.faults))
        raise ProblemError(
            "not-valid", str(error), f"Mend {fields} and send it again; nothing was filed", field="linking"
        ) from error
    return {"entry": entry}, {"Audit-Entry": entry}
