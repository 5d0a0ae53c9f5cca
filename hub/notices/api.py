"""JSON endpoint of notices."""

from functools import partial
from operator import attrgetter
from typing import Any

from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.notices import schema, service
from hub.web.arguments import Blueprint
from hub.web.pagination import followed

blueprint = Blueprint("notices_api", __name__, url_prefix="/api/v1", description="Notices")


@blueprint.get("/notices")
@requires(Permission.LEDGER_READ_OWN)
@blueprint.arguments(schema.NoticesQuerySchema, location="query")
@blueprint.response(200, schema.NoticesSchema)
def notices(query: dict[str, Any]) -> dict[str, Any]:
    """What your member is told of, in the order of the record. Keep the cursor, and ask again with it."""
    found, cursor = followed(partial(service.feed, actor()), query, "feed", attrgetter("place"), begins=-1)
    return {"notices": found, "cursor": cursor}
