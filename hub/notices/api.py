"""JSON endpoint of notices."""

from typing import Any

from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.notices import schema, service
from hub.web.arguments import Blueprint
from hub.web.pagination import open_cursor, seal_cursor

blueprint = Blueprint("notices_api", __name__, url_prefix="/api/v1", description="Notices")


@blueprint.get("/notices")
@requires(Permission.LEDGER_READ_OWN)
@blueprint.arguments(schema.NoticesQuerySchema, location="query")
@blueprint.response(200, schema.NoticesSchema)
def notices(query: dict[str, Any]) -> dict[str, Any]:
    """What your member is told of, in the order of the record. Keep the cursor, and ask again with it."""
    me, cursor = actor(), query.get("cursor")
    bound = f"feed {me.member_id}"
    after = int(open_cursor(cursor, bound)) if cursor else -1
    found = service.feed(me, after=after, limit=query["limit"])
    return {"notices": found, "cursor": seal_cursor(found[-1].place if found else after, bound)}
