"""Values of the pages of notices, full and empty."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hub.notices.forms import SettingsForm
from hub.notices.rules import KEPT, TOPICS, Settings, Topic
from hub.notices.service import Notice
from hub.web.shown import CursorPage, Filter, Filters

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def _notice(n: int, topic: Topic) -> Notice:
    sentence = "shop returned the listing report AAAAAAAAAAAAAAAAAAAAAA to be mended (<b>wrong right</b>)"
    at = NOW - timedelta(hours=3 * n)
    return Notice(90 - n, topic, n % 3 == 0, at, n > 2, f"{n:022}", "report.returned", sentence, "report", "A" * 22)


def notices_sample(template: str, full: bool) -> dict[str, Any]:
    """What the template is given."""
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
