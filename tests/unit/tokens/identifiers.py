"""The least that can be tokenised."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Identifier:
    type: str
    rule: int
    value: str
