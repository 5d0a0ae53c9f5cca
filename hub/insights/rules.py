"""What each kind of member finds on its overview, and what counts as needing somebody: pure, no query, no clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from hub.indicators.rules import SOON
from hub.web.shown import EntryLine, LogLine

QUOTA_NEAR_END = 0.8
"""The used share of a quota from which it asks for attention."""


@dataclass(frozen=True)
class Need:
    """One thing that waits for a person: what, why it matters or what to do, and the page where it is done."""

    urgency: str
    """`now` or `soon`."""
    title: str
    remedy: str
    endpoint: str | None = None
    action: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SharedOfType:
    """The reader's standing contributions of one identifier type."""

    title: str
    by_evidence: tuple[int, int, int, int]
    """At E1, E2, E3, E4."""
    matched: int
    """How many of them at least one other member has matched."""
    expiring: int
    """How many end within SOON."""

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.by_evidence)


@dataclass(frozen=True)
class ListedOfType:
    """The indicators of one identifier type that have effect for the reader, by their highest evidence."""

    title: str
    by_evidence: tuple[int, int, int, int]
    matched: int
    """How many of them the reader has matched."""
    new: int
    """How many of those matches nobody has looked at."""

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.by_evidence)


@dataclass(frozen=True)
class Quota:
    """How many identifiers of a type the member may have evaluated in the period, and has."""

    title: str
    allowed: int
    used: int
    renews_on: date
    member: str = ""
    """Whose, on the alliance office's page."""

    @property
    def used_share(self) -> float:
        """Between 0 and 1; a quota of nothing is spent."""
        return min(self.used / self.allowed, 1.0) if self.allowed else 1.0

    @property
    def is_near_end(self) -> bool:
        """Whether it asks for attention."""
        return self.used_share >= QUOTA_NEAR_END


@dataclass(frozen=True)
class Credential:
    """An API credential of the member: its name, never any part of its key."""

    name: str
    expires_at: datetime
    last_used_on: date | None
    member: str = ""


@dataclass(frozen=True)
class EpochLine:
    """The epoch whose keys serve now."""

    name: str
    opened_on: date
    closes_on: date | None


@dataclass(frozen=True)
class MemberLine:
    """One member as the alliance's office sees it: nothing of what it shares."""

    code: str
    title: str
    kind: str
    state: str
    admitted_on: date


@dataclass(frozen=True)
class CheckpointLine:
    """One signed statement of the log's size and root."""

    size: int
    root: str
    at: datetime


@dataclass(frozen=True)
class BrandOverview:
    """What a brand finds: what it shared, what was matched of it, what needs it, its record."""

    as_of: datetime
    shared: tuple[SharedOfType, ...]
    by_tlp: Mapping[str, int]
    withdrawn: int
    """Withdrawn in all."""
    needs: tuple[Need, ...]
    quotas: tuple[Quota, ...]
    log: LogLine
    recent: tuple[EntryLine, ...]
    soon_days: int = SOON.days

    @property
    def total(self) -> int:
        """Standing contributions."""
        return sum(row.total for row in self.shared)

    @property
    def matched(self) -> int:
        """Standing contributions that somebody matched."""
        return sum(row.matched for row in self.shared)

    @property
    def expiring(self) -> int:
        """Standing contributions that end soon."""
        return sum(row.expiring for row in self.shared)


@dataclass(frozen=True)
class PlatformOverview:
    """What a platform finds: what it may match against, what matched, what needs it, its record."""

    as_of: datetime
    listed: tuple[ListedOfType, ...]
    recalled: int
    """Matches with no contribution standing behind them any more."""
    contributed: int
    """The platform's own standing contributions."""
    needs: tuple[Need, ...]
    quotas: tuple[Quota, ...]
    log: LogLine
    recent: tuple[EntryLine, ...]

    @property
    def total(self) -> int:
        """Indicators that have effect for the platform."""
        return sum(row.total for row in self.listed)

    @property
    def matched(self) -> int:
        """Indicators that the platform matched."""
        return sum(row.matched for row in self.listed)

    @property
    def new(self) -> int:
        """Matches that nobody has looked at."""
        return sum(row.new for row in self.listed)


@dataclass(frozen=True)
class AuditorOverview:
    """What an auditor finds: the log's statements, what is on record by action, what needs it."""

    as_of: datetime
    log: LogLine
    checkpoints: tuple[CheckpointLine, ...]
    needs: tuple[Need, ...]
    recent: tuple[EntryLine, ...]


@dataclass(frozen=True)
class ActingOverview:
    """What a person of an agent finds that acts for a brand: what it may do for it, and the brand's quotas."""

    may: tuple[str, ...]
    """In words."""
    quotas: tuple[Quota, ...]


@dataclass(frozen=True)
class AdministratorOverview:
    """What the alliance's office finds: members, epoch, quotas, log. Nothing of what members share."""

    as_of: datetime
    members: tuple[MemberLine, ...]
    epoch: EpochLine | None
    needs: tuple[Need, ...]
    log: LogLine
    recent: tuple[EntryLine, ...]

    def count(self, kind: str) -> int:
        """Members of a kind that are in the alliance, whatever their state."""
        return sum(member.kind == kind for member in self.members)


def on_day(day: date) -> str:
    """`1 Dec 2026`."""
    return f"{day.day} {day:%b %Y}"


def counted(count: int, one: str, many: str) -> str:
    """`1 contribution`, `1,204 contributions`."""
    return f"{count:,} {one if count == 1 else many}"


def needs_from_matches(new: int, recalled: int) -> Iterable[Need]:
    """Matches nobody has looked at, and matches whose contributions are gone."""
    if recalled:
        title = counted(recalled, "match was withdrawn", "matches were withdrawn")
        remedy = "Nothing the alliance shared stands behind this any more: review what you decided on its strength."
        yield Need("now", title, remedy, "matches.matches", "Review", {"state": "withdrawn"})
    if new:
        title = counted(new, "new match", "new matches")
        remedy = "A match is a lead, not proof: decide on your own grounds."
        yield Need("now", title, remedy, "matches.matches", "Look at them", {"state": "new"})


def needs_from_contributions(expiring: int) -> Iterable[Need]:
    """Contributions that end soon."""
    if expiring:
        title = f"{counted(expiring, 'contribution expires', 'contributions expire')} within {SOON.days} days"
        remedy = "Share the file again with a later day to keep what still holds."
        yield Need("soon", title, remedy, "indicators.contributions", "See which", {"state": "expiring"})


def needs_from_quotas(quotas: Iterable[Quota]) -> Iterable[Need]:
    """Quotas that are spent or nearly so."""
    for quota in quotas:
        if quota.is_near_end:
            owner = f"{quota.member}: " if quota.member else ""
            spent = quota.used_share >= 1
            used = "spent" if spent else f"{quota.used_share:.0%} used"
            title = f"{owner}{quota.title} quota {used}"
            remedy = f"It renews on {on_day(quota.renews_on)}. The alliance's office can raise it by declared need."
            yield Need("now" if spent else "soon", title, remedy)


def needs_from_credentials(credentials: Iterable[Credential], as_of: datetime) -> Iterable[Need]:
    """Credentials that have expired or will soon."""
    for credential in credentials:
        if credential.expires_at - as_of <= SOON:
            over = credential.expires_at <= as_of
            whose = f"{credential.member}: credential" if credential.member else "Credential"
            verb = "expired" if over else "expires"
            title = f"{whose} {credential.name} {verb} on {on_day(credential.expires_at)}"
            meanwhile = "nothing gets in with this one" if over else "this one works until then"
            remedy = f"The operator issues a new one (hub member credential); {meanwhile}."
            yield Need("now" if over else "soon", title, remedy)


def needs_from_epoch(epoch: EpochLine | None, as_of: datetime) -> Iterable[Need]:
    """An epoch that closes soon, or none that is open."""
    if epoch is None:
        yield Need("now", "No epoch is open", "Until the operator opens one, nothing can be shared or matched.")
    elif epoch.closes_on is not None and epoch.closes_on - as_of.date() <= SOON:
        title = f"Epoch {epoch.name} closes on {on_day(epoch.closes_on)}"
        yield Need("soon", title, "What is not shared again under the next epoch's keys expires with it.")


def needs_from_log(log: LogLine) -> Iterable[Need]:
    """A log whose sequencer is late."""
    if log.stale:
        title = f"The log is late: {counted(log.pending, 'event waits', 'events wait')} for a checkpoint"
        yield Need("now", title, "Every event is kept and will be entered; ask the operator to look at the worker.")


def needs_from_mail(given_up: int) -> Iterable[Need]:
    """Letters that no server took for a day, or that one refused for good."""
    if given_up:
        title = f"{counted(given_up, 'letter', 'letters')} could not be delivered in the last 30 days"
        yield Need("soon", title, "Whom it concerns was not told; ask the operator to look at the worker's log.")


def in_order(*needs: Iterable[Need]) -> tuple[Need, ...]:
    """All needs, what is due now before what is due soon, otherwise as given."""
    every = [need for some in needs for need in some]
    return tuple(sorted(every, key=lambda need: need.urgency != "now"))
