"""Values of the pages of notices, full and empty."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hub.notices.forms import SettingsForm, SinceForm, TopicsForm, WebhookForm
from hub.notices.rules import KEPT, TOPICS, Settings, Topic
from hub.notices.service import Notice, ShownDelivery, ShownTry, ShownWebhook
from hub.notices.webhook_rules import DeliveryState, Disabled
from hub.web.shown import CursorPage, Filter, Filters

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def _notice(n: int, topic: Topic) -> Notice:
    sentence = "shop returned the listing report AAAAAAAAAAAAAAAAAAAAAA to be mended (<b>wrong right</b>)"
    at = NOW - timedelta(hours=3 * n)
    return Notice(90 - n, topic, n % 3 == 0, at, n > 2, f"{n:022}", "report.returned", sentence, "report", "A" * 22)


def _webhook(n: int) -> ShownWebhook:
    url = "https://hooks.example.org/hub/" + "<b>long</b>" * (8 * n)
    since, disabled = (NOW if n else None), (NOW if n == 2 else None)
    why = Disabled.FAILING if disabled else None
    return ShownWebhook(f"{n:022}", url, [*Topic][: n + 1], NOW, since, since, disabled, why, 1_204 * n)


def _delivery(n: int, state: DeliveryState) -> ShownDelivery:
    failed = ShownTry(NOW, 15_003, None, "it did not answer as it should (ReadTimeoutError)")
    tries = [ShownTry(NOW, 204, 503 if n else 200, ""), *[failed] * (6 * n)]
    due = NOW + timedelta(hours=2) if state is DeliveryState.WAITS else None
    return ShownDelivery(n, f"msg_{n:032}", [*Topic][n] if n else None, NOW, state, due, tries)


def _webhooks(template: str, full: bool) -> dict[str, Any]:
    secret = "whsec_" + "A" * 43 + "=" if full else ""
    if template == "notices/webhooks.html":
        form = WebhookForm(formdata=None)
        if full:
            form.url.errors, form.topics.errors = ["The address begins with https://."], ["Choose at least one topic"]
        rows = [_webhook(n) for n in range(3)] if full else []
        return {"form": form, "rows": rows, "secret": secret, "topics": TOPICS, "most": 5}
    rows = tuple(_delivery(n, state) for n, state in enumerate(DeliveryState))
    return {
        "shown": _webhook(2 if full else 0),
        "page": CursorPage(rows, older="o") if full else CursorPage(()),
        "form": TopicsForm(formdata=None, data={"topics": ["reports"]}),
        "since": SinceForm(formdata=None),
        "secret": secret,
        "topics": TOPICS,
        "overlap": 24,
        "days": 30,
        "now": NOW,
    }


def notices_sample(template: str, full: bool) -> dict[str, Any]:
    """What the template is given."""
    if "webhook" in template:
        return _webhooks(template, full)
    if template == "notices/settings.html":
        return {"form": SettingsForm.of(Settings(hour=7, zone="Europe/Berlin")), "topics": list(Topic)}
    rows = tuple(_notice(n, topic) for n, topic in enumerate(Topic))
    topics = tuple((topic.value, words) for topic, (words, _) in TOPICS.items())
    fields = (Filter("topic", "Topic", "", topics), Filter("show", "State", "", (("unread", "Unread"),)))
    return {
        "page": CursorPage(rows, older="o") if full else CursorPage(()),
        "filters": Filters(fields if full else fields[:1]),
        "topics": TOPICS,
        "addresses": {row.place: "/reports/" + "A" * 22 for row in rows},
        "may_keep": full,
        "newest": 90 if full else None,
        "days": KEPT.days,
    }
