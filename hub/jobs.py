"""The job queue: procrastinate, in the hub's own database; a job is an actor too."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Flask
from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision, SyncPsycopgConnector
from procrastinate.jobs import Job
from sqlalchemy import make_url

PERIODIC = Mapping[str, tuple[str, Callable[[], int]]]
"""Name of a task → when it runs (cron), and what it does; it returns how many things it did."""


class AgainError(Exception):
    """The work could not be done now; the queue tries it again, after the next of its waits."""


@dataclass(frozen=True)
class Work:
    """What is done for each job that somebody put into the queue, and the seconds between one try and the next.

    `does` is called with the job's arguments and `tries`, how often it was tried before. It must be safe to repeat:
    a job whose worker died is taken up again.
    """

    does: Callable[..., None]
    waits: Sequence[int]


ASKED = Mapping[str, Work]
"""Name of a task → its work."""

_UNOPENED = App(connector=SyncPsycopgConnector())
"""For putting jobs in: it opens no connection, each job takes the one of the transaction it belongs to."""


def put(connection: Any, task: str, **arguments: int | str) -> None:
    """Put a job into the queue in the transaction that the driver's connection is in: no commit, no job."""
    _UNOPENED.configure_task(task, allow_unknown=True, connection=connection).defer(**arguments)


def create_queue(database_url: str, app: Flask, periodic: PERIODIC, asked: ASKED) -> App:
    """The queue with its tasks, each run inside the application's context; a periodic one at a time."""
    conninfo = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    queue = App(connector=PsycopgConnector(conninfo=conninfo))
    for name, (cron, does) in periodic.items():
        task = queue.task(name=name, queueing_lock=name)(partial(_within, app, does))
        queue.periodic(cron=cron)(task)
    for name, work in asked.items():
        queue.task(name=name, retry=_Waits(work.waits), pass_context=True)(partial(_tried, app, work.does))
    _take_up_abandoned(queue, asked)
    return queue


def _within(app: Flask, does: Callable[[], int], timestamp: int) -> int:
    """Run it; procrastinate hands over the moment the run was planned for, which no work of ours needs."""
    del timestamp
    with app.app_context():
        return does()


def _tried(app: Flask, does: Callable[..., None], context: JobContext, **arguments: Any) -> None:
    with app.app_context():
        does(**arguments, tries=context.job.attempts)


class _Waits(BaseRetryStrategy):
    def __init__(self, waits: Sequence[int]) -> None:
        self._waits = waits

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if not isinstance(exception, AgainError) or job.attempts >= len(self._waits):
            return None
        return RetryDecision(retry_in={"seconds": self._waits[job.attempts]})


def _take_up_abandoned(queue: App, asked: ASKED) -> None:
    """Every five minutes, give back to the queue what a worker had begun when it died."""

    @queue.periodic(cron="*/5 * * * *")
    @queue.task(name="take_up_abandoned", queueing_lock="take_up_abandoned")
    async def take_up_abandoned(timestamp: int) -> None:
        del timestamp
        for name in asked:
            for job in await queue.job_manager.get_stalled_jobs(task_name=name):
                await queue.job_manager.retry_job(job)
