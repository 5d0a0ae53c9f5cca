"""Values of the pages of questions, full and empty."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hub.listing_reports.preflight_rules import Fault
from hub.questions import rules
from hub.questions.forms import AnswerForm, AskForm
from hub.questions.rules import QuestionState
from hub.questions.service import AnswerRate, Asked, QuestionLine, ShownQuestion
from hub.web.shown import CursorPage, Filter, Filters
from tests.web.pages.sample_dialogue import thread_sample

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
WORDS = "Is the <b>bag</b> in these pictures one of yours? The seller says that it comes from your outlet in Milan."
ADDRESS = "https://shop.example.com/" + "item/" * 20


def _line(n: int, state: QuestionState, overdue: bool = False) -> QuestionLine:
    due = NOW + timedelta(days=5)
    return QuestionLine(n, f"{n:022}", "brand-a", "shop", f"{ADDRESS}{n}", WORDS, state, NOW, due, overdue)


def _shown(full: bool) -> ShownQuestion:
    due = {"day": date(2026, 11, 28), "time_zone": "Europe/Berlin"}
    asked = {"pictures": ["f_" + "a" * 20, "f_" + "b" * 20], **due, "asked_by": "", "asked_entry": "e" * 22}
    if full:
        none = {"right_name": None, "right": None, "sentence": "", "declaration": None, "by_agent": None}
        return ShownQuestion(
            _line(1, QuestionState.ASKED), **asked, **none, ended_by="", ended_at=None, ended_entry=None
        )
    right = {
        "title": "<b>NORTHPEAK</b>",
        "office": "EUIPO",
        "number": "018123456",
        "jurisdictions": ["DE"],
        "owner": "A",
    }
    told = {"right_name": "r", "right": right, "sentence": WORDS, "declaration": 1, "by_agent": True}
    return ShownQuestion(
        _line(1, QuestionState.FAKE), **asked, **told, ended_by="p_1", ended_at=NOW, ended_entry="f" * 22
    )


def questions_sample(template: str, full: bool) -> dict[str, Any]:
    """What the template is given: full to a brand, empty to a platform."""
    if template == "questions/new.html":
        form = AskForm(formdata=None, time_zone="Europe/Berlin")
        if full:
            form.brand.errors = ["This code is of no brand that takes questions"]
        faults = [Fault(None, "listings", "no_sites", WORDS), Fault(12, "url", "twice", WORDS)]
        return {"form": form, "looked": Asked(faults, 198) if full else None}
    form = AnswerForm(formdata=None)
    form.right.choices = {"": "None", "A" * 22: "<b>NORTHPEAK</b>: 018123456"}
    if full:
        form.declaration.errors = ["Declare version 1 of the good-faith declaration"]
    reader = {
        "form": form,
        "platform": not full,
        "may_ask": not full,
        "may_answer": full,
        "declaration": rules.DECLARATIONS[1],
        "spoken": rules.spoken,
    }
    if template == "questions/one.html":
        return {"shown": _shown(full), "told": rules.DECLARATIONS[1], **thread_sample(full, refused=False), **reader}
    lines = (_line(20, QuestionState.ASKED, overdue=True), *(_line(n, each) for n, each in enumerate(QuestionState)))
    states = tuple((state.value, state.value) for state in QuestionState)
    rates = [AnswerRate("brand-a", 1204, 37, 51, timedelta(hours=5, minutes=12)), AnswerRate("brand-b", 0, 1, 0, None)]
    return {
        "page": CursorPage(lines, older="o") if full else CursorPage(()),
        "filters": Filters((Filter("state", "State", "", states),)),
        "rates": rates[:1] if full else rates,
        "ticked": [],
        "place": {},
        **reader,
    }
