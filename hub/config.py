"""Every setting of the hub: read once from the environment, never changed after."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
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

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> "Settings":
        """Settings from HUB_… variables; raises SettingError naming the first one missing."""
        alliance = env.get("HUB_ALLIANCE", "example")
        return cls(
            home=Path(_need(env, "HUB_HOME")).absolute(),
            database_url=_need(env, "HUB_DATABASE_APP_URL"),
            evaluator_url=env.get("HUB_EVALUATOR_URL", ""),
            alliance=alliance,
            url=env.get("HUB_URL", "http://127.0.0.1:8000"),
            origin=env.get("HUB_LEDGER_ORIGIN", f"{alliance}.alliance-hub/audit"),
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
