"""Every setting of the hub: read once from the environment, never changed after."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import unquote, urlsplit

_MAIL_PORTS = {"smtp": 587, "smtps": 465}
"""Submission with STARTTLS (RFC 6409), and with TLS from the first byte (RFC 8314 §3.3)."""


class SettingError(Exception):
    """A setting is missing or cannot be used; the text names it and the remedy."""


@dataclass(frozen=True)
class MailServer:
    """Where letters are handed over, and as whom. The password is the file secrets/smtp.password."""

    host: str
    port: int
    user: str
    """Empty: the server wants no name."""
    tls_at_once: bool
    """TLS from the first byte (smtps://); otherwise STARTTLS (smtp://)."""
    sender: str
    """The address in From."""

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> "MailServer | None":
        """From HUB_SMTP_URL and HUB_MAIL_FROM; None without the first: letters are kept, none leaves the hub.

        Raises SettingError naming the one that does not serve.
        """
        if not env.get("HUB_SMTP_URL"):
            return None
        refusal = SettingError(
            "HUB_SMTP_URL must read like smtp://user@mail.example.org:587, or smtps://… for port 465"
        )
        try:
            url = urlsplit(env["HUB_SMTP_URL"])
            host, port = url.hostname, url.port
        except ValueError:
            raise refusal from None
        if url.scheme not in _MAIL_PORTS or not host or url.path.strip("/") or url.query or url.fragment:
            raise refusal
        if url.password is not None:
            raise SettingError("HUB_SMTP_URL must hold no password: put it into secrets/smtp.password in HUB_HOME")
        sender = _need(env, "HUB_MAIL_FROM")
        if not sender.isascii() or not sender.isprintable() or sender.count("@") != 1 or " " in sender:
            raise SettingError("HUB_MAIL_FROM must be a plain address like hub@example.org")
        user = unquote(url.username or "")
        return cls(host, port or _MAIL_PORTS[url.scheme], user, url.scheme == "smtps", sender)

    @property
    def is_loopback(self) -> bool:
        """Whether what is sent there stays on this machine."""
        return _is_loopback(self.host)


@dataclass(frozen=True)
class Settings:
    """What one process of the hub knows. Secrets are read from files in `home`, never from the environment."""

    home: Path
    """HUB_HOME: folder of secrets, logs and the embedded database; mode 0700."""
    database_url: str
    """HUB_DATABASE_APP_URL: the database as the application's role, which owns nothing."""
    evaluator_url: str
    """HUB_EVALUATOR_URL: where the key's process listens."""
    alliance: str
    """HUB_ALLIANCE: the alliance's short name; part of every key id and of the ledger's origin."""
    url: str
    """HUB_URL: the address members use; goes into profiles."""
    origin: str
    """HUB_LEDGER_ORIGIN: the log's name in checkpoints (C2SP tlog-checkpoint)."""
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    """HUB_TRUSTED_PROXIES: networks of the proxies in front, whose word on a client's address and scheme is taken."""
    mail_server: MailServer | None = None
    """HUB_SMTP_URL and HUB_MAIL_FROM; None: a development hub, which keeps its letters and shows them to the office."""
    anchor: Path | None = None
    """Where the newest checkpoint lies outside the database; None: `ledger/anchor.note` in the home."""

    @property
    def is_local(self) -> bool:
        """Whether the hub is reached on this machine alone: one that is tried out, or developed."""
        return _is_loopback(urlsplit(self.url).hostname or "")

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> "Settings":
        """Settings from HUB_… variables; raises SettingError naming the first one missing or not readable."""
        alliance = env.get("HUB_ALLIANCE", "example")
        settings = cls(
            home=Path(_need(env, "HUB_HOME")).absolute(),
            database_url=_need(env, "HUB_DATABASE_APP_URL"),
            evaluator_url=env.get("HUB_EVALUATOR_URL", ""),
            alliance=alliance,
            url=env.get("HUB_URL", "http://127.0.0.1:8000"),
            origin=env.get("HUB_LEDGER_ORIGIN", f"{alliance}.alliance-hub/audit"),
            trusted_proxies=_networks(env, "HUB_TRUSTED_PROXIES"),
            mail_server=MailServer.from_env(env),
        )
        if settings.mail_server is None and not settings.is_local:
            raise SettingError(
                "HUB_SMTP_URL is not set: a hub that others reach sends its letters, and shows them to nobody"
            )
        return settings

    def secret(self, name: str) -> bytes:
        """The contents of one secret file below `home`, stripped; raises SettingError when it is not there."""
        path = self.home / name
        try:
            return path.read_bytes().strip()
        except OSError as error:
            raise SettingError(f"{name} in HUB_HOME cannot be read ({error.strerror}): run `hub setup`") from error


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _need(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "")
    if not value:
        raise SettingError(f"{name} is not set: start the hub with `make run` or `hub run`, which set it")
    return value


def _networks(env: Mapping[str, str], name: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(each) for each in env.get(name, "").replace(",", " ").split())
    except ValueError as error:
        raise SettingError(f"{name} holds addresses or networks with commas between, as in 10.0.0.0/24") from error
