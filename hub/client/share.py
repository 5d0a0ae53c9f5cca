"""Sharing: the good rows' tokens go to the hub, with our word on them."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from hub import clock
from hub.client.errors import false_answer
from hub.client.http import Answer
from hub.client.session import Session
from hub.client.spool import Identifier, Spool
from hub.client.tokenise import token_batches, tokenise
from hub.client.workers import Workers

BATCH = 10_000
_RESUMABLE = timedelta(hours=1)
TLP = ("clear", "green", "amber", "amber+strict", "red")
REASONS = ("several-trades", "organised", "safety", "authority")
"""Why something passes to all sectors."""


@dataclass(frozen=True)
class Audience:
    """To whom it may pass."""

    tlp: str
    groups: Sequence[str] = ()
    members: Sequence[str] = ()
    platforms_only: bool = False
    all_sectors: str | None = None
    """The reason for passing to other sectors than our own."""
    note: str | None = None
    show_us: bool = False

    def document(self) -> dict[str, Any]:
        """As the API takes it; what is as usual is left out."""
        said: dict[str, Any] = {"tlp": self.tlp, "sharing_groups": sorted(self.groups)}
        said |= {"members": sorted(self.members)} if self.members else {}
        said |= {"platforms_only": True} if self.platforms_only else {}
        said |= {"show_contributor": True} if self.show_us else {}
        if self.all_sectors:
            said["widening"] = {"reason": self.all_sectors} | ({"note": self.note} if self.note else {})
        return said

    def lines(self) -> list[str]:
        """For people: who may see it, and what they see of us."""
        whom = "platforms" if self.platforms_only else "members"
        within = f" within {', '.join([*sorted(self.groups), *sorted(self.members)])}" if self.is_addressed else ""
        sector = f"all sectors ({self.all_sectors})" if self.all_sectors else "our sector or none"
        return [
            f"may pass to: {whom}{within}, of {sector}, as far as TLP:{self.tlp.upper()} reaches",
            "they see: our code beside the match" if self.show_us else "they see: not whose word it is",
        ]

    @property
    def is_addressed(self) -> bool:
        """Whether it passes to named groups and members only."""
        return bool(self.groups or self.members)


@dataclass(frozen=True)
class Terms:
    """Our word on every row of a file (field names of the API)."""

    stance: str
    evidence_level: str
    audience: Audience
    expires_on: date | None = None
    basis: tuple[str, str] | None = None
    """The kind of our own record that it rests on (field name of the API), and its name."""

    def document(self) -> dict[str, Any]:
        """The terms as the API takes them."""
        terms: dict[str, Any] = {
            "stance": self.stance,
            "evidence_level": self.evidence_level,
            **self.audience.document(),
        }
        if self.basis is not None:
            kind, name = self.basis
            terms[kind] = name
        if self.expires_on is not None:
            terms["expires_on"] = self.expires_on.isoformat()
        return terms


@dataclass
class Shared:
    """What came of sharing. `resumed` tokens were acknowledged to an interrupted run of the same command before."""

    key_id: str
    evaluated: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    resumed: int = 0
    entries: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "key": self.key_id,
            "evaluated": self.evaluated,
            "added": self.added,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "resumed": self.resumed,
            "entries": self.entries,
        }


def share_spool(session: Session, spool: Spool, terms: Terms, type: str, workers: Workers) -> Shared:
    """Share every identifier of the spool under the open key; the same again changes nothing.

    Batches that an interrupted run of the same command had acknowledged within the last hour are not sent again, unless
    something was withdrawn from here since. Raises ClientError.
    """
    key = session.open_key(type)
    shared = Shared(key.key_id)
    shared.evaluated = tokenise(session, spool, key, workers)
    told = {"key": key.key_id, **terms.document()}
    run = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).digest()
    since = clock.stamp(clock.now() - _RESUMABLE)
    acknowledged = session.vault.acknowledged(run, since)
    with session.console.step("sharing", spool.count) as step:
        for batch in token_batches(session, spool, key, session.limit("share_tokens", BATCH)):
            document = told | _contents(batch)
            digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).digest()
            if digest in acknowledged:
                shared.resumed += len(batch)
            else:
                answer = session.hub.post_json("/api/v1/contributions", document)
                # If we crash before this is kept, the batch is sent again and changes nothing.
                _keep(session, shared, batch, (run, digest), answer)
            step.advance(len(batch))
    session.vault.finish(run)
    return shared


def _contents(batch: Sequence[tuple[Identifier, bytes]]) -> dict[str, Any]:
    contents: dict[str, Any] = {"tokens": base64.b64encode(b"".join(token for _, token in batch)).decode()}
    if any(one.seller is not None for one, _ in batch):
        contents["sellers"] = [one.seller for one, _ in batch]
    return contents


def _keep(
    session: Session,
    shared: Shared,
    batch: Sequence[tuple[Identifier, bytes]],
    acknowledgement: tuple[bytes, bytes],
    answer: Answer,
) -> None:
    entry = answer.recorded()
    marks, sellers = [one.mark for one, _ in batch], [one.seller for one, _ in batch]
    session.vault.keep_shared(shared.key_id, marks, sellers, acknowledgement, entry)
    added, changed, unchanged = counts(answer, "added", "changed", "unchanged")
    shared.added += added
    shared.changed += changed
    shared.unchanged += unchanged
    shared.entries.append(entry.id)


def counts(answer: Answer, *names: str) -> tuple[int, ...]:
    """The named counts of an answer. Raises ClientError when one is missing or no count."""
    document = answer.document()
    found = tuple(document.get(name) for name in names)
    if not all(isinstance(count, int) and count >= 0 for count in found):
        raise false_answer("the hub's answer lacks a count")
    return tuple(int(count) for count in found if count is not None)
