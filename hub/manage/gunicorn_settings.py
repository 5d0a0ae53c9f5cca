"""gunicorn's settings for the web part (`gunicorn --config`); address and workers come on its command line."""

import signal
from pathlib import Path
from typing import Protocol

from hub.manage.home import ROOT
from hub.manage.tether import die_with

wsgi_app = "wsgi:app"
chdir = str(ROOT)
worker_class = "gthread"
threads = 4
preload_app = False  # each worker opens its own database connections
_memory = Path("/dev/shm")  # noqa: S108  # files there are made unnamed
worker_tmp_dir = str(_memory) if _memory.is_dir() else None  # a heartbeat must not wait for a disk
timeout = 60  # seconds without a heartbeat
graceful_timeout = 8  # seconds for requests under way when stopping
keepalive = 5
limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190
forwarded_allow_ips = ""  # hub/web/proxies.py alone reads what a proxy says; by default all of 127.0.0.1 is believed
accesslog = None
errorlog = "-"
loglevel = "warning"
control_socket_disable = True


class Worker(Protocol):
    """What is needed to know of gunicorn.workers.base.Worker."""

    ppid: int


def post_fork(_arbiter: object, worker: Worker) -> None:
    """A worker does not outlive its master."""
    die_with(worker.ppid, signal.SIGKILL)
