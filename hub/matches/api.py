"""Binary-in, JSON-out endpoint of matching."""

from typing import Any

from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.db import db
from hub.epochs.api import key_named
from hub.indicators.rules import split
from hub.matches import schema, service
from hub.matches.rules import MOST_MATCHED
from hub.web.api import blob, octets
from hub.web.arguments import Blueprint

blueprint = Blueprint("matches_api", __name__, url_prefix="/api/v1/keys", description="Matching")


@blueprint.post("/<key_id>/matches")
@requires(Permission.MATCH_RUN)
@blueprint.doc(requestBody=octets("Your own tokens, 32 bytes each"))
@blueprint.response(200, schema.MatchedSchema)
def match(key_id: str) -> Any:
    """Match up to 20,000 of your own tokens (raw, 32 bytes each) with the indicators you may see."""
    me, key = actor(), key_named(key_id)
    matched = service.match(me, key, split(blob(MOST_MATCHED, "tokens")))
    db.session.commit()
    return matched, {"Audit-Entry": matched.entry}
