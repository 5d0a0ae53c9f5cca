"""Commands and queries on notices: one file each, all of them named here."""

from hub.notices.service.letters import write_letters
from hub.notices.service.make import forget_notices, make_notices
from hub.notices.service.read import Notice, Wanted, feed, mark_all_read, mark_read, notices, unread_count
from hub.notices.service.sending import send_due
from hub.notices.service.settings import set_settings, settings
from hub.notices.service.webhooks import (
    ShownDelivery,
    ShownTry,
    ShownWebhook,
    UnknownWebhookError,
    add_webhook,
    deliveries,
    enable_webhook,
    remove_webhook,
    replay,
    replay_failed,
    rotate_secret,
    send_test,
    set_topics,
    webhook,
    webhooks,
)

__all__ = [
    "Notice",
    "ShownDelivery",
    "ShownTry",
    "ShownWebhook",
    "UnknownWebhookError",
    "Wanted",
    "add_webhook",
    "deliveries",
    "enable_webhook",
    "feed",
    "forget_notices",
    "make_notices",
    "mark_all_read",
    "mark_read",
    "notices",
    "remove_webhook",
    "replay",
    "replay_failed",
    "rotate_secret",
    "send_due",
    "send_test",
    "set_settings",
    "set_topics",
    "settings",
    "unread_count",
    "webhook",
    "webhooks",
    "write_letters",
]
