"""What surrounds every page of a signed-in person: the ways onward that its permissions open."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType

from flask import Flask, g, request

from hub.access.actor import Actor
from hub.access.grants import ACTING
from hub.access.permissions import Permission


@dataclass(frozen=True)
class Way:
    """One entry of the navigation, and the permission without which it is not shown."""

    endpoint: str
    words: str
    icon: str
    permission: Permission
    beside: Permission | None = None
    """One more that it takes."""


SECTIONS: Mapping[str, tuple[Way, ...]] = MappingProxyType(
    {
        "": (
            Way("insights.overview", "Overview", "layout-dashboard", Permission.OVERVIEW_VIEW),
            Way("notices.inbox", "Notices", "inbox", Permission.LEDGER_READ_OWN),
        ),
        "Sharing": (
            Way("indicators.contributions", "Contributions", "list-check", Permission.CONTRIBUTION_READ_OWN),
            Way(
                "indicators.history",
                "Share history",
                "history",
                Permission.CONTRIBUTION_READ_OWN,
                Permission.LEDGER_READ_OWN,
            ),
            Way("matches.matches", "Matches", "arrows-join", Permission.MATCH_READ_OWN),
            Way("groups.own", "Sharing groups", "arrows-join", Permission.GROUP_MANAGE),
        ),
        "Desk": (
            Way("reports.inbox", "Listing reports", "list-check", Permission.REPORT_READ),
            Way("questions.inbox", "Questions", "inbox", Permission.QUESTION_READ),
            Way("test_buys.own", "Test buys", "list-check", Permission.TESTBUY_READ),
            Way("reports.strikes", "Strikes", "alert-triangle", Permission.REPORT_REVIEW),
            Way("rights.register", "IP rights", "notebook", Permission.RIGHT_READ),
            Way("authorised_sellers.own", "Authorised sellers", "list-check", Permission.SELLER_MANAGE),
            Way("evidence.vault", "Evidence", "inbox", Permission.EVIDENCE_READ),
        ),
        "Alliance": (
            Way("members.everybody", "Members", "list-check", Permission.MEMBER_ADMINISTER),
            Way("decisions.waiting", "Decisions", "check", Permission.MEMBER_ADMINISTER),
            Way("applications.queue", "Applications", "inbox", Permission.APPLICATION_READ),
            Way("letters.kept", "Mail", "inbox", Permission.MAIL_ADMINISTER),
        ),
        "Record and rules": (
            Way("ledger.entries", "Ledger", "notebook", Permission.LEDGER_READ_OWN),
            Way("agreement.present", "Agreement", "notebook", Permission.MEMBER_SELF),
            Way("grants.table", "Who may do what", "info-circle", Permission.MEMBER_SELF),
        ),
        "Settings": (
            Way("reports.marketplaces", "Marketplaces", "list-check", Permission.MARKETPLACE_MANAGE),
            Way("reports.clocks", "Clocks", "clock", Permission.MARKETPLACE_MANAGE),
            Way("people.everybody", "People", "list-check", Permission.PERSON_MANAGE),
            Way("agents.own", "Agents", "list-check", Permission.AUTHORISATION_READ),
            Way("credentials.keys", "API keys", "shield-check", Permission.CREDENTIAL_MANAGE),
            Way("webhooks.own", "Webhooks", "arrows-join", Permission.WEBHOOK_MANAGE),
            Way("providers.own", "Single sign-on", "shield-check", Permission.PROVIDER_MANAGE),
            Way("factors.own", "Your sign-in", "shield-check", Permission.SESSION_OWN),
        ),
    }
)
"""The navigation by its headings; what comes first has none."""
WAYS = tuple(chain.from_iterable(SECTIONS.values()))

PARENTS = {
    "agents.give": "agents.own",
    "groups.one": "groups.own",
    "groups.found": "groups.own",
    "ledger.entry": "ledger.entries",
    "applications.one": "applications.queue",
    **dict.fromkeys(
        tuple(f"rights.{each}" for each in ("new", "enter", "many", "enter_many", "one", "amend", "correct")),
        "rights.register",
    ),
    **dict.fromkeys(("authorised_sellers.new", "authorised_sellers.add"), "authorised_sellers.own"),
    **dict.fromkeys(("notices.own", "notices.choose"), "notices.inbox"),
    **dict.fromkeys(tuple(f"webhooks.{each}" for each in ("add", "one", "rotate")), "webhooks.own"),
    "members.one": "members.everybody",
    **dict.fromkeys(
        (
            *("reports.one", "reports.statement"),
            *(f"filing.{each}" for each in ("new", "file", "mend", "submit", "marketplaces")),
        ),
        "reports.inbox",
    ),
    "reports.name_marketplace": "reports.marketplaces",
    "reports.set_clock": "reports.clocks",
    **dict.fromkeys(tuple(f"test_buys.{each}" for each in ("one", "new", "plan", "step", "approve")), "test_buys.own"),
    **dict.fromkeys(tuple(f"questions.{each}" for each in ("one", "new", "ask", "answer")), "questions.inbox"),
    **dict.fromkeys(tuple(f"evidence.{each}" for each in ("new", "store", "one", "erase")), "evidence.vault"),
    "credentials.issue": "credentials.keys",
    "people.invite": "people.everybody",
    "sessions.own": "factors.own",
    "passwords.own": "factors.own",
    "passwords.change": "factors.own",
    "factors.enrol": "factors.own",
    "factors.renew_codes": "factors.own",
    "credentials.rotate": "credentials.keys",
    "providers.set_up": "providers.own",
    "providers.ask": "providers.own",
}
"""Pages without an entry of their own, and the entry they stand under."""


@dataclass(frozen=True)
class Frame:
    """Who is reading, and where they may go."""

    alliance: str
    actor: Actor
    sections: Mapping[str, tuple[Way, ...]]
    """What is open to the actor, by heading; no heading without a way under it."""
    here: str
    """The endpoint of the navigation's entry that this page belongs to."""
    acting_for: str
    """The name of the brand that the reader, a person of an agent, acts for; empty: its own member."""
    alarm: str | None
    """What is amiss with the record, for who is told of it."""
    unread: int
    """How many notices the reader has not read, 100 at most."""


def _acting_for(actor: Actor) -> str:
    return actor.session.acting_for if actor.session else ""


def _is_open(actor: Actor, way: Way) -> bool:
    """Whether the actor may go there; from its own sign-in, who acts for a brand goes on as that."""
    if _acting_for(actor) and way.permission is Permission.SESSION_OWN:
        return True
    if _acting_for(actor) and actor.agent is None:
        return way.permission in ACTING
    return actor.may(way.permission) and (way.beside is None or actor.may(way.beside))


def _open_to(actor: Actor, app: Flask) -> dict[str, tuple[Way, ...]]:
    found = {
        heading: tuple(way for way in ways if way.endpoint in app.view_functions and _is_open(actor, way))
        for heading, ways in SECTIONS.items()
    }
    return {heading: ways for heading, ways in found.items() if ways}


def attach_frame(
    app: Flask,
    alliance: str,
    alarm_of: Callable[[Actor], str | None] = lambda _: None,
    unread_of: Callable[[Actor], int] = lambda _: 0,
) -> None:
    """Give templates `alliance` and `frame()`; `alarm_of` and `unread_of` tell what stands on every page of an actor.

    `frame()` is None before the gate has let an actor in. It is a function so that sign-in and error pages, which do
    not call it, need neither a session nor the database.
    """

    def frame() -> Frame | None:
        actor: Actor | None = g.get("actor")
        if actor is None:
            return None
        here = request.endpoint or ""
        told = (alarm_of(actor), unread_of(actor))
        return Frame(alliance, actor, _open_to(actor, app), PARENTS.get(here, here), _acting_for(actor), *told)

    app.jinja_env.globals.update(frame=frame, alliance=alliance)
