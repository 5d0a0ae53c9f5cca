"""The page of a development hub that shows the letters it would have sent; where letters are sent there is none."""

from flask import Blueprint, render_template, request

from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.mail import KEPT_DAYS
from hub.members import service
from hub.web.pagination import open_cursor, seal_cursor
from hub.web.shown import CursorPage

blueprint = Blueprint("letters", __name__)
PAGE = 20


@blueprint.get("/mail")
@requires(Permission.MAIL_ADMINISTER)
def kept() -> str:
    """The letters kept, newest first."""
    bound, cursor = f"letters {actor().member_id}", request.args.get("cursor")
    before = int(open_cursor(cursor, bound)) if cursor else None
    found = service.kept_letters(actor(), before=before, limit=PAGE + 1)
    older = seal_cursor(found[PAGE - 1].number, bound) if len(found) > PAGE else None
    page = CursorPage(tuple(found[:PAGE]), older=older)
    return render_template("members/letters.html", page=page, days=KEPT_DAYS)
