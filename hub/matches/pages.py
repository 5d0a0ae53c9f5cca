"""Page of a member's own matches."""

from flask import Blueprint, abort

from hub.access.gate import requires
from hub.access.permissions import Permission

blueprint = Blueprint("matches", __name__)


@blueprint.get("/matches")
@requires(Permission.MATCH_READ_OWN)
def matches() -> str:
    """The reader's own matches, newest first."""
    abort(503)
