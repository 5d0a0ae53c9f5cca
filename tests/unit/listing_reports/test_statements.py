"""Each statement of reasons is one that the DSA Transparency Database takes, and holds nothing that a person wrote."""

from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.listing_reports import statement_rules
from hub.listing_reports.reason_rules import REASONS
from hub.listing_reports.rules import Action
from hub.listing_reports.statement_rules import AREA, LAWS, RESTRICTIONS, Acted, statement
from hub.rights.office_rules import RightType
from tests.unit.listing_reports import dsa

NOW = datetime(2027, 6, 1, 12, tzinfo=UTC)


def acted(**other: Any) -> Acted:
    """A listing that was removed."""
    right = {"type": "trade-mark", "office": "EUIPO", "number": "018123456", "jurisdictions": ["FR", "DE", "US"]}
    usual = {
        "report": "A" * 22,
        "n": 3,
        "target": "listing",
        "action": Action.LISTING_REMOVED,
        "acted_at": NOW,
        "filed_at": datetime(2027, 5, 20, tzinfo=UTC),
        "asked_at": datetime(2027, 5, 21, tzinfo=UTC),
        "countered": True,
        "reason": "no_such_model",
        "evidence": ["range_statement"],
        "right": right,
        "notifier": "Northpeak AG",
        "automated": False,
    }
    return Acted(**usual | other)


@pytest.mark.parametrize(("action", "target"), list(product(RESTRICTIONS, ("listing", "store"))))
@pytest.mark.parametrize("reason", REASONS)
def test_every_restriction_for_every_reason_is_taken(action: Action, target: str, reason: str) -> None:
    for right in REASONS[reason].rights:
        facts = {"type": right, "office": None, "number": None, "jurisdictions": []}
        made = statement(
            acted(action=action, target=target, reason=reason, right=facts, evidence=REASONS[reason].evidence)
        )
        assert dsa.faults(made) == []


@given(st.text(max_size=200), st.text(max_size=200))
def test_what_a_register_holds_never_makes_it_too_long(office: str, number: str) -> None:
    right = {"type": "geographical-indication", "office": office[:40], "number": number[:40], "jurisdictions": []}
    assert dsa.faults(statement(acted(right=right))) == []


def test_restated_schema_notices_what_is_wrong() -> None:
    good = statement(acted())
    assert dsa.faults(good) == []
    for name, wrong in (
        ("puid", "a b"),
        ("application_date", "1.6.2027"),
        ("category", "IP"),
        ("decision_facts", ""),
        ("territorial_scope", ["US"]),
        ("seller", "Ada"),
    ):
        assert dsa.faults(good | {name: wrong}) != [], name
    for name in ("puid", "content_date", "decision_visibility", "illegal_content_explanation"):
        assert dsa.faults({key: value for key, value in good.items() if key != name}) != [], name


def test_it_says_where_the_right_is_in_force_and_what_was_answered() -> None:
    made = statement(acted())
    assert made["territorial_scope"] == ["DE", "FR"]
    assert "asked on 2027-05-21, and answered with a counter-notice" in made["decision_facts"]
    assert "did not answer" in statement(acted(countered=False))["decision_facts"]
    assert "was asked" not in statement(acted(asked_at=None))["decision_facts"]
    assert "EUIPO 018123456" in made["illegal_content_legal_ground"]
    assert AREA == dsa.AREA


@pytest.mark.parametrize(
    ("automated", "word", "told", "untold"),
    [
        (True, "AUTOMATED_DECISION_FULLY", "A machine of the platform decided", "A person"),
        (False, "AUTOMATED_DECISION_NOT_AUTOMATED", "A person at the platform", "A machine"),
        (None, "AUTOMATED_DECISION_NOT_AUTOMATED", "", "decided"),
    ],
)
def test_it_says_who_decided_as_far_as_the_platform_said_so(
    automated: bool | None, word: str, told: str, untold: str
) -> None:
    made = statement(acted(automated=automated))
    assert dsa.faults(made) == []
    assert made["automated_decision"] == word
    assert told in made["decision_facts"]
    assert untold not in made["decision_facts"]


def test_statement_made_anew_has_another_name() -> None:
    assert statement_rules.puid(acted()) != statement_rules.puid(acted(acted_at=NOW.replace(microsecond=1)))


def test_what_does_not_restrict_has_no_statement() -> None:
    assert set(RESTRICTIONS) == {Action.LISTING_REMOVED, Action.STORE_CLOSED}


def test_every_type_of_right_has_its_law() -> None:
    assert set(LAWS) == {each.value for each in RightType}
