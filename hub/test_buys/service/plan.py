"""Planning a test buy: one listing on a marketplace of a platform, and a budget that another person must approve."""

from dataclasses import dataclass

from sqlalchemy import insert

from hub import clock
from hub.access.actor import Actor
from hub.access.permissions import Permission
from hub.access.tlp import MemberKind
from hub.canonical import canonicalise
from hub.canonical.listing import canonical_listing
from hub.canonical.refusal import RefusedError
from hub.db import db
from hub.ledger import service as ledger
from hub.ledger.events import Event
from hub.listing_reports import service as reports
from hub.listing_reports.preflight_rules import site_of
from hub.members import service as members
from hub.test_buys import money_rules, policy, rules
from hub.test_buys.model import Buy
from hub.test_buys.money_rules import AmountError
from hub.test_buys.rules import WordsError


@dataclass(frozen=True)
class Plan:
    """What is to be bought."""

    platform: str
    """The platform's code."""
    url: str
    goods: str
    currency: str
    budget: int
    """In minor units."""
    store: str = ""
    """The seller's store, if the listing shows it."""


def plan(actor: Actor, given: Plan) -> str:
    """Plan a test buy; returns its name; the caller commits.

    Raises NotPermittedError, WordsError, also for a listing that is on no marketplace of the platform.
    """
    actor.must(Permission.TESTBUY_RUN)
    policy.must_be_brand(actor)
    platform_id = _platform(given.platform)
    try:
        currency, budget = money_rules.check_currency(given.currency), money_rules.check_minor(given.budget, least=1)
    except AmountError as error:
        raise WordsError("budget", str(error)) from error
    name = rules.new_name()
    planned = {
        "name": name,
        "brand_id": actor.member_id,
        "platform_id": platform_id,
        "url": _listing(given.url, platform_id),
        "store": _store(given.store),
        "goods": rules.line("goods", given.goods, "what is to be bought"),
        "currency": currency,
        "budget": budget,
        "planned_by": actor.pseudonym,
        "planned_at": clock.now(),
        "state": rules.BEGINS.value,
        "version": 1,
    }
    db.session.execute(insert(Buy).values(planned))
    ledger.append(actor, Event.TESTBUY_PLANNED, subject={"type": "test buy", "ref": name})
    return name


def _platform(code: str) -> int:
    found = members.known(code)
    if found is None or found.kind != MemberKind.PLATFORM.value:
        raise WordsError("platform", "this code is of no platform")
    return found.id


def _listing(text: str, platform_id: int) -> str:
    try:
        host, url = canonical_listing(text)
    except RefusedError as error:
        raise WordsError("url", f"{error.reason}: {error.remedy}") from error
    if site_of(host, reports.sites_of(platform_id)) is None:
        raise WordsError("url", "this address is on no marketplace of the platform")
    return url


def _store(text: str) -> str:
    """The store as typed, where a client can make a token of it."""
    text = text.strip()
    try:
        if text:
            canonicalise("store_url", text)
    except RefusedError as error:
        raise WordsError("store", f"{error.reason}: {error.remedy}") from error
    return text
