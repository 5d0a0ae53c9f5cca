"""`alliance ledger policy`: the trust policy that we pinned, which says whose cosignatures make a checkpoint final."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.client.errors import false_answer
from hub.client.ledger.alarm import LedgerAlarm
from hub.client.ledger.keys import names_our_log, pin, pinned_policy, read_policy, stated_by
from hub.client.ledger.published import open_log
from hub.client.session import Session
from hub.tree.trust_policy import NONE, Policy, PolicyError


@dataclass(frozen=True)
class Pinned:
    """The policy that we pinned (None: none yet), the hub's own, and whose its witnesses are as far as it says."""

    ours: Policy | None
    hubs: Policy
    members: Mapping[str, str]

    def document(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "pinned": None if self.ours is None else self.ours.encode().decode("utf-8", "replace"),
            "hub": self.hubs.encode().decode("utf-8", "replace"),
            "same": self.ours == self.hubs,
            "members": dict(self.members),
        }

    def lines(self) -> list[str]:
        """For people."""
        if self.ours is None:
            return [
                "no trust policy is pinned: no checkpoint is final for us",
                *self._of(self.hubs, "the hub's policy"),
            ]
        if self.ours == self.hubs:
            return self._of(self.ours, "the policy that we pinned is the hub's")
        return [
            *self._of(self.ours, "the policy that we pinned"),
            *self._of(self.hubs, "the hub has another one"),
            "find out why, then take it with --take",
        ]

    def _of(self, policy: Policy, heading: str) -> list[str]:
        quorum = "no quorum is asked for" if policy.quorum == NONE else f"quorum {policy.quorum}"
        known = [f"  {each.name}  {self.members.get(each.verifier.vkey, '')}".rstrip() for each in policy.witnesses]
        return [f"{heading}: {len(policy.witnesses)} witnesses, {quorum}", *known]


def look_at_policy(session: Session, *, take: bool, file: Path | None) -> Pinned:
    """Compare the policy that we pinned with the hub's, after pinning the hub's or that of a file where asked.

    Raises ClientError for a policy that is none, or is not of the log in our profile.
    """
    try:
        hubs = Policy.parse(session.hub.get("/audit/log/policy").body)
    except PolicyError as error:
        raise false_answer(f"the hub's trust policy is none: {error}") from None
    if take and not names_our_log(session, hubs):
        _follow(session)
    if take and not names_our_log(session, hubs):
        raise false_answer("the policy does not name the log that our profile names")
    if take:
        pin(session, hubs)
    elif file is not None:
        pin(session, read_policy(file))
    return Pinned(pinned_policy(session), hubs, _members(session))


def _follow(session: Session) -> None:
    """Follow the log to the key that signs it now."""
    try:
        with open_log(session.profile, session.patience, session.console.say) as reader:
            note = reader.checkpoint()
            if note is not None:
                stated_by(session, note, reader, ended=True)
    except LedgerAlarm as alarm:
        raise alarm.recorded(session.folder) from None


def _members(session: Session) -> dict[str, str]:
    """Key of a witness → the member whose it is, as the hub says."""
    told = session.hub.get("/audit/witnesses").document().get("witnesses")
    known = told if isinstance(told, list) else []
    return {str(each["vkey"]): str(each["member"]) for each in known if isinstance(each, dict) and each.get("member")}
