"""Pages of the reader's matches."""

from flask import Blueprint, render_template, request

from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.canonical import TYPES
from hub.matches import service
from hub.matches.service import Kept
from hub.web.pagination import open_cursor, seal_cursor
from hub.web.shown import CursorPage, Filter, Filters, MatchRow

blueprint = Blueprint("matches", __name__)
PAGE = 50
_TYPES = tuple((name, type.title) for name, type in TYPES.items())
_STATES = (("new", "New"), ("withdrawn", "Withdrawn"))
_HAS_EFFECT = {"new": True, "withdrawn": False}


@blueprint.get("/matches")
@requires(Permission.MATCH_READ_OWN)
def matches() -> str:
    """The reader's matches, newest first, each with the effect it has at this moment."""
    me, cursor = actor(), request.args.get("cursor")
    bound = f"matches {me.member_id}"
    before = int(open_cursor(cursor, bound)) if cursor else None
    given = request.args
    filters = Filter.of(given, "type", "Identifier", _TYPES), Filter.of(given, "state", "State", _STATES)
    type, state = (field.value or None for field in filters)
    found = service.own_page(me, before=before, limit=PAGE, type=type, has_effect=_HAS_EFFECT.get(state or ""))
    older = seal_cursor(found.before, bound) if found.before is not None else None
    page = CursorPage(tuple(map(_row, found.rows)), older=older)
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
