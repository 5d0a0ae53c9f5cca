"""The page of the whole table of grants."""

from flask import Blueprint, render_template

from hub.access.gate import requires
from hub.access.grants import GRANTS, ROLES
from hub.access.permissions import WORDS, Permission

blueprint = Blueprint("grants", __name__)


@blueprint.get("/grants")
@requires(Permission.MEMBER_SELF)
def table() -> str:
    """Who may do what, the whole table."""
    return render_template("members/grants.html", permissions=WORDS, kinds=GRANTS, roles=ROLES)
