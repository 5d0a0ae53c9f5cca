"""The one exception of this package, and the table of all it can say."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from hub.canonical.facts import load


class Refusal(NamedTuple):
    """One row of the table: a code for programs, a reason and a remedy for people."""

    code: str
    reason: str
    remedy: str


class RefusedError(ValueError):
    """A value that has no canonical form. `str(error)` is "reason: remedy" and never contains the value."""

    def __init__(self, code: str, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}: {remedy}")
        self.code = code
        self.reason = reason
        self.remedy = remedy

    def __reduce__(self) -> tuple[type["RefusedError"], tuple[str, str, str]]:
        # Errors cross process boundaries in the client's worker pool; the default would pickle the joined text only.
        return type(self), (self.code, self.reason, self.remedy)


REFUSALS: Mapping[str, Refusal] = MappingProxyType({name: Refusal(**row) for name, row in load("refusals").items()})
"""Every refusal by its name in refusals.toml; several circumstances may share a code."""

CODES: frozenset[str] = frozenset(row.code for row in REFUSALS.values())
"""The codes a program may meet."""


def refused(name: str) -> RefusedError:
    """The error for one row of the table, ready to raise. Texts are constants, so no value can leak into them."""
    return RefusedError(*REFUSALS[name])
