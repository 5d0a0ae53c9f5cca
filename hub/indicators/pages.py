"""Pages of what a member shared."""

from flask import Blueprint, abort

from hub.access.gate import requires
from hub.access.permissions import Permission

blueprint = Blueprint("indicators", __name__)


@blueprint.get("/contributions")
@requires(Permission.CONTRIBUTION_READ_OWN)
def contributions() -> str:
    """The reader's own contributions, newest first."""
    abort(503)


@blueprint.get("/history")
@requires(Permission.CONTRIBUTION_READ_OWN)
def history() -> str:
    """The reader's own acts of sharing and withdrawing, newest first."""
    abort(503)
