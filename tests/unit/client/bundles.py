"""An exported log made without a hub: a member's entries among those of others, signed and packed as the hub does it."""

import base64
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from hub.client.ledger.parts import entry_name
from hub.tree import tiles
from hub.tree.checkpoint import CheckpointBody
from hub.tree.leaf import SealedLeaf, seal_leaf
from hub.tree.note import Signer
from tests.unit.tree.logs import Log
from tests.unit.tree.views import view

ORIGIN = "example.hub/audit"
SIGNER = Signer.from_seed(ORIGIN, base64.b64encode(bytes(32)))
OURS, THEIRS = bytes(range(32)), bytes(32)
SIGNED_AT = "2026-11-26T10:00:00.000Z"


def _random(index: int) -> Callable[[int], bytes]:
    """Bytes that are the same in each run, and differ from entry to entry."""
    state = [index]

    def give(count: int) -> bytes:
        state[0] += 1_000_003
        return state[0].to_bytes(count, "big") if count < 32 else (b"%032d" % state[0])

    return give


def sealed(index: int, **fields: Any) -> tuple[SealedLeaf, Mapping[str, Any]]:
    """Entry `index`: every third is ours, all are theirs."""
    id = index.to_bytes(16, "big")
    seen = view(id=base64.b64encode(id).decode(), **fields)
    keys = (OURS, THEIRS) if index % 3 == 0 else (THEIRS,)
    return seal_leaf(id, [(key, seen) for key in keys], _random(index)), seen


@dataclass(frozen=True)
class Exported:
    """A log of so many entries. `name` tells two logs of one size apart."""

    size: int
    first: int = 0
    name: str = "job-1"

    @cached_property
    def entries(self) -> list[tuple[SealedLeaf, Mapping[str, Any]]]:
        """Each leaf, and what its parties see."""
        return [sealed(index, cred=self.name) for index in range(self.size)]

    @cached_property
    def log(self) -> Log:
        """The log."""
        log = Log()
        log.append(leaf.leaf for leaf, _ in self.entries)
        return log

    @property
    def note(self) -> str:
        """Its checkpoint."""
        return SIGNER.sign(CheckpointBody(ORIGIN, self.size, self.log.root).encode())

    def line(self, index: int, /, **other: Any) -> bytes:
        """Our part of an entry, as /audit/entries writes it."""
        leaf, seen = self.entries[index]
        part = leaf.parts[0]
        told = {
            "index": index,
            "leaf": base64.b64encode(leaf.leaf).decode(),
            "n": part.n,
            "view": seen,
            "salt": base64.b64encode(part.salt).decode(),
            "erased_by": None,
        }
        return json.dumps(told | other).encode() + b"\n"

    @property
    def ours(self) -> range:
        """Where our entries are, from the first of the bundle on."""
        return range(-(-self.first // 3) * 3, self.size, 3)

    def id(self, index: int) -> str:
        """An entry's id, as the journal has it."""
        return entry_name(index.to_bytes(16, "big"))

    @cached_property
    def files(self) -> dict[str, bytes]:
        """The members of the zip."""
        told = {"v": 1, "origin": ORIGIN, "member": "brand-a", "first": self.first, "size": self.size, "final": None}
        found = {
            "bundle.json": json.dumps(told | {"signed_at": SIGNED_AT}).encode(),
            "audit/log/checkpoint": self.note.encode(),
            f"audit/log/checkpoints/{self.size}": self.note.encode(),
        }
        for level, n, width in tiles.layout(self.size):
            if level or n >= self.first // 256:
                hashes = self.log.read(level, n)[: 32 * width]
                found[f"audit/log/tile/{tiles.tile_path(level, n, width)}"] = hashes
            if level == 0 and n >= self.first // 256:
                bundle = tiles.encode_bundle(self.log.entries[n * 256 : n * 256 + width])
                found[f"audit/log/tile/{tiles.tile_path(None, n, width)}"] = bundle
        return found | {"audit/entries": b"".join(map(self.line, self.ours))}


def packed(files: Mapping[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """The zip of these members."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", compression) as file:
        for name, content in files.items():
            file.writestr(zipfile.ZipInfo(name), content, compression)
    return written.getvalue()


def written(folder: Path, content: bytes | Exported | Mapping[str, bytes]) -> Path:
    """A bundle in a file."""
    if isinstance(content, Exported):
        content = content.files
    path = folder / "log.zip"
    path.write_bytes(content if isinstance(content, bytes) else packed(content))
    return path
