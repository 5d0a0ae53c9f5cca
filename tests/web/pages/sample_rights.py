"""Values of the pages of IP rights, full and empty."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from hub.rights.certificate_rules import KEPT_AFTER_THE_END
from hub.rights.forms import RightForm, SheetForm
from hub.rights.office_rules import EU, OFFICES, RightType
from hub.rights.pages import USES
from hub.rights.rules import MOVES, SCHEMES, WARNED_BEFORE, Command, Facts, RightState
from hub.rights.service import Certificate, Entered, Right, ShownMove, ShownVerdict
from hub.rights.sheet_rules import FIELDS, MOST_AT_ONCE, Fault
from hub.web.shown import CursorPage, Filter, Filters
from tests.web.pages.sample_evidence import evidence_sample

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
REASON = "The register names <b>another</b> owner: give the one that it names."


def _right(n: int, state: RightState, full: bool = True) -> Right:
    days = (date(2020, 1, 1), date(2027, 1, 1) if n == 1 else date(2099, 1, 1))
    facts = (
        Facts(
            RightType.TRADE_MARK,
            "EUIPO",
            "018123456",
            "<b>NORTHPEAK</b> " * 3,
            sorted(EU),
            [9, 25],
            *days,
            "Acme GmbH",
            "ab" * 32,
        )
        if full
        else Facts(RightType.COPYRIGHT, None, None, "A song", ["DE"], [], None, None, "Acme GmbH")
    )
    reason = REASON if state is RightState.REFUSED else ""
    held = Certificate("application/pdf", 123_456, NOW) if full else None
    return Right(n, f"{n:022}", "brand-a", "agency" if full else None, facts, state, reason, NOW, held)


def _of_platform(template: str, full: bool) -> dict[str, Any]:
    """What a platform sees: what it is asked to verify, or knows from a report and gave no word on."""
    words = [
        (RightState.ENTERED, NOW, False),
        (RightState.ENTERED, None, True),
        (RightState.VERIFIED, NOW, False),
        (RightState.REFUSED, NOW, True),
    ]
    shown = [
        replace(_right(n, state, n != 3), shown=True, asked_at=asked, by_office=by_office, agent=None)
        for n, (state, asked, by_office) in enumerate(words)
    ]
    if template == "rights/list.html":
        states = (
            ("waiting", "Waits for your word"),
            *((state.value, state.value.capitalize()) for state in RightState),
        )
        filters = Filters((Filter("state", "State", "waiting" if full else "", states),))
        page = CursorPage(tuple(shown), older="o") if full else CursorPage(())
        reader = {"may_enter": False, "of_all": False, "verifies": True}
        return {"page": page, "filters": filters, "warned": WARNED_BEFORE, **reader}
    moves = [ShownMove(Command.REFUSE, "shop", REASON, NOW), ShownMove(Command.VERIFY, "shop", "", NOW)]
    may = {"may_enter": False, "may_verify": True, "may_read_certificate": True}
    return _page(shown[0 if full else 1], moves if full else []) | may


def _page(shown: Right, moves: list[ShownMove]) -> dict[str, Any]:
    return {
        "shown": shown,
        "moves": moves,
        "office": OFFICES.get(shown.facts.office or ""),
        "scheme": SCHEMES.get(shown.facts.type),
        "allowed": MOVES[shown.state],
        "uses": (),
        "verdicts": [],
        "platforms": None,
        "kept_days": KEPT_AFTER_THE_END.days,
        "files": None,
    }


def rights_sample(template: str, full: bool) -> dict[str, Any]:
    """What the template is given."""
    template, _, reader = template.partition("@")
    if reader:
        return _of_platform(template, full)
    states = tuple((state.value, state.value.capitalize()) for state in RightState)
    if template == "rights/enter.html":
        form = RightForm.of(_right(1, RightState.ENTERED).facts) if full else RightForm(formdata=None)
        if full:
            form.classes.errors = ["Name classes of the Nice classification, 1 to 45"]
        return {"form": form, "fields": FIELDS, "name": "A" * 22 if full else ""}
    if template == "rights/sheet.html":
        faults = [Fault(3, "classes", "write classes as numbers, such as 9, 25, 42"), Fault(None, "sheet", REASON)]
        form = SheetForm(formdata=None, rows="\t".join(FIELDS) if full else "")
        return {"form": form, "looked": Entered(faults, 12) if full else None, "columns": FIELDS, "most": MOST_AT_ONCE}
    may = {"may_enter": not full, "may_verify": full}
    if template == "rights/list.html":
        rows = tuple(_right(n, state, n != 3) for n, state in enumerate([*RightState, *RightState]))
        filters = Filters((Filter("state", "State", "", states),)) if full else Filters()
        page = CursorPage(rows, older="o") if full else CursorPage(())
        may = {"may_enter": not full, "of_all": full, "verifies": False}
        return {"page": page, "filters": filters, "warned": WARNED_BEFORE, **may}
    shown = _right(2, RightState.ENTERED if full else RightState.REFUSED, full)
    files = evidence_sample("evidence/list.html", True)["page"].rows
    verdicts = [
        ShownVerdict("bazaar", RightState.REFUSED, REASON, NOW, NOW),
        ShownVerdict("shop", RightState.ENTERED, "", NOW, None),
    ]
    moves = [ShownMove(Command.ENTER, "agency", "", NOW), ShownMove(Command.REFUSE, "alliance", REASON, NOW)]
    may["may_read_certificate"] = full
    if full:
        return _page(shown, moves) | may | {"verdicts": verdicts}
    return (
        _page(shown, moves)
        | may
        | {
            "platforms": {"market": "<b>Market</b> & Sons", "shop": "shop"},
            "files": files,
            "uses": tuple(USES),
        }
    )
