"""The overview."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, render_template

from hub.access.actor import Actor
from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.access.tlp import MemberKind
from hub.insights import service
from hub.ledger.pages import log_line
from hub.web.shown import LogLine

blueprint = Blueprint("insights", __name__)

OVERVIEWS: dict[MemberKind, tuple[str, Callable[[Actor, LogLine], Any]]] = {
    MemberKind.BRAND: ("brand", service.brand),
    MemberKind.PLATFORM: ("platform", service.platform),
    MemberKind.AUDITOR: ("auditor", service.auditor),
    MemberKind.AUTHORITY: ("auditor", service.auditor),
    MemberKind.AGENT: ("auditor", service.auditor),
    MemberKind.ADMINISTRATION: ("administrator", service.administrator),
}
"""Kind of member → its template and what fills it."""


@blueprint.get("/")
@requires(Permission.OVERVIEW_VIEW)
def overview() -> str:
    """What the reader's kind of member looks at first."""
    me = actor()
    if me.agent is not None:
        return render_template("insights/overview_acting.html", overview=service.acting(me))
    template, gather = OVERVIEWS[me.kind]
    return render_template(f"insights/overview_{template}.html", overview=gather(me, log_line(me)))
