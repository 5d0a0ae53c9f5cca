"""A small application with our filters, frame and headers, stub views, and a sample of every page's values."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import Flask, g, render_template, request
from flask_wtf import CSRFProtect

from hub.access.actor import Actor, Agent
from hub.access.grants import AGENT_SCOPES, GRANTS, granted_acting
from hub.access.permissions import WORDS
from hub.access.tlp import MemberKind
from hub.app import APIS, PAGES
from hub.insights.rules import (
    ActingOverview,
    AdministratorOverview,
    AuditorOverview,
    BrandOverview,
    CheckpointLine,
    EpochLine,
    ListedOfType,
    MemberLine,
    PlatformOverview,
    Quota,
    SharedOfType,
    in_order,
    needs_from_contributions,
    needs_from_log,
    needs_from_matches,
    needs_from_quotas,
)
from hub.web.error_pages import error_page
from hub.web.filters import attach_filters
from hub.web.frame import attach_frame
from hub.web.headers import attach_headers
from hub.web.shown import (
    ContributionRow,
    CursorPage,
    Filters,
    MatchRow,
    ShareAct,
)
from tests.web.pages.sample_applications import applications_sample
from tests.web.pages.sample_authorised_sellers import authorised_sellers_sample
from tests.web.pages.sample_evidence import evidence_sample
from tests.web.pages.sample_ledger import LINES, LOG, NO_LOG, ledger_sample
from tests.web.pages.sample_members import FACTORS, OFFICE, PASSWORDS, members_sample
from tests.web.pages.sample_moment import DAY, FILTERS, NOW, SESSION
from tests.web.pages.sample_notices import notices_sample
from tests.web.pages.sample_questions import questions_sample
from tests.web.pages.sample_reports import reports_sample
from tests.web.pages.sample_rights import rights_sample
from tests.web.pages.sample_test_buys import test_buys_sample

ROOT = Path(__file__).resolve().parents[3]
QUOTAS = (Quota("Phone", 100, 91, DAY), Quota("Domain", 100, 100, DAY), Quota("E-mail", 0, 0, DAY, "brand-a"))
NEEDS = in_order(needs_from_matches(2, 1), needs_from_contributions(4), needs_from_quotas(QUOTAS), needs_from_log(LOG))


def _overviews(full: bool) -> dict[str, Any]:
    log, recent = (LOG, LINES) if full else (NO_LOG, ())
    needs, quotas = (NEEDS, QUOTAS) if full else ((), ())
    shared = (SharedOfType("Domain", (1, 2, 3, 0), 2, 1), SharedOfType("Phone", (0, 0, 0, 4), 0, 0))
    listed = (ListedOfType("Domain", (0, 2000, 3, 0), 2, 1),)
    member = MemberLine("brand-a", "Northpeak", "brand", "probation", DAY)
    return {
        "brand": BrandOverview(NOW, shared if full else (), {"red": 3} if full else {}, 1, needs, quotas, log, recent),
        "platform": PlatformOverview(NOW, listed if full else (), 1, int(full), needs, quotas, log, recent),
        "auditor": AuditorOverview(
            NOW,
            log,
            (CheckpointLine(9, "9" * 43 + "=", NOW),) if full else (),
            needs,
            recent,
        ),
        "acting": ActingOverview(tuple(WORDS[scope] for scope in AGENT_SCOPES) if full else (), quotas),
        "administrator": AdministratorOverview(
            NOW, (member,) if full else (), EpochLine("e1", DAY, None) if full else None, needs, log, recent
        ),
    }


def _contributions() -> tuple[ContributionRow, ...]:
    states = ("active", "expiring", "expired", "withdrawn")
    labels = ("clear", "amber+strict", "red", "green")
    return tuple(
        ContributionRow(
            None if n else "case-1",
            "Phone",
            "infringing",
            f"E{n + 1}",
            tlp,
            ("eu, watches only", "under your name"),
            NOW,
            DAY,
            bool(n),
            state,
        )
        for n, (state, tlp) in enumerate(zip(states, labels, strict=True))
    )


def _acts() -> tuple[ShareAct, ...]:
    counts = {"added": 1204, "changed": 0, "unchanged": 2}
    shared = ShareAct(
        NOW, "Mara", "shared", "Phone", counts, "entry-1", "E2", "red", "impersonated", widened="one organisation"
    )
    return shared, ShareAct(
        NOW, "p_1", "withdrew", "Phone", {"withdrawn": 2, "unknown": 0}, "entry-2", reason="mistaken"
    )


def _matches() -> tuple[MatchRow, ...]:
    decided = ("new", "triaged", "same", "not_same", "inconclusive")
    rows = (
        MatchRow(f"m_{n}", "Phone", "E2", n or None, ("brand-b",) * n, NOW, DAY, state)
        for n, state in enumerate(decided)
    )
    return (*rows, MatchRow("m_9", "Phone", None, None, (), NOW, None, "withdrawn"))


def values(template: str, full: bool) -> dict[str, Any]:
    """What the template is given: everything at once, or as little as there can be."""
    given = GIVEN.get(template) or GIVEN.get(template.partition("/")[0])
    if given is not None:
        return given(template, full)
    rows: dict[str, Callable[[], tuple[Any, ...]]] = {
        "indicators/contributions.html": _contributions,
        "indicators/history.html": _acts,
        "matches/list.html": _matches,
    }
    page = CursorPage(rows[template](), "n", "o") if full else CursorPage(())
    return {
        "page": page,
        "filters": FILTERS if full else Filters(),
    }


KINDS = {
    "insights/overview_auditor.html": MemberKind.AUDITOR,
    "insights/overview_administrator.html": MemberKind.ADMINISTRATION,
    "members/letters.html": MemberKind.ADMINISTRATION,
    "applications/queue.html": MemberKind.ADMINISTRATION,
    "applications/one.html": MemberKind.ADMINISTRATION,
}
KINDS |= dict.fromkeys(OFFICE, MemberKind.ADMINISTRATION)
FOR_PLATFORMS = ("rights/list.html@platform", "rights/one.html@platform")
KINDS |= dict.fromkeys(FOR_PLATFORMS, MemberKind.PLATFORM)
GIVEN: dict[str, Callable[[str, bool], dict[str, Any]]] = {
    "applications": applications_sample,
    "authorised_sellers": authorised_sellers_sample,
    "rights": rights_sample,
    "listing_reports": reports_sample,
    "questions": questions_sample,
    "notices": notices_sample,
    "test_buys": test_buys_sample,
    "evidence": evidence_sample,
    "insights": lambda template, full: {
        "overview": _overviews(full)[template.removesuffix(".html").partition("/overview_")[2]]
    },
    "members": members_sample,
    "ledger": ledger_sample,
}
"""What gives the values of a template, by its name or by its domain; the rest are lists."""
TEMPLATES = (
    *(f"insights/overview_{kind}.html" for kind in ("brand", "platform", "auditor", "administrator", "acting")),
    "indicators/contributions.html",
    "indicators/history.html",
    "matches/list.html",
    "ledger/list.html",
    "ledger/entry.html",
    "ledger/verify.html",
    "members/credentials.html",
    "members/grants.html",
    "members/letters.html",
    *FACTORS,
    "members/invitation.html",
    "members/agents.html",
    "members/agreement.html",
    *PASSWORDS,
    "members/people.html",
    "members/groups.html",
    "members/group.html",
    "members/sessions.html",
    "members/single_sign_on.html",
    "members/led.html",
    *(f"rights/{name}.html" for name in ("list", "enter", "one", "sheet")),
    *FOR_PLATFORMS,
    *(f"authorised_sellers/{name}.html" for name in ("list", "new")),
    *(
        f"listing_reports/{name}.html"
        for name in (
            "list",
            "new",
            "mend",
            "one",
            "marketplaces",
            "marketplaces_of_all",
            "clocks",
            "strikes",
            "statement",
        )
    ),
    *(f"listing_reports/one.html@{each}" for each in ("returned", "refused")),
    *(f"questions/{name}.html" for name in ("list", "new", "one")),
    *(f"notices/{name}.html" for name in ("list", "settings", "webhooks", "webhook")),
    *(f"test_buys/{name}.html" for name in ("list", "new", "one")),
    *(f"evidence/{name}.html" for name in ("list", "new", "one")),
    *OFFICE,
    *(f"applications/{name}.html" for name in ("apply", "sent", "confirm", "confirmed", "gone", "queue", "one")),
)
"""All that is looked at: a template, or after an @ what some reader of it, or in some state, sees besides."""


def make_app() -> Flask:
    """The application; `/page/<template>?full=` renders one, `/error/<status>` an error page."""
    app = Flask("hub", root_path=str(ROOT / "hub"), static_folder=str(ROOT / "static"))
    app.config.update(SECRET_KEY="for tests only", TESTING=True)
    CSRFProtect(app)
    attach_headers(app)
    attach_filters(app)
    attach_frame(app, "example", unread_of=lambda _: 7)
    app.jinja_env.globals.update(passkey_options=lambda: "{}", takes_passkeys=lambda: True)
    for blueprint in (*APIS, *PAGES):
        app.register_blueprint(blueprint)
    app.add_url_rule("/sign-in", "security.login", lambda: "")

    @app.get("/page/<path:template>")
    def page(template: str) -> str:
        kind = KINDS.get(template, MemberKind.BRAND)
        g.actor = Actor(1, "brand-a", kind, GRANTS[kind], "ui", "p_1", title="Northpeak", session=SESSION)
        if template == "insights/overview_acting.html":
            acting, may = replace(SESSION, acting_for="Northpeak"), granted_acting(GRANTS[kind], AGENT_SCOPES)
            g.actor = replace(g.actor, agent=Agent(7, "agency", 1), permissions=may, session=acting)
        return render_template(template.partition("@")[0], **values(template, "full" in request.args))

    @app.get("/error/<int:status>")
    def error(status: int) -> tuple[str, int]:
        return error_page(status, request.args["id"])

    return app
