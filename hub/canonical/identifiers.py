"""Table of facts: the identifier types, and what is promised for each."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_FIRST = 1  # rule version; a type whose values change takes the next number of its own


@dataclass(frozen=True, slots=True)
class IdentifierType:
    """One identifier type.

    `rule` is the version of its canonical rules and part of what is tokenised; `weight` how much a match says (strong,
    medium, weak); `links` what it ties together; `retention_days` how long a contribution lives at most; `examples` two
    inputs that canonicalise without a country.
    """

    name: str
    title: str
    rule: int
    weight: str
    links: str
    retention_days: int
    examples: tuple[str, str]


_TWO_YEARS = 730
_ONE_YEAR = 365  # phone numbers are given to somebody else soon after they fall free

TYPES: Mapping[str, IdentifierType] = MappingProxyType(
    {
        row.name: row
        for row in (
            IdentifierType(
                "domain", "Domain", _FIRST, "strong",
                "web shops under one registered domain", _TWO_YEARS,
                ("https://www.cool-bags.shop/sale", "coolbags.myshopify.com"),
            ),
            IdentifierType(
                "store_url", "Store URL", _FIRST, "strong",
                "one store on a marketplace, social network or web site", _TWO_YEARS,
                ("https://shop71799145.taobao.com/", "https://www.ebay.com/usr/cool_bags_88"),
            ),
            IdentifierType(
                "seller_id", "Platform seller id", _FIRST, "strong",
                "one seller account on one platform", _TWO_YEARS,
                ("amazon:A2L77EE7U53NWQ", "taobao:2206514938"),
            ),
            IdentifierType(
                "email", "E-mail address", _FIRST, "strong",
                "accounts that one mailbox opened", _TWO_YEARS,
                ("sales@cool-bags.shop", "c.bags+orders@gmail.com"),
            ),
            IdentifierType(
                "phone", "Phone number", _FIRST, "medium",
                "accounts that one phone number opened", _ONE_YEAR,
                ("+86 139 1758 2046", "+44 20 7946 0958"),
            ),
            IdentifierType(
                "company_number", "Company or tax number", _FIRST, "strong",
                "accounts that one business licence opened; the licence may be stolen", _TWO_YEARS,
                ("CN:91110000600037341L", "DE136695976"),
            ),
            IdentifierType(
                "bank_account", "Bank account", _FIRST, "strong",
                "sellers paid into one account", _TWO_YEARS,
                ("DE89 3704 0044 0532 0130 00", "US:021000021:4830192756"),
            ),
            IdentifierType(
                "payment_account", "Payment account", _FIRST, "strong",
                "sellers paid through one account or wallet", _TWO_YEARS,
                ("paypal:sales@cool-bags.shop", "alipay:2088102146225135"),
            ),
            IdentifierType(
                "messaging_handle", "Messaging handle", _FIRST, "strong",
                "sellers who answer under one handle", _TWO_YEARS,
                ("wechat:coolbags_88", "https://wa.me/8613917582046"),
            ),
        )
    }
)  # fmt: skip
"""Every identifier type by its name."""
