"""The log's private keys: a file for each, in one folder of the home."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from hub.tree.note import NoteError, Signer, Verifier

FIRST = "ledger.key"
"""The key of a log that no other has announced."""


class MissingKeyError(FileNotFoundError):
    """The log is signed by a key whose file is not in the home."""


class Signers:
    """The signers of one log. Their files are read each time: another process may have made one."""

    def __init__(self, folder: Path, origin: str) -> None:
        self.origin = origin
        self._folder = folder

    def first(self) -> Signer:
        """The one that begins. Raises MissingKeyError."""
        try:
            return self._read(self._folder / FIRST)
        except OSError as error:
            raise MissingKeyError(f"{FIRST} cannot be read: {error.strerror}") from None

    def of(self, vkey: str) -> Signer:
        """The one with this verifier key. Raises MissingKeyError."""
        found = self.all().get(vkey)
        if found is None:
            raise MissingKeyError(f"no file in {self._folder} holds the private key of {vkey}")
        return found

    def all(self) -> Mapping[str, Signer]:
        """By verifier key, those of every file."""
        found = []
        for path in sorted(self._folder.glob("*.key")):
            with suppress(NoteError):  # a key that is missed is told by who misses it
                found.append(self._read(path))
        return {each.verifier.vkey: each for each in found}

    def verifiers(self) -> list[Verifier]:
        """What verifies whatever was signed here."""
        return [each.verifier for each in self.all().values()]

    def _read(self, path: Path) -> Signer:
        return Signer.from_seed(self.origin, path.read_bytes().strip())
