"""The profile: where the hub is, who we are there, and the keys we hold it to."""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from hub.client.errors import ClientError, usage
from hub.tree.note import NoteError, Verifier

_MEMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_BRAND = re.compile(r"[a-z][a-z0-9-]{1,38}[a-z0-9]")
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_NEW_PROFILE = "ask your alliance's administrator for a new profile file"


@dataclass(frozen=True)
class Profile:
    """One member's access to one hub. `keys` maps key id → pinned public key (32 bytes). Secrets stay out of repr."""

    url: str
    api_key: str = field(repr=False)
    member: str | None = None
    alliance: str | None = None
    tag_key: bytes | None = field(default=None, repr=False)
    ledger_origin: str | None = None
    ledger_vkey: str | None = None
    service_vkey: str | None = None
    keys: Mapping[str, bytes] = field(default_factory=dict)
    acting_for: str | None = None
    """Code of the brand that we, an agent, act for."""

    @property
    def host(self) -> str:
        """Host and port as one file name part, e.g. `127.0.0.1_8000`."""
        return urlsplit(self.url).netloc.rpartition("@")[2].replace(":", "_").replace("[", "").replace("]", "")

    def state_folder(self, environment: Mapping[str, str]) -> Path:
        """The folder (mode 0700, made here) where this member's vault, lists and ledger state live.

        `ALLIANCE_STATE` names it; otherwise `~/.local/share/alliance/<member>@<host>`. Raises ClientError.
        """
        if self.member is None:
            raise usage("the member's name is not known yet", _NEW_PROFILE)
        named = environment.get("ALLIANCE_STATE")
        home = Path(environment.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
        folder = Path(named) if named else home / "alliance" / f"{self.member}@{self.host}"
        folder = folder / f"for-{self.acting_for}" if self.acting_for else folder
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if os.name == "posix" and stat.S_IMODE(folder.stat().st_mode) & 0o077:
                if any(folder.iterdir()) and not (folder / "vault.key").exists():
                    raise usage(
                        f"the state folder {folder} holds other things and is open to others on this machine",
                        f"name a folder of its own in ALLIANCE_STATE, or type  chmod 700 {folder}",
                    )
                folder.chmod(0o700)
        except OSError as error:
            raise usage(
                f"the state folder {folder} cannot be used: {error.strerror}",
                "name a folder of your own in ALLIANCE_STATE",
            ) from error
        return folder


def read_profile(path: str | None, environment: Mapping[str, str], acting_for: str | None = None) -> Profile:
    """Return the profile of `--profile`, else of ALLIANCE_PROFILE, with ALLIANCE_URL and ALLIANCE_API_KEY on top.

    Without a file the two variables alone will do for sharing and matching; the hub's keys are then pinned at first
    use, and lists and the ledger cannot be checked. `acting_for`, else ALLIANCE_FOR, is the code of a brand that
    an agent acts for; its state is kept apart. Raises ClientError with a remedy.
    """
    brand = acting_for or environment.get("ALLIANCE_FOR") or None
    if brand is not None and not _BRAND.fullmatch(brand):
        raise usage("this is no code of a brand", "a code has 3 to 40 characters: a-z, 0-9 and hyphen")
    named = path or environment.get("ALLIANCE_PROFILE")
    url, api_key = environment.get("ALLIANCE_URL"), environment.get("ALLIANCE_API_KEY")
    if named:
        profile = _parse(_private_text(Path(named)), named)
        profile = replace(profile, url=url or profile.url, api_key=api_key or profile.api_key)
    elif url and api_key:
        profile = Profile(url=url, api_key=api_key)
    else:
        raise usage(
            "no profile: this command talks to the hub",
            "add --profile FILE, or set ALLIANCE_PROFILE, or set ALLIANCE_URL and ALLIANCE_API_KEY",
        )
    profile = replace(profile, acting_for=brand)
    return replace(profile, url=_checked_url(profile.url, environment), api_key=_checked_key(profile.api_key))


def _private_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if os.name == "posix" and mode & 0o077:
                raise usage(
                    f"the profile {path} can be read by others on this machine (mode {mode:04o})",
                    f"it holds your API key: type  chmod 600 {path}  and, if others have used this machine, "
                    "ask for a new key",
                )
            return file.read(1 << 20).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise usage(f"the profile {path} is not text", _NEW_PROFILE) from error
    except OSError as error:
        raise usage(f"the profile {path} cannot be read: {error.strerror}", "check the path") from error


def _checked_url(url: str, environment: Mapping[str, str]) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.username:
        raise usage("the hub's address is not a web address", "it looks like https://hub.example.org")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK and environment.get("ALLIANCE_ALLOW_HTTP") != "1":
        raise usage(
            "the hub's address begins with http://: the API key would travel in clear text",
            "use https://, or set ALLIANCE_ALLOW_HTTP=1 in a network that you trust",
        )
    return url.rstrip("/")


def _checked_key(api_key: str) -> str:
    key = api_key.strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise usage(
            "the API key holds characters that no key has",
            "copy it again, whole and on one line, into ALLIANCE_API_KEY or use the profile file as it came",
        )
    return key


def _parse(text: str, name: str) -> Profile:  # noqa: C901 - one check after the other, each with its own words
    def wrong(what: str) -> ClientError:
        return usage(f"the profile {name} is not usable: {what}", _NEW_PROFILE)

    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise wrong("it is not JSON") from error
    if not isinstance(document, dict) or document.get("version") != 1:
        raise wrong("it is not a profile of version 1")
    texts = {}
    for key in ("url", "member", "alliance", "api_key", "service_vkey"):
        if not isinstance(document.get(key), str) or not document[key]:
            raise wrong(f"“{key}” is missing")
        texts[key] = document[key]
    if not _MEMBER.fullmatch(texts["member"]):
        raise wrong("“member” is not a member's code")
    ledger, keys = document.get("ledger"), document.get("keys")
    if not isinstance(ledger, dict) or not all(isinstance(ledger.get(part), str) for part in ("origin", "vkey")):
        raise wrong("“ledger” holds no origin and vkey")
    try:
        for vkey in (ledger["vkey"], texts["service_vkey"]):
            Verifier.parse(vkey)
    except NoteError as error:
        raise wrong("one of its verifier keys is not one") from error
    if not isinstance(keys, dict):
        raise wrong("“keys” is missing")
    try:
        pinned = {str(key_id): _key(value) for key_id, value in keys.items()}
        tag_key = _key(document.get("tag_key"))
    except ValueError as error:
        raise wrong("“tag_key” or one of “keys” is not 32 bytes in base64") from error
    return Profile(
        url=texts["url"],
        api_key=texts["api_key"],
        member=texts["member"],
        alliance=texts["alliance"],
        tag_key=tag_key,
        ledger_origin=ledger["origin"],
        ledger_vkey=ledger["vkey"],
        service_vkey=texts["service_vkey"],
        keys=pinned,
    )


def _key(value: object) -> bytes:
    try:
        raw = base64.b64decode(str(value), validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if len(raw) != 32:
        raise ValueError("not 32 bytes")
    return raw
