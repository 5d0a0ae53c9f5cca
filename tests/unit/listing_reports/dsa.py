"""The submission schema of the DSA Transparency Database, restated from its open code (June 2026) as far as we use it.

Each attribute with what it may hold; what may be left out; and what must not be there.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

VISIBILITIES = {
    f"DECISION_VISIBILITY_{each}"
    for each in (
        *("CONTENT_REMOVED", "CONTENT_DISABLED", "CONTENT_DEMOTED", "CONTENT_AGE_RESTRICTED"),
        *("CONTENT_INTERACTION_RESTRICTED", "CONTENT_LABELLED", "OTHER"),
    )
}
ACCOUNTS = {"DECISION_ACCOUNT_SUSPENDED", "DECISION_ACCOUNT_TERMINATED"}
KEYWORDS = {
    f"KEYWORD_{each}_INFRINGEMENT"
    for each in ("COPYRIGHT", "DESIGN", "GEOGRAPHIC_INDICATIONS", "PATENT", "TRADE_SECRET", "TRADEMARK")
}
CONTENT_TYPES = {
    f"CONTENT_TYPE_{each}" for each in ("APP", "AUDIO", "IMAGE", "PRODUCT", "SYNTHETIC_MEDIA", "TEXT", "VIDEO", "OTHER")
}
SOURCES = {"SOURCE_ARTICLE_16", "SOURCE_TRUSTED_FLAGGER", "SOURCE_TYPE_OTHER_NOTIFICATION", "SOURCE_VOLUNTARY"}
AREA = {
    *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT"),
    *("LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"),
}
Check = Callable[[Any], bool]


def text(most: int) -> Check:
    return lambda value: isinstance(value, str) and 0 < len(value) <= most


def one_of(*values: str) -> Check:
    return lambda value: value in values


def some_of(values: set[str], least: int = 1) -> Check:
    return lambda value: isinstance(value, list) and len(value) >= least and values.issuperset(value)


def day(first: str) -> Check:
    def check(value: Any) -> bool:
        return (
            re.fullmatch(r"\d{4}-\d\d-\d\d", value) is not None
            and first <= value <= "2038-01-01"
            and bool(date.fromisoformat(value))
        )

    return check


ATTRIBUTES: Mapping[str, Check] = {
    "decision_visibility": some_of(VISIBILITIES),
    "decision_account": one_of(*ACCOUNTS),
    "decision_ground": one_of("DECISION_GROUND_ILLEGAL_CONTENT", "DECISION_GROUND_INCOMPATIBLE_CONTENT"),
    "illegal_content_legal_ground": text(500),
    "illegal_content_explanation": text(2000),
    "content_type": some_of(CONTENT_TYPES),
    "content_type_other": text(500),
    "category": one_of("STATEMENT_CATEGORY_INTELLECTUAL_PROPERTY_INFRINGEMENTS"),
    "category_specification": some_of(KEYWORDS),
    "territorial_scope": some_of(AREA, 0),
    "content_date": day("2000-01-01"),
    "application_date": day("2020-01-01"),
    "decision_facts": text(5000),
    "source_type": one_of(*SOURCES),
    "source_identity": text(500),
    "automated_detection": one_of("Yes", "No"),
    "automated_decision": one_of(*(f"AUTOMATED_DECISION_{each}" for each in ("FULLY", "PARTIALLY", "NOT_AUTOMATED"))),
    "puid": lambda value: re.fullmatch(r"[a-zA-Z0-9_-]{1,500}", value) is not None,
}
REQUIRED = {
    *("decision_ground", "content_type", "category", "content_date", "application_date", "decision_facts"),
    *("source_type", "automated_detection", "automated_decision", "puid"),
}


def faults(submission: Mapping[str, Any]) -> list[str]:
    """What the database would refuse."""
    found = [f"unknown: {each}" for each in set(submission) - set(ATTRIBUTES)]
    found += [f"missing: {each}" for each in REQUIRED - set(submission)]
    found += [
        f"wrong: {name}" for name, check in ATTRIBUTES.items() if name in submission and not check(submission[name])
    ]
    if not {"decision_visibility", "decision_account"} & set(submission):
        found.append("no decision")
    if submission.get("decision_ground") == "DECISION_GROUND_ILLEGAL_CONTENT":
        needed = {"illegal_content_legal_ground", "illegal_content_explanation"}
        found += [f"missing: {each}" for each in needed - set(submission)]
    other = "CONTENT_TYPE_OTHER" in submission.get("content_type", ())
    if other is not ("content_type_other" in submission):
        found.append("content_type_other goes with CONTENT_TYPE_OTHER, and with nothing else")
    return sorted(found)
