"""Canonical forms of identifiers: one text for one thing, whoever writes it down.

Pure: reads nothing but the tables in this package and the lists that come with pinned libraries. Two members who hold
the same identifier must arrive at the same bytes, so the rules are versioned per type (`TYPES[type].rule`, part of
what is tokenised) and vectors.json holds cases that every implementation must pass.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hub.canonical import junk
from hub.canonical.bank import canonical_bank_account
from hub.canonical.company import canonical_company_number
from hub.canonical.contact import canonical_email, canonical_phone
from hub.canonical.country import country_code
from hub.canonical.domain import canonical_domain
from hub.canonical.identifiers import TYPES, IdentifierType
from hub.canonical.refusal import CODES, REFUSALS, RefusedError, refused
from hub.canonical.services import canonical_messaging_handle, canonical_payment_account
from hub.canonical.store import canonical_seller_id, canonical_store_url
from hub.canonical.text import LONGEST, LONGEST_VALUE, clean

__all__ = [
    "CODES",
    "LONGEST",
    "LONGEST_VALUE",
    "REFUSALS",
    "TYPES",
    "Canonical",
    "IdentifierType",
    "RefusedError",
    "canonicalise",
]


@dataclass(frozen=True, slots=True)
class Canonical:
    """The canonical form of one identifier: its type, the version of the rules that made it, and the value."""

    type: str
    rule: int
    value: str


_RULES: Mapping[str, Callable[[str, str | None], str]] = {
    "domain": lambda line, _country: canonical_domain(line),
    "store_url": canonical_store_url,
    "seller_id": canonical_seller_id,
    "email": lambda line, _country: canonical_email(line),
    "phone": canonical_phone,
    "company_number": canonical_company_number,
    "bank_account": canonical_bank_account,
    "payment_account": canonical_payment_account,
    "messaging_handle": canonical_messaging_handle,
}
_WITH_DOMAIN_NAMES = frozenset({"domain", "store_url", "email"})


def canonicalise(type: str, text: str, *, country: str | None = None) -> Canonical:
    """The canonical form of `text` as an identifier of `type`, one of `TYPES`.

    `country` is an ISO 3166-1 code that helps where the value does not say its own (national phone and company
    numbers, shops whose names are per country). The value is ASCII, 1 to 900 characters, and a fixed point:
    `canonicalise(type, c.value).value == c.value`. Raises RefusedError, and nothing else, for whatever has no
    canonical form; its texts never contain the value.
    """
    if not isinstance(type, str) or type not in TYPES:
        raise refused("unknown_type")
    line = clean(text, keep_joiners=type in _WITH_DOMAIN_NAMES)
    where = country_code(country)
    if junk.is_placeholder(line):
        raise refused("junk")
    return Canonical(type, TYPES[type].rule, _RULES[type](line, where))
