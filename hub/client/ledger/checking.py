"""What a check of the log works with: whose it is, what we kept, and where we are told of it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from hub.client.profile import Profile
from hub.client.vault import Vault

if TYPE_CHECKING:  # a verifier without the network has no command line of its own
    from hub.client.console import Step


class Voice(Protocol):
    """Where the user is told how a check goes on."""

    def say(self, message: str) -> None:
        """Tell something the user should know."""

    def step(self, label: str, total: int | None) -> AbstractContextManager[Step]:
        """Show the progress of a long piece of work; `total` None where its end is not known."""


class Checking(Protocol):
    """One member's check of the log. A Session is one; so is what a verifier without the network has."""

    @property
    def profile(self) -> Profile:
        """The keys we hold the log to, and the key of our tags."""

    @property
    def folder(self) -> Path:
        """Where our memory of the log is kept, our trust policy, and evidence."""

    @property
    def vault(self) -> Vault:
        """The journal of our exchanges."""

    @property
    def console(self) -> Voice:
        """Where progress is told."""
