"""Writing a file so that after a crash it is there whole, or as it was."""

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def _nothing(_: str) -> None:
    """Nobody waits at this point."""


def replace(path: Path, content: bytes, at: Callable[[str], None] = _nothing) -> None:
    """Put `content` in place of the file, mode 0600; `at` is called with the name of each point that is passed.

    Killed before the end, it may leave a `<stem>.<random>.new` beside the file. Raises OSError.
    """
    fresh = _written(path, content)
    at("written")
    fresh.replace(path)
    at("replaced")
    sync_folder(path.parent)


def write_once(path: Path, make: Callable[[], bytes]) -> None:
    """Write `make()` to the file, mode 0600, unless there is one; who was first stays. Raises OSError."""
    if path.exists():
        return
    fresh = _written(path, make())
    with suppress(FileExistsError):
        os.link(fresh, path)  # fails, where a rename would overwrite, when somebody else was first
    fresh.unlink()
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames and new names in `folder` durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _written(path: Path, content: bytes) -> Path:
    fresh = path.with_name(f"{path.stem}.{secrets.token_hex(8)}.new")  # two processes may write at once
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    return fresh
