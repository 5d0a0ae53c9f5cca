"""Runs the evaluator under gunicorn."""

import resource
from collections.abc import Mapping
from dataclasses import dataclass
from wsgiref.types import WSGIApplication

from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

# Workers of the sync class take a connection only when they are free, so a batch never waits behind another while a
# worker idles, as happens under gthread with connections kept alive. What a connection costs is lost in a batch.
_SETTINGS: Mapping[str, object] = {
    "worker_class": "sync",
    # A batch of 4,096 takes 0.4 s of processor time. Half of this is also how long a worker outlives a killed master.
    "timeout": 10,
    "graceful_timeout": 5,
    "accesslog": None,
    "loglevel": "warning",
    "control_socket_disable": True,  # no second door to the process that holds the key
}


@dataclass(frozen=True, slots=True)
class Listening:
    """Where to listen, in gunicorn's words (`127.0.0.1:8001`, `unix:PATH`, `fd://N`), and with how many processes."""

    bind: str
    workers: int


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, app: WSGIApplication, listening: Listening) -> None:
        self._app = app
        self._listening = listening
        super().__init__()

    def load_config(self) -> None:
        for name, value in {**_SETTINGS, "bind": self._listening.bind, "workers": self._listening.workers}.items():
            self.cfg.set(name, value)

    def load(self) -> WSGIApplication:
        return self._app


def serve(app: WSGIApplication, listening: Listening) -> None:
    """Answer requests until SIGTERM, which lets those under way finish (5 s at most). Does not return normally.

    The workers are forks of this process and hold what it holds. Should it be killed, they end within 5 s.
    """
    # A core file would hold the seed.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _Server(app, listening).run()
