"""Which events a member is told of, under which topic, and when a letter of them is due: tables of facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, available_timezones

from hub.ledger.events import Event


class Topic(StrEnum):
    """What a notice is about; people choose by topic how they are told."""

    REPORTS = "reports"
    QUESTIONS = "questions"
    RIGHTS = "rights"
    EVIDENCE = "evidence"
    MATCHES = "matches"
    MEMBERSHIP = "membership"
    KEYS = "keys"
    LEDGER = "ledger"


class Letters(StrEnum):
    """How a person is told of a topic by letter."""

    NONE = "none"
    AT_ONCE = "at once"
    DAILY = "daily"


TOPICS: Mapping[Topic, tuple[str, Letters]] = {
    Topic.REPORTS: ("Listing reports", Letters.DAILY),
    Topic.QUESTIONS: ("Questions", Letters.AT_ONCE),
    Topic.RIGHTS: ("IP rights", Letters.DAILY),
    Topic.EVIDENCE: ("Evidence", Letters.NONE),
    Topic.MATCHES: ("Matches and contributions", Letters.DAILY),
    Topic.MEMBERSHIP: ("Members, groups and agents", Letters.NONE),  # most of it has a letter of its own
    Topic.KEYS: ("Keys and limits", Letters.DAILY),
    Topic.LEDGER: ("The record", Letters.NONE),
}
"""Each topic in words, and how a person is told of it that has chosen nothing."""


@dataclass(frozen=True)
class Noticed:
    """That members are told of an event: under which topic, and whether somebody has to act upon it."""

    topic: Topic
    acts: bool = False
    own: bool = False
    """Whether the member in whose name it was done is told too: nobody of it may have done it."""


_R, _M, _K, _L = Topic.REPORTS, Topic.MEMBERSHIP, Topic.KEYS, Topic.LEDGER
NOTICED: Mapping[Event, Noticed] = {
    Event.APPLICATION_RECEIVED: Noticed(_M, acts=True, own=True),
    Event.RIGHT_VERIFIED: Noticed(Topic.RIGHTS),
    Event.RIGHT_CERTIFICATE_READ: Noticed(Topic.RIGHTS),
    Event.RIGHT_CERTIFICATE_ERASED: Noticed(Topic.RIGHTS, own=True),
    Event.RIGHT_REFUSED: Noticed(Topic.RIGHTS, acts=True),
    Event.RIGHT_ASKED: Noticed(Topic.RIGHTS, acts=True),
    Event.RIGHT_VERIFIED_THERE: Noticed(Topic.RIGHTS),
    Event.RIGHT_REFUSED_THERE: Noticed(Topic.RIGHTS, acts=True),
    Event.SELLER_FOUND: Noticed(_R),
    Event.REPORT_FILED: Noticed(_R, acts=True),
    Event.REPORT_TAKEN: Noticed(_R),
    Event.REPORT_RETURNED: Noticed(_R, acts=True),
    Event.REPORT_MENDED: Noticed(_R, acts=True),
    Event.REPORT_FORWARDED: Noticed(_R),
    Event.REPORT_COUNTERED: Noticed(_R, acts=True),
    Event.REPORT_LAPSED: Noticed(_R, acts=True, own=True),
    Event.REPORT_MAINTAINED: Noticed(_R, acts=True),
    Event.COUNTER_ACCEPTED: Noticed(_R),
    Event.REPORT_REINSTATED: Noticed(_R, own=True),
    Event.REPORT_WITHDRAWN: Noticed(_R),
    Event.REPORT_JUDGED: Noticed(_R),
    Event.REPORT_ACTED: Noticed(_R),
    Event.REPORT_CLOSED: Noticed(_R),
    Event.REPORT_REOPENED: Noticed(_R),
    Event.REPORT_ORDER_CHECKED: Noticed(_R),
    Event.MESSAGE_SENT: Noticed(_R, acts=True),
    Event.QUESTION_ASKED: Noticed(Topic.QUESTIONS, acts=True),
    Event.QUESTION_ANSWERED: Noticed(Topic.QUESTIONS),
    Event.QUESTION_WITHDRAWN: Noticed(Topic.QUESTIONS),
    Event.QUESTION_MESSAGE_SENT: Noticed(Topic.QUESTIONS, acts=True),
    Event.QUESTION_EXPIRED: Noticed(Topic.QUESTIONS, own=True),
    Event.MEMBER_ADMITTED: Noticed(_M),
    Event.MEMBER_MOVED: Noticed(_M, acts=True),
    Event.ACTED_FOR: Noticed(_M, acts=True),
    Event.MEMBER_SECTOR_SET: Noticed(_M),
    Event.AGREEMENT_PUBLISHED: Noticed(_M, acts=True),
    Event.GROUP_INVITED: Noticed(_M, acts=True),  # it answers, and a seat may leave before it sits there
    Event.GROUP_INVITATION_SETTLED: Noticed(_M),
    Event.GROUP_RENEWED: Noticed(_M, acts=True),
    Event.GROUP_ACCEPTED: Noticed(_M),
    Event.GROUP_LAPSED: Noticed(_M, own=True),
    Event.GROUP_PASSED: Noticed(_M),
    Event.GROUP_LEFT: Noticed(_M),
    Event.GROUP_DISSOLVED: Noticed(_M),
    Event.GROUP_JOINED: Noticed(_M),
    Event.AUTHORISATION_GIVEN: Noticed(_M),
    Event.AUTHORISATION_TAKEN_BACK: Noticed(_M),
    Event.AUTHORISATION_GIVEN_UP: Noticed(_M),
    Event.ACTING_BEGUN: Noticed(_M),
    Event.PERSON_INVITED: Noticed(_M),
    Event.INVITATION_MADE: Noticed(_M),
    Event.DOMAIN_BOUND: Noticed(_M),
    Event.CREDENTIAL_ISSUED: Noticed(_K, own=True),
    Event.CREDENTIAL_REVOKED: Noticed(_K, own=True),
    Event.WEBHOOK_ADDED: Noticed(_K, own=True),
    Event.WEBHOOK_ROTATED: Noticed(_K, own=True),
    Event.WEBHOOK_DISABLED: Noticed(_K, acts=True, own=True),
    Event.QUOTA_SET: Noticed(_K),
    Event.LIMIT_SET: Noticed(_K),
    Event.EPOCH_OPENED: Noticed(_K, acts=True),
    Event.DENIALS_COUNTED: Noticed(_K),
    Event.CONTRIBUTION_EXPIRED: Noticed(Topic.MATCHES, own=True),
    Event.CONTRIBUTION_ORPHANED: Noticed(Topic.MATCHES, own=True),
    Event.ORPHANS_WITHDRAWN: Noticed(Topic.MATCHES, own=True),
    Event.MATCH_RUN: Noticed(Topic.MATCHES),
    Event.EVIDENCE_ATTACHED: Noticed(Topic.EVIDENCE),
    Event.EVIDENCE_READ: Noticed(Topic.EVIDENCE),
    Event.EVIDENCE_ERASED: Noticed(Topic.EVIDENCE),
    Event.EVIDENCE_EXPIRED: Noticed(Topic.EVIDENCE, own=True),
    Event.ENTRIES_READ: Noticed(_L),
    Event.WITNESS_ADDED: Noticed(_L),
    Event.WITNESS_REMOVED: Noticed(_L),
    Event.KEY_ROTATED: Noticed(_L),
    Event.SHARD_CLOSING: Noticed(_L),
    Event.ENTRY_ERASED: Noticed(_L),
    Event.ENTRIES_RETIRED: Noticed(_L),
    Event.PERSON_FORGOTTEN: Noticed(_L),
    Event.LEDGER_REANCHORED: Noticed(_L, acts=True),
    Event.ENTRY_SET_ASIDE: Noticed(_L, acts=True),
    Event.ENTRY_TAKEN_AGAIN: Noticed(_L),
}
"""Event → what is told of it, to each member that it concerns; another event needs one row here, or in SILENT."""

_OWN = "what a member's own people do is told to nobody else"
_PERSON = "the person is written to, and nobody else is concerned"
_OFFICE = "the office sees it in its own queue"
SILENT: Mapping[Event, str] = {
    **dict.fromkeys((Event.RIGHT_ENTERED, Event.RIGHT_CORRECTED, Event.RIGHT_CERTIFIED, Event.RIGHT_WITHDRAWN), _OWN),
    **dict.fromkeys((Event.SELLER_ADDED, Event.SELLER_ENDED), _OWN),
    **dict.fromkeys((Event.CLOCK_SET, Event.CLOCK_DROPPED, Event.LADDER_SET), _OWN),
    **dict.fromkeys((each for each in Event if each.startswith("testbuy.")), _OWN),
    **dict.fromkeys((Event.MARKETPLACE_SET, Event.MARKETPLACE_DROPPED, Event.EVIDENCE_STORED), _OWN),
    **dict.fromkeys((Event.WEBHOOK_CHANGED, Event.WEBHOOK_REMOVED), _OWN),
    **dict.fromkeys((Event.AGREEMENT_SIGNED, Event.GROUP_FOUNDED, Event.LIST_FETCHED), _OWN),
    Event.OUTCOME_SHARED: _OWN,
    **dict.fromkeys((Event.TOKEN_EVALUATED, Event.CONTRIBUTION_SHARED, Event.CONTRIBUTION_WITHDRAWN), _OWN),
    **dict.fromkeys((Event.PROVIDER_SET, Event.PROVIDER_REMOVED, Event.DOMAIN_ASKED, Event.DOMAIN_DROPPED), _OWN),
    **dict.fromkeys((Event.INVITATION_ACCEPTED, Event.INVITATION_TAKEN_BACK, Event.ROLE_SET), _OWN),
    **dict.fromkeys((Event.PERSON_SHUT_OUT, Event.PERSON_LET_IN, Event.PERSON_BROUGHT, Event.PERSON_LINKED), _OWN),
    **dict.fromkeys(
        (Event.PASSWORD_CHANGED, Event.PERSON_SIGNED_IN, Event.FACTOR_ADDED, Event.FACTOR_REMOVED), _PERSON
    ),
    **dict.fromkeys((Event.FACTORS_RESET, Event.ROLE_GIVEN), _PERSON),
    **dict.fromkeys((Event.APPLICATION_DOCUMENT_READ, Event.APPLICATION_TICKED, Event.APPLICATION_UNTICKED), _OFFICE),
    **dict.fromkeys((Event.APPLICATION_VETTED, Event.APPLICATION_REFUSED, Event.LEDGER_DISPUTED), _OFFICE),
    **dict.fromkeys((Event.DECISION_PROPOSED, Event.DECISION_APPROVED, Event.DECISION_REFUSED), _OFFICE),
    Event.REPORT_ASSIGNED: "which of its people a platform has review a report is its own business",
    Event.ACTING_ENDED: "that an agent's person goes home is no news; that it began is",
    Event.ACCESS_DENIED: "one refusal is told by DENIALS_COUNTED, with the others of its hour",
}
"""Events that no member is told of, each with its reason."""

MOST_COUNTED = 100
"""Up to how many unread notices are counted: more than 99 is many."""
KEPT = timedelta(days=90)
"""How long a notice is kept; the record keeps what it told of."""
FIRST_HOUR = 8
"""When a daily letter is written to whoever has chosen no hour."""
ZONES = frozenset(available_timezones()) - {"localtime", "Factory"}
"""The names of the IANA time zone database."""


class SettingsError(ValueError):
    """A choice that there is not; the text names what to mend."""


@dataclass(frozen=True)
class Settings:
    """How a person is told by letter: by topic; and at which hour of which place a daily letter is written."""

    letters: Mapping[Topic, Letters] = field(default_factory=dict)
    hour: int = FIRST_HOUR
    zone: str = "UTC"

    def __post_init__(self) -> None:
        if not 0 <= self.hour <= 23:
            raise SettingsError("the hour is a whole number from 0 to 23")
        if self.zone not in ZONES:
            raise SettingsError("the time zone is one of the list, such as Europe/Berlin")

    def of(self, topic: Topic) -> Letters:
        """How the person is told of a topic."""
        return self.letters.get(topic, TOPICS[topic][1])

    def topics(self, how: Letters) -> list[Topic]:
        """The topics that are told so."""
        return [topic for topic in Topic if self.of(topic) is how]

    def next_due(self, now: datetime) -> datetime:
        """When the hour of the daily letter comes next; one that a time change leaves out comes when it would have."""
        zone = ZoneInfo(self.zone)
        today = now.astimezone(zone).date()
        hours = (datetime.combine(today + timedelta(days=n), time(self.hour), zone).astimezone(UTC) for n in range(3))
        return next(hour for hour in hours if hour > now)


def letter_text(counts: Mapping[Topic, tuple[int, int]]) -> str:
    """What a letter says: how many notices of which topic, how many need somebody; nothing of the records."""
    lines = [
        f"- {TOPICS[topic][0]}: {many:,}" + (f", of which somebody has to act on {acts:,}" if acts else "")
        for topic, (many, acts) in counts.items()
    ]
    whole = sum(many for many, _ in counts.values())
    return (f"{whole:,} notices wait" if whole > 1 else "A notice waits") + " for you:\n\n" + "\n".join(lines)
