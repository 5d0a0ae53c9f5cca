"""The only place that asks the time, so that a test can hold it still."""

import time
from datetime import UTC, date, datetime, timedelta

_RUNNING = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # counts sleep too, where there is one that does


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The present day in UTC; every expiry is counted in UTC days."""
    return now().date()


def running() -> timedelta:
    """For how long the machine has run, which no setting of its clock changes."""
    return timedelta(seconds=time.clock_gettime(_RUNNING))


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds and a Z, as it stands in ledger views."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
