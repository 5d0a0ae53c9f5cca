"""Commands and queries on test buys: one file each, all of them named here."""

from hub.test_buys.service.link import Linking, NotMendedError, link
from hub.test_buys.service.moves import (
    CARRIED,
    Cost,
    Finding,
    Order,
    StaleBuyError,
    UnknownBuyError,
    approve,
    carry,
    judge,
    may_approve,
    order,
    refund,
    spend,
)
from hub.test_buys.service.plan import Plan, plan
from hub.test_buys.service.read import BuyLine, ShownBuy, signed_verdict, test_buy, test_buys, totals
from hub.test_buys.service.sign import Signature, sign

__all__ = [
    "CARRIED",
    "BuyLine",
    "Cost",
    "Finding",
    "Linking",
    "NotMendedError",
    "Order",
    "Plan",
    "ShownBuy",
    "Signature",
    "StaleBuyError",
    "UnknownBuyError",
    "approve",
    "carry",
    "judge",
    "link",
    "may_approve",
    "order",
    "plan",
    "refund",
    "sign",
    "signed_verdict",
    "spend",
    "test_buy",
    "test_buys",
    "totals",
]
