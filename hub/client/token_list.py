"""The token list of an epoch for this member: fetched page by page, each signed, kept as one Parquet file.

The file holds token (fixed_size_binary[32]), evidence_level, members (0: fewer than three) and expires_on, sorted by
token; its metadata hold the cursor. Rows and cursor are replaced together by one rename: a crash leaves the old list.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hub.client.directory import Key, signed_text
from hub.client.errors import ClientError, false_answer, usage
from hub.client.list_file import ListFile, Rows
from hub.client.session import Session

PAGE_ROWS = 50_000
_ROW = struct.Struct(">32sBBBxI")
_KINDS = frozenset({"full", "changes"})
_ENDS = frozenset({"more", "last"})


@dataclass(frozen=True)
class Page:
    """One verified page: rows that replace what is held by token; `full` means that nothing held before counts."""

    full: bool
    last: bool
    next_cursor: str
    at: str
    rows: Rows


@dataclass(frozen=True)
class Held:
    """A list as it is kept now."""

    key_id: str
    path: Path
    rows: int
    received: int
    full: bool
    at: str


def list_path(session: Session, key: Key) -> Path:
    """Where a key's list is kept."""
    folder = session.folder / "lists"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"{key.key_id}.parquet"


def fetch_list(session: Session, key: Key, *, full: bool) -> Held:
    """Bring the kept list of a key up to date: all of it the first time or on `full`, otherwise the changes.

    Raises ClientError (exit code 5) for a page whose signature, digest, member, key or cursor is not right; then the
    kept list stays as it was.
    """
    if session.profile.service_vkey is None:
        raise usage("a list cannot be checked without the hub's service key", "use a profile file: --profile FILE")
    kept = ListFile(list_path(session, key))
    held = None if full else kept.read()
    cursor = None if held is None else held.cursor
    earliest = "" if held is None else held.at
    received = 0
    with kept.update(start_empty=held is None) as update, session.console.step(f"list of {key.key_id}", None) as step:
        for page in _pages(session, key, cursor):
            if page.at < earliest:
                raise false_answer("the hub sent a page of a list that is older than the one held")
            if page.full:
                update.start_over()
            update.add(page.rows)
            received += len(page.rows)
            step.advance(len(page.rows))
            if page.last:
                count = update.finish(page.next_cursor, page.at)
                return Held(key.key_id, kept.path, count, received, update.from_nothing, page.at)
    raise AssertionError("pages end with the last one")


def _pages(session: Session, key: Key, cursor: str | None) -> Iterator[Page]:
    limit = session.limit("list_rows", PAGE_ROWS)
    while True:
        parameters: dict[str, str | int] = {"limit": limit}
        if cursor is not None:
            parameters["cursor"] = cursor
        answer = session.hub.get(f"/api/v1/keys/{key.key_id}/list", parameters)
        page = read_page(answer.body, session, key, cursor)
        session.vault.note_exchange(answer.recorded(), "list")
        yield page
        if page.last:
            return
        cursor = page.next_cursor


def read_page(body: bytes, session: Session, key: Key, cursor: str | None) -> Page:
    """Check one page against what was asked. Raises ClientError (exit code 5)."""
    length = int.from_bytes(body[:4], "big")
    note, packed = body[4 : 4 + length], body[4 + length :]
    if len(note) != length or len(packed) % _ROW.size:
        raise _wrong("is cut short")
    try:
        text = signed_text(note.decode(), session.profile.service_vkey or "")
    except UnicodeDecodeError:
        raise _wrong("has no readable signature") from None
    lines = text.splitlines()
    if len(lines) != 7:
        raise _wrong("is not of the agreed form")
    head, whose, asked, next_cursor, extent, digest, at = lines
    if head != f"{session.profile.ledger_origin}/list" or whose != f"{session.profile.member} {key.key_id}":
        raise _wrong("is another member's, or of another key")
    if asked != (cursor or "-"):
        raise _wrong("answers another request")
    kind, _, rest = extent.partition(" ")
    count, _, end = rest.partition(" ")
    if kind not in _KINDS or end not in _ENDS or not count.isdigit() or int(count) * _ROW.size != len(packed):
        raise _wrong("does not hold the rows it states")
    if digest != base64.b64encode(hashlib.sha256(packed).digest()).decode():
        raise _wrong("has rows that its signature does not cover")
    return Page(kind == "full", end == "last", next_cursor, at, _unpacked(packed))


def _unpacked(packed: bytes) -> Rows:
    rows = Rows()
    for token, present, level, members, expires in _ROW.iter_unpack(packed):
        if present > 1 or (present and not 1 <= level <= 4):
            raise _wrong("has a row that is not of the agreed form")
        rows.append(token, bool(present), level, members, expires)
    return rows


def _wrong(what: str) -> ClientError:
    return false_answer(f"a page of the token list {what}; the list held before is unchanged")
