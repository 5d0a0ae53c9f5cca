"""JSON endpoints of authorised sellers."""

from dataclasses import asdict
from functools import partial
from typing import Any

from flask import Response, abort

from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.authorised_sellers import schema, service
from hub.authorised_sellers.rules import GivenSeller
from hub.authorised_sellers.service import Added, UnknownSellerError
from hub.db import db
from hub.web import idempotency
from hub.web.api import request_id
from hub.web.arguments import Blueprint
from hub.web.pagination import paged
from hub.web.problems import TYPES, problem

blueprint = Blueprint(
    "authorised_sellers_api", __name__, url_prefix="/api/v1", description="Authorised sellers of your brand"
)


@blueprint.get("/authorised-sellers")
@requires(Permission.SELLER_MANAGE)
@blueprint.arguments(schema.AuthorisedSellersQuerySchema, location="query")
@blueprint.response(200, schema.AuthorisedSellersSchema)
def sellers(query: dict[str, Any]) -> dict[str, Any]:
    """The list of your brand, newest first; nobody else reads it."""
    me, ended = actor(), query["ended"]
    bound = f"sellers {me.member_id} {ended}"
    found, more = paged(partial(service.sellers, me, ended=ended), query.get("cursor"), bound, query["limit"])
    return {"sellers": found, "cursor": more}


@blueprint.post("/authorised-sellers")
@requires(Permission.SELLER_MANAGE)
@blueprint.arguments(schema.AddSellersSchema)
@blueprint.response(201, schema.AddedSellersSchema)
def add(given: list[GivenSeller]) -> Any:
    """Put up to 1,000 sellers on the list of your brand, all of them or none."""
    me = actor()
    claim = idempotency.claim(me.member_id)
    if claim.done:
        return claim.answer, {"Audit-Entry": (claim.answer or {})["entry"]}
    added = service.add(me, given)
    if added.faults:
        db.session.rollback()
        return _to_mend(added)
    answer = asdict(added)
    claim.keep(me.member_id, answer)
    db.session.commit()
    return answer, {"Audit-Entry": added.entry}


@blueprint.post("/authorised-sellers/<name>/end")
@requires(Permission.SELLER_MANAGE)
@blueprint.response(200, schema.EndedSellerSchema)
def end(name: str) -> Any:
    """End an entry: nothing is held against it from now on."""
    try:
        entry = service.end(actor(), name)
    except UnknownSellerError:
        abort(404)
    return {"entry": entry}, {"Audit-Entry": entry}


def _to_mend(added: Added) -> Response:
    """What is to be mended, by row: `row 3` → field and words."""
    errors: dict[str, list[str]] = {}
    for fault in added.faults:
        errors.setdefault(f"row {fault.row}", []).append(f"{fault.field}: {fault.words}")
    told = f"{len(added.faults):,} things of these rows are to be mended; nothing was added"
    return problem(TYPES["not-valid"], told, "Mend what `errors` names and send all of it again", request_id(), errors)
