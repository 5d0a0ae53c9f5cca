"""One command's access to the hub and to the member's own state: profile, vault, connection, directory of keys."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hub.client.console import Console
from hub.client.directory import Key, read_directory
from hub.client.errors import false_answer, usage
from hub.client.http import HubConnection, connection
from hub.client.profile import Profile, read_profile
from hub.client.vault import Vault, open_vault
from hub.client.workers import Assignment


@dataclass
class Session:
    """What every command that talks to the hub works with. `folder` is the member's state folder."""

    profile: Profile
    folder: Path
    vault: Vault
    hub: HubConnection
    console: Console
    patience: float
    _me: dict[str, Any] | None = None
    _keys: list[Key] | None = None

    def me(self) -> dict[str, Any]:
        """What the hub says of us: member, quotas, limits, sharing groups."""
        if self._me is None:
            self._me = self.hub.get("/api/v1/me").document()
        return self._me

    def limit(self, name: str, most: int) -> int:
        """How many elements, tokens or rows one request may hold: our own `most`, or less if the hub says so."""
        limits = self.me().get("limits")
        stated = limits.get(name) if isinstance(limits, dict) else None
        return max(1, min(most, stated)) if isinstance(stated, int) else most

    def keys(self, type: str) -> Sequence[Key]:
        """The keys of a type, the open one first; each checked against what was pinned before. Raises ClientError."""
        if self._keys is None:
            self._keys = read_directory(self.hub.get("/api/v1/keys").body, self.profile, self.vault)
        keys = [key for key in self._keys if key.type == type]
        if not keys:
            raise usage(f"this alliance has no key for identifiers of type {type}", "`alliance types` lists the types")
        return keys

    def open_key(self, type: str) -> Key:
        """The key under which new contributions are made."""
        key = self.keys(type)[0]
        if not key.open:
            raise usage("no epoch is open: nothing can be shared now", "ask your alliance's administrator")
        return key

    def assignment(self, type: str, country: str | None) -> Assignment:
        """What worker processes need for identifiers of this type."""
        return Assignment(type, country, self.vault.local_key, self.profile, self.patience)


@contextmanager
def open_session(
    profile_path: str | None, console: Console, patience: float, acting_for: str | None = None
) -> Iterator[Session]:
    """Open everything that the profile names, to act for a brand if one is named. Raises ClientError with a remedy."""
    profile = read_profile(profile_path, os.environ, acting_for)
    with connection(profile, patience=patience, notice=console.say) as hub:
        if profile.member is None:
            profile = _introduced(profile, hub)
        folder = profile.state_folder(os.environ)
        with open_vault(folder) as vault:
            yield Session(profile, folder, vault, hub, console, patience)


def _introduced(profile: Profile, hub: HubConnection) -> Profile:
    me = hub.get("/api/v1/me").document()
    member, alliance = me.get("member"), me.get("alliance")
    if not isinstance(member, str) or not isinstance(alliance, str) or not member.replace("-", "").isalnum():
        raise false_answer("the hub does not say who we are")
    return replace(profile, member=member, alliance=alliance)
