"""The log in one file, as the hub exports it: a zip whose members have the paths of the hub's addresses.

Nothing in it is compressed, so nothing can unfold into more than the file itself, and a piece is read by its place.
Its checksums are not looked at: whatever matters is held against the signed root.
"""

from __future__ import annotations

import json
import re
import struct
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from hub.client.errors import ClientError, usage
from hub.client.ledger.alarm import altered, withheld
from hub.client.ledger.log import Place, announcements_in, verifiers_in
from hub.client.profile import Profile
from hub.tree.note import MOST_BYTES
from hub.tree.tiles import LONGEST_ENTRY, TILE_BYTES, WIDTH, tile_path

MANIFEST, OWN = "bundle.json", "audit/entries"
LOG = "audit/log/"

_END, _END_64 = 22, 56 + 20
_DIRECTORY_MOST = 64 << 20
"""Bytes of the list of members, which is read as a whole: half a million of them."""
_MEMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
_LOCAL = struct.Struct("<4s22xHH")
_LONGEST_LINE = 256 * 1024
_LONGEST_MANIFEST = 64 * 1024
_REMEDY = "take the file as it was downloaded; if it is that, download it again"
_BROKEN = (zipfile.BadZipFile, OSError, ValueError, EOFError, OverflowError, NotImplementedError, struct.error)
"""What the standard library raises for a file that is no zip, or one of a kind we do not take."""


@dataclass(frozen=True)
class Manifest:
    """What the bundle says of itself. Nobody signed it: it only says where to look."""

    origin: str
    member: str
    first: int
    size: int
    final: int | None
    finals: Mapping[str, int | None]
    """By shard's prefix: the size of its newest checkpoint in here that a quorum has cosigned."""
    signed_at: datetime

    @classmethod
    def parse(cls, raw: bytes) -> Manifest:
        """Raises ClientError for anything else."""
        try:
            told = json.loads(raw)
            if told["v"] != 1:
                raise ValueError("another version")
            final = told["final"]
            found = cls(
                str(told["origin"]),
                str(told["member"]),
                int(told["first"]),
                int(told["size"]),
                None if final is None else int(final),
                {
                    str(prefix): None if size is None else int(size)
                    for prefix, size in told.get("finals", {LOG: final}).items()
                },
                datetime.fromisoformat(told["signed_at"]).astimezone(UTC),
            )
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise _refused("its bundle.json is not one that this program reads") from error
        if not 0 <= found.first <= found.size or _MEMBER.fullmatch(found.member) is None:
            raise _refused("its bundle.json is not one that this program reads")
        return found


class Bundle:
    """An exported log (a LogReader)."""

    caveat = "; or this bundle was exported before our last check: then take a newer one"

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._length = file.seek(0, 2)
        self._members = _members(file, self._length)
        self.manifest = Manifest.parse(self._read(MANIFEST, _LONGEST_MANIFEST))
        self._prefix = LOG
        self.base = 0

    def shard(self, prefix: str, base: int) -> Bundle:
        """The same file."""
        other = copy(self)
        other._prefix, other.base = prefix, base
        return other

    @property
    def first(self) -> int:
        """The first leaf of the shard in it."""
        return max(0, self.manifest.first - self.base)

    @property
    def is_there(self) -> bool:
        """Whether it holds anything of the shard."""
        return f"{self._prefix}checkpoint" in self._members

    def checkpoint(self, which: str = "checkpoint") -> str | None:
        """The checkpoint that it was exported under, or the newest before it that a quorum has cosigned."""
        if which == "checkpoint":
            return self._note(f"{self._prefix}checkpoint")
        final = self.manifest.finals.get(self._prefix)
        return None if final is None else self._note(f"{self._prefix}checkpoints/{final}")

    def announcements(self) -> Iterable[str]:
        """Those of the log's keys when it was exported."""
        return announcements_in(self._keys())

    def verifiers(self) -> Iterable[str]:
        """Those that had signed when it was exported."""
        return verifiers_in(self._keys())

    def _keys(self) -> bytes:
        name = f"{self._prefix}keys"
        return self._read(name, MOST_BYTES) if name in self._members else b""

    def older(self) -> Iterable[str]:
        """Its other checkpoints, each with the cosignatures it had."""
        for name in self._members:
            if name.startswith(f"{self._prefix}checkpoints/"):
                yield self._note(name)

    def as_of(self) -> datetime:
        """When its checkpoint was signed, as the hub says."""
        return self.manifest.signed_at

    def piece(self, place: Place) -> bytes:
        """A tile or bundle of leaves. Raises LedgerAlarm when it is not in the file."""
        level, n, width = place
        name = f"{self._prefix}tile/{tile_path(level, n, width)}"
        if name not in self._members and width < WIDTH:
            name = f"{self._prefix}tile/{tile_path(level, n)}"
        if name not in self._members:
            path = tile_path(*place)
            raise withheld(f"the bundle does not hold tile {path}, which its checkpoint covers", tile=path)
        return self._read(name, TILE_BYTES if level is not None else WIDTH * (2 + LONGEST_ENTRY))

    def pieces(self, places: Iterable[Place]) -> Iterator[bytes]:
        """The pieces in the order asked."""
        return map(self.piece, places)

    def own_lines(self, after: int) -> Iterator[bytes]:
        """All of our entries that are in it, whatever `after`."""
        del after
        if OWN not in self._members:
            return
        at, end = self._span(OWN)
        rest = b""
        while at < end:
            block = self._at(at, min(end - at, _LONGEST_LINE))
            at += len(block)
            *lines, rest = (rest + block).split(b"\n")
            yield from filter(None, lines)
            if len(rest) > _LONGEST_LINE:
                raise altered("one of our entries is longer than any that the hub writes")
        if rest:
            yield rest

    def _note(self, name: str) -> str:
        try:
            return self._read(name, MOST_BYTES).decode()
        except UnicodeDecodeError:
            raise altered("a checkpoint is not text") from None

    def _read(self, name: str, most: int) -> bytes:
        if name not in self._members:
            raise _refused(f"it holds no {name}")
        at, end = self._span(name)
        if end - at > most:
            raise _refused(f"{name} in it is larger than any that the hub writes")
        return self._at(at, end - at)

    def _span(self, name: str) -> tuple[int, int]:
        """Where the member's bytes are."""
        place, size = self._members[name]
        sign, name_length, extra_length = _LOCAL.unpack(self._at(place, _LOCAL.size))
        at = place + _LOCAL.size + name_length + extra_length
        if sign != b"PK\x03\x04" or self._at(place + _LOCAL.size, name_length) != name.encode():
            raise _refused("its list of members does not fit them")
        return at, at + size

    def _at(self, place: int, count: int) -> bytes:
        if place < 0 or place + count > self._length:
            raise _refused("it is cut short")
        self._file.seek(place)
        return self._file.read(count)


@contextmanager
def open_bundle(path: Path, profile: Profile) -> Iterator[Bundle]:
    """The bundle in a file. Raises ClientError for what is none, or is another log's or another member's."""
    try:
        file = path.open("rb", buffering=0)
    except OSError as error:
        raise usage(f"{path} cannot be read: {error.strerror}", "check the path") from error
    with file:
        bundle = Bundle(file)
        told = bundle.manifest
        if profile.ledger_origin is not None and told.origin != profile.ledger_origin:
            raise usage("the bundle is of another log than our profile names", "take one of this alliance's hub")
        if profile.member is not None and told.member != profile.member:
            raise usage("the bundle holds another member's part", "take one that was made for us")
        yield bundle


def _members(file: BinaryIO, length: int) -> dict[str, tuple[int, int]]:
    """Name → (place of its header, size). Raises ClientError for a zip of any other kind than the hub writes."""
    try:
        if _directory_bytes(file, length) > _DIRECTORY_MOST:
            raise _refused("it lists more members than any that the hub writes")
        with zipfile.ZipFile(file) as listed:
            found: dict[str, tuple[int, int]] = {}
            for each in listed.infolist():
                if each.compress_type != zipfile.ZIP_STORED or each.compress_size != each.file_size:
                    raise _refused("something in it is compressed")
                if each.flag_bits & 0x1 or each.filename in found or not each.filename.isascii():
                    raise _refused("something in it is encrypted, or stands there twice")
                if each.filename not in (MANIFEST, OWN) and not each.filename.startswith(LOG):
                    raise _refused("it holds what no bundle holds")
                found[each.filename] = each.header_offset, each.file_size
            return found
    except _BROKEN as error:
        raise _refused("it is no zip, or it is cut short") from error


def _directory_bytes(file: BinaryIO, length: int) -> int:
    """How long the list of members is, as the end of the file says. What is no zip may say anything."""
    file.seek(max(0, length - _END - _END_64))
    tail = file.read(_END + _END_64)
    if tail[-_END - 20 : -_END].startswith(b"PK\x06\x07"):
        return int.from_bytes(tail[40:48], "little")
    return int.from_bytes(tail[-_END:][12:16], "little")


def _refused(what: str) -> ClientError:
    return usage(f"the bundle cannot be used: {what}", _REMEDY)
