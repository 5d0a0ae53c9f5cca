"""Statements of reasons: for each restriction, the submission that the DSA Transparency Database takes.

Regulation (EU) 2022/2065 (DSA), art. 17 and 24(5). Nothing a person wrote goes into one: art. 24(5) wants no personal
data there, and so each text is made of the words of our tables and of the register of rights.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from hub.listing_reports.reason_rules import FIELDS, REASONS
from hub.listing_reports.rules import Action

RESTRICTIONS: Mapping[Action, Mapping[str, Any]] = MappingProxyType(
    {
        Action.LISTING_REMOVED: {"decision_visibility": ["DECISION_VISIBILITY_CONTENT_REMOVED"]},
        Action.STORE_CLOSED: {"decision_account": "DECISION_ACCOUNT_TERMINATED"},
    }
)
"""Actions that restrict, as art. 17(1) has it. A warning and points do not: no statement is owed for them."""


@dataclass(frozen=True)
class Law:
    """The law that a type of right rests on, and the database's word for its infringement."""

    words: str
    keyword: str


LAWS: Mapping[str, Law] = MappingProxyType(
    {
        "trade-mark": Law(
            "Trade mark: Regulation (EU) 2017/1001, art. 9, or the trade mark law of the State of registration",
            "KEYWORD_TRADEMARK_INFRINGEMENT",
        ),
        "design": Law(
            "Design: Regulation (EC) No 6/2002, art. 19, or the design law of the State of registration",
            "KEYWORD_DESIGN_INFRINGEMENT",
        ),
        "patent": Law("Patent: the patent law of the States for which it was granted", "KEYWORD_PATENT_INFRINGEMENT"),
        "copyright": Law(
            "Copyright: Directive 2001/29/EC, art. 2 to 4, as the States have transposed it",
            "KEYWORD_COPYRIGHT_INFRINGEMENT",
        ),
        "geographical-indication": Law(
            "Geographical indication: Regulation (EU) 2024/1143, art. 26, or Regulation (EU) 2023/2411, art. 40",
            "KEYWORD_GEOGRAPHIC_INDICATIONS_INFRINGEMENT",
        ),
    }
)
"""Type of right → law."""

AREA = frozenset(
    {
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE"),
        *("IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"),
    }
)
"""Countries of the European Economic Area, as the database lists them."""
CONTENT: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "listing": {"content_type": ["CONTENT_TYPE_PRODUCT"]},
        "store": {"content_type": ["CONTENT_TYPE_OTHER"], "content_type_other": "Store of a seller"},
    }
)
"""What was reported → what kind of content it is."""
REDRESS = (
    "Complain to the platform, free of charge, within six months: it answers without undue delay, and not by automated"
    " means alone (art. 20).",
    "Turn to a certified out-of-court dispute settlement body of your choice (art. 21).",
    "Go to court at any time.",
)
"""What the seller can do about it: art. 17(3)(f)."""


@dataclass(frozen=True)
class Decider:
    """Who decided, by the word of the platform: art. 17(3)(c)."""

    word: str
    """The database's."""
    facts: str
    """The sentence of the facts; empty: nobody said."""
    means: str
    """What the seller is told of automated means."""


DECIDERS: Mapping[bool | None, Decider] = MappingProxyType(
    {
        True: Decider(
            "AUTOMATED_DECISION_FULLY",
            "A machine of the platform decided; no decision was made by a person.",
            "None to find the listing; the decision was made by a machine",
        ),
        False: Decider(
            "AUTOMATED_DECISION_NOT_AUTOMATED",
            "A person at the platform looked at the notice and decided; no decision was made by a machine.",
            "None: neither to find the listing nor to decide on it",
        ),
        None: Decider("AUTOMATED_DECISION_NOT_AUTOMATED", "", "None to find the listing"),
    }
)
"""Whether a machine decided → what is said of it. None: it was decided before that was asked."""
ANSWERED = MappingProxyType({True: "answered with a counter-notice", False: "did not answer in its time"})


@dataclass(frozen=True)
class Acted:
    """A listing that was established and acted on, with what the statement rests on."""

    report: str
    n: int
    target: str
    action: Action
    acted_at: datetime
    filed_at: datetime
    asked_at: datetime | None
    countered: bool
    reason: str
    evidence: Collection[str]
    """Names of reason_rules.FIELDS."""
    right: Mapping[str, Any]
    """Facts of the register, as the report keeps them."""
    notifier: str
    """The member that reported it: an organisation, whose name an infringement of its right cannot do without."""
    automated: bool | None
    """Whether a machine decided, by the word of the platform; None: it was decided before that was asked."""

    @property
    def decider(self) -> Decider:
        """What is said of who decided."""
        return DECIDERS[self.automated]


def puid(acted: Acted) -> str:
    """What the statement is called: never another's, also where a report is reopened and acted on anew."""
    return f"{acted.report}-{acted.n}-{round(acted.acted_at.timestamp() * 1_000_000)}"


def statement(acted: Acted) -> dict[str, Any]:
    """The submission, as the database's API takes it. `acted.action` is one of RESTRICTIONS."""
    law = LAWS[acted.right["type"]]
    return {
        **RESTRICTIONS[acted.action],
        "decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT",
        "illegal_content_legal_ground": legal_ground(acted),
        "illegal_content_explanation": explanation(acted),
        **CONTENT[acted.target],
        "category": "STATEMENT_CATEGORY_INTELLECTUAL_PROPERTY_INFRINGEMENTS",
        "category_specification": [law.keyword],
        "territorial_scope": territory(acted),
        "content_date": acted.filed_at.date().isoformat(),
        "application_date": acted.acted_at.date().isoformat(),
        "decision_facts": facts(acted),
        "source_type": "SOURCE_ARTICLE_16",
        "source_identity": acted.notifier,
        "automated_detection": "No",
        "automated_decision": acted.decider.word,
        "puid": puid(acted),
    }


def territory(acted: Acted) -> list[str]:
    """The countries of the area in which the right is in force, and so for which the restriction was made."""
    return sorted(AREA.intersection(acted.right.get("jurisdictions") or ()))


def legal_ground(acted: Acted) -> str:
    """The law, and the right in its register: art. 17(3)(d)."""
    register = " ".join(str(acted.right.get(each) or "") for each in ("office", "number")).strip()
    return f"{LAWS[acted.right['type']].words}{f' ({register})' if register else ''}"


def explanation(acted: Acted) -> str:
    """Why that makes it illegal: art. 17(3)(d)."""
    return f"{REASONS[acted.reason].words}. The right holder has not given its leave."


def facts(acted: Acted) -> str:
    """What the decision rests on: art. 17(3)(b)."""
    shown = ", ".join(FIELDS[each].title.lower() for each in FIELDS if each in acted.evidence)
    told = [
        f"The right holder gave notice under art. 16 on {acted.filed_at:%Y-%m-%d}, and declared its good faith.",
        f"Its reason: {REASONS[acted.reason].words.lower()}.",
        *([f"Its evidence: {shown}."] if shown else []),
    ]
    if acted.asked_at is not None:
        told.append(f"The seller was asked on {acted.asked_at:%Y-%m-%d}, and {ANSWERED[acted.countered]}.")
    told.append(acted.decider.facts)
    return " ".join(filter(None, told))
