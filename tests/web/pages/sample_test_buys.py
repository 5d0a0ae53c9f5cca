"""Values of the pages of test buys, full and empty."""

from datetime import UTC, date, datetime
from typing import Any

from hub.listing_reports.rules import DECLARATIONS
from hub.test_buys import rules
from hub.test_buys.forms import PlanForm, StepForm
from hub.test_buys.money_rules import shown as amount
from hub.test_buys.rules import BuyState, Command, CostKind, Photo, Verdict
from hub.test_buys.service import BuyLine, ShownBuy
from hub.test_buys.service.read import ShownCost, ShownStep
from hub.web.shown import CursorPage, Filter, Filters

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
ADDRESS = "https://shop.example.com/" + "item/" * 20
WORDS = "The parcel was closed with <b>brown</b> tape; the label names a sender in another town."


def _line(n: int, state: BuyState, verdict: Verdict | None = None) -> BuyLine:
    money = {"currency": "EUR", "budget": 250_000, "spent": 139_940}
    planned = {"planned_by": "p_1", "planned_at": NOW, "version": 3}
    goods = "Watch, model <b>7</b>, steel"
    store = "shop.example.com/<b>seller</b>" if verdict else ""
    return BuyLine(n, f"{n:022}", "shop", ADDRESS, store, goods, state, verdict, **money, **planned)  # type: ignore[arg-type]  # two tables of keywords


def _shown(full: bool) -> ShownBuy:
    if not full:
        nothing = [None] * 11
        return ShownBuy(_line(1, BuyState.PLANNED), *nothing[:11], None, [], [])
    photos = [Photo("f_" + "a" * 20, "ab" * 32), Photo("f_" + "b" * 20, "cd" * 32)]
    steps = [
        ShownStep(1, Command.APPROVE, "p_2", False, NOW, "", "", [], "", "ef" * 32, "e" * 22),
        ShownStep(2, Command.ORDER, "p_1", False, NOW, "", "", [], "", "ef" * 32, "e" * 22),
        ShownStep(
            3, Command.RECEIVE, "p_1", True, NOW, "Laboratory, room 4", "S-1234", photos, WORDS, "ef" * 32, "e" * 22
        ),
    ]
    costs = [ShownCost(CostKind.PRICE, 149_990, NOW), ShownCost(CostKind.REFUND, -10_050, NOW)]
    signed = ("Ana <b>Müller</b>", "Head of brand protection", NOW, "ab" * 32, "f_" + "c" * 20, "cd" * 32, None)
    found = (WORDS, "Dr. Weiß, laboratory")
    line = _line(1, BuyState.SIGNED, Verdict.COUNTERFEIT)
    return ShownBuy(line, "p_2", "A-100 200", date(2026, 11, 1), *found, *signed, steps, costs)


def test_buys_sample(template: str, full: bool) -> dict[str, Any]:
    """What the template is given."""
    if template == "test_buys/new.html":
        plan = PlanForm(formdata=None, currency="EUR")
        if full:
            plan.budget.errors = ["Write the amount in EUR as 12.50, without signs and blanks"]
        return {"form": plan}
    if template == "test_buys/list.html":
        lines = tuple(_line(n, each, Verdict.COUNTERFEIT if n > 5 else None) for n, each in enumerate(BuyState))
        states = tuple((state.value, state.value) for state in BuyState)
        return {
            "page": CursorPage(lines, older="o") if full else CursorPage(()),
            "filters": Filters((Filter("state", "State", "", states),)),
            "totals": [("EUR", 1_204, 13_994_000), ("JPY", 1, 30_000)] if full else [],
            "amount": amount,
            "may_run": full,
            "right": None,
        }
    shown, form = _shown(full), StepForm(formdata=None)
    form.right.choices = {"": "None", "A" * 22: "<b>NORTHPEAK</b>: 018123456"}
    if full:
        form.form_errors.append("Only a counterfeit is reported")
    return {
        "shown": shown,
        "form": form,
        "commands": rules.commands(shown.line.state) if full else (Command.APPROVE, Command.CANCEL),
        "amount": amount,
        "needs": rules.NEEDS,
        "declaration": DECLARATIONS[1],
    }
