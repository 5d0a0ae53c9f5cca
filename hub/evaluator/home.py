"""The evaluator's files: HOME/evaluator/{seed.sealed, passphrase, bearer}, each for its owner's eyes only."""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from hub.tokens import SEED_BYTES, SealError, Seed, seal, unseal

PASSPHRASE_VARIABLE = "HUB_EVALUATOR_PASSPHRASE_FILE"
_PRIVATE = 0o600
_OTHERS = 0o077


class HomeError(Exception):
    """A file of the evaluator's home that is missing, open to others, or does not serve; says which and what to do."""


@dataclass(frozen=True, slots=True)
class Home:
    """Where the evaluator's three files are. Holds paths, reads nothing."""

    seed: Path
    passphrase: Path
    bearer: Path

    @classmethod
    def locate(cls, home: Path, environment: Mapping[str, str]) -> Self:
        """Return the files under `home`/evaluator.

        The passphrase is where `environment` says under HUB_EVALUATOR_PASSPHRASE_FILE, if it does.
        """
        folder = home / "evaluator"
        passphrase = Path(environment.get(PASSPHRASE_VARIABLE) or folder / "passphrase")
        return cls(folder / "seed.sealed", passphrase, folder / "bearer")

    def unseal(self) -> Seed:
        """Return the seed. Raises HomeError if a file is missing, open to others, or does not match the other."""
        sealed, passphrase = _read_private(self.seed), _read_secret(self.passphrase)
        try:
            return unseal(sealed, passphrase)
        except SealError as error:
            raise HomeError(f"{self.seed}: {error}") from error

    def read_bearer(self) -> str:
        """Return the secret that the hub sends. Raises HomeError if its file is missing, open to others or empty."""
        return _read_secret(self.bearer)

    def initialise(self, alliance: str) -> None:
        """Make the files that are missing, with new secrets; never overwrite one.

        Then check that all of them open and are of `alliance`. A crash leaves whole files or none, and the call can be
        made again. Raises HomeError; ValueError if `alliance` is no name for one.
        """
        seed = Seed(alliance, secrets.token_bytes(SEED_BYTES))
        if self.seed.exists() and not self.passphrase.exists():
            raise HomeError(f"{self.passphrase} is missing: restore it from a backup, nothing else opens {self.seed}")
        for path in (self.passphrase, self.bearer):
            if not path.exists():
                _create_private(path, secrets.token_urlsafe(32).encode() + b"\n")
        if not self.seed.exists():
            _create_private(self.seed, seal(seed, _read_secret(self.passphrase)))
        kept = self.unseal()
        if kept.alliance != alliance:
            raise HomeError(f"{self.seed} is of the alliance {kept.alliance}: choose another home for {alliance}")
        self.read_bearer()


def _read_private(path: Path) -> bytes:
    try:
        # The mode is asked of the open file, so that nobody can put another in its place in between.
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & _OTHERS:
                raise HomeError(f"{path} is open to others than its owner: chmod 600 it, and replace what it holds")
            return file.read()
    except OSError as error:
        raise HomeError(f"{path} cannot be read ({error.strerror}): run init, or restore it from a backup") from error


def _read_secret(path: Path) -> str:
    try:
        secret = _read_private(path).decode().strip()
    except UnicodeDecodeError:
        raise HomeError(f"{path} is not text: restore it from a backup") from None
    if not secret:
        raise HomeError(f"{path} is empty: restore it from a backup")
    return secret


def _create_private(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # Unlike a rename, a link fails where the name is taken: whoever came first keeps its file, and we read that.
        with suppress(FileExistsError):
            os.link(draft, path)
    except OSError as error:
        raise HomeError(f"{path} cannot be written ({error.strerror}): make its folder writable") from error
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
