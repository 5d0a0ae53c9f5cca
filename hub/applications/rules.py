"""What an application holds, how it moves, and what has to be vetted: facts, read as tables."""

import re
import secrets
import string
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import timedelta
from enum import StrEnum

from hub.access.tlp import MemberKind

KEPT_UNCONFIRMED = timedelta(days=7)
"""How long an application waits for its address to be proved."""
KEPT_REFUSED = timedelta(days=90)
"""How long a refused application stays, for questions about it; then all of it goes, documents and contacts."""
DAY = timedelta(days=1)
MOST_OF_A_NETWORK, MOST_OF_A_SITE, MOST_TO_AN_ADDRESS = 5, 10, 3
"""Applications a day: of one network, of one site, which may hold many networks, and naming one contact's address."""
MOST_CONFIRMED = 300
"""Applications a day of everybody together whose address was proved: they reach the office, and bring documents."""
MOST_OF_ALL = 3_000
"""Applications a day of everybody together. Each is a letter to an address that nobody has proved: a queue that sends
two a second is through with so many in half an hour. Fewer would let who has dozens of networks close the page to all.
"""
LONGEST_FORM = 64 * 1024
"""Bytes of the form on the public page."""
LONGEST_NAME, LONGEST_LINE, LONGEST_PURPOSE, LONGEST_ADDRESS = 120, 200, 2000, 254
_LINE_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")

KINDS: dict[MemberKind, str] = {
    MemberKind.BRAND: "Brand: holder of rights",
    MemberKind.PLATFORM: "Platform: marketplace or other intermediary",
    MemberKind.AUTHORITY: "Authority: customs, police, market surveillance",
    MemberKind.AUDITOR: "Auditor: checks the record, reads nothing that is shared",
    MemberKind.AGENT: "Agent: acts for brands that authorise it, holds no seat of its own",
}
"""What an organisation may apply to be."""

RIGHTS: dict[str, str] = {
    "trade-mark": "Trade mark",
    "design": "Design",
    "patent": "Patent or utility model",
    "copyright": "Copyright",
    "geographical-indication": "Geographical indication",
}
"""The rights that a brand may rely on."""


class ApplicationState(StrEnum):
    """Where an application stands; until its address is proved the office does not see it."""

    APPLIED = "applied"
    VETTED = "vetted"
    ADMITTED = "admitted"
    REFUSED = "refused"


MOVES: dict[ApplicationState, frozenset[ApplicationState]] = {
    ApplicationState.APPLIED: frozenset({ApplicationState.VETTED, ApplicationState.REFUSED}),
    ApplicationState.VETTED: frozenset({ApplicationState.APPLIED, ApplicationState.ADMITTED, ApplicationState.REFUSED}),
    ApplicationState.ADMITTED: frozenset(),
    ApplicationState.REFUSED: frozenset(),
}
"""Vetted once the last item is ticked, applied again once one is taken back. Admission begins with probation."""


class Item(StrEnum):
    """What the office vets (rules of governance, 1)."""

    LEGAL_ENTITY = "legal_entity"
    RIGHT = "right"
    SECTOR = "sector"
    CONTACTS = "contacts"
    APPEAL = "appeal"


ITEMS: dict[Item, tuple[str, str]] = {
    Item.LEGAL_ENTITY: ("Legal entity", "The register holds this organisation under this name and number."),
    Item.RIGHT: (
        "Right in force",
        "The office named holds the right, in force and this organisation's; or none is due.",
    ),
    Item.SECTOR: ("Sector", "It trades in the sector that it names."),
    Item.CONTACTS: ("Named contacts", "Both people exist, and act for it."),
    Item.APPEAL: ("Appeal contact", "Somebody answers at the address for those who object to what it shares."),
}
"""Each item of the checklist: what it is called, and what a tick says."""


@dataclass(frozen=True)
class Facts:
    """What an applicant says of itself. Raises ValueError for a text that is too long or holds a control character."""

    legal_name: str
    register: str
    register_number: str
    country: str
    """ISO 3166-1 alpha-2."""
    kind: str
    sector: str
    """One of members.rules.SECTORS, or empty: all."""
    website: str
    contact_name: str
    contact_email: str
    contact_role: str
    second_name: str
    second_email: str
    appeal_email: str
    right_type: str
    """One of RIGHTS; empty, as the two that follow, for an applicant that is no brand."""
    right_office: str
    right_number: str
    purpose: str
    """What it wants to share and receive."""

    def __post_init__(self) -> None:
        for each in fields(self):
            if each.name != "purpose":
                check_line(getattr(self, each.name), LENGTHS.get(each.name, LONGEST_LINE))
        check_line(self.purpose.replace("\n", " "), LONGEST_PURPOSE)

    def as_dict(self) -> dict[str, str]:
        """Field → what was said."""
        return asdict(self)


LENGTHS: Mapping[str, int] = {
    "legal_name": LONGEST_NAME,
    "contact_name": LONGEST_NAME,
    "second_name": LONGEST_NAME,
    "contact_email": LONGEST_ADDRESS,
    "second_email": LONGEST_ADDRESS,
    "appeal_email": LONGEST_ADDRESS,
}
"""The longest text of a field that does not take LONGEST_LINE."""


def check_line(text: str, most: int) -> str:
    """One line of at most so many characters, none of which steers a display. Raises ValueError with the rule."""
    if len(text) > most:
        raise ValueError(f"at most {most:,} characters")
    if _LINE_BREAKS.search(text):
        raise ValueError("one line without control characters")
    return text


def new_name() -> str:
    """What an application is called, in addresses and in the record: random letters, which read as no number."""
    return "a_" + "".join(secrets.choice(string.ascii_lowercase) for _ in range(16))


def may_approve_admission(approver: str, vetters: Collection[str]) -> bool:
    """Whether this person's yes may be the second one of an admission (people by pseudonym).

    An admission takes two people of the office: who proposes it, and another who approves it. Somebody who vetted the
    whole application alone may propose, so that there is a case to look at, and never approve: the last word is then
    always of a person who did not make the checklist. Who vetted a part of it, the rest being another's, may do either.

    | vetted by | proposed by | approved by | |
    |---|---|---|---|
    | A | A | B | admitted |
    | A | B | C | admitted |
    | A | B | A | refused: A vetted alone |
    | A, B | A | B | admitted |
    | any | A | A | refused: one person twice (members.service.decisions) |
    | nobody, or not all items | A | B | refused: not vetted |
    """
    return bool(vetters) and set(vetters) != {approver}
