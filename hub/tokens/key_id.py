"""Names of the keys: one key per alliance, epoch and identifier type."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

# Lower case and neither "." nor "|": the text form and the derivation input stay unambiguous, and no two names differ
# by case alone.
PARTS: Mapping[str, re.Pattern[str]] = {
    "alliance": re.compile(r"[a-z0-9][a-z0-9-]{0,62}"),
    "epoch": re.compile(r"[a-z0-9][a-z0-9_-]{0,31}"),
    "type": re.compile(r"[a-z][a-z0-9_]{0,31}"),
}


def check_part(part: str, text: str) -> str:
    """Return `text` if it may be the part of a key id that `part` names (a key of `PARTS`); else raise ValueError."""
    if PARTS[part].fullmatch(text) is None:
        raise ValueError(f"{part} of a key id must match {PARTS[part].pattern}")
    return text


@dataclass(frozen=True, slots=True)
class KeyId:
    """The public name of one token key, written `alliance.epoch.type`, e.g. `example.2026-1.phone`.

    Raises ValueError if a part does not match its pattern in `PARTS`.
    """

    alliance: str
    epoch: str
    type: str

    def __post_init__(self) -> None:
        for part in PARTS:
            check_part(part, getattr(self, part))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the key id that `text` writes, so that `str` of it is `text`. Raises ValueError for anything else."""
        parts = text.split(".")
        if len(parts) != len(PARTS):
            raise ValueError("a key id is written alliance.epoch.type")
        return cls(*parts)

    def __str__(self) -> str:
        return f"{self.alliance}.{self.epoch}.{self.type}"

    @property
    def derivation_info(self) -> bytes:
        """The `info` of DeriveKeyPair (RFC 9497, section 3.2.1): `alliance|epoch|type` in ASCII."""
        return f"{self.alliance}|{self.epoch}|{self.type}".encode("ascii")
