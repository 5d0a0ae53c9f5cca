"""Pages of the reader's matches."""

from flask import Blueprint, render_template, request

from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.canonical import TYPES
from hub.matches import service
from hub.matches.service import Kept
from hub.web.pagination import open_cursor, seal_cursor
from hub.web.shown import CursorPage, Filters, MatchRow

blueprint = Blueprint("matches", __name__)
PAGE = 50


@blueprint.get("/matches")
@requires(Permission.MATCH_READ_OWN)
def matches() -> str:
    """The reader's matches, newest first, each with the effect it has at this moment."""
    me, cursor = actor(), request.args.get("cursor")
    bound = f"matches {me.member_id}"
    found = service.own_matches(me, before=int(open_cursor(cursor, bound)) if cursor else None, limit=PAGE + 1)
    older = seal_cursor(found[PAGE - 1].number, bound) if len(found) > PAGE else None
    page = CursorPage(tuple(map(_row, found[:PAGE])), older=older)
    return render_template("matches/list.html", page=page, filters=Filters())


def _row(kept: Kept) -> MatchRow:
    return MatchRow(
        id=kept.match,
        type_title=TYPES[kept.type].title,
        evidence_level=kept.level.name if kept.level else "",
        members=kept.members,
        first_matched_at=kept.matched_at,
        expires_on=kept.expires_on,
        state="new" if kept.level else "withdrawn",
    )
