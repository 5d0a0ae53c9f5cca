"""Pages of a member's own part of the log."""

from flask import Blueprint, Response, abort

from hub.access.gate import requires
from hub.access.permissions import Permission

blueprint = Blueprint("ledger", __name__)


@blueprint.get("/ledger")
@requires(Permission.LEDGER_READ_OWN)
def entries() -> str:
    """The entries that concern the reader, newest first."""
    abort(503)


@blueprint.get("/ledger/<id>")
@requires(Permission.LEDGER_READ_OWN)
def entry(id: str) -> str:
    """One entry in full."""
    abort(503)


@blueprint.get("/ledger/<id>/receipt")
@requires(Permission.LEDGER_READ_OWN)
def receipt(id: str) -> Response:
    """The receipt of an entry."""
    abort(503)
