"""JSON endpoints of IP rights."""

from functools import partial
from typing import Any

from flask import Response, request

from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.rights import schema, service, sheet_rules
from hub.rights.rules import FactError, ForbiddenMoveError, Given
from hub.rights.service import DuplicateRightError, UnknownRightError, Wanted
from hub.sheets.table import SheetError
from hub.web.api import MEND, OCTETS, Refusal, answers, octets, refuses, whole
from hub.web.arguments import Blueprint
from hub.web.attachment import attachment
from hub.web.idempotency import once
from hub.web.pagination import list_page
from hub.web.problems import ProblemError

blueprint = Blueprint("rights_api", __name__, url_prefix="/api/v1", description="IP rights")
refuses(
    blueprint,
    {
        UnknownRightError: None,
        ForbiddenMoveError: Refusal("conflict", "See where the right stands with GET /api/v1/rights/{name}"),
        DuplicateRightError: Refusal("conflict", "Correct that right, or withdraw it first"),
        FactError: MEND,
    },
)


@blueprint.get("/rights")
@requires(Permission.RIGHT_READ)
@blueprint.arguments(schema.RightsQuerySchema, location="query")
@blueprint.response(200, schema.RightsSchema)
def rights(query: dict[str, Any]) -> dict[str, Any]:
    """The rights of your member, newest first; for the office, everybody's; for a platform, those shown to it."""
    me, wanted = actor(), Wanted(query["state"], query["type"], query["expiring"], query["waiting"])
    return list_page("rights", partial(service.rights, me, wanted), query)


@blueprint.post("/rights")
@requires(Permission.RIGHT_ENTER)
@blueprint.arguments(schema.EnterSchema)
@blueprint.response(201, schema.EnteredSchema)
def enter(given: Given) -> Any:
    """Enter a right in the name of your brand. The office verifies it before a report can rely on it."""
    return once(lambda: {"name": service.enter(actor(), given)})


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
    return once(lambda: whole(service.enter_sheet(me, rows), "things are to be mended; nothing was entered"))


@blueprint.get("/rights/<name>")
@requires(Permission.RIGHT_READ)
@blueprint.response(200, schema.OneRightSchema)
def right(name: str) -> dict[str, Any]:
    """One right, where its entry stands, and what platforms say of it."""
    found, _ = service.right(actor(), name)
    return {**vars(found), "verdicts": service.verdicts(actor(), name)}


@blueprint.post("/rights/<name>/askings")
@requires(Permission.RIGHT_ENTER)
@blueprint.arguments(schema.VerifierSchema)
@blueprint.response(204)
def ask(given: dict[str, Any], name: str) -> None:
    """Show a right and its certificate to a platform, and ask it to verify the right for reports to itself."""
    try:
        service.ask(actor(), name, given["platform"])
    except FactError as error:
        raise ProblemError("not-valid", str(error), "Give the code of a platform", field=error.field) from error


@blueprint.post("/rights/<name>/correction")
@requires(Permission.RIGHT_ENTER)
@blueprint.arguments(schema.EnterSchema)
@blueprint.response(204)
def correct(given: Given, name: str) -> None:
    """Say anew what the register says of a right: all of it. It is then verified anew, and platforms are asked anew."""
    service.correct(actor(), name, given)


@blueprint.post("/rights/<name>/withdrawal")
@requires(Permission.RIGHT_ENTER)
@blueprint.response(204)
def withdraw(name: str) -> None:
    """Take a right back: nothing can rely on it any more, and its certificate is deleted."""
    service.withdraw(actor(), name)


@blueprint.post("/rights/<name>/verification")
@requires(Permission.RIGHT_VERIFY)
@blueprint.arguments(schema.VerifySchema)
@blueprint.response(204)
def verify(given: dict[str, Any], name: str) -> None:
    """Say that the register holds a right that was shown to you, so that reports to you may rely on it."""
    service.verify(actor(), name, given["digest"])


@blueprint.post("/rights/<name>/refusal")
@requires(Permission.RIGHT_VERIFY)
@blueprint.arguments(schema.RefuseSchema)
@blueprint.response(204)
def refuse(given: dict[str, Any], name: str) -> None:
    """Refuse a right that was shown to you, or take back that you verified it; its brand reads the reason."""
    service.refuse(actor(), name, given["reason"])


@blueprint.post("/rights/<name>/certificate")
@requires(Permission.RIGHT_ENTER)
@blueprint.arguments(schema.CertifySchema)
@blueprint.response(204)
def certify(given: dict[str, Any], name: str) -> None:
    """Hand a copy of a file of your vault to the register as the right's certificate. It is then verified anew."""
    try:
        service.certify(actor(), name, given["file"])
    except FactError as error:
        raise ProblemError(
            "not-valid", str(error), "Store it with POST /api/v1/evidence?type=certificate first", field=error.field
        ) from error


@blueprint.get("/rights/<name>/certificate")
@requires(Permission.RIGHT_READ)
@blueprint.doc(responses=answers(OCTETS, "The certificate, under its own media type"))
def certificate(name: str) -> Response:
    """The certificate itself. Its brand is told when whoever verifies the right reads it."""
    found = service.certificate(actor(), name)
    return attachment(iter([found.content]), found.file_name, found.media.value, len(found.content))
