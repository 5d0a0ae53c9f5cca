"""JSON endpoint of the sharing groups of a member."""

from typing import Any

from flask_smorest import Blueprint

from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.members import schema, service
from hub.web.pagination import open_cursor, seal_cursor

blueprint = Blueprint("members_api", __name__, url_prefix="/api/v1", description="Sharing groups")


@blueprint.get("/groups")
@requires(Permission.GROUP_READ_OWN)
@blueprint.arguments(schema.GroupsQuerySchema, location="query")
@blueprint.response(200, schema.GroupsSchema)
def groups(query: dict[str, Any]) -> dict[str, Any]:
    """The sharing groups that your member sits in or is invited to, in the order of their codes."""
    me, cursor, limit = actor(), query.get("cursor"), query["limit"]
    bound = f"groups {me.member_id}"
    found = service.groups_after(me, open_cursor(cursor, bound) if cursor else "", limit + 1)
    more = seal_cursor(found[limit - 1].code, bound) if len(found) > limit else None
    return {"groups": found[:limit], "cursor": more}
