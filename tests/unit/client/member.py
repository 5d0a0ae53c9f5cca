"""A member with a client and a folder of its own, and lists for it to share."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from tests.journeys.running import Running
from tests.unit.client.passage import Passage

TERMS = ("--evidence", "E2", "--tlp", "green")
PROGRAM = str(Path(sys.executable).with_name("alliance"))


@dataclass
class Member:
    """One member's client in a folder of its own, through the passage."""

    hub: Running
    passage: Passage
    code: str
    folder: Path

    @property
    def profile(self) -> Path:
        return self.hub.folder / f"{self.code}.profile"

    @property
    def key(self) -> str:
        return str(json.loads(self.profile.read_text())["api_key"])

    def typed(self, *words: str | Path, **run: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command(*words), capture_output=True, text=True, **self.where(), **run)

    def command(self, *words: str | Path) -> list[str]:
        return [PROGRAM, "--profile", str(self.profile), *map(str, words)]

    def where(self) -> dict[str, Any]:
        return {"cwd": self.folder, "env": os.environ | {"ALLIANCE_STATE": str(self.folder / "state")}}

    def answer(self, *words: str | Path) -> dict[str, Any]:
        done = self.typed(*words, "--json")
        assert done.returncode == 0, (words, done.returncode, done.stderr)
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    def share(self, file: Path, kind: str = "phone", *words: str | Path) -> dict[str, Any]:
        shared: dict[str, Any] = self.answer("share", file, "--type", kind, *TERMS, *words)["shared"]
        return shared

    def used(self, kind: str) -> int:
        quotas = self.answer("status")["quotas"]
        return int(next(quota["used"] for quota in quotas if quota["type"] == kind))

    def written(self, text: str, name: str = "list.csv") -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path


def phones(first: int, count: int) -> list[str]:
    """German numbers that no other test uses."""
    return [f"+49 30 {20_000_000 + first + n}" for n in range(count)]


def listed(numbers: list[str], seller: str = "Shop") -> str:
    return "phone,shop,note\n" + "".join(f"{number},{seller},=n\n" for number in numbers)


def domains(word: str, count: int) -> str:
    return "".join(f"{word}-{n}.shop\n" for n in range(count))


def as_csv(path: Path, numbers: list[str]) -> None:
    path.write_text(listed(numbers))


def as_text(path: Path, numbers: list[str]) -> None:
    path.write_text("\n".join(numbers))


def as_workbook(path: Path, numbers: list[str]) -> None:
    made = openpyxl.Workbook()
    assert made.active is not None
    for cell in ("phone", *numbers):
        made.active.append([cell])
    made.save(path)


def as_parquet(path: Path, numbers: list[str]) -> None:
    pq.write_table(pa.table({"phone": numbers}), path)


WRITERS = {"csv": as_csv, "txt": as_text, "xlsx": as_workbook, "parquet": as_parquet}
