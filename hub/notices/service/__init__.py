"""Commands and queries on notices: one file each, all of them named here."""

from hub.notices.service.letters import write_letters
from hub.notices.service.make import forget_notices, make_notices
from hub.notices.service.read import Notice, Wanted, feed, mark_all_read, mark_read, notices, unread_count
from hub.notices.service.settings import set_settings, settings

__all__ = [
    "Notice",
    "Wanted",
    "feed",
    "forget_notices",
    "make_notices",
    "mark_all_read",
    "mark_read",
    "notices",
    "set_settings",
    "settings",
    "unread_count",
    "write_letters",
]
