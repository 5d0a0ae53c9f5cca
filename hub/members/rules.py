"""What is valid about members, credentials and sharing groups."""

import hashlib
import re
import secrets
from collections.abc import Collection, Mapping
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network

from hub.access.grants import Role
from hub.access.tlp import MemberKind
from hub.canonical.host import ascii_host, registrable
from hub.canonical.refusal import RefusedError

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
MOST_CODES, CODES_SPAN = 50, timedelta(days=1)
"""Codes tried for one person from networks where it was not proven, and wrong ones from the others."""


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
SESSION_KEPT = timedelta(days=30)
"""How long a session's row stays after its end: who signs in from a network seen in that time is told nothing of it."""
MOST_SESSIONS_SHOWN = 50
MOST_PEOPLE_SHOWN = 500

CHALLENGE_LASTS = timedelta(minutes=5)
"""How long a page's challenge to a passkey waits for its answer."""
TOTP_STEP, TOTP_DIGITS = 30, 6
TOTP_DRIFT = 1
"""Steps of time that a clock may be off, either way (RFC 6238 §5.2)."""
MOST_FACTORS = 10
RECOVERY_CODES = 10
RECOVERY_BYTES = 15
"""120 random bits, so that a fast digest is enough (ASVS 5.0 6.5.2 asks for a slow one below 112)."""
RECOVERY = re.compile(r"[a-z2-7]{24}")
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


class LinkKind(StrEnum):
    """What a link in a letter lets its reader do, once."""

    INVITATION = "invitation"
    PASSWORD = "password"


LINK_LASTS = {LinkKind.INVITATION: timedelta(days=7), LinkKind.PASSWORD: timedelta(hours=1)}
LINK = re.compile(r"[A-Za-z0-9_-]{43}")
LINK_KEPT = timedelta(days=30)
"""How long a link's row stays after its end."""
MOST_INVITATIONS = 20
"""Open invitations of one member."""

MOST_LINKS_ASKED, LINKS_ASKED_SPAN = 3, timedelta(hours=1)
"""Letters with a link to a new password, to one address, whoever asks for them."""


class Notice(StrEnum):
    """What a person is told by letter about its own sign-in."""

    PASSWORD_CHANGED = "password changed"
    FACTOR_ADDED = "factor added"
    FACTOR_REMOVED = "factor removed"
    CODES_RENEWED = "codes renewed"
    FACTORS_RESET = "factors reset"
    NEW_NETWORK = "new network"
    CODES_TRIED = "codes tried"
    SESSIONS_ENDED = "sessions ended"
    ROLE_SET = "role set"
    SHUT_OUT = "shut out"
    LET_IN = "let in"


NOTICES: dict[Notice, tuple[str, str]] = {
    Notice.PASSWORD_CHANGED: ("Your password has changed", "Your password was changed; your other sessions ended."),
    Notice.FACTOR_ADDED: ("You have another second factor", "A second factor was added to your sign-in."),
    Notice.FACTOR_REMOVED: ("You have one second factor less", "A second factor of your sign-in was removed."),
    Notice.CODES_RENEWED: ("You have new recovery codes", "New recovery codes were made; the old ones are void."),
    Notice.FACTORS_RESET: (
        "Your second factors were reset",
        "An owner of your member took all your second factors away and ended your sessions.\n"
        "Sign in with your password, then add a new one.",
    ),
    Notice.NEW_NETWORK: (
        "You signed in from a new network",
        f"You signed in from a network that the hub has not seen you in for {SESSION_KEPT.days} days.",
    ),
    Notice.CODES_TRIED: (
        "Somebody guesses at your codes",
        f"Within a day {MOST_CODES} codes were tried for you, by somebody who had given your password.\n"
        "For the rest of the day your codes are taken only where you signed in before; passkeys serve as ever.",
    ),
    Notice.SESSIONS_ENDED: ("You were signed out", "Sessions of yours were ended from another one of yours."),
    Notice.ROLE_SET: ("Your role has changed", "An owner of your member, or its provider, gave you another role."),
    Notice.SHUT_OUT: (
        "You cannot sign in any more",
        "An owner of your member shut you out, and your sessions ended. Only an owner lets you in again.",
    ),
    Notice.LET_IN: ("You can sign in again", "An owner of your member let you in again, with the password you had."),
}
"""Subject and words of each; none says from where, by whom, or which."""
ACTS_OF_OWNERS = frozenset({Notice.ROLE_SET, Notice.SHUT_OUT, Notice.LET_IN})
"""What no stranger to the member does, and no new password mends."""

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
LONGEST_NAME = 120
LONGEST_ADDRESS = 255


LONGEST_ISSUER, LONGEST_CLAIM, MOST_MAPPED, MOST_DOMAINS = 255, 60, 50, 20
ALGORITHMS = ("RS256", "ES256", "EdDSA", "Ed25519")
"""What a provider may sign with: nothing that the hub's own secret could sign, and never nothing."""
CLOCK_DRIFT = 30
"""Seconds that a provider's clock may be ahead of the hub's, or behind."""
SIGN_IN_LASTS = 300
"""Seconds from leading a browser to its provider to its coming back."""
LONGEST_CODE = 2000
_CLIENT = re.compile(r"[\x21-\x7e]{1,255}")
_ISSUER = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?")


class MemberState(StrEnum):
    """Where a member stands in its life; only an admitted member or one on probation may act."""

    ADMITTED = "admitted"
    PROBATION = "probation"
    SUSPENDED = "suspended"
    LEFT = "left"


PROBATION = timedelta(days=90)
"""How long a member that was admitted stands on probation (rules of governance, 11): it may all, and is looked at."""

ACTIVE = frozenset({MemberState.ADMITTED, MemberState.PROBATION})

MOVES: dict[MemberState, frozenset[MemberState]] = {
    MemberState.ADMITTED: frozenset({MemberState.PROBATION, MemberState.SUSPENDED, MemberState.LEFT}),
    MemberState.PROBATION: frozenset({MemberState.ADMITTED, MemberState.SUSPENDED, MemberState.LEFT}),
    MemberState.SUSPENDED: frozenset({MemberState.ADMITTED, MemberState.PROBATION, MemberState.LEFT}),
    MemberState.LEFT: frozenset(),
}


TO_SIGN = timedelta(days=30)
"""How long a member that was there already, and signed the one before, has to sign a new version of the agreement."""
LONGEST_AGREEMENT = 200_000


ORPHANED_AFTER = timedelta(days=30)
"""How long after a member has left its contributions are put to review."""
ORPHANS_KEPT = timedelta(days=60)
"""How long the review may take; then they are withdrawn."""


class DecisionKind(StrEnum):
    """What the office decides by two people only."""

    ADMIT = "admit"
    ACT_FOR = "act_for"
    END_REVIEW = "end_review"
    BIND_DOMAIN = "bind_domain"
    ERASE = "erase"
    REANCHOR = "reanchor"
    SET_ASIDE = "set_aside"


class Act(StrEnum):
    """What two people of the office may do in a member's name."""

    NEW_OWNER = "new-owner"
    RESET_FACTORS = "reset-factors"
    END_SESSIONS = "end-sessions"
    REVOKE_KEYS = "revoke-keys"


ACTS: dict[Act, str] = {
    Act.NEW_OWNER: "Invite a new owner",
    Act.RESET_FACTORS: "Reset the second factors of an owner",
    Act.END_SESSIONS: "End the sessions of all its people",
    Act.REVOKE_KEYS: "Revoke all its API keys",
}
OF_OFFICE = frozenset({Act.NEW_OWNER})
"""What two of the office do for the office itself; all else its own owners do."""


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
    DecisionKind.BIND_DOMAIN: timedelta(days=14),
    DecisionKind.ERASE: timedelta(days=14),
    DecisionKind.REANCHOR: timedelta(days=2),
    DecisionKind.SET_ASIDE: timedelta(days=14),
}
"""How long a proposal waits for its second person."""
LONGEST_REASON = 500
LONGEST_SUBJECT = 60


def check_reason(reason: str) -> str:
    """Why something is proposed or refused: 1 to 500 characters, in lines. Raises ValueError with the rule."""
    reason = reason.replace("\r\n", "\n").strip()
    if _CONTROL.search(reason.replace("\n", "").replace("\t", "")) or not 1 <= len(reason) <= LONGEST_REASON:
        raise ValueError(f"a reason has 1 to {LONGEST_REASON} characters, and no control characters")
    return reason


def check_agreement(text: str) -> str:
    """A version of the agreement: its lines without blanks at their ends. Raises ValueError with the rule."""
    text = "\n".join(line.rstrip() for line in text.splitlines()).strip()
    if _CONTROL.search(text.replace("\n", "").replace("\t", "")) or not 1 <= len(text) <= LONGEST_AGREEMENT:
        raise ValueError(f"an agreement has 1 to {LONGEST_AGREEMENT:,} characters, and no control characters")
    return text


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


def check_name(name: str) -> str:
    """What a person is called: 1 to 120 characters on one line. Raises ValueError with the rule."""
    if _CONTROL.search(name) or not 1 <= len(name.strip()) <= LONGEST_NAME:
        raise ValueError(f"a name has 1 to {LONGEST_NAME} characters, all on one line")
    return name.strip()


def check_issuer(issuer: str) -> str:
    """The address that a provider calls itself by, exactly as it does. Raises ValueError with the rule."""
    if len(issuer) > LONGEST_ISSUER or not _ISSUER.fullmatch(issuer):
        raise ValueError("an issuer reads like https://login.example.org, with nothing after its path")
    return issuer


def check_client(text: str) -> str:
    """A client's id or secret: 1 to 255 visible ASCII characters. Raises ValueError with the rule alone."""
    if not _CLIENT.fullmatch(text):
        raise ValueError("a client's id and its secret have 1 to 255 characters of ASCII, none of them a space")
    return text


def role_map(text: str) -> dict[str, Role]:
    """Value of a claim → role, of lines like `Brand protection = analyst`. Raises ValueError naming the line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_MAPPED:
        raise ValueError(f"at most {MOST_MAPPED} lines")
    found: dict[str, Role] = {}
    for at, line in enumerate(lines, 1):
        value, _, role = (each.strip() for each in line.rpartition("="))
        if not 1 <= len(value) <= LONGEST_NAME or role not in set(Role) or value in found:
            raise ValueError(f"line {at} must read like: Brand protection = {Role.ANALYST.value}; each value once")
        found[value] = Role(role)
    return found


def mapped_role(roles: Mapping[str, str], values: Collection[str]) -> Role | None:
    """The widest role that a person's values of the claim are mapped to; None: no value is."""
    given = {roles[value] for value in values if value in roles}
    return next((role for role in Role if role.value in given), None)


def bound_subject(code: str, domain: str) -> str:
    """What a decision to bind a domain to a member is about. Raises ValueError for a domain too long for it."""
    if len(code) + 1 + len(domain) > LONGEST_SUBJECT:
        raise ValueError(f"a domain of yours has at most {LONGEST_SUBJECT - 1 - len(code)} characters")
    return f"{code} {domain}"


def email_domain(text: str) -> str:
    """The domain of e-mail addresses that somebody registered, in A-labels. Raises ValueError with the rule."""
    try:
        domain = ascii_host(text.strip().removeprefix("@"))
        registrable(domain)
    except RefusedError:
        raise ValueError("a domain reads like example.org: what stands behind the @ of your addresses") from None
    return domain


def new_pseudonym() -> str:
    """What the ledger calls a person or a client: random, and never digits alone, which would read as a number."""
    return "p_" + secrets.choice("abcdef") + secrets.token_hex(8)[1:]


def new_key() -> str:
    """A fresh API key: 256 random bits. Shown once; the hub keeps only its digest."""
    return "ah_" + secrets.token_urlsafe(32)


def new_link() -> str:
    """What a link in a letter ends with: 256 random bits."""
    return secrets.token_urlsafe(32)


def key_digest(key: str) -> bytes:
    """SHA-256 of a key or a link: enough for 256 random bits, and a thousand times cheaper than a password hash."""
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
