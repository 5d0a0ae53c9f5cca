"""Every setting of the hub: read once from the environment, never changed after."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path


class SettingError(Exception):
    """A setting is missing or cannot be used; the text names it and the remedy."""


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

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> "Settings":
        """Settings from HUB_… variables; raises SettingError naming the first one missing or not readable."""
        alliance = env.get("HUB_ALLIANCE", "example")
        return cls(
            home=Path(_need(env, "HUB_HOME")).absolute(),
            database_url=_need(env, "HUB_DATABASE_APP_URL"),
            evaluator_url=env.get("HUB_EVALUATOR_URL", ""),
            alliance=alliance,
            url=env.get("HUB_URL", "http://127.0.0.1:8000"),
            origin=env.get("HUB_LEDGER_ORIGIN", f"{alliance}.alliance-hub/audit"),
            trusted_proxies=_networks(env, "HUB_TRUSTED_PROXIES"),
        )

    def secret(self, name: str) -> bytes:
        """The contents of one secret file below `home`, stripped; raises SettingError when it is not there."""
        path = self.home / name
        try:
            return path.read_bytes().strip()
        except OSError as error:
            raise SettingError(f"{name} in HUB_HOME cannot be read ({error.strerror}): run `hub setup`") from error


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
