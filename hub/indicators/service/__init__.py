"""Commands and queries on contributions: one file each, all of them named here."""

from hub.indicators.service.effect import counted, effective, effective_among
from hub.indicators.service.expire import expire_some
from hub.indicators.service.orphans import settle_orphans
from hub.indicators.service.own import OwnContribution, OwnCount, own_contributions, own_counts, withdrawn_count
from hub.indicators.service.share import Shared, Terms, share
from hub.indicators.service.sight import sight
from hub.indicators.service.token_list import ListPage, ListPlace, list_page
from hub.indicators.service.withdraw import Withdrawn, withdraw

__all__ = [
    "ListPage",
    "ListPlace",
    "OwnContribution",
    "OwnCount",
    "Shared",
    "Terms",
    "Withdrawn",
    "counted",
    "effective",
    "effective_among",
    "expire_some",
    "list_page",
    "own_contributions",
    "own_counts",
    "settle_orphans",
    "share",
    "sight",
    "withdraw",
    "withdrawn_count",
]
