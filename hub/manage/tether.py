"""Ties a child process to its parent, so that no part of the hub outlives the process that watches it."""

import ctypes
import os
import signal
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1  # prctl(2)
_libc = ctypes.CDLL(None, use_errno=True)


def die_with(parent: int, death_signal: signal.Signals) -> None:
    """Have the kernel send `death_signal` to this process when `parent` ends, however it ends.

    To be called in the child. A parent that ended before the call is noticed too: the child then exits at once.
    The signal follows the thread that forked: fork from the main thread. Does nothing where prctl(2) is missing.
    """
    prctl = getattr(_libc, "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def tie_to_this_process(death_signal: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn` for subprocess.Popen that ties the child to the calling process by `death_signal`."""
    parent = os.getpid()
    return lambda: die_with(parent, death_signal)
