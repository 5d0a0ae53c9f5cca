"""What is valid about members, credentials and sharing groups."""

import hashlib
import re
import secrets
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network

from hub.access.grants import Role
from hub.access.tlp import MemberKind

CODE = re.compile(r"[a-z][a-z0-9-]{1,38}[a-z0-9]")
KEY = re.compile(r"ah_[A-Za-z0-9_-]{43}")
CREDENTIAL_DAYS = 365
"""The most, and the default."""
MOST_CREDENTIALS = 50
"""Live API keys of one member."""
OVERLAP_DAYS = 7
"""How long a rotated key goes on serving beside its successor."""
MOST_NETWORKS = 20

ATTEMPTS_SPAN = timedelta(minutes=15)
MOST_ATTEMPTS = 5
"""Attempts to sign in as one person from one network within the span."""
MOST_NETWORK_ATTEMPTS = 100
"""Attempts to sign in as anybody from one network within the span."""


SECTORS: dict[str, str] = {
    "clothing": "Clothing",
    "cosmetics": "Cosmetics and perfume",
    "electronics": "Electronics and batteries",
    "food": "Food and drink",
    "footwear": "Footwear",
    "household": "Household goods and furniture",
    "leather-goods": "Bags and leather goods",
    "media": "Books, film, music and software",
    "medicines": "Medicines and medical devices",
    "sport": "Sporting goods",
    "tobacco": "Tobacco",
    "toys": "Toys and games",
    "vehicles": "Vehicles and their parts",
    "watches": "Watches and jewellery",
}
"""The sectors there are, after the classes of the Nice classification that counterfeits fall in. A member without one,
such as a platform or an authority, stands in all. What an older hub took as free text stays as it is."""

SESSION_LASTS = timedelta(hours=8)
"""The most, however busy (ASVS 5.0 7.3.2)."""
IDLE = {Role.OWNER: timedelta(hours=1)}
"""How long a session may lie unused, by role; not listed: as long as it lasts."""
IDLE_IN_OFFICE = timedelta(hours=1)
"""The same for everybody of the alliance's office."""
FRESH = timedelta(minutes=10)
"""How long a factor given counts for acts that want the person to be there."""
SESSION_KEPT = timedelta(days=7)
"""How long a session's row stays after its end."""
MOST_SESSIONS_SHOWN = 50

TOTP_STEP, TOTP_DIGITS = 30, 6
TOTP_DRIFT = 1
"""Steps of time that a clock may be off, either way (RFC 6238 §5.2)."""
MOST_FACTORS = 10
RECOVERY_CODES = 10
RECOVERY = re.compile(r"[a-z2-7]{16}")
BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    *(("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad")),
    *(("Windows", "Windows"), ("Mac OS X", "macOS"), ("Linux", "Linux")),
)


class FactorKind(StrEnum):
    """What a person proves a sign-in with beside the password."""

    TOTP = "totp"
    PASSKEY = "passkey"
    RECOVERY = "recovery"


class MemberState(StrEnum):
    """Where a member stands in its life; only an admitted member or one on probation may act."""

    ADMITTED = "admitted"
    PROBATION = "probation"
    SUSPENDED = "suspended"
    LEFT = "left"


ACTIVE = frozenset({MemberState.ADMITTED, MemberState.PROBATION})

MOVES: dict[MemberState, frozenset[MemberState]] = {
    MemberState.ADMITTED: frozenset({MemberState.PROBATION, MemberState.SUSPENDED, MemberState.LEFT}),
    MemberState.PROBATION: frozenset({MemberState.ADMITTED, MemberState.SUSPENDED, MemberState.LEFT}),
    MemberState.SUSPENDED: frozenset({MemberState.ADMITTED, MemberState.PROBATION, MemberState.LEFT}),
    MemberState.LEFT: frozenset(),
}


ORPHANED_AFTER = timedelta(days=30)
"""How long after a member has left its contributions are put to review."""
ORPHANS_KEPT = timedelta(days=60)
"""How long the review may take; then they are withdrawn."""


class DecisionKind(StrEnum):
    """What the office decides by two people only."""

    ADMIT = "admit"
    ACT_FOR = "act_for"
    END_REVIEW = "end_review"


class DecisionState(StrEnum):
    """Proposed by one person of the office; settled by another, by anybody's no, or by time."""

    OPEN = "open"
    APPROVED = "approved"
    REFUSED = "refused"
    EXPIRED = "expired"


DECISION_SPANS: dict[DecisionKind, timedelta] = {
    DecisionKind.ADMIT: timedelta(days=30),
    DecisionKind.ACT_FOR: timedelta(days=2),
    DecisionKind.END_REVIEW: timedelta(days=14),
}
"""How long a proposal waits for its second person."""
LONGEST_REASON = 500


def check_reason(reason: str) -> str:
    """Why something is proposed or refused: 1 to 500 characters. Raises ValueError with the rule."""
    if not 1 <= len(reason.strip()) <= LONGEST_REASON:
        raise ValueError(f"a reason has 1 to {LONGEST_REASON} characters")
    return reason.strip()


def check_code(code: str) -> str:
    """A member's or group's code: 3 to 40 of a-z, 0-9 and hyphen. Raises ValueError with the rule."""
    if not CODE.fullmatch(code):
        raise ValueError("a code has 3 to 40 characters: a-z, 0-9 and hyphen, beginning with a letter")
    return code


def check_sector(sector: str | None) -> str | None:
    """One of SECTORS, or None. Raises ValueError listing them."""
    if sector is not None and sector not in SECTORS:
        raise ValueError(f"a sector is one of {', '.join(SECTORS)}")
    return sector


def check_days(days: int) -> int:
    """How long a key serves: 1 to 365 days. Raises ValueError with the rule."""
    if not 1 <= days <= CREDENTIAL_DAYS:
        raise ValueError(f"a credential serves 1 to {CREDENTIAL_DAYS} days")
    return days


def network(text: object) -> IPv4Network | IPv6Network:
    """An address or a network in CIDR form. Raises ValueError with the rule."""
    try:
        return ip_network(str(text).strip())
    except ValueError:
        raise ValueError("a network reads like 192.0.2.0/24 or 2001:db8::/32, no bit set past its length") from None


def new_pseudonym() -> str:
    """What the ledger calls a person or a client: random, and never digits alone, which would read as a number."""
    return "p_" + secrets.choice("abcdef") + secrets.token_hex(8)[1:]


def new_key() -> str:
    """A fresh API key: 256 random bits. Shown once; the hub keeps only its digest."""
    return "ah_" + secrets.token_urlsafe(32)


def key_digest(key: str) -> bytes:
    """SHA-256 of a key. Enough for 256 random bits, and a thousand times cheaper a request than a password hash."""
    return hashlib.sha256(key.encode()).digest()


def idle_limit(kind: MemberKind, role: Role) -> timedelta:
    """How long a session of such a person may lie unused."""
    return IDLE_IN_OFFICE if kind is MemberKind.ADMINISTRATION else IDLE.get(role, SESSION_LASTS)


def browser_of(user_agent: str) -> str:
    """Which browser on which system, in words; what is not known is not guessed."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "A browser")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    return f"{browser} on {system}" if system else browser


def recovery_code(typed: str) -> str | None:
    """A recovery code as it is digested, of one typed in any grouping; None for what is none."""
    code = re.sub(r"[\s-]", "", typed).lower()
    return code if RECOVERY.fullmatch(code) else None
