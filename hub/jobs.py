"""The job queue: procrastinate, in the hub's own database; a job is an actor too."""

from collections.abc import Callable, Mapping
from functools import partial

from flask import Flask
from procrastinate import App, PsycopgConnector
from sqlalchemy import make_url

PERIODIC = Mapping[str, tuple[str, Callable[[], int]]]
"""Name of a task → when it runs (cron), and what it does; it returns how many things it did."""


def create_queue(database_url: str, app: Flask, periodic: PERIODIC) -> App:
    """The queue with its periodic tasks, each run inside the application's context and one at a time."""
    conninfo = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    queue = App(connector=PsycopgConnector(conninfo=conninfo))
    for name, (cron, work) in periodic.items():
        task = queue.task(name=name, queueing_lock=name)(partial(_within, app, work))
        queue.periodic(cron=cron)(task)
    return queue


def _within(app: Flask, work: Callable[[], int], timestamp: int) -> int:
    """Run it; procrastinate hands over the moment the run was planned for, which no work of ours needs."""
    del timestamp
    with app.app_context():
        return work()
