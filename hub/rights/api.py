"""JSON endpoints of IP rights."""

from functools import partial
from typing import Any

from flask import Response, abort
from flask_smorest import Blueprint

from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.db import db
from hub.rights import schema, service
from hub.rights.rules import FactError, ForbiddenMoveError, Given
from hub.rights.service import DuplicateRightError, Wanted
from hub.web import idempotency
from hub.web.api import OCTETS, answers
from hub.web.attachment import attachment
from hub.web.pagination import paged
from hub.web.problems import ProblemError

blueprint = Blueprint("rights_api", __name__, url_prefix="/api/v1", description="IP rights")


@blueprint.get("/rights")
@requires(Permission.RIGHT_READ)
@blueprint.arguments(schema.RightsQuerySchema, location="query")
@blueprint.response(200, schema.RightsSchema)
def rights(query: dict[str, Any]) -> dict[str, Any]:
    """The rights of your member, newest first; for the office, everybody's; for a platform, those shown to it."""
    me, wanted = actor(), Wanted(query["state"], query["type"], query["expiring"], query["waiting"])
    bound = f"rights {me.member_id}"
    found, more = paged(partial(service.rights, me, wanted), query.get("cursor"), bound, query["limit"])
    return {"rights": found, "cursor": more}


@blueprint.post("/rights")
@requires(Permission.RIGHT_ENTER)
@blueprint.arguments(schema.EnterSchema)
@blueprint.response(201, schema.EnteredSchema)
def enter(given: Given) -> Any:
    """Enter a right in the name of your brand. The office verifies it before a report can rely on it."""
    me = actor()
    claim = idempotency.claim(me.member_id)
    if claim.done:
        return claim.answer
    try:
        answer = {"name": service.enter(me, given)}
    except DuplicateRightError as error:
        raise ProblemError(
            "conflict", str(error), "Correct that right, or withdraw it first", field="number"
        ) from error
    except FactError as error:
        raise ProblemError(
            "not-valid", str(error), "Mend the field that `errors` names and send it again", field=error.field
        ) from error
    claim.keep(me.member_id, answer)
    db.session.commit()
    return answer


@blueprint.get("/rights/<name>")
@requires(Permission.RIGHT_READ)
@blueprint.response(200, schema.OneRightSchema)
def right(name: str) -> dict[str, Any]:
    """One right, where its entry stands, and what platforms say of it."""
    try:
        found, _ = service.right(actor(), name)
        verdicts = service.verdicts(actor(), name)
    except service.UnknownRightError:
        abort(404)
    return {**vars(found), "verdicts": verdicts}


@blueprint.post("/rights/<name>/askings")
@requires(Permission.RIGHT_ENTER)
@blueprint.arguments(schema.VerifierSchema)
@blueprint.response(204)
def ask(given: dict[str, Any], name: str) -> None:
    """Show a right and its certificate to a platform, and ask it to verify the right for reports to itself."""
    try:
        service.ask(actor(), name, given["platform"])
    except service.UnknownRightError:
        abort(404)
    except ForbiddenMoveError as error:
        raise ProblemError("conflict", str(error), "See its verdicts with GET /api/v1/rights/{name}") from error
    except FactError as error:
        raise ProblemError("not-valid", str(error), "Give the code of a platform", field=error.field) from error


@blueprint.post("/rights/<name>/certificate")
@requires(Permission.RIGHT_ENTER)
@blueprint.arguments(schema.CertifySchema)
@blueprint.response(204)
def certify(given: dict[str, Any], name: str) -> None:
    """Hand a copy of a file of your vault to the register as the right's certificate. It is then verified anew."""
    try:
        service.certify(actor(), name, given["file"])
    except service.UnknownRightError:
        abort(404)
    except ForbiddenMoveError as error:
        raise ProblemError("conflict", str(error), "See the right's state with GET /api/v1/rights/{name}") from error
    except FactError as error:
        raise ProblemError(
            "not-valid", str(error), "Store it with POST /api/v1/evidence?type=certificate first", field=error.field
        ) from error


@blueprint.get("/rights/<name>/certificate")
@requires(Permission.RIGHT_READ)
@blueprint.doc(responses=answers(OCTETS, "The certificate, under its own media type"))
def certificate(name: str) -> Response:
    """The certificate itself. Its brand is told when whoever verifies the right reads it."""
    try:
        found = service.certificate(actor(), name)
    except service.UnknownRightError:
        abort(404)
    return attachment(iter([found.content]), found.file_name, found.media.value, len(found.content))
