"""JSON endpoint of the sharing groups of a member."""

from operator import attrgetter
from typing import Any

from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.members import schema, service
from hub.web.arguments import Blueprint
from hub.web.pagination import list_page

blueprint = Blueprint("members_api", __name__, url_prefix="/api/v1", description="Sharing groups")


@blueprint.get("/groups")
@requires(Permission.GROUP_READ_OWN)
@blueprint.arguments(schema.GroupsQuerySchema, location="query")
@blueprint.response(200, schema.GroupsSchema)
def groups(query: dict[str, Any]) -> dict[str, Any]:
    """The sharing groups that your member sits in or is invited to, in the order of their codes."""
    me = actor()
    return list_page(
        "groups",
        lambda before, limit: service.groups_after(me, before or "", limit),
        query,
        place=attrgetter("code"),
    )
