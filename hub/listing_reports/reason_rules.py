"""Why a listing is reported: each reason code with the rights it goes with and the evidence it needs; one table."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from types import MappingProxyType
from typing import NamedTuple

from hub.dialogue.rules import is_plain
from hub.evidence.rules import NAME, EvidenceType
from hub.listing_reports.rules import NOT_PLAIN

LONGEST_TEXT = 2_000
_ORDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./_-]{2,63}")
_FIRST = timezone(timedelta(hours=14))
"""Where each day comes first: in the Line Islands."""


class EvidenceField(NamedTuple):
    """One thing that a reason asks for: what it is called, what it is, and how it is written."""

    title: str
    kind: str
    """`text`, `file` (the name of a file of the brand's own in the vault), `order` or `day`."""
    stored_as: EvidenceType | None = None
    """Of a file: the type under which it is kept, and so for how long."""


FIELDS: Mapping[str, EvidenceField] = MappingProxyType(
    {
        "comparison_sheet": EvidenceField("Comparison sheet: same model, same angle", "file", EvidenceType.COMPARISON),
        "differences": EvidenceField("Differences between the two, named", "text"),
        "range_statement": EvidenceField("Statement of the range: what was never made", "text"),
        "order_number": EvidenceField("Order number of the test buy", "order"),
        "purchased_on": EvidenceField("Day of purchase", "day"),
        "photos": EvidenceField("Photos of what arrived, in one file", "file", EvidenceType.TEST_BUY),
        "method": EvidenceField("Method and grounds of the verification", "text"),
        "verdict": EvidenceField("Verdict of the verification", "text"),
        "signer": EvidenceField("Who signed the report", "text"),
        "screenshot": EvidenceField("Screenshot of what the seller says", "file", EvidenceType.ADMISSION),
        "protected_part": EvidenceField("Which protected part is used, and how", "text"),
        "work": EvidenceField("Which work is copied, and how", "text"),
        "specification_breach": EvidenceField("Which rule of the product specification is broken", "text"),
    }
)
"""Evidence by name."""


class Reason(NamedTuple):
    """One row of the table."""

    words: str
    rights: frozenset[str]
    """Types of right that it goes with."""
    evidence: tuple[str, ...]
    """All of which a report for this reason holds."""
    most: int
    """Listings of one report."""


MOST_LISTINGS = 1_000
_INDICATION = frozenset({"geographical-indication"})
_ANY_MARK = _INDICATION | {"trade-mark"}

REASONS: Mapping[str, Reason] = MappingProxyType(
    {
        "counterfeit_features": Reason(
            "The goods bear features that the genuine ones have not",
            _ANY_MARK | {"design"},
            ("comparison_sheet", "differences"),
            MOST_LISTINGS,
        ),
        "no_such_model": Reason(
            "The right holder never made such a model", _ANY_MARK, ("range_statement",), MOST_LISTINGS
        ),
        "test_buy": Reason(
            "A test buy was examined and found counterfeit",
            _ANY_MARK | {"design", "patent"},
            ("order_number", "purchased_on", "photos", "method", "verdict", "signer"),
            1,  # one listing and one order number, so that the platform can hold one against the other
        ),
        "seller_admits": Reason("The seller says so itself", _ANY_MARK, ("screenshot",), MOST_LISTINGS),
        "design": Reason("A protected design is used", frozenset({"design"}), ("comparison_sheet",), MOST_LISTINGS),
        "patent": Reason("A patented invention is used", frozenset({"patent"}), ("protected_part",), MOST_LISTINGS),
        "copyright": Reason("A protected work is copied", frozenset({"copyright"}), ("work",), MOST_LISTINGS),
        "indication": Reason(
            "A geographical indication is misused",
            _INDICATION,
            ("specification_breach",),
            MOST_LISTINGS,
        ),
    }
)
"""Every reason code. What is missing here cannot be reported."""

REFUSED_BY_DESIGN: Mapping[str, str] = MappingProxyType(
    {
        "grey_market": "goods of the grey market are genuine",
        "parallel_import": "imported goods are genuine",
        "price": "at what price genuine goods are sold is the seller's own affair",
        "unauthorised_resale": "genuine goods may be sold again without the right holder's leave",
    }
)
"""What this hub takes no report for, and why: it is against counterfeits, and no means to keep channels or prices."""


def asks_order(reason: str) -> bool:
    """Whether a report for this reason names an order, which the platform then holds against the listing."""
    return any(FIELDS[name].kind == "order" for name in REASONS[reason].evidence)


@dataclass(frozen=True)
class Grounds:
    """Why a report is made, and what shows it."""

    reason: str
    evidence: Mapping[str, str]
    explanation: str = ""


Files = Mapping[str, EvidenceType]
"""Of the files that grounds name those that the brand keeps, by what the vault calls them, each with its type."""


def files_of(evidence: Mapping[str, str]) -> dict[str, str]:
    """The files among the evidence: its name → what the vault calls it; what cannot be such a name is left out."""
    named = {name: text for name, text in evidence.items() if name in FIELDS and FIELDS[name].kind == "file"}
    return {name: text for name, text in named.items() if NAME.fullmatch(text)}


def evidence_fault(name: str, text: str, files: Files, now: datetime) -> str | None:
    """What is wrong with one piece of evidence, as a sentence that says what to give; None: nothing."""
    title, kind, stored_as = FIELDS[name]
    if not text.strip():
        return f"{title}: this is missing, and this reason needs it"
    if kind == "file" and files.get(text) is not stored_as:
        return f"{title}: name a file of your own in the vault, stored under the type {stored_as} and not erased"
    if kind == "order" and not _ORDER.fullmatch(text):
        return f"{title}: give the order number as the platform shows it, 3 to 64 letters, digits and . / _ -"
    if kind == "day" and not _is_past_day(text, now):
        return f"{title}: give a day that has been, as 2026-01-31"
    if len(text) > LONGEST_TEXT:
        return f"{title}: say it in {LONGEST_TEXT:,} characters at most"
    return None if is_plain(text) else f"{title}: {NOT_PLAIN}"


def has_begun(day: date, moment: datetime) -> bool:
    """Whether it is that day or later anywhere on earth: of what was done that day is not known where."""
    return day <= moment.astimezone(_FIRST).date()


def _is_past_day(text: str, now: datetime) -> bool:
    try:
        return re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) is not None and has_begun(date.fromisoformat(text), now)
    except ValueError:
        return False


def drawn() -> str:
    """The table in Markdown."""
    lines = ["| reason | says | rights | evidence | listings |", "|---|---|---|---|---|"]
    for code, reason in REASONS.items():
        rights, evidence = ", ".join(sorted(reason.rights)), ", ".join(reason.evidence)
        lines.append(f"| `{code}` | {reason.words} | {rights} | {evidence} | {reason.most:,} |")
    return "\n".join(lines)
