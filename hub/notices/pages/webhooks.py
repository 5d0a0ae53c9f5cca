"""Pages of a member's webhooks: where its notices are sent, and what came of each delivery."""

from collections.abc import Callable
from functools import partial

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as Answer

from hub import clock
from hub.access.gate import actor, requires
from hub.access.permissions import Permission
from hub.db import db
from hub.ledger.service import day_begins
from hub.notices import service
from hub.notices.forms import ReplayForm, SinceForm, TopicsForm, WebhookForm
from hub.notices.rules import TOPICS
from hub.notices.webhook_rules import KEPT, MOST_WEBHOOKS, OVERLAP, WebhookError
from hub.web.filters import opening
from hub.web.forms import EmptyForm
from hub.web.pagination import shown_page

blueprint = Blueprint("webhooks", __name__)


@blueprint.get("/webhooks")
@requires(Permission.WEBHOOK_MANAGE)
def own() -> Response:
    """The member's webhooks, and the form for another."""
    return _list(WebhookForm(formdata=None))


@blueprint.post("/webhooks")
@requires(Permission.WEBHOOK_MANAGE, fresh=True)
def add() -> Response:
    """Add one; its secret is on this answer and nowhere else."""
    form = WebhookForm()
    if not form.validate_on_submit():
        return _list(form, status=422)
    try:
        _, secret = service.add_webhook(actor(), form.url.data, form.chosen)
    except WebhookError as error:
        db.session.rollback()
        form.url.errors = [f"{opening(error)}."]
        return _list(form, status=422)
    return _list(WebhookForm(formdata=None), secret=secret)


@blueprint.get("/webhooks/<name>")
@requires(Permission.WEBHOOK_MANAGE)
def one(name: str) -> Response:
    """A webhook, what the owner does with it, and its deliveries, newest first."""
    return _one(name)


@blueprint.post("/webhooks/<name>/secret")
@requires(Permission.WEBHOOK_MANAGE, fresh=True)
def rotate(name: str) -> Response:
    """Sign with another secret; it is on this answer and nowhere else."""
    try:
        return _one(name, secret=service.rotate_secret(actor(), name))
    except service.UnknownWebhookError:
        abort(404)


@blueprint.post("/webhooks/<name>/topics")
@requires(Permission.WEBHOOK_MANAGE)
def choose(name: str) -> Answer:
    """Choose anew what is sent."""
    form = TopicsForm()
    return _done(name, form, lambda: service.set_topics(actor(), name, form.chosen), "The topics are changed.")


@blueprint.post("/webhooks/<name>/test")
@requires(Permission.WEBHOOK_MANAGE)
def test(name: str) -> Answer:
    """Send a test."""
    sent = "The test is sent within seconds: look below what came of it."
    return _done(name, EmptyForm(), lambda: service.send_test(actor(), name), sent)


@blueprint.post("/webhooks/<name>/enabling")
@requires(Permission.WEBHOOK_MANAGE)
def enable(name: str) -> Answer:
    """Send to it again."""
    return _done(name, EmptyForm(), lambda: service.enable_webhook(actor(), name), "The webhook is enabled.")


@blueprint.post("/webhooks/<name>/replays")
@requires(Permission.WEBHOOK_MANAGE)
def replay(name: str) -> Answer:
    """Send one delivery once more."""
    form = ReplayForm()
    again = "The delivery is sent once more, under the same webhook-id."
    return _done(name, form, lambda: service.replay(actor(), name, form.delivery.data), again)


@blueprint.post("/webhooks/<name>/replays/failed")
@requires(Permission.WEBHOOK_MANAGE)
def replay_failed(name: str) -> Answer:
    """Send all that failed since a day once more."""
    form = SinceForm()

    def act() -> None:
        since = day_begins(form.since.data)
        if since is None:
            raise WebhookError("choose a day")
        flash(f"{service.replay_failed(actor(), name, since):,} deliveries are sent once more.", "success")

    return _done(name, form, act, "")


@blueprint.post("/webhooks/<name>/removal")
@requires(Permission.WEBHOOK_MANAGE)
def remove(name: str) -> Answer:
    """Remove it."""
    try:
        service.remove_webhook(actor(), name)
    except service.UnknownWebhookError:
        abort(404)
    flash("The webhook is removed: nothing is sent to it any more.", "success")
    return redirect(url_for("webhooks.own"), 303)


def _list(form: WebhookForm, *, secret: str = "", status: int = 200) -> Response:
    rows = service.webhooks(actor())
    text = render_template(
        "notices/webhooks.html", form=form, rows=rows, secret=secret, topics=TOPICS, most=MOST_WEBHOOKS
    )
    return make_response(text, status)


def _one(name: str, *, secret: str = "") -> Response:
    me = actor()
    try:
        shown = service.webhook(me, name)
        page = shown_page(partial(service.deliveries, me, name), f"deliveries {name}")
    except service.UnknownWebhookError:
        abort(404)
    text = render_template(
        "notices/webhook.html",
        shown=shown,
        page=page,
        form=TopicsForm(formdata=None, data={"topics": [topic.value for topic in shown.topics]}),
        since=SinceForm(formdata=None),
        secret=secret,
        topics=TOPICS,
        overlap=int(OVERLAP.total_seconds() // 3600),
        days=KEPT.days,
        now=clock.now(),
    )
    return make_response(text)


def _done(name: str, form: FlaskForm, act: Callable[[], None], words: str) -> Answer:
    """Do it, and say so on the webhook's page; or say there why it was not done."""
    try:
        service.webhook(actor(), name)
        if not form.validate_on_submit():
            raise WebhookError(
                " ".join(f"{said}." for field in form for said in field.errors).rstrip(".") or "try again"
            )
        act()
    except service.UnknownWebhookError:
        abort(404)
    except WebhookError as error:
        db.session.rollback()
        flash(f"{opening(error)}.", "error")
    else:
        if words:
            flash(words, "success")
    return redirect(url_for("webhooks.one", name=name), 303)
