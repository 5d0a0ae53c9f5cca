"""JSON endpoints of IP rights."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from flask import Response, abort, request

from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.db import db
from hub.rights import schema, service, sheet_rules
from hub.rights.rules import FactError, ForbiddenMoveError, Given
from hub.rights.service import DuplicateRightError, Wanted
from hub.rights.sheet_rules import Fault
from hub.sheets.table import SheetError
from hub.web import idempotency
from hub.web.api import OCTETS, answers, octets, request_id
from hub.web.arguments import Blueprint
from hub.web.attachment import attachment
from hub.web.pagination import paged
from hub.web.problems import TYPES, ProblemError, problem

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


@blueprint.post("/rights/sheet")
@requires(Permission.RIGHT_ENTER)
@blueprint.arguments(schema.SheetQuerySchema, location="query")
@blueprint.doc(requestBody=octets("A sheet of up to 1,000 rights: XLSX, or CSV in UTF-8"))
@blueprint.response(200, schema.SheetSchema)
def sheet(query: dict[str, Any]) -> Any:
    """Enter a sheet of rights, all of them or none; with `dry_run` only say what is to be mended, row by row."""
    me = actor()
    if request.mimetype != OCTETS:
        raise ProblemError("media-type", f"The body is not {OCTETS}", f"Send Content-Type: {OCTETS}")
    try:
        rows = sheet_rules.rows_of(request.get_data())
    except SheetError as error:
        raise ProblemError("not-valid", str(error), "Send XLSX, or CSV in UTF-8", field="body") from error
    if query["dry_run"]:
        return service.check_sheet(me, rows)
    claim = idempotency.claim(me.member_id)
    if claim.done:
        return claim.answer
    entered = service.enter_sheet(me, rows)
    if entered.faults:
        db.session.rollback()
        return _to_mend(entered.faults)
    answer = asdict(entered)
    claim.keep(me.member_id, answer)
    db.session.commit()
    return answer


def _to_mend(faults: Sequence[Fault]) -> Response:
    """What is to be mended, by row: `row 3` → field and words."""
    errors: dict[str, list[str]] = {}
    for fault in faults:
        place = fault.field if fault.row is None else f"row {fault.row}"
        errors.setdefault(place, []).append(fault.words if fault.row is None else f"{fault.field}: {fault.words}")
    told = f"{len(faults):,} things are to be mended; nothing was entered"
    return problem(TYPES["not-valid"], told, "Mend what `errors` names; dry_run lists it", request_id(), errors)


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
