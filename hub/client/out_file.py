"""Files that a command writes: whole or not at all, never over what was read, for the member's own eyes (mode 0600)."""

from __future__ import annotations

import errno
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.client.errors import ClientError, ExitCode, usage

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def not_written(path: Path, error: OSError, option: str) -> ClientError:
    """The error for a file that could not be written."""
    elsewhere = f"name another place with {option} FILE"
    if error.errno in _FULL:
        return ClientError(
            ExitCode.TRY_LATER,
            f"{path} cannot be written: the disk is full",
            f"free some space and run the same command again, or {elsewhere}",
        )
    return usage(f"{path} cannot be written: {error.strerror}", elsewhere)


def refuse_out(path: Path, *sources: Path | None) -> None:
    """Refuse a result file that is one of `sources`, or no file. Raises ClientError."""
    for source in sources:
        if source is not None and path.resolve() == source.resolve():
            raise usage(f"--out names {path}, which holds other rows already", "name another place with --out FILE")
    if path.exists() and not path.is_file():
        raise usage(f"--out names {path}, which is no file", "name a file; --json prints the result")


@contextmanager
def replacing(path: Path, option: str = "--out") -> Iterator[Path]:
    """A draft to be filled; at the end of the block it replaces `path`. Raises ClientError where it cannot be written.

    An earlier file at `path` stands until then, and for good if the block fails.
    """
    draft = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}")
    try:
        draft.touch(mode=0o600, exist_ok=False)
        yield draft
        draft.replace(path)
    except OSError as error:
        raise not_written(path, error, option) from error
    finally:
        draft.unlink(missing_ok=True)
