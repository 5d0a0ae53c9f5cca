"""JSON endpoint of a member's own standing."""

from typing import Any

from flask import current_app

from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.epochs import service as epochs
from hub.epochs.rules import MOST_ELEMENTS
from hub.indicators.rules import MOST_ROWS, MOST_SHARED
from hub.insights.schema import MeSchema
from hub.matches.rules import MOST_MATCHED
from hub.members import service as members
from hub.web.arguments import Blueprint

blueprint = Blueprint("insights_api", __name__, url_prefix="/api/v1", description="Your own standing")


@blueprint.get("/me")
@requires(Permission.MEMBER_SELF)
@blueprint.response(200, MeSchema)
def me() -> dict[str, Any]:
    """Who you are to the hub, your sharing groups, your quotas, and how much you may send at once."""
    me = actor()
    return {
        "member": me.member,
        "kind": me.kind.value,
        "alliance": current_app.extensions["settings"].alliance,
        "sharing_groups": members.named_groups(me),
        "quotas": epochs.quotas(me),
        "limits": {
            "evaluation_elements": MOST_ELEMENTS,
            "share_tokens": MOST_SHARED,
            "match_tokens": MOST_MATCHED,
            "list_rows": MOST_ROWS,
        },
    }
