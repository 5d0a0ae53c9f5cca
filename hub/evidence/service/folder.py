"""The vault's folder in HUB_HOME: one sealed file for each row, and for a day at most what a crash left behind."""

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from flask import current_app

from hub.durable import sync_folder
from hub.evidence.chunks import CHUNK, TAG, DamagedFileError, sealed_size

KEPT_FREE = 2**30
"""Bytes of the disk that no upload takes: the database may lie on the same one."""


class VaultFullError(Exception):
    """The disk under the vault does not take the file."""


def must_hold(size: int) -> None:
    """Raises VaultFullError when the disk has no room for so many bytes more."""
    root = current_app.extensions["settings"].home
    if shutil.disk_usage(root).free < size + KEPT_FREE:
        raise VaultFullError("the disk is full")


def keep(name: str, chunks: Iterable[bytes]) -> None:
    """Write a sealed file, and return once it is on the disk; when anything fails nothing is left of it.

    Raises VaultFullError, and whatever the reading of `chunks` raises.
    """
    path = _path(name)
    part = path.with_name(f".{name}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb", buffering=0) as file:
            for chunk in chunks:
                _write(file.fileno(), chunk)
            os.fsync(handle)
        part.rename(path)
        for folder in (path.parent, path.parent.parent):
            sync_folder(folder)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def sealed_chunks(name: str, size: int) -> Iterator[bytes]:
    """The sealed chunks of a file of `size` bytes. Raises DamagedFileError when it is gone or not as long as it was."""
    try:
        file = _path(name).open("rb", buffering=0)
    except OSError as error:
        raise DamagedFileError("the file cannot be opened") from error
    with file:
        if os.fstat(file.fileno()).st_size != sealed_size(size):
            raise DamagedFileError("the file is not as long as it was")
        while chunk := file.read(CHUNK + TAG):
            yield chunk


def remove(name: str) -> None:
    """Take a file off the disk; nothing happens if it is gone."""
    _path(name).unlink(missing_ok=True)


def older_than(moment: float) -> Iterator[str]:
    """The names of the files that were written before, also of those that were never finished."""
    for folder in sorted(_root().glob("[!.]*/")):
        for path in sorted(folder.iterdir()):
            if path.stat().st_mtime < moment:
                yield path.name


def _write(handle: int, chunk: bytes) -> None:
    try:
        left = memoryview(chunk)
        while left:
            left = left[os.write(handle, left) :]
    except OSError as error:
        raise VaultFullError("the disk does not take it") from error


def _path(name: str) -> Path:
    return _root() / name.lstrip(".")[2:4] / name


def _root() -> Path:
    home: Path = current_app.extensions["settings"].home
    return home / "evidence"
