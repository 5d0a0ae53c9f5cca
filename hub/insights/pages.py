"""The overview."""

from flask import Blueprint, abort

from hub.access.gate import requires
from hub.access.permissions import Permission

blueprint = Blueprint("insights", __name__)


@blueprint.get("/")
@requires(Permission.OVERVIEW_VIEW)
def overview() -> str:
    """What the reader's kind of member looks at first."""
    abort(503)
