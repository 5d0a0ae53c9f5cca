"""Profiles: what a member's client needs to talk to this hub, in one file."""

import base64
import json
import os
from pathlib import Path

from flask import current_app

from hub.access.actor import Actor
from hub.app import service_signer
from hub.config import Settings
from hub.epochs import service as epochs
from hub.ledger import service as ledger
from hub.members import service as members


def issue(actor: Actor, code: str, out: Path, days: int) -> None:
    """Issue a credential and write it as a profile, mode 0600, before it counts.

    Raises ValueError when the file exists (a profile is not overwritten), and what `members.issue_credential` raises.
    """
    settings: Settings = current_app.extensions["settings"]
    try:
        handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ValueError(f"{out} exists; choose another file name or remove it") from None
    except OSError as error:
        raise ValueError(f"{out} cannot be written: {error.strerror}") from None
    try:
        key = members.issue_credential(actor, code, days)
    except Exception:
        os.close(handle)
        out.unlink()
        raise
    serving = epochs.keys()
    profile = {
        "version": 1,
        "url": settings.url,
        "member": code,
        "alliance": settings.alliance,
        "api_key": key,
        "tag_key": base64.b64encode(ledger.tag_key(members.find(code).id)).decode(),
        "ledger": {"origin": settings.origin, "vkey": ledger.key_to_pin().vkey},
        "service_vkey": service_signer(settings).verifier.vkey,
        "keys": {each.name: base64.b64encode(each.public_key).decode() for each in serving},
    }
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(profile, file, indent=1)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
