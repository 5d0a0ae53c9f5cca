"""Samples of the pages of applications."""

from typing import Any

from hub.applications import rules as applications
from hub.applications.forms import NO_COOKIE, ApplicationForm, ConfirmationForm
from hub.applications.rules import ApplicationState, Facts, Item
from hub.applications.service import ApplicationLine, DocumentLine, OneApplication, Tick
from hub.members.rules import SECTORS, DecisionKind
from hub.members.service import (
    OpenDecision,
)
from hub.web.shown import (
    CursorPage,
    Filters,
)
from tests.web.pages.sample_moment import FILTERS, NOW

FACTS = Facts(
    *("Northpeak <Outdoor> GmbH", "Handelsregister München", "HRB 118", "DE", "brand", "sport"),
    *("https://northpeak.example.org/" + "x" * 150, "Ada Berg", "ada@example.org", "Counsel", "Ben Tal"),
    *("ben@example.org", "objections@example.org", "trade-mark", "EUIPO", "EM four"),
    "We find copies of our tents.\n\nWe want to know who sells them.",
)


def applications_sample(template: str, full: bool) -> dict[str, Any]:
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
