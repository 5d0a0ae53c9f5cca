"""The page of a development hub that shows the letters it would have sent; where letters are sent there is none."""

from functools import partial
from operator import attrgetter

from flask import Blueprint, render_template

from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.mail import KEPT_DAYS
from hub.members import service
from hub.web.pagination import shown_page

blueprint = Blueprint("letters", __name__)
PAGE = 20


@blueprint.get("/mail")
@requires(Permission.MAIL_ADMINISTER)
def kept() -> str:
    """The letters kept, newest first."""
    page = shown_page(partial(service.kept_letters, actor()), "letters", attrgetter("number"), PAGE)
    return render_template("members/letters.html", page=page, days=KEPT_DAYS)
