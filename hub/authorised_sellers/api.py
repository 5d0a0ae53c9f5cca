"""JSON endpoints of authorised sellers."""

from functools import partial
from typing import Any

from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.authorised_sellers import schema, service
from hub.authorised_sellers.rules import GivenSeller
from hub.authorised_sellers.service import UnknownSellerError
from hub.web.api import refuses, whole
from hub.web.arguments import Blueprint
from hub.web.idempotency import once
from hub.web.pagination import list_page

blueprint = Blueprint(
    "authorised_sellers_api", __name__, url_prefix="/api/v1", description="Authorised sellers of your brand"
)
refuses(blueprint, {UnknownSellerError: None})


@blueprint.get("/authorised-sellers")
@requires(Permission.SELLER_MANAGE)
@blueprint.arguments(schema.AuthorisedSellersQuerySchema, location="query")
@blueprint.response(200, schema.AuthorisedSellersSchema)
def sellers(query: dict[str, Any]) -> dict[str, Any]:
    """The list of your brand, newest first; nobody else reads it."""
    ended = query["ended"]
    return list_page("sellers", partial(service.sellers, actor(), ended=ended), query, f"sellers {ended}")


@blueprint.post("/authorised-sellers")
@requires(Permission.SELLER_MANAGE)
@blueprint.arguments(schema.AddSellersSchema)
@blueprint.response(201, schema.AddedSellersSchema)
def add(given: list[GivenSeller]) -> Any:
    """Put up to 1,000 sellers on the list of your brand, all of them or none."""
    undone = "things of these rows are to be mended; nothing was added"
    return once(lambda: whole(service.add(actor(), given), undone, "Mend what `errors` names and send all of it again"))


@blueprint.post("/authorised-sellers/<name>/end")
@requires(Permission.SELLER_MANAGE)
@blueprint.response(200, schema.EndedSellerSchema)
def end(name: str) -> Any:
    """End an entry: nothing is held against it from now on."""
    entry = service.end(actor(), name)
    return {"entry": entry}, {"Audit-Entry": entry}
