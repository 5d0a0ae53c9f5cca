"""What is valid about sharing groups: their bounds, their spans of time, their codes."""

import hashlib
import secrets
from datetime import timedelta
from enum import StrEnum

INVITATION_LASTS = timedelta(days=14)
MOST_GROUPS = 50
"""Groups that one member founds: as many as it has cases that want other partners, and far from filling the hub."""
MOST_SEATS = 200
"""Seats and open invitations of one group. Each seat is an address that every request of every other seat carries: two
hundred are a kilobyte; and whoever reaches more shares with the alliance, under its own agreement."""
MOST_SHOWN = 500

TO_ACCEPT = timedelta(days=30)
"""How long a seat has to accept a new version of the agreement; the database's `seat_to_end` says the same."""
VERSIONS_APART = timedelta(days=1)
"""How long a version stands before the next: each sends letters to people of other members."""


def new_code() -> str:
    """A sharing group's code: random, so that nobody learns of groups by trying names."""
    return "g-" + "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(10))


def digest_of(agreement: str) -> str:
    """SHA-256 of a group's agreement in UTF-8, hexadecimal."""
    return hashlib.sha256(agreement.encode()).hexdigest()


class GroupNews(StrEnum):
    """What the owners of a seat are told by letter."""

    RENEWED = "renewed"
    LAPSED = "lapsed"
    PASSED = "passed"


NEWS: dict[GroupNews, tuple[str, str]] = {
    GroupNews.RENEWED: (
        "A sharing group has a new agreement",
        "The member that keeps the sharing group {code} has published a new agreement for it. Read it, and accept it\n"
        f"within {TO_ACCEPT.days} days. Your seat works until then; if nobody has accepted by then, it ends.",
    ),
    GroupNews.LAPSED: (
        "Your seat in a sharing group has ended",
        "Your member has not accepted the new agreement of the sharing group {code} in time. Nothing passes through\n"
        "its seat any more, either way. Only another invitation gives it another seat.",
    ),
    GroupNews.PASSED: (
        "A sharing group is yours to keep",
        "The member that kept the sharing group {code} has left it, or the alliance. Of those that can, yours has sat\n"
        "in it longest, and keeps it now: it invites to it, publishes its agreement, and may leave or dissolve it.",
    ),
}
"""Subject and words of each; a group's name is its founder's to choose, so no letter holds it."""
