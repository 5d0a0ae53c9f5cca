"""What is valid about contributions, and when an indicator has effect for others."""

import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum, StrEnum

from hub.access.tlp import Tlp
from hub.canonical import TYPES
from hub.tree.readable import readable

TOKEN_BYTES = 32
MOST_SHARED = 10_000
"""Tokens in one request to share or withdraw."""
MOST_ROWS = 50_000
"""Rows in one page of a token list: 2 MB."""
ROW = struct.Struct(">32sBBBxI")
"""A row of a token list: token, 1 present or 0 gone, evidence level, members not named (0: fewer than three), expiry as
days since 1970-01-01. It has no room for the names of contributors that chose to be shown: a match tells them."""
SOON = timedelta(days=14)
"""Before its end, a contribution (and likewise a credential or an epoch) asks for attention."""
FEWEST_SHOWN = 3
"""A number of members below this is not shown. It counts the members that are not named: a number that held those who
chose to be shown would tell, less them, how few the others are."""
SELLER = re.compile(r"[A-Za-z0-9_.-]{1,64}")
LONGEST_DAYS = 5 * 366
"""Five years, for what an authority or a court established; other levels keep to the type's own retention."""


class Stance(StrEnum):
    """What a member says of the party behind an identifier; `impersonated` protects a victim and accuses nobody."""

    INFRINGING = "infringing"
    LEGITIMATE = "legitimate"
    IMPERSONATED = "impersonated"


class EvidenceLevel(IntEnum):
    """The evidence ladder. E0, a mere suspicion, cannot be shared and so has no value here."""

    E1 = 1
    E2 = 2
    E3 = 3
    E4 = 4


class ContributionState(StrEnum):
    """A contribution has effect only while active."""

    ACTIVE = "active"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    ORPHANED = "orphaned"
    """Its contributor has left the alliance: under review, and withdrawn after that."""


class WithdrawalReason(StrEnum):
    """Why a contribution is taken back."""

    MISTAKEN = "mistaken"
    SETTLED = "settled"
    OUTDATED = "outdated"
    OTHER = "other"


class Widening(StrEnum):
    """Why a contribution passes to other sectors too; without one of these it keeps to the contributor's own."""

    SEVERAL_TRADES = "several-trades"
    ORGANISED = "organised"
    SAFETY = "safety"
    AUTHORITY = "authority"


WIDENINGS: dict[Widening, str] = {
    Widening.SEVERAL_TRADES: "the seller offers goods of several sectors",
    Widening.ORGANISED: "one organisation stands behind sellers of several sectors",
    Widening.SAFETY: "the goods endanger health or safety",
    Widening.AUTHORITY: "an authority or a court established it, or asked for it",
}
"""The table of reasons, in words."""
LONGEST_NOTE = 200
MOST_NAMED = 100
"""Members that one act of sharing may name."""


def check_note(note: str) -> str:
    """The sentence that goes with a reason. Raises ValueError when the record would not take it."""
    if not 1 <= len(note) <= LONGEST_NOTE or not note.isascii() or not note.isprintable():
        raise ValueError(f"a sentence has 1 to {LONGEST_NOTE} printable ASCII characters")
    shown = readable(note)
    if shown is not None:
        raise ValueError(f"a sentence stands in the record, and this one shows {shown}: name nobody in it")
    return note


@dataclass(frozen=True)
class Audience:
    """To whom a contribution may pass; each of these narrows what the others let through, but `widening`."""

    tlp: Tlp
    addressees: Sequence[int] | None = None
    """Seats in sharing groups, and named members as their number negated; None: not addressed to anybody."""
    platforms_only: bool = False
    widening: Widening | None = None
    """None: only members of the contributor's sector, and those without one."""
    widening_note: str | None = None
    shows_contributor: bool = False
    """Whether those it passes to learn whose word it is."""


EFFECT_ALONE = EvidenceLevel.E2
"""From this level one member's word has effect for others; below it, it takes EFFECT_TOGETHER members."""
EFFECT_TOGETHER = 2


def has_effect(levels: Sequence[EvidenceLevel], *, disputed: bool) -> bool:
    """Whether infringing contributions at these levels, one a member, have effect for other members (DESIGN §2)."""
    return not disputed and (any(level >= EFFECT_ALONE for level in levels) or len(levels) >= EFFECT_TOGETHER)


def members_shown(count: int) -> int | None:
    """The number of members who stand unnamed behind an indicator, as others may see it: None below three."""
    return count if count >= FEWEST_SHOWN else None


def default_expiry(type: str, level: EvidenceLevel, day: date) -> date:
    """The last day of a contribution shared on `day` without an expiry of its own."""
    days = LONGEST_DAYS if level is EvidenceLevel.E4 else TYPES[type].retention_days
    return day + timedelta(days=days)


@dataclass(frozen=True)
class Basis:
    """A record of the hub's own that a contribution may rest on, and the evidence level that it gives."""

    level: EvidenceLevel
    words: str


BASES: Mapping[str, Basis] = {
    "report": Basis(EvidenceLevel.E2, "a listing report that its platform established"),
    "test_buy": Basis(EvidenceLevel.E3, "a signed test buy that found a counterfeit"),
}
"""Kind of record, as the terms name it → what it gives."""
MOST_ON_A_BASIS = 10_000
"""Contributions that one record may bear."""


class TermsError(ValueError):
    """Terms that may not be shared under; `field` is the one at fault."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


def check_expiry(type: str, level: EvidenceLevel, day: date, expires_on: date) -> date:
    """The expiry itself. Raises TermsError if it is not after `day` or beyond the type's retention."""
    latest = default_expiry(type, level, day)
    if not day < expires_on <= latest:
        reason = f"an expiry lies after today and, for this type and evidence, not after {latest}"
        raise TermsError("expires_on", reason)
    return expires_on


def check_audience(audience: Audience) -> None:
    """Raises TermsError for TLP:RED to nobody in particular: RED passes to named recipients only (FIRST TLP 2.0)."""
    if audience.tlp is Tlp.RED and not audience.addressees:
        reason = "TLP:RED passes to named recipients only: name at least one sharing group or member"
        raise TermsError("sharing_groups", reason)


def split(tokens: bytes) -> list[bytes]:
    """The 32-byte tokens in a run of them. Raises ValueError when the length is no multiple of 32 or there are none."""
    if not tokens or len(tokens) % TOKEN_BYTES:
        raise ValueError(f"tokens come as a run of {TOKEN_BYTES}-byte values; this one has {len(tokens)} bytes")
    return [tokens[at : at + TOKEN_BYTES] for at in range(0, len(tokens), TOKEN_BYTES)]
