"""Logs: one JSON line an event, and only keys on the allow-list, so that no identifier, token or secret can slip in."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

ALLOWED = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "request_id",
        "method",
        "endpoint",
        "status",
        "milliseconds",
        "member",
        "via",
        "error",
        "where",
        "size",
        "count",
        "pending",
        "job",
    }
)
"""Every key a log line may have. `endpoint` is the route's name, never the address, which may hold an id."""


def only_allowed(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop whatever key is not on the list; values are numbers and names of our own."""
    return {key: value for key, value in line.items() if key in ALLOWED}


def set_up_logs() -> None:
    """JSON lines on stderr; called once a process. Libraries are heard from warnings on, without their arguments."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            only_allowed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s")


log: Any = structlog.get_logger()


def describe(error: BaseException) -> str:
    """An error as a log may have it: its class and the innermost place in our code, never its text."""
    place, trace = "", error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if "/hub/" in code.co_filename:
            place = f"{code.co_filename.rpartition('/hub/')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__} at {place}"
