"""What an upload and a download of evidence cost a web worker: memory that does not grow with the file."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

from benchmarks.figure import Figure, at_most
from benchmarks.stage import Stage, stage

ADDRESS = "/api/v1/evidence"
FILM = (16).to_bytes(4, "big") + b"ftypisom\0\0\2\0" + (8).to_bytes(4, "big") + b"moov"


@dataclass(frozen=True)
class Passage:
    """A file of one size, sent and fetched again."""

    peak: int
    """The most bytes that the web worker held resident, sending and fetching."""
    stored: float
    """Seconds."""
    fetched: float


def passage(hub: Stage, size: int) -> Passage:
    """Send a film of `size` bytes that is of no other's digest, and fetch it, with one web worker."""
    worker = _worker(hub)
    Path(f"/proc/{worker.pid}/clear_refs").write_text("5")  # the peak from now on (proc(5))
    with hub.session("brand-a") as session, _film(size) as film:
        began = time.perf_counter()
        query = {"name": "film.mp4", "type": "test_buy"}
        octets = {"Content-Type": "application/octet-stream"}
        answer = session.post(f"{hub.url}{ADDRESS}", params=query, data=film, headers=octets)
        assert answer.ok, answer.text
        stored, began = time.perf_counter() - began, time.perf_counter()
        with session.get(f"{hub.url}{ADDRESS}/{answer.json()['name']}/content", stream=True) as content:
            content.raise_for_status()
            assert sum(len(piece) for piece in content.iter_content(2**16)) == size
        fetched = time.perf_counter() - began
    return Passage(_peak(worker), stored, fetched)


@contextmanager
def _film(size: int) -> Iterator[IO[bytes]]:
    left = size - len(FILM)
    block = os.urandom(2**20)
    with tempfile.TemporaryFile() as file:
        file.write(FILM + left.to_bytes(4, "big") + b"mdat" + os.urandom(16))
        while room := size - file.tell():
            file.write(block[:room])
        file.seek(0)
        yield file


def _worker(hub: Stage) -> psutil.Process:
    (worker,) = hub.workers()
    return worker


def _peak(worker: psutil.Process) -> int:
    lines = Path(f"/proc/{worker.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024


def figures() -> list[Figure]:
    """A file of evidence sent and fetched: what a web worker holds of it."""
    with stage(1, 1) as hub:
        passage(hub, 2 * 10**6)  # the worker has served one
        small, large = (passage(hub, size) for size in (2 * 10**6, 200 * 10**6))
    return [
        at_most(
            "evidence: peak memory of a web worker, 200 MB / 2 MB",
            large.peak / small.peak,
            1.1,
            f"{large.peak / 2**20:.1f} against {small.peak / 2**20:.1f} MiB; 200 MB stored in {large.stored:.1f} s,"
            f" fetched in {large.fetched:.1f} s",
        )
    ]
