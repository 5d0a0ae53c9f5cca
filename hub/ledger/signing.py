"""The log's private keys: a file for each, in one folder of the home, and a folder in it for each later shard."""

import secrets
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from hub import durable
from hub.tree.note import SEED_BYTES, NoteError, Signer, Verifier
from hub.tree.seam import shard_name, shard_origin

FIRST = "ledger.key"
"""The key of a log that no other has announced."""


class MissingKeyError(FileNotFoundError):
    """The log is signed by a key whose file is not in the home."""


class Signers:
    """The signers of one shard. Their files are read each time: another process may have made one."""

    def __init__(self, folder: Path, origin: str) -> None:
        self.origin = origin
        self._folder = folder

    def of_shard(self, origin: str) -> "Signers":
        """Those of another shard; called on those of the first. Raises MissingKeyError for what is no shard of it."""
        if origin == self.origin:
            return self
        name = shard_name(origin)
        if name is None or shard_origin(self.origin, name) != origin:
            raise MissingKeyError(f"{origin} is no shard of the log {self.origin}")
        return Signers(self._folder / name, origin)

    def made(self) -> Signer:
        """The one that begins, made unless there is one: what was made before a crash serves. Raises OSError."""
        self._keep(FIRST, _seed())
        return self.first()

    def another(self) -> Signer:
        """One more, in a file of its own; it signs nothing before it is announced. Raises OSError."""
        seed = _seed()
        signer = Signer.from_seed(self.origin, seed)
        self._keep(f"{signer.verifier.hash.hex()}.key", seed)
        return signer

    def _keep(self, name: str, seed: bytes) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        durable.write_once(self._folder / name, lambda: seed)
        durable.sync_folder(self._folder.parent)

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


def _seed() -> bytes:
    return b64encode(secrets.token_bytes(SEED_BYTES))
