"""Pages of notices: what a member is told of, what the reader has read of it, and how it is told by letter."""

from functools import partial
from operator import attrgetter
from typing import Any

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.ledger.events import Event
from hub.notices import policy, service
from hub.notices.forms import ReadForm, SettingsForm
from hub.notices.rules import KEPT, TOPICS, Topic
from hub.notices.service import Wanted
from hub.web.pagination import shown_page
from hub.web.shown import Filter, Filters

blueprint = Blueprint("notices", __name__)
RECORDS = {
    "report": ("reports.one", "name"),
    "right": ("rights.one", "name"),
    "evidence": ("evidence.one", "name"),
    "question": ("questions.inbox", None),  # one act may ask or answer many
    "sharing_group": ("groups.one", "group"),
    "agreement": ("agreement.present", None),
    "authorisation": ("agents.own", None),
    "application": ("applications.one", "name"),
}
"""Kind of record → the page it is on, and what its name is there; what is on none is read in the ledger."""
OF_ONE = {Event.QUESTION_MESSAGE_SENT: ("questions.one", "name")}
"""Events that are about one record always, where others about its kind are not: likewise."""


@blueprint.get("/notices")
@requires(Permission.LEDGER_READ_OWN)
def inbox() -> str:
    """What the reader's member is told of, newest first; each as it stands in the record."""
    me = actor()
    may_keep = policy.keeps(me) is not None
    shows = (("unread", "Unread"),) if may_keep else ()
    topics = tuple((topic.value, words) for topic, (words, _) in TOPICS.items())
    filters = Filter.of(request.args, "topic", "Topic", topics), Filter.of(request.args, "show", "State", shows)
    topic, show = (each.value for each in filters)
    wanted = Wanted(Topic(topic) if topic else None, show == "unread")
    page = shown_page(partial(service.notices, me, wanted), "notices", attrgetter("place"))
    return render_template(
        "notices/list.html",
        page=page,
        filters=Filters(filters if may_keep else filters[:1]),
        topics=TOPICS,
        addresses={row.place: _address(row) for row in page.rows},
        may_keep=may_keep,
        days=KEPT.days,
        newest=page.rows[0].place if page.rows and "cursor" not in request.args and not topic else None,
    )


@blueprint.post("/notices/read")
@requires(Permission.SESSION_OWN)
def read_one() -> Answer:
    """Keep that the reader has read one."""
    service.mark_read(actor(), _place())
    return _back()


@blueprint.post("/notices/read/all")
@requires(Permission.SESSION_OWN)
def read_all() -> Answer:
    """Keep that the reader has read all that were there when it looked."""
    service.mark_all_read(actor(), _place())
    flash("All notices that were there are marked as read.", "success")
    return _back()


@blueprint.get("/notices/settings")
@requires(Permission.SESSION_OWN)
def own() -> Response:
    """How the reader is told by letter."""
    return _form(SettingsForm.of(service.settings(actor())))


@blueprint.post("/notices/settings")
@requires(Permission.SESSION_OWN)
def choose() -> Response | Answer:
    """Keep how the reader is told by letter from now on."""
    form = SettingsForm.of(service.settings(actor()))
    if not form.validate_on_submit():
        return _form(form, 422)
    service.set_settings(actor(), form.settings)
    flash("Your letters come as you chose.", "success")
    return redirect(url_for("notices.own"), 303)


def _address(notice: service.Notice) -> str:
    if notice.kind not in RECORDS:
        return url_for("ledger.entry", id=notice.entry)
    endpoint, called = OF_ONE.get(Event(notice.event), RECORDS[notice.kind])
    named: dict[str, Any] = {called: notice.ref} if called else {}
    return url_for(endpoint, **named)


def _place() -> int:
    form = ReadForm()
    if not form.validate_on_submit():
        abort(400)
    return int(form.place.data)


def _back() -> Answer:
    return redirect(url_for("notices.inbox"), 303)


def _form(form: SettingsForm, status: int = 200) -> Response:
    return make_response(render_template("notices/settings.html", form=form, topics=list(Topic)), status)
