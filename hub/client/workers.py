"""The processes that do the cryptography: `voprf` holds the interpreter lock, so threads would not use a second core.

A worker keeps nothing that is not in the vault or can be made again, so it may die at any moment.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import wait
from typing import Any, Protocol, Self, TypeVar

from hub.canonical import TYPES, Canonical, RefusedError, canonicalise
from hub.client.errors import ClientError, ExitCode, false_answer
from hub.client.http import HubConnection
from hub.client.profile import Profile
from hub.client.recorded import Recorded
from hub.client.sheet.row import Problem
from hub.client.vault import mark
from hub.tokens import Blinder, ProofError, encode_input

_AT_HOME = 3
"""Chunks that are worked on in the calling process before others are started: most files are shorter than that."""
_MOST_PROCESSES = 16
_LOOK_AGAIN_SECONDS = 0.25


@dataclass(frozen=True)
class Assignment:
    """All that a worker needs to know; it is pickled into each process."""

    type: str
    country: str | None
    local_key: bytes
    profile: Profile | None = None
    patience: float = 0.0


@dataclass(frozen=True)
class Evaluation:
    """One batch to be evaluated: canonical values of the assignment's type, under one pinned key."""

    key_id: str
    public_key: bytes
    values: Sequence[str]


class Notices(Protocol):
    """Where a worker puts a line for the user; a multiprocessing.SimpleQueue is one."""

    def put(self, text: str) -> None:
        """Show the line, now or soon."""


class Worker:
    """One process's place: the assignment, and the connection to the hub once it is needed."""

    def __init__(self, assignment: Assignment, notices: Notices) -> None:
        self.assignment = assignment
        self._notices = notices
        self._hub: HubConnection | None = None

    def hub(self) -> HubConnection:
        """The connection to the hub."""
        if self._hub is None:
            if self.assignment.profile is None:
                raise RuntimeError("this assignment has no profile")
            self._hub = HubConnection(
                self.assignment.profile, patience=self.assignment.patience, notice=self._notices.put
            )
        return self._hub

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._hub is not None:
            self._hub.close()


def canonical_forms(worker: Worker, texts: Sequence[str]) -> list[tuple[str, bytes] | Problem]:
    """For each text its canonical value and mark, or why it is refused."""
    kind, country, local_key = worker.assignment.type, worker.assignment.country, worker.assignment.local_key
    forms: list[tuple[str, bytes] | Problem] = []
    for text in texts:
        try:
            canonical = canonicalise(kind, text, country=country)
            forms.append((canonical.value, mark(local_key, encode_input(canonical))))
        except RefusedError as refused:
            forms.append(Problem(refused.reason, refused.remedy))
        except ValueError:
            forms.append(Problem("longer than can be made into a token", "check that the row holds one identifier"))
    return forms


def evaluate(worker: Worker, evaluation: Evaluation) -> tuple[list[bytes], Recorded]:
    """The tokens of one batch (RFC 9497), and the ledger's entry. Blinds never leave this process.

    Raises ClientError when the hub refuses, cannot be reached, says not where it recorded the evaluation, or answers
    with another key than the pinned one.
    """
    kind = worker.assignment.type
    rule = TYPES[kind].rule
    blinder = Blinder(evaluation.public_key)
    blinded = blinder.blind([encode_input(Canonical(kind, rule, value)) for value in evaluation.values])
    answer = worker.hub().post_octets(f"/api/v1/keys/{evaluation.key_id}/evaluations", blinded)
    try:
        return blinder.finalise(answer.body), answer.recorded()
    except ProofError as error:
        raise false_answer(
            f"the hub's evaluation is not proven to be made with the pinned key {evaluation.key_id}: {error}"
        ) from None


Chunk = TypeVar("Chunk")
Payload = TypeVar("Payload")
Result = TypeVar("Result")


class Workers:
    """Runs jobs on all cores; starts processes only when there is more than a little to do.

    `say` shows a line to the user. Used as a context: at its end the processes end, at once after an error or Ctrl-C.
    """

    def __init__(self, assignment: Assignment, say: Callable[[str], None], processes: int | None = None) -> None:
        self._assignment = assignment
        self._say = say
        # Twice the cores: while one waits for the hub, another blinds.
        self._processes = processes or min(2 * (os.cpu_count() or 1), _MOST_PROCESSES)
        self._here = Worker(assignment, _Said(say))
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *ended: object) -> None:
        self._here.close()
        if self._pool is not None:
            if kind is not None:
                _end(self._pool)
            self._pool.shutdown(cancel_futures=True)

    def map(
        self, job: Callable[[Worker, Payload], Result], chunks: Iterable[Chunk], payload: Callable[[Chunk], Payload]
    ) -> Iterator[tuple[Chunk, Result]]:
        """Yield each chunk with the result of `job` on `payload(chunk)`, in order; few are under way at a time.

        Raises what the job raises; results that were yielded before stand.
        """
        chunks = iter(chunks)
        for chunk in islice(chunks, _AT_HOME):
            yield chunk, job(self._here, payload(chunk))
        under_way: deque[tuple[Chunk, Future[Result]]] = deque()
        for chunk in chunks:
            under_way.append((chunk, self._started().submit(_run, job, payload(chunk))))
            if len(under_way) >= 2 * self._processes:
                yield self._finished(*under_way.popleft())
        while under_way:
            yield self._finished(*under_way.popleft())

    def _finished(self, chunk: Chunk, future: Future[Result]) -> tuple[Chunk, Result]:
        while True:
            try:
                result = future.result(timeout=_LOOK_AGAIN_SECONDS)
            except NotYet:
                self._pass_on_notices()
            except BrokenProcessPool:
                raise ClientError(
                    ExitCode.TRY_LATER,
                    "a worker process was ended from outside (is memory short?)",
                    "run the same command again: it resumes where it stopped",
                ) from None
            else:
                return chunk, result

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # spawn behaves the same on every system, and leaves no copy of open databases in the children.
            context = multiprocessing.get_context("spawn")
            self._notices = context.SimpleQueue()
            self._last_notice = ""
            arguments = (self._assignment, self._notices)
            self._pool = ProcessPoolExecutor(self._processes, context, initializer=_begin, initargs=arguments)
        return self._pool

    def _pass_on_notices(self) -> None:
        while not self._notices.empty():
            notice = self._notices.get()
            if notice != self._last_notice:  # every worker meets the same trouble
                self._say(notice)
            self._last_notice = notice


def _end(pool: Any) -> None:
    """End a pool's processes at once and wait for it: one that is still starting would miss what it starts with.

    The pool's own thread may be reading a result whose second half will never come; it gives up when nobody could write
    it any more, ourselves included.
    """
    processes = list((pool._processes or {}).values())
    for process in processes:
        process.kill()
    for process in processes:
        process.join()
    if pool._result_queue is not None:
        pool._result_queue._writer.close()


class _Said:
    def __init__(self, say: Callable[[str], None]) -> None:
        self.put = say


_placed: list[Worker] = []
"""The one worker of a worker process."""


def _begin(assignment: Assignment, notices: Notices) -> None:
    """First thing in a worker process: Ctrl-C is the parent's to handle, and nothing outlives the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=lambda: (wait([parent.sentinel]), os._exit(1)), daemon=True).start()
    _placed.append(Worker(assignment, notices))


def _run(job: Callable[[Worker, Payload], Result], payload: Payload) -> Result:
    return job(_placed[0], payload)
