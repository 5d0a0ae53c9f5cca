"""Pages of notices and of the webhooks that carry them."""

from hub.notices.pages import inbox, webhooks

PAGES = (inbox.blueprint, webhooks.blueprint)
