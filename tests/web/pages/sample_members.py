"""Samples of the pages of members, people and their keys."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hub.access.grants import GRANTS, ROLES, Role, granted_to_client
from hub.access.permissions import WORDS, Permission
from hub.access.tlp import MemberKind
from hub.ledger.service import CAUSES, GROUNDS, Difference, PutAside
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
from hub.web.shown import (
    CursorPage,
    Filters,
)
from tests.web.pages.sample_moment import DAY, FILTERS, NOW


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
        "by_two": None if full else "alliance",
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
    waiting = {"acts": ACTS, "of_office": False, "proposed": [asked] if full else []}
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


OFFICE = ("members/decisions.html", "members/everybody.html", "members/one.html")
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
}


def members_sample(template: str, full: bool) -> dict[str, Any]:
    """What a page is given: everything at once, or as little as there can be."""
    return GIVEN[template](template, full)
