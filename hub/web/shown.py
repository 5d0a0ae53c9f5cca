"""What the pages of lists show: plain, frozen values, so that no template asks what the policy did not answer.

Moments are aware UTC, days are UTC days. Evidence levels read `E1`…`E4`, TLP labels as `amber+strict`, titles of
identifier types as people read them. Every text is safe to show to the member that the page is for.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, Self, TypeVar

Row = TypeVar("Row")
Shown = TypeVar("Shown")


@dataclass(frozen=True)
class CursorPage(Generic[Row]):
    """One page of a list, newest first, with the cursors of its neighbours (None: there is none)."""

    rows: tuple[Row, ...]
    newer: str | None = None
    older: str | None = None

    def mapped(self, shown: Callable[[Row], Shown]) -> "CursorPage[Shown]":
        """The same page with each row as it is shown."""
        return CursorPage(tuple(map(shown, self.rows)), self.newer, self.older)


@dataclass(frozen=True)
class Filter:
    """One field of a page's filter: a choice among `options` (value, label), or a day when there are none."""

    name: str
    label: str
    value: str = ""
    options: tuple[tuple[str, str], ...] = ()
    error: str | None = None
    unset: str = "Any"
    """What no choice is called."""

    @classmethod
    def of(
        cls, given: Mapping[str, str], name: str, label: str, options: tuple[tuple[str, str], ...], unset: str = "Any"
    ) -> Self:
        """With the choice that an address gives; what is none of the options is no choice."""
        value = given.get(name, "")
        return cls(name, label, value if value in dict(options) else "", options, unset=unset)


@dataclass(frozen=True)
class Filters:
    """All filter fields of one page."""

    fields: tuple[Filter, ...] = ()

    @property
    def chosen(self) -> dict[str, str]:
        """The query arguments that links to neighbouring pages keep."""
        return {f.name: f.value for f in self.fields if f.value and not f.error}

    @property
    def errors(self) -> tuple[Filter, ...]:
        """The fields that could not be used."""
        return tuple(f for f in self.fields if f.error)


@dataclass(frozen=True)
class LogLine:
    """The state of the log as a member is told it."""

    origin: str
    size: int
    root: str
    """Base64 of the 32-byte root of the last checkpoint."""
    checkpoint_at: datetime | None
    pending: int
    """Events recorded but not yet under a checkpoint."""
    own_entries: int
    """Entries that concern the member who reads."""
    stale: bool = False
    """Whether the sequencer is later than it promises."""


@dataclass(frozen=True)
class EntryLine:
    """One entry that concerns the member who reads, as a sentence."""

    id: str
    at: datetime
    sentence: str
    action: str
    outcome: str
    """`allowed`, `denied` or `error`."""
    index: int | None = None
    """Its place in the log; None until the sequencer has integrated it."""


@dataclass(frozen=True)
class EntryPage:
    """One entry in full: the reader's own view of it, and where it stands in the log."""

    line: EntryLine
    view: tuple[tuple[str, str], ...] | None
    """(field, value) in the view's own order; None when the view was erased."""
    erased_by: str | None
    commitment: str
    """Base64 of the reader's commitment in the leaf."""
    leaf_hash: str | None
    checkpoint_size: int | None
    checkpoint_at: datetime | None
    shard: tuple[str, int] | None = None
    """The name of its shard and its place there, from 0; None where it waits, or is in the first, whose places are the
    log's."""


@dataclass(frozen=True)
class ShareAct:
    """One act of sharing or withdrawing by the member who reads."""

    at: datetime
    by: str
    verb: str
    """`shared` or `withdrew`."""
    type_title: str
    counts: Mapping[str, int]
    """`added`, `changed`, `unchanged` of a share; `withdrawn`, `unknown` of a withdrawal."""
    entry_id: str
    evidence_level: str | None = None
    tlp: str | None = None
    stance: str | None = None
    reason: str | None = None
    widened: str | None = None
    """Why it passes to all sectors; None: it does not."""


@dataclass(frozen=True)
class ContributionRow:
    """One standing or ended contribution of the member who reads; the identifier itself the hub never had."""

    seller: str | None
    type_title: str
    stance: str
    evidence_level: str
    tlp: str
    passes_to: tuple[str, ...]
    """What narrows or widens its audience beside the TLP, in words."""
    shared_at: datetime
    expires_on: date
    is_matched: bool
    state: str
    """`active`, `expiring`, `expired` or `withdrawn`."""


@dataclass(frozen=True)
class MatchRow:
    """One match of the member who reads."""

    id: str
    type_title: str
    evidence_level: str | None
    """The highest of the contributions behind it; None when none stands any more, as for `expires_on`."""
    members: int | None
    """How many members not named hold the indicator; None: fewer than 3, which is never told more closely."""
    contributors: tuple[str, ...]
    """The codes of those who chose to be named."""
    first_matched_at: datetime
    expires_on: date | None
    state: str
    """`new`, `triaged`, `same`, `not_same`, `inconclusive`; or `withdrawn` once no contribution stands behind it."""
