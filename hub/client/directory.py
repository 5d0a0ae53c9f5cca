"""The hub's directory of token keys, held against what this member pinned."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from hub.client.errors import ClientError, false_answer, printable
from hub.client.profile import Profile
from hub.client.vault import Vault
from hub.tokens import KeyId
from hub.tree.note import NoteError, Verifier, open_note, split_note

_STATES = frozenset({"open", "closing"})


@dataclass(frozen=True)
class Key:
    """One token key: its id `alliance.epoch.type`, its public key (32 bytes), and whether new contributions take it."""

    key_id: str
    public_key: bytes
    open: bool

    @property
    def type(self) -> str:
        """The identifier type it serves."""
        return KeyId.parse(self.key_id).type


def signed_text(note: str, vkey: str) -> str:
    """The text of a note that the hub's service key signed. Raises ClientError when it did not."""
    try:
        return open_note(note, [Verifier.parse(vkey)]).text
    except NoteError as error:
        raise false_answer(f"the hub's answer is not signed by the key in your profile: {error}") from None


def read_directory(body: bytes, profile: Profile, vault: Vault) -> list[Key]:
    """The keys of a signed directory, open ones first; new ones are pinned in the vault.

    Raises ClientError (exit code 5) for a bad signature, and for a known key id with another public key: tokens made
    with that would match nothing, and could be traced to us.
    """
    try:
        note = body.decode()
        text = signed_text(note, profile.service_vkey) if profile.service_vkey else split_note(note)[0]
    except (UnicodeDecodeError, NoteError):
        raise false_answer("the hub's directory of keys is not a signed note") from None
    lines = text.splitlines()
    if profile.ledger_origin is not None and (not lines or lines[0] != f"{profile.ledger_origin}/keys"):
        raise false_answer("the hub's directory of keys is another alliance's")
    keys = [_key(line, profile) for line in lines[1:]]
    pinned = vault.pinned() | dict(profile.keys)
    for key in keys:
        if pinned.get(key.key_id, key.public_key) != key.public_key:
            raise _changed(key.key_id)
    for key in keys:
        vault.pin(key.key_id, key.public_key)
    return sorted(keys, key=lambda key: not key.open)


def _key(line: str, profile: Profile) -> Key:
    parts = line.split(" ")
    try:
        name, encoded, state = parts
        key_id, public_key = KeyId.parse(name), base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        raise false_answer("a line of the hub's directory of keys cannot be read") from None
    foreign = profile.alliance is not None and key_id.alliance != profile.alliance
    if len(public_key) != 32 or state not in _STATES or foreign:
        raise false_answer("a line of the hub's directory of keys is not what it should be")
    return Key(name, public_key, state == "open")


def _changed(key_id: str) -> ClientError:
    return false_answer(
        f"THE PUBLIC KEY {printable(key_id, 130)} HAS CHANGED. A key never changes under its id: either the hub or the "
        "way to it is not what it was. Nothing was sent.",
        "compare the key with another member's by telephone, and tell your auditor; do not delete the pinned key",
    )
