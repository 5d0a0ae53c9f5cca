"""Pages of the reader's matches."""

from functools import partial

from flask import Blueprint, render_template, request

from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.canonical import TYPES
from hub.matches import service
from hub.matches.service import Kept
from hub.web.pagination import shown_stretch
from hub.web.shown import Filter, Filters, MatchRow

blueprint = Blueprint("matches", __name__)
_TYPES = tuple((name, type.title) for name, type in TYPES.items())
_STATES = (("new", "New"), ("withdrawn", "Withdrawn"))
_HAS_EFFECT = {"new": True, "withdrawn": False}


@blueprint.get("/matches")
@requires(Permission.MATCH_READ_OWN)
def matches() -> str:
    """The reader's matches, newest first, each with the effect it has at this moment."""
    given = request.args
    filters = Filter.of(given, "type", "Identifier", _TYPES), Filter.of(given, "state", "State", _STATES)
    type, state = (field.value or None for field in filters)
    read = partial(service.own_page, actor(), type=type, has_effect=_HAS_EFFECT.get(state or ""))
    page = shown_stretch(read, "matches").mapped(_row)
    return render_template("matches/list.html", page=page, filters=Filters(filters))


def _row(kept: Kept) -> MatchRow:
    return MatchRow(
        id=kept.match,
        type_title=TYPES[kept.type].title,
        evidence_level=kept.level.name if kept.level else "",
        members=kept.members,
        contributors=tuple(kept.contributors),
        first_matched_at=kept.matched_at,
        expires_on=kept.expires_on,
        state="new" if kept.level else "withdrawn",
    )
