"""A small application with our filters, frame and headers, stub views, and a sample of every page's values."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask, g, render_template, request
from flask_wtf import CSRFProtect

from hub.access.actor import Actor, Agent, Session
from hub.access.grants import AGENT_SCOPES, GRANTS, ROLES, Role, granted_acting, granted_to_client
from hub.access.permissions import WORDS, Permission
from hub.access.tlp import MemberKind
from hub.applications import rules as applications
from hub.applications.forms import NO_COOKIE, ApplicationForm, ConfirmationForm
from hub.applications.rules import ApplicationState, Facts, Item
from hub.applications.service import ApplicationLine, DocumentLine, OneApplication, Tick
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
from hub.ledger.service import CAUSES, GROUNDS, Delay, Difference, PutAside, WitnessLine
from hub.mail import KeptLetter, Letter
from hub.members.forms.agents import AuthorisationForm
from hub.members.forms.agreement import AgreementForm, SignatureForm
from hub.members.forms.credentials import CredentialForm
from hub.members.forms.factors import CodeForm, NewPasskeyForm, TotpForm
from hub.members.forms.groups import GroupForm, GuestForm, RenewalForm, SeatForm
from hub.members.forms.invitations import AcceptanceForm, NewPasswordForm
from hub.members.forms.passwords import ChangedPasswordForm, ForgottenForm
from hub.members.forms.people import InvitationForm
from hub.members.forms.providers import DomainForm, ProviderForm
from hub.members.pages.members import words_of
from hub.members.rules import ACTS, SECTORS, Act, DecisionKind, MemberState
from hub.members.service import (
    AskedDomain,
    GroupLine,
    KnownAuthorisation,
    KnownFactor,
    KnownPerson,
    ListedMember,
    LiveCredential,
    LiveSession,
    Move,
    OpenDecision,
    OpenInvitation,
    Owner,
    ProviderTerms,
    Reader,
    Seat,
    ShownGroup,
    ShownMember,
    Standing,
    Version,
)
from hub.tree.checkpoint import CheckpointBody
from hub.web.chart import curve
from hub.web.error_pages import error_page
from hub.web.filters import attach_filters
from hub.web.frame import attach_frame
from hub.web.headers import attach_headers
from hub.web.shown import (
    ContributionRow,
    CursorPage,
    EntryLine,
    EntryPage,
    Filter,
    Filters,
    LogLine,
    MatchRow,
    ShareAct,
)
from tests.web.pages.sample_authorised_sellers import authorised_sellers_sample
from tests.web.pages.sample_evidence import evidence_sample
from tests.web.pages.sample_notices import notices_sample
from tests.web.pages.sample_questions import questions_sample
from tests.web.pages.sample_reports import reports_sample
from tests.web.pages.sample_rights import rights_sample
from tests.web.pages.sample_test_buys import test_buys_sample

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 11, 24, 9, 41, 12, tzinfo=UTC)
DAY = date(2026, 12, 1)
SESSION = Session(1, 1, "mara@example.com", None, True)
LOG = LogLine("example.alliance-hub/audit", 48_210, "9" * 43 + "=", NOW - timedelta(seconds=12), 418, 1204, True)
NO_LOG = LogLine("example.alliance-hub/audit", 0, "", None, 0, 0)
LINES = tuple(
    EntryLine(
        f"entry-{n}",
        NOW - timedelta(hours=n),
        "A member shared <3> indicators",
        "contribution.shared",
        outcome,
        n or None,
    )
    for n, outcome in enumerate(("allowed", "denied", "error"))
)
FILTERS = Filters(
    (
        Filter("type", "Identifier", "phone", (("domain", "Domain"), ("phone", "Phone"))),
        Filter("since", "From", "2026-12-01", error="This day lies after the other"),
    )
)
QUOTAS = (Quota("Phone", 100, 91, DAY), Quota("Domain", 100, 100, DAY), Quota("E-mail", 0, 0, DAY, "brand-a"))
NEEDS = in_order(needs_from_matches(2, 1), needs_from_contributions(4), needs_from_quotas(QUOTAS), needs_from_log(LOG))
VIEW = (("Action", "contribution.shared"), ("Request digest", "9" * 43 + "="))


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


def _entry(full: bool) -> EntryPage:
    if full:
        return EntryPage(LINES[1], VIEW, None, "c=", "h=", 48_210, NOW, (f"{LOG.origin}/2027", 12))
    return EntryPage(LINES[0], None, "entry-2", "c=", None, None, None)


def _shards() -> list[dict[str, Any]]:
    first = {"origin": LOG.origin, "prefix": "audit/log", "first": 0, "size": 48_000, "closed_at": NOW}
    second = {"origin": f"{LOG.origin}/2027", "prefix": "audit/log/2027", "first": 48_000, "size": 210}
    return [first, second | {"closed_at": None}]


def _verify(full: bool) -> dict[str, Any]:
    grown = [(NOW - timedelta(hours=80 - n), 40 * n + n * n * 7 // 2) for n in range(1, 81) if n % 9 > 2]
    named = "example.alliance-hub/audit/witness/" + "0a1b2c3d" * 4
    witnesses = [
        WitnessLine(named, True, True, 48_210, NOW - timedelta(seconds=9)),
        WitnessLine(named[::-1], False, True, None, None),
        WitnessLine("<b>witness</b>.example", False, False, 48_100, NOW - timedelta(hours=5)),
    ]
    return {
        "address": "https://hub.example.org",
        "origin": LOG.origin,
        "vkeys": [f"{LOG.origin}+474ca674+AfNmYhRirR/RCaF7l0dhD6b9+5UPgfs68qq1NM4zO/tP"],
        "program": "alliance-verify.pyz",
        "digest": "0123456789abcdef" * 4,
        "grown": curve(grown if full else [], NOW),
        "delays": [("Last hour", Delay(48_210, 1_000, 0.51, 1.02) if full else None), ("Last day", None)],
        "witnesses": witnesses if full else [],
        "quorum": 2 if full else 0,
        "final_size": 48_100,
        "shards": _shards()[: 2 if full else 1],
        "as_of": NOW,
    }


def _credentials(full: bool) -> dict[str, Any]:
    form = CredentialForm(granted_to_client(MemberKind.BRAND, None), formdata=None)
    if not full:
        return {"form": form, "key": None, "rows": (), "now": NOW, "words": WORDS}
    form.name.errors, form.scopes.errors = ["Give it a name"], ["Choose at least one thing that it may do"]
    form.form_errors.append("there are 50 live credentials: revoke one that is not used")
    scopes = (Permission.MATCH_RUN.value, Permission.KEY_READ.value)
    later = NOW + timedelta(days=30)
    rows = (
        LiveCredential(
            "p_0123456789abcdef", "<b>nightly</b>", scopes, ("192.0.2.0/24", "2001:db8::/32"), NOW, later, DAY
        ),
        LiveCredential("p_fedcba9876543210", "", None, (), NOW, NOW, None),
    )
    return {"form": form, "key": "ah_" + "A" * 43, "rows": rows, "now": NOW, "words": WORDS}


def _letters() -> tuple[KeptLetter, ...]:
    text = "You are asked to join <Northpeak>.\n\nhttp://127.0.0.1:8000/invitation/" + "A" * 43 + "\n"
    return (
        KeptLetter(2, NOW, Letter("mara@example.org", "Your invitation to the example alliance", text)),
        KeptLetter(1, NOW, Letter("m" * 60 + "@example.org", "x" * 200, "")),
    )


def _factors(template: str, full: bool) -> dict[str, Any]:
    form = CodeForm(formdata=None) if template == "members/ask.html" else TotpForm(formdata=None)
    if template == "members/new_passkey.html":
        return {"form": NewPasskeyForm(formdata=None), "options": "{}", "first": full, "back": "/"}
    if full:
        form.code.errors = ["This is not the code of this moment, or it was used before"]
    rows = (
        KnownFactor(1, "totp", "<b>Phone</b>", NOW, NOW + timedelta(days=1)),
        KnownFactor(2, "passkey", "", NOW, None),
    )
    return {
        "form": form,
        "back": "/",
        "again": full,
        "shows": full,
        "first": full,
        "dots": "M0 0h1v1h-1z",
        "size": 41,
        "text": "A" * 32,
        "codes": ["abcd-efgh-ijkl-mnop"] * 10,
        "rows": rows if full else rows[:1],
        "left": 10 if full else 0,
    }


def _invitation(full: bool) -> dict[str, Any]:
    form = AcceptanceForm(formdata=None, name="Mara")
    if full:
        form.password.errors = ["12 to 128 characters"]
    email = "m" * 60 + "@example.org" if full else "mara@example.org"
    reader = Reader(1, email, "Mara", Role.OWNER, None, 1, "brand-a", MemberKind.BRAND, "<b>Northpeak</b>", None)
    return {"form": form, "reader": reader, "link": "A" * 43}


def _people(full: bool) -> dict[str, Any]:
    form = InvitationForm(formdata=None)
    if full:
        form.email.errors = ["Give an e-mail address"]
    here = KnownPerson("p_a1", "Mara", "mara@example.com", Role.OWNER, True, ("totp", "passkey"), NOW, True)
    rows = (
        here,
        KnownPerson("p_a2", "<b>Ole</b>", "o" * 60 + "@example.com", Role.VIEWER, True, (), None, False),
        KnownPerson("p_a3", "Vera", "vera@example.com", Role.COUNSEL, False, ("totp",), NOW, False),
    )
    invited = OpenInvitation(1, "eva@example.com", "Eva", Role.ANALYST, NOW, NOW + timedelta(days=7))
    return {
        "form": form,
        "rows": rows if full else rows[:1],
        "invitations": [invited] if full else [],
        "roles": list(Role),
        "kept": 30,
    }


def _passwords(template: str, full: bool) -> dict[str, Any]:
    if template == "members/new_password.html":
        return _invitation(full) | {"form": NewPasswordForm(formdata=None)}
    form = (ForgottenForm if template == "members/forgotten.html" else ChangedPasswordForm)(formdata=None)
    if full:
        form[next(iter(form._fields))].errors = ["This is not your password"]
    return {"form": form}


def _sessions(full: bool) -> dict[str, Any]:
    here = LiveSession(1, "2001:db8::/64", "Firefox on Windows", NOW, NOW, NOW + timedelta(hours=8), True, True)
    other = LiveSession(2, "192.0.2.0/24", "<b>A browser</b>", NOW, NOW, NOW + timedelta(hours=8), False, False)
    return {"rows": (here, other) if full else (here,)}


FACTS = Facts(
    *("Northpeak <Outdoor> GmbH", "Handelsregister München", "HRB 118", "DE", "brand", "sport"),
    *("https://northpeak.example.org/" + "x" * 150, "Ada Berg", "ada@example.org", "Counsel", "Ben Tal"),
    *("ben@example.org", "objections@example.org", "trade-mark", "EUIPO", "EM four"),
    "We find copies of our tents.\n\nWe want to know who sells them.",
)


def _applications(template: str, full: bool) -> dict[str, Any]:
    if template == "applications/apply.html":
        form = ApplicationForm(formdata=None)
        if full:
            form.legal_name.errors, form.kind.errors = ["Give the name in the register"], ["Not a valid choice."]
            form.form_errors.append(NO_COOKIE)
        return {"form": form}
    if template == "applications/confirm.html":
        form = ConfirmationForm(formdata=None)
        if full:
            form.form_errors.append("A file has at most 10 MB")
        return {"form": form, "key": "A" * 43, "most": 5, "megabytes": 10}
    lines = [
        ApplicationLine(n, f"a_{n}", "<b>Northpeak</b>" * 3, "brand", "DE", "sport" if n else None, state, NOW, n)
        for n, state in enumerate(ApplicationState)
    ]
    state = ApplicationState.VETTED if full else ApplicationState.REFUSED
    shown = OneApplication(
        *("a_abcdefghijklmnop", state, FACTS, NOW, NOW, None if full else NOW, None if full else "p_a1"),
        *("" if full else "No right is in force.", None),
        [DocumentLine(1, "extract of the register.pdf", "application/pdf", 812_000)] if full else [],
        {item: Tick("p_a123456789abcdef", NOW, "Seen in the register") for item in [*Item][: 3 if full else 0]},
    )
    page = CursorPage(tuple(lines), older="o") if full else CursorPage(())
    facts = {
        "items": applications.ITEMS,
        "kinds": applications.KINDS,
        "rights": applications.RIGHTS,
        "sectors": SECTORS,
    }
    if template == "applications/queue.html":
        return {"page": page, "filters": FILTERS if full else Filters(), "items": 5, "sectors": SECTORS}
    proposed = OpenDecision(
        *("d_1", DecisionKind.ADMIT, "a_abcdefghijklmnop", "Northpeak as brand-n: all items are met", "p_a1"), NOW, NOW
    )
    return {"shown": shown, "may_vet": True, "days": 7, "proposed": [proposed] if full else [], **facts}


def _office(template: str, full: bool) -> dict[str, Any]:
    if template == "members/decisions.html":
        rows = [
            OpenDecision(
                *(f"d_{n}", kind, "a_abcdefghijklmnop", "all <b>items</b> are met", f"p_a{n}", NOW, NOW),
                act=Act.RESET_FACTORS if kind is DecisionKind.ACT_FOR else None,
                whom={
                    DecisionKind.ERASE: {"ground": "request"},
                    DecisionKind.REANCHOR: {"cause": "backup", "state": "a"},
                }.get(kind, {}),
            )
            for n, kind in enumerate(DecisionKind)
        ]
        anchored = CheckpointBody("example.alliance-hub/audit", 1_204_512, bytes(32))
        halted = Difference("h_1", NOW, "<b>a</b>", 1_204_300, bytes(32), "note", anchored if full else None, "a")
        words = {"acts": ACTS, "grounds": GROUNDS, "causes": CAUSES, "reader": "p_a0"}
        aside = [PutAside("A" * 22, "match.run", "the entry <b>has</b> no leaf", NOW)]
        return {"rows": rows if full else [], "difference": halted, "put_aside": aside if full else [], **words}
    if template == "members/everybody.html":
        listed = [
            ListedMember(f"brand-{n}", "Northpeak <b>", "brand", "sport" if n else None, state, NOW, NOW)
            for n, state in enumerate(MemberState)
        ]
        page = CursorPage(tuple(listed), older="o") if full else CursorPage(())
        return {"page": page, "filters": FILTERS if full else Filters(), "sectors": SECTORS}
    state = MemberState.PROBATION if full else MemberState.LEFT
    asked = OpenDecision(
        "d_9",
        DecisionKind.ACT_FOR,
        "brand-n",
        "gone",
        "p_a1",
        NOW,
        NOW,
        Act.NEW_OWNER,
        {"name": "Eva", "email": "eva@example.org"},
    )
    waiting = {"acts": ACTS, "proposed": [asked] if full else []}
    moves = [Move(each, "keys <leaked>", "p_a123456789abcdef", NOW) for each in MemberState]
    shown = ShownMember(
        *(1, "brand-n", "Northpeak", "brand", "sport", state, NOW, NOW if full else None),
        *([Owner("Ada", "ada@example.org", "p_a1")] if full else [], {"owner": 1, "viewer": 1204} if full else {}, 2),
        *(["watches", "stores"] if full else [], moves if full else []),
    )
    domains = [AskedDomain(n, f"northpeak-{n}.org", NOW, NOW if n else None) for n in range(2)] if full else []
    moves_to = [*MemberState][1:] if full else []
    return {
        "shown": shown,
        "domains": domains,
        "moves": moves_to,
        "words": words_of(state),
        "sectors": SECTORS,
        **waiting,
    }


def _single_sign_on(full: bool) -> dict[str, Any]:
    terms = ProviderTerms(
        "https://login.northpeak.org", "hub", "", "groups", {"<b>Brand": Role.ANALYST}, ["mfa"], False
    )
    form, domain = ProviderForm.showing(terms if full else None), DomainForm(formdata=None)
    if full:
        form.issuer.errors = ["An issuer begins with https://"]
        domain.domain.errors = ["A domain reads like example.org: what stands behind the @ of your addresses"]
    rows = [AskedDomain(n, f"northpeak-{n}.org", NOW, NOW if n else None) for n in range(2)] if full else []
    return {"form": form, "domain": domain, "rows": rows, "is_set": full, "back": "https://hub.example.org/" + "x" * 60}


def _agreement(full: bool) -> dict[str, Any]:
    signing, publishing = SignatureForm(formdata=None), AgreementForm(formdata=None)
    if full:
        signing.agreed.errors = ["Tick that you agree"]
    text = "1. We share <what> we may.\n\n2. " + "We keep what is shared among us. " * 40
    return {
        "newest": Version(3, text, "9" * 64, NOW, NOW) if full else None,
        "signature": None,
        "standing": [Standing(f"brand-{n}", "Northpeak <b>", NOW if n else None) for n in range(3)] if full else [],
        "signing": signing,
        "publishing": publishing if full else None,
        "owes": full,
    }


def _agents(full: bool) -> dict[str, Any]:
    form = AuthorisationForm(formdata=None)
    if full:
        form.code.errors, form.scopes.errors = ["Give an agent's code"], ["Choose at least one thing that it may do"]
    scopes = [Permission.CONTRIBUTION_SHARE, Permission.MATCH_RUN, Permission.LIST_FETCH]
    rows = [
        KnownAuthorisation(n, f"agency-{n}", "Agency <b>", scopes[n:], NOW.date(), NOW.date(), NOW) for n in range(3)
    ]
    return {"rows": rows if full else [], "form": form, "words": WORDS, "today": NOW.date()}


def _groups(template: str, full: bool) -> dict[str, Any]:
    if template == "members/groups.html":
        form = GroupForm(formdata=None)
        if full:
            form.name.errors = ["Give it a name"]
        rows = [
            GroupLine(
                *(f"g-{n}", "Tents <b>", "Copies", "9" * 64, n == 1, 3 + n, n > 0),
                *(None if n else NOW, NOW if n == 2 else None),
            )
            for n in range(3)
        ]
        return {"rows": rows if full else [], "form": form}
    seats = [Seat(f"brand-{n}", "Northpeak <b>", NOW if n else None, n == 2) for n in range(3)]
    renewal = RenewalForm(formdata=None, data={"agreement": "1. We share <what> we may."})
    if full:
        renewal.agreement.errors = ["Give the agreement that its members accept"]
    text = "1. We share <what> we may. " * 20
    shown = ShownGroup(
        *("g-abc", "Tents", "Who sells copies of our tents", text, "9" * 64, "brand-1", full, full),
        *(NOW if full else None, seats, [("brand-9", NOW)] if full else []),
    )
    return {"shown": shown, "guest": GuestForm(formdata=None), "seat": SeatForm(formdata=None), "renewal": renewal}


def values(template: str, full: bool) -> dict[str, Any]:
    """What the template is given: everything at once, or as little as there can be."""
    given = GIVEN.get(template) or GIVEN.get(template.partition("/")[0])
    if given is not None:
        return given(template, full)
    rows: dict[str, Callable[[], tuple[Any, ...]]] = {
        "indicators/contributions.html": _contributions,
        "indicators/history.html": _acts,
        "matches/list.html": _matches,
        "ledger/list.html": lambda: LINES,
    }
    page = CursorPage(rows[template](), "n", "o") if full else CursorPage(())
    return {
        "page": page,
        "filters": FILTERS if full else Filters(),
        "log": LOG if full else NO_LOG,
        "as_of": NOW,
        "most": 100_000,
    }


KINDS = {
    "insights/overview_auditor.html": MemberKind.AUDITOR,
    "insights/overview_administrator.html": MemberKind.ADMINISTRATION,
    "members/letters.html": MemberKind.ADMINISTRATION,
    "applications/queue.html": MemberKind.ADMINISTRATION,
    "applications/one.html": MemberKind.ADMINISTRATION,
}
OFFICE = ("members/decisions.html", "members/everybody.html", "members/one.html")
KINDS |= dict.fromkeys(OFFICE, MemberKind.ADMINISTRATION)
FOR_PLATFORMS = ("rights/list.html@platform", "rights/one.html@platform")
KINDS |= dict.fromkeys(FOR_PLATFORMS, MemberKind.PLATFORM)
FACTORS = (
    "members/new_passkey.html",
    "members/ask.html",
    "members/enrol.html",
    "members/recovery_codes.html",
    "members/factors.html",
)
PASSWORDS = (
    "members/forgotten.html",
    "members/forgotten_sent.html",
    "members/new_password.html",
    "members/password.html",
)
GIVEN: dict[str, Callable[[str, bool], dict[str, Any]]] = {
    "applications": _applications,
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
    **dict.fromkeys(OFFICE, _office),
    **dict.fromkeys(PASSWORDS, _passwords),
    **dict.fromkeys(FACTORS, _factors),
    "members/credentials.html": lambda _, full: _credentials(full),
    "members/letters.html": lambda _, full: {
        "page": CursorPage(_letters(), older="o") if full else CursorPage(()),
        "days": 30,
    },
    **dict.fromkeys(("members/groups.html", "members/group.html"), _groups),
    "members/agents.html": lambda _, full: _agents(full),
    "members/agreement.html": lambda _, full: _agreement(full),
    "members/people.html": lambda _, full: _people(full),
    "members/led.html": lambda *_: {"where": "https://login.northpeak.org/authorize?" + "x" * 200},
    "members/single_sign_on.html": lambda _, full: _single_sign_on(full),
    "members/sessions.html": lambda _, full: _sessions(full),
    "members/invitation.html": lambda _, full: _invitation(full),
    "members/grants.html": lambda *_: {"permissions": WORDS, "kinds": GRANTS, "roles": ROLES},
    "ledger/entry.html": lambda _, full: {"entry": _entry(full)},
    "ledger/verify.html": lambda _, full: _verify(full),
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
        for name in ("list", "new", "mend", "one", "marketplaces", "clocks", "strikes", "statement")
    ),
    "listing_reports/one.html@returned",
    *(f"questions/{name}.html" for name in ("list", "new", "one")),
    *(f"notices/{name}.html" for name in ("list", "settings", "webhooks", "webhook")),
    *(f"test_buys/{name}.html" for name in ("list", "new", "one")),
    *(f"evidence/{name}.html" for name in ("list", "new", "one")),
    *OFFICE,
    *(f"applications/{name}.html" for name in ("apply", "sent", "confirm", "confirmed", "gone", "queue", "one")),
)
"""All that is looked at: a template, or after an @ what some reader of it, or in some state, sees besides."""
ADDRESSES = {
    "insights.overview": "/",
    "indicators.contributions": "/contributions",
    "indicators.history": "/history",
    "matches.matches": "/matches",
    "ledger.entries": "/ledger",
    "ledger.download": "/ledger/download",
    "ledger.entry": "/ledger/<id>",
    "ledger.verify": "/ledger/verify",
    "ledger.program": "/ledger/verify/alliance-verify.pyz",
    "ledger_api.export": "/audit/export",
    "evidence_api.content": "/api/v1/evidence/<name>/content",
    "ledger.receipt": "/ledger/<id>/receipt",
    "credentials.keys": "/credentials",
    "credentials.issue": "/credentials/new",
    "credentials.rotate": "/credentials/<pseudonym>/rotation",
    "credentials.revoke": "/credentials/<pseudonym>/revocation",
    "grants.table": "/grants",
    "invitations.accept": "/invitations/<link>",
    "letters.kept": "/mail",
    "applications.propose": "/applications/<name>/admission",
    "members.everybody": "/members",
    "members.one": "/members/<code>",
    "members.move": "/members/<code>/standing",
    "members.act_for": "/members/<code>/interventions",
    "members.end_review": "/members/<code>/review/end",
    "members.bind": "/members/<code>/domains",
    "providers.own": "/single-sign-on",
    "provided.lead_again": "/verify/provider",
    "providers.set_up": "/single-sign-on/set",
    "providers.remove": "/single-sign-on/removal",
    "providers.ask": "/single-sign-on/domains",
    "providers.drop": "/single-sign-on/domains/<int:number>/removal",
    "decisions.waiting": "/decisions",
    "decisions.approve": "/decisions/<name>/approval",
    "decisions.refuse": "/decisions/<name>/refusal",
    "decisions.erase": "/decisions/erasures",
    "decisions.reanchor": "/decisions/reanchorings",
    "decisions.set_aside": "/decisions/settings-aside",
    "apply.ask": "/apply",
    "apply.send": "/apply/send",
    "apply.confirm": "/apply/confirmation/<key>",
    "applications.queue": "/applications",
    "applications.one": "/applications/<name>",
    "notices.inbox": "/notices",
    "notices.read_one": "/notices/read",
    "notices.read_all": "/notices/read/all",
    "notices.own": "/notices/settings",
    "notices.choose": "/notices/settings",
    "webhooks.own": "/webhooks",
    "webhooks.add": "/webhooks",
    "webhooks.one": "/webhooks/<name>",
    "webhooks.rotate": "/webhooks/<name>/secret",
    "webhooks.choose": "/webhooks/<name>/topics",
    "webhooks.test": "/webhooks/<name>/test",
    "webhooks.enable": "/webhooks/<name>/enabling",
    "webhooks.replay": "/webhooks/<name>/replays",
    "webhooks.replay_failed": "/webhooks/<name>/replays/failed",
    "webhooks.remove": "/webhooks/<name>/removal",
    "reports.inbox": "/reports",
    "filing.new": "/reports/new",
    "filing.file": "/reports/new",
    "filing.mend": "/reports/<name>/mending",
    "filing.submit": "/reports/<name>/mending",
    "reports.one": "/reports/<name>",
    "reports.answer": "/reports/<name>/answers",
    "reports.review": "/reports/<name>/reviews",
    "reports.say": "/reports/<name>/messages",
    "reports.marketplaces": "/marketplaces",
    "reports.name_marketplace": "/marketplaces",
    "reports.drop_marketplace": "/marketplaces/removal",
    "reports.clocks": "/clocks",
    "reports.strikes": "/strikes",
    "reports.set_ladder": "/strikes",
    "reports.statement": "/reports/<name>/statements/<int:n>",
    "reports.set_clock": "/clocks",
    "reports.drop_clock": "/clocks/removal",
    "test_buys.own": "/test-buys",
    "test_buys.new": "/test-buys/new",
    "test_buys.plan": "/test-buys/new",
    "test_buys.one": "/test-buys/<name>",
    "test_buys.approve": "/test-buys/<name>/approval",
    "test_buys.step": "/test-buys/<name>/steps",
    "questions.inbox": "/questions",
    "questions.new": "/questions/new",
    "questions.ask": "/questions/new",
    "questions.one": "/questions/<name>",
    "questions.say": "/questions/<name>/messages",
    "questions.answer": "/questions/answers",
    "questions.withdraw": "/questions/withdrawals",
    "evidence.vault": "/evidence",
    "evidence.new": "/evidence/new",
    "evidence.store": "/evidence/new",
    "evidence.one": "/evidence/<name>",
    "evidence.content": "/evidence/<name>/content",
    "evidence.erase": "/evidence/<name>/erasure",
    "authorised_sellers.own": "/authorised-sellers",
    "authorised_sellers.new": "/authorised-sellers/new",
    "authorised_sellers.add": "/authorised-sellers/new",
    "authorised_sellers.end": "/authorised-sellers/<name>/end",
    "rights.register": "/rights",
    "rights.new": "/rights/new",
    "rights.enter": "/rights/new",
    "rights.many": "/rights/sheet",
    "rights.enter_many": "/rights/sheet",
    "rights.one": "/rights/<name>",
    "rights.amend": "/rights/<name>/correction",
    "rights.correct": "/rights/<name>/correction",
    "rights.withdraw": "/rights/<name>/withdrawal",
    "rights.ask": "/rights/<name>/askings",
    "rights.certify": "/rights/<name>/certificate",
    "rights.certificate": "/rights/<name>/certificate",
    "rights.verify": "/rights/<name>/verification",
    "rights.refuse": "/rights/<name>/refusal",
    "applications.document": "/applications/<name>/documents/<int:number>",
    "applications.tick": "/applications/<name>/items/<item>",
    "applications.untick": "/applications/<name>/items/<item>/removal",
    "applications.refuse": "/applications/<name>/refusal",
    "groups.own": "/groups",
    "groups.found": "/groups/found",
    "groups.one": "/groups/<group>",
    "groups.invite": "/groups/<group>/invitations",
    "groups.take_back": "/groups/<group>/invitations/<code>/removal",
    "groups.renew": "/groups/<group>/agreement",
    "groups.accept": "/groups/<group>/seat",
    "groups.decline": "/groups/<group>/refusal",
    "groups.leave": "/groups/<group>/leaving",
    "groups.dissolve": "/groups/<group>/dissolution",
    "agents.own": "/agents",
    "agents.give": "/agents/give",
    "agents.end": "/agents/<int:number>/end",
    "agents.act": "/agents/<int:number>/acting",
    "agents.act_for_itself": "/agents/own",
    "agreement.present": "/agreement",
    "agreement.sign": "/agreement/signature",
    "agreement.publish": "/agreement/publish",
    "passwords.forgotten": "/forgotten",
    "passwords.ask": "/forgotten/ask",
    "passwords.own": "/password",
    "passwords.change": "/password/change",
    "password_links.choose": "/passwords/<link>",
    "security.login": "/sign-in",
    "people.everybody": "/people",
    "people.invite": "/people/invitations",
    "people.take_back": "/people/invitations/<int:number>/withdrawal",
    "people.set_role": "/people/<pseudonym>/role",
    "people.shut_out": "/people/<pseudonym>/shut-out",
    "people.let_in": "/people/<pseudonym>/let-in",
    "factors.reset": "/second-factors/<pseudonym>/reset",
    "sessions.own": "/sessions",
    "sessions.end": "/sessions/<int:number>/end",
    "sessions.end_others": "/sessions/others/end",
    "sessions.sign_out": "/sign-out",
    "factors.give": "/verify",
    "passkeys.offer": "/passkeys/new",
    "passkeys.add": "/passkeys/add",
    "passkeys.give": "/passkeys/proof",
    "factors.own": "/second-factors",
    "factors.enrol": "/second-factors/new",
    "factors.add": "/second-factors/add",
    "factors.remove": "/second-factors/<int:number>/removal",
    "factors.renew_codes": "/second-factors/recovery-codes",
}


def make_app() -> Flask:
    """The application; `/page/<template>?full=` renders one, `/error/<status>` an error page."""
    app = Flask("hub", root_path=str(ROOT / "hub"), static_folder=str(ROOT / "static"))
    app.config.update(SECRET_KEY="for tests only", TESTING=True)
    CSRFProtect(app)
    attach_headers(app)
    attach_filters(app)
    attach_frame(app, "example", unread_of=lambda _: 7)
    app.jinja_env.globals.update(passkey_options=lambda: "{}", takes_passkeys=lambda: True)
    for endpoint, address in ADDRESSES.items():
        app.add_url_rule(address, endpoint, lambda **_: "")

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
